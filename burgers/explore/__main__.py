"""Train the models of the page that are missing: `python -m burgers.explore`."""

from burgers import _source as source
from burgers.explore import prepared

if __name__ == "__main__":
    prepared()
    page, panels = "`make explore`, or voila,", "`burgers.explore.Explorer()` in a notebook"
    remedy = page if source.is_checkout(source.SOURCE) else panels
    print(f"every model of the page is there; {remedy} shows it")
