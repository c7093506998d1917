"""A short form of `make torture`: the data alone, killed once, and damaged once."""

import re

import pytest
import torture

from burgers import paths

GOAL = ("data", "PROFILE=quick")


def test_a_killed_make_ends_with_the_bytes_of_one_that_was_not(tmp_path):
    if not (torture.ROOT / ".git").exists():
        pytest.skip("the copy is of what git tracks")
    kills = list(torture.torture(tmp_path, GOAL, kills=1, seed=2, inside=True))
    assert [found.same for found in kills] == [True], kills
    assert any(found.running for found in kills), kills
    assert not torture.processes(tmp_path)
    damage_is_repaired_by_the_command_that_is_named(tmp_path)


def damage_is_repaired_by_the_command_that_is_named(tree):
    whole, store = torture.digests(tree), tree / "data" / "quick" / "pool_sinus.zarr"
    (store / "density" / "c" / "0" / "0").unlink()
    assert torture.digests(tree) != whole
    command = re.search("`make (.*)`", paths.remedy(store))[1]
    _, log = torture.complete(tree, command.split())
    assert not log
    assert torture.digests(tree) == whole
