"""Random streams: no two uses of one seed draw the same numbers."""

import ast
from itertools import combinations

import numpy as np
import pytest

from burgers import streams
from burgers.paths import ROOT

PLACES = [*(ROOT / "burgers").rglob("*.py"), *(ROOT / "notebooks").glob("[0-9]*.ipynb")]


def draws(sequence):
    return tuple(np.random.default_rng(sequence).integers(2**63, size=4))


def test_no_two_names_indices_or_seeds_draw_alike():
    found = {
        draws(streams.stream(seed, name, *index))
        for seed in (0, 1)
        for name in streams.NAMES
        for index in ((), (0,), (1,), (0, 1))
    }
    assert len(found) == 2 * len(streams.NAMES) * 4
    assert draws(np.random.SeedSequence(0)) not in found


def test_a_name_keeps_its_stream():
    # Ensembles and models that were made before are made again.
    assert streams.stream(5, "pool", 1).spawn_key == (1, 1)
    assert streams.integer(0, "training ensemble") == streams.integer(0, "training ensemble")
    assert all(0 <= streams.integer(seed, "order") < 2**30 for seed in range(100))


def test_streams_are_uncorrelated():
    parts = [streams.generator(0, name).standard_normal(4000) for name in streams.NAMES[:12]]
    assert all(abs(np.corrcoef(a, b)[0, 1]) < 0.08 for a, b in combinations(parts, 2))


@pytest.mark.parametrize(("seed", "name"), [(-1, "pool"), (1.5, "pool"), (0, "pools"), (0, None)])
def test_an_unknown_stream_is_refused(seed, name):
    with pytest.raises(ValueError, match="accepted"):
        streams.stream(seed, name)


def test_every_name_is_used_and_no_stream_is_made_of_a_typed_number():
    texts = {path: path.read_text(encoding="utf-8") for path in PLACES}
    used = "".join(text for path, text in texts.items() if path.name != "streams.py")
    unused = [name for name in streams.NAMES if f'"{name}"' not in used.replace('\\"', '"')]
    assert not unused
    for path, text in texts.items():
        if path.suffix == ".py" and path.name != "streams.py":
            for node in ast.walk(ast.parse(text)):
                if isinstance(node, ast.Call) and ast.unparse(node.func).endswith(
                    ("default_rng", "SeedSequence")
                ):
                    numbers = [part for part in ast.walk(node) if isinstance(part, ast.List)]
                    assert not numbers, f"{path}:{node.lineno} {ast.unparse(node)}"
