"""Quadrature along many lines: sheets that cross each line at another place."""

import numpy as np
import pytest

from burgers.exact import boxes, lines


def sheet(width):
    """A normal density of that width across a slanted sheet, in logarithms, for `lines.refined`."""

    def evaluate(points):
        across = (points[:, -1] - 0.2 - 0.6 * points[:, 0]) / width
        of_interval = across.reshape(-1, boxes.NODES)
        low, high = of_interval.min(axis=1), of_interval.max(axis=1)
        nearest = np.clip(0.0, low - 0.5 * (high - low), high + 0.5 * (high - low))
        return -0.5 * across**2, -0.5 * nearest**2

    return evaluate


@pytest.mark.parametrize("width", [0.02, 1e-3, 1e-5])
def test_a_thin_sheet_has_the_same_integral_along_each_line(width):
    outer = np.linspace(0.1, 0.9, 50)[:, None]
    found = lines.refined(sheet(width), outer, 1e-8)
    known = np.log(width * np.sqrt(2 * np.pi))
    np.testing.assert_allclose(found.integrals(50), known, atol=2e-8)
    # Shares of a line make it up, and sides lie within it.
    places, shares = found.nodes()
    low, long = found.sides()
    owner = np.repeat(found.owner, boxes.NODES)
    np.testing.assert_allclose(np.bincount(owner, shares), 1.0)
    assert ((low <= places) & (places <= low + long)).all()


def test_lines_that_do_not_matter_are_not_refined():
    def evaluate(points):
        logs, best = sheet(1e-3)(points)
        far = points[:, 0] > 0.5
        return logs - 1e3 * far, best - 1e3 * far[:: boxes.NODES]

    found = lines.refined(evaluate, np.array([[0.2], [0.8]]), 1e-6)
    intervals = np.bincount(found.owner)
    assert intervals[1] < intervals[0] / 2


def test_more_lines_than_are_refined_at_once_change_nothing(monkeypatch):
    outer = np.random.default_rng(0).random((30, 1))
    whole = lines.refined(sheet(1e-2), outer, 1e-6).integrals(30)
    monkeypatch.setattr(lines, "CHUNK", 7)
    parts = lines.refined(sheet(1e-2), outer, 1e-6).integrals(30)
    np.testing.assert_allclose(parts, whole, rtol=1e-12)
