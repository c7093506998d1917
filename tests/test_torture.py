"""A short form of `make torture`: the data alone, killed once, and damaged once."""

import re

import pytest
import torture

from burgers import paths

GOAL = ("data", "PROFILE=quick")


def test_a_killed_make_ends_with_the_bytes_of_one_that_was_not(tmp_path):
    if not (torture.ROOT / ".git").exists():
        pytest.skip("the copy is of what git tracks")
    torture.copy_tracked(tmp_path)
    data = tmp_path / "data" / "quick"
    within = torture.killed(tmp_path, GOAL, begun=lambda: any(data.glob("*.zarr")))
    assert within == ["01_generate"]
    assert not torture.processes(tmp_path)
    stores = sorted(path.name for path in data.glob("*.zarr"))

    _, log = torture.complete(tmp_path, GOAL)
    assert not log
    assert len(list(data.glob("*.zarr"))) > len(stores) > 0
    assert not list(data.glob(".part*"))
    found = torture.digests(tmp_path)

    store = data / "pool_sinus.zarr"
    (store / "density" / "c" / "0" / "0").unlink()
    assert torture.digests(tmp_path) != found
    # The command that is named makes all of them anew, and is not killed.
    _, log = torture.complete(tmp_path, re.search("`make (.*)`", paths.remedy(store))[1].split())
    assert not log
    assert torture.digests(tmp_path) == found
