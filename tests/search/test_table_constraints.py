"""Limits settled by tables: the same designs as when every limit is worked out row by row."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from catalogs import default_catalog
from designer.question.question import Question
from designer.reading.loading import load
from designer.search import table_constraints as sieve
from designer.search.archive import frontier_of
from designer.search.compile import schedule
from designer.search.enumerate import Count, DesignBlock, enumerate_designs
from designer.search.table_constraints import Sieves

pytestmark = pytest.mark.usefixtures("tables_for_all")

CASES = {
    "llama-3.1-70b-chat": ["candidates.batch=[3, 8, 64]", "candidates.replicas=1..12"],
    "llama-3.1-8b-finetune": ["candidates.node_count=[1, 2, 3]", "candidates.vpp=[1, 2, 3]"],
    "deepseek-v3-pretrain": [
        "candidates.node_count=[64, 100]", "candidates.tp=[1, 4]", "candidates.pp=[1, 3, 8, 16]",
        "candidates.ep=[8, 64]",
        "candidates.dp=[16, 64, 128, 200]", "candidates.micro_batch=[1, 3]", "candidates.checkpoint_interval=30 min",
    ],
}  # fmt: skip


def question(name: str) -> Question:
    return load(Path(f"scenarios/{name}.yaml"), CASES[name], default_catalog())


def designs(q: Question, soft: frozenset[str] = frozenset()) -> tuple[set[tuple[int, ...]], Count]:
    """Every feasible design by its positions, and what became of the others."""
    found: set[tuple[int, ...]] = set()

    def take(block: DesignBlock) -> None:
        rows = np.stack([block.positions[d.name] for d in q.decisions], axis=1)
        found.update(map(tuple, rows.tolist()))

    return found, enumerate_designs(q, {q.objectives[0].quantity}, take, soft=soft)


def tables(q: Question) -> int:
    return sum(len(level.sieves) for level in schedule(q, set()).levels)


@pytest.mark.parametrize("name", CASES)
def test_tables_leave_the_designs_that_rows_leave(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    q = question(name)
    front = frontier_of(q)[0].objectives
    by_tables, count = designs(q)
    assert tables(q) > 1
    monkeypatch.setattr(sieve, "MOST_CELLS", 0)
    assert tables(q) == 0
    by_rows, plain = designs(q)
    assert by_tables == by_rows
    assert count.raw == plain.raw == count.feasible + sum(count.cut.values())
    assert all(n >= 0 for n in count.cut.values())
    assert np.array_equal(front, frontier_of(q)[0].objectives)


@pytest.mark.parametrize("name", CASES)
def test_a_limit_that_cuts_nothing_rejects_nothing(name: str) -> None:
    """What is counted against a limit: without a limit that none is counted against, nothing changes."""
    q = question(name)
    found, count = designs(q)
    for t in q.stated:
        without = designs(q, frozenset([t.name]))[0]
        assert found <= without
        assert count.cut[t.name] or without == found


def _reject(sizes: dict[str, int], tests: dict[str, tuple[Collection[str], Any]]) -> None:
    """Rows grown decision by decision through tables are those of the full product; all others are counted."""
    made = Sieves(sizes)
    whole = np.ones(tuple(sizes.values()), dtype=bool)
    for name, (axes, passes) in tests.items():
        made.add(name, axes, passes)
        whole &= passes.reshape([n if a in axes else 1 for a, n in sizes.items()])
    left: list[tuple[int, ...]] = [()]
    cut = 0
    ahead = made.look_ahead()
    for at, axis in enumerate(sizes):
        below = int(np.prod(list(sizes.values())[at + 1 :], dtype=np.int64))
        grown: list[tuple[int, ...]] = []
        for row in left:
            for v in range(sizes[axis]):
                place = dict(zip(sizes, (*row, v), strict=False))
                for s in ahead[axis]:
                    cell = tuple(place[a] for a in s.axes)
                    if not s.passes[cell]:
                        assert sum(int(b[cell]) for b in s.blame.values()) == s.share
                        assert below % s.share == 0
                        cut += below
                        break
                else:
                    grown.append((*row, v))
        left = grown
        if whole.any():
            assert all(whole[row].any() for row in left)  # none is left that leads nowhere
    assert set(left) == {tuple(map(int, i)) for i in np.argwhere(whole)}
    assert cut + len(left) == whole.size


@pytest.mark.parametrize("seed", range(40))
def test_looking_ahead_drops_what_is_rejected_and_counts_it(seed: int) -> None:
    draw = np.random.default_rng(seed)
    sizes = {a: int(draw.integers(1, 5)) for a in "abcde"}
    tests: dict[str, tuple[Collection[str], Any]] = {}
    for k in range(int(draw.integers(1, 5))):
        axes = sorted(draw.choice(list("abcde"), size=int(draw.integers(1, 4)), replace=False))
        shape = [sizes[a] for a in axes]
        tests[f"limit {k}"] = (axes, draw.random(shape) < draw.uniform(0.2, 0.9))
    _reject(sizes, tests)


def test_many_designs_behind_one_combination_are_counted_exactly() -> None:
    """Each of four limits of a large decision rejects the first value of `a`: 10^20 designs and no overflow."""
    sizes = {"a": 2, "b": 100_003, "c": 100_019, "d": 100_043, "e": 100_049}
    made = Sieves(sizes)
    for axis in list(sizes)[1:]:
        passes = np.ones((2, sizes[axis]), dtype=bool)
        passes[0] = False
        made.add(f"limit of {axis}", ("a", axis), passes)
    ahead = made.look_ahead()
    assert any(s.axes == ("a",) for s in ahead["a"])
    for s in (s for found in ahead.values() for s in found):
        rejected = sum(s.blame.values())[~s.passes]
        assert (rejected == s.share).all()
        assert s.share <= sieve.MOST_SHARE
