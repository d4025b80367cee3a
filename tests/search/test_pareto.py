"""The non-dominated set against its definition."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from designer.cli import main
from designer.search import deadline
from designer.search.cp_sat import close, ranks
from designer.search.deadline import OutOfTime
from designer.search.pareto import BLOCK, skyline, thin

# Few distinct values, so that ties, duplicates and infinities are common; NaN is an unknown quantity.
VALUES = st.sampled_from([0.0, -0.0, 1.0, 2.0, 3.0, 1e-300, 1e300, float("inf"), float("nan")])
POINTS = st.tuples(st.integers(0, 40), st.integers(1, 4)).flatmap(
    lambda shape: arrays.arrays(float, shape, elements=VALUES)
)
CASES = settings(max_examples=120, deadline=None)


def dominated(points: np.ndarray, i: int) -> bool:
    return any((p <= points[i]).all() and (p < points[i]).any() for p in points)


@CASES
@given(POINTS)
def test_skyline_is_the_definition(points: np.ndarray) -> None:
    kept = skyline(points).tolist()
    known = [i for i in range(len(points)) if not np.isnan(points[i]).any()]
    expected = {tuple(points[i] + 0.0) for i in known if not dominated(points[known], known.index(i))}
    assert {tuple(points[i] + 0.0) for i in kept} == expected
    assert len(kept) == len(expected), "of equal rows one is kept"
    for i in kept:
        assert i == min(j for j in known if (points[j] == points[i]).all()), "and it is the first"


@CASES
@given(POINTS)
def test_skyline_is_sorted_and_idempotent(points: np.ndarray) -> None:
    front = points[skyline(points)]
    assert front.tolist() == sorted(front.tolist())
    assert skyline(front).tolist() == list(range(len(front)))


@CASES
@given(POINTS, st.randoms(use_true_random=False))
def test_order_of_rows_does_not_matter(points: np.ndarray, shuffle: object) -> None:
    order = np.arange(len(points))
    shuffle.shuffle(order)  # type: ignore[attr-defined]
    assert np.array_equal(points[skyline(points)], points[order][skyline(points[order])])


@CASES
@given(POINTS, POINTS)
def test_blocks_may_be_merged(a: np.ndarray, b: np.ndarray) -> None:
    """The frontier of everything is that of the frontiers of the parts: how the search keeps its own."""
    b = np.resize(b, (len(b), a.shape[1]))
    both = np.concatenate([a, b])
    parts = np.concatenate([a[skyline(a)], b[skyline(b)]])
    assert np.array_equal(both[skyline(both)], parts[skyline(parts)])


@pytest.mark.parametrize("objectives", [1, 2, 3, 4])
def test_more_rows_than_a_block(objectives: int) -> None:
    r = np.random.default_rng(objectives)
    points = r.integers(0, 60, size=(2 * BLOCK + 17, objectives)).astype(float)
    kept = set(skyline(points).tolist())
    for i in r.integers(0, len(points), size=200):
        assert dominated(points, int(i)) == (not any((points[k] == points[i]).all() for k in kept))
    # A frontier longer than a block: no row of a falling line dominates another.
    x = np.arange(2.0 * BLOCK + 5)
    line = np.stack([x, -x, np.zeros_like(x)], axis=1)
    assert len(skyline(line)) == len(line)


@CASES
@given(POINTS, st.sampled_from([0.0, 0.01, 0.5]))
def test_thinning_keeps_the_best_and_covers_the_rest(points: np.ndarray, epsilon: float) -> None:
    points = points[np.isfinite(points).all(axis=1)]
    front = points[skyline(points)]
    if not len(front):
        return
    kept = front[thin(front, epsilon)]
    assert (kept.min(axis=0) == front.min(axis=0)).all()
    for row in front:
        assert (np.abs(kept - row) <= epsilon * np.maximum(np.abs(row), 1e-300)).all(axis=1).any()
    if epsilon == 0:
        assert len(kept) == len(front)


@settings(max_examples=15, deadline=None)
@given(arrays.arrays(float, (12, 2), elements=st.integers(0, 5).map(float)), st.integers(0, 11))
def test_the_solver_notices_a_wrong_frontier(points: np.ndarray, wrong: int) -> None:
    places = np.arange(len(points)).reshape(-1, 1)
    front = skyline(points)
    assert close(places, points, front, 10.0, 1).proven
    if len(front) > 1:
        assert not close(places, points, np.delete(front, wrong % len(front)), 10.0, 1).proven


def test_ranks_keep_order_and_ties() -> None:
    column = np.array([1e300, 1.0, np.nextafter(1.0, 2.0), 1.0, -5.0])
    assert ranks(column).tolist() == [3, 1, 2, 1, 0]


def antichain(rows: int) -> np.ndarray:
    """Points none of which beats another: the frontier is all of them."""
    x = np.arange(rows, dtype=float)
    return np.stack([x, rows - x, np.ones(rows)], axis=1)


class Clock:
    """A clock that moves on whenever it is looked at."""

    def __init__(self) -> None:
        self.now = 0

    def monotonic(self) -> float:
        self.now += 1
        return float(self.now)


def test_a_large_frontier_is_given_up_at_the_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    monkeypatch.setattr(deadline, "time", clock)
    points = antichain(40 * BLOCK)
    assert len(skyline(points)) == len(points)
    assert clock.now == 0, "without a deadline nobody looks"
    with pytest.raises(OutOfTime):
        skyline(points, deadline=10.0)
    assert clock.now == 11
    assert len(skyline(points, deadline=1e9)) == len(points)
    assert clock.now > 40, "at least once a block"


@pytest.mark.parametrize("place", ["pareto.check", "archive.Archive.solver_rows"])
def test_a_plan_whose_frontier_takes_too_long_is_out_of_time(
    place: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whether designs are still coming in, or the finished frontier is sorted for the proof."""
    calls = itertools.count()

    def give_up(*given: object) -> None:
        if given[-1] is not None and ("pareto" not in place or next(calls) >= 1):
            raise OutOfTime

    monkeypatch.setattr(f"designer.search.{place}", give_up)
    code = main(["plan", "gpt-3-175b-carbon", "--json"])
    answer = json.loads(capsys.readouterr().out)
    assert (code, answer["status"], answer["proof"]["complete"]) == (3, "time_limit", False)
