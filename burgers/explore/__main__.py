"""Train the models of the page that are missing: `python -m burgers.explore`."""

from burgers.explore import prepared

if __name__ == "__main__":
    prepared()
    print("every model of the page is there; `make explore`, or voila, shows it")
