"""Train what the page needs and is not there: `python -m burgers.explore`."""

from burgers.explore import prepared

if __name__ == "__main__":
    prepared()
