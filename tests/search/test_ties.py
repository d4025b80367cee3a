"""What differs by rounding only is a tie, on whichever side of a rounding step it falls."""

from __future__ import annotations

import numpy as np
import pytest

from designer.search.pareto import APART, beats, joined, same_points, settled, skyline


def straddling() -> tuple[float, float]:
    """Two numbers 4.5e-13 apart that round to different numbers of 40 binary digits."""
    low = 0.5 + 10.4999999999 * 2.0**-40
    high = low + 4.5e-13
    one, other = settled(np.array([low, high]))
    assert one != other
    return low, high


def test_a_straddling_tie_is_one() -> None:
    low, high = straddling()
    points = settled(np.array([[low, 5.0], [high, 4.0]]))
    assert len(skyline(points)) == 2
    assert skyline(joined(points)).tolist() == [1]


@pytest.mark.parametrize("seed", range(20))
def test_joined_does_not_depend_on_order_and_leaves_no_near_ties(seed: int) -> None:
    r = np.random.default_rng(seed)
    base = r.choice([1.0, -3.0, 7e9, 0.0, 1e-20, np.inf], size=(40, 3))
    points = base * (1 + r.integers(0, 4, size=base.shape) * 3e-13)
    made, order = joined(points), r.permutation(40)
    assert np.array_equal(joined(points[order]), made[order])
    for column in made.T:
        values = np.unique(column[np.isfinite(column)])
        assert (np.diff(values) > APART * np.minimum(np.abs(values[1:]), np.abs(values[:-1]))).all()
    assert np.array_equal(joined(made), made)


def test_beating_takes_more_than_a_tie() -> None:
    row = np.array([1.0, 2.0])
    rows = np.array([[1 - 1e-14, 2.0], [1 + 1e-14, 1.9], [0.9, 2.1]])
    assert beats(rows, row).tolist() == [False, True, False]
    assert same_points(row[None] * (1 + 1e-13), row[None])
    assert not same_points(row[None] * (1 + 1e-9), row[None])
