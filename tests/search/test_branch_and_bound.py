"""Bounds over boxes hold for every design in the box, and what they prove is true."""

from __future__ import annotations

import math
import random
import time
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints.algebras.intervals import Span, span
from constraints.algebras.maths import ceil, exp, floor, log2, maximum, minimum, smooth_maximum, sqrt, where
from designer.planning.plan import plan_question
from designer.question.question import Question
from designer.reading.loading import load, locate
from designer.search import branch_and_bound as bounds
from designer.search.archive import frontier_of
from designer.search.branch_and_bound import prove

pytestmark = pytest.mark.slow

SHAPES = [
    lambda x, y, z: x * y - z / x,
    lambda x, y, z: (x - y) / (z - 1),
    lambda x, y, z: maximum(x - y, z) * minimum(x, 0.5),
    lambda x, y, z: where(x > y, y, z) + ceil(x) - floor(y),
    lambda x, y, z: exp(-abs(x)) * sqrt(abs(y)) + log2(2 + z * z),
    lambda x, y, z: (x - y) ** 2 + abs(x) ** z,
    lambda x, y, z: where((x <= y) & (z < 1), x, -x) + y % 3,
    lambda x, y, z: where((x < y) | (z > 1), x // 2, 7 // (5 + y)),
    lambda x, y, z: smooth_maximum(abs(x), abs(y), 1.5 + abs(z)),
    lambda x, y, z: where(x != y, 1 / (1 + x * x), 2 - (z == 0)),
]  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(st.sampled_from(range(len(SHAPES))), st.lists(st.floats(-3, 3), min_size=6, max_size=6), st.randoms())
def test_a_shape_stays_in_its_span(shape: int, ends: list[float], rng: random.Random) -> None:
    f = SHAPES[shape]
    spans = [sorted(ends[2 * i : 2 * i + 2]) for i in range(3)]
    with np.errstate(all="ignore"):
        claimed = span(f(*(Span(np.array([a]), np.array([b])) for a, b in spans)))
        for _ in range(20):
            point = [np.array([rng.choice([a, b, rng.uniform(a, b)])]) for a, b in spans]
            value = float(np.asarray(f(*point)).reshape(-1)[0])
            low, high = (float(np.asarray(e).reshape(-1)[0]) for e in (claimed.low, claimed.high))
            margin = 1e-9 * (1 + abs(value))
            assert math.isnan(value) or not low > value + margin
            assert math.isnan(value) or not high < value - margin


def boxes_of(question: Question, rng: random.Random, n: int) -> np.ndarray:
    """Random boxes, from single designs to the whole space."""
    out = []
    for _ in range(n):
        box = []
        for d in question.decisions:
            size = len(question.domains[d.name])
            a, b = sorted(rng.choices(range(size), k=2))
            wide = rng.random()
            box.append((0, size) if wide < 0.3 else (a, a + 1) if wide < 0.7 else (a, b + 1))
        out.append(box)
    return np.array(out)


@pytest.mark.parametrize("name", ["llama-3.1-405b-pretrain", "deepseek-v3-pretrain", "llama-3.1-70b-chat"])
def test_every_quantity_of_every_design_is_in_the_span_of_its_box(name: str) -> None:
    question = load(locate(name))
    rng = random.Random(name)
    boxes = boxes_of(question, rng, 300)
    search = bounds._Search(question, np.empty((0, len(question.objectives))))
    places = np.array([[rng.randrange(a, b) for a, b in box] for box in boxes])
    at = {n: places[:, k] for k, n in enumerate(search.names)}
    exact: dict[str, Any] = dict(search.scalars)
    wide: dict[str, Any] = dict(search.scalars)
    for n, ranges in search.ranges.items():
        table = search.tables[n]
        exact[n] = table.values[tuple(at[a] for a in table.axes)]
        wide[n] = ranges.span([boxes[:, search.names.index(a)] for a in ranges.axes])
    # The argument for closing a box supposes that whatever comes before in the order is feasible. Budgets
    # are left out: of a few random designs none may meet them.
    own = {t.rule.id for t in question.limits if not t.stated}
    feasible = np.ones(len(boxes), dtype=bool)
    with np.errstate(all="ignore"):
        for s in search.order:
            exact[s.id] = s.fn(**{n: exact[n] for n in s.inputs})
            wide[s.id] = bounds.physical(s.fn(**{n: wide[n] for n in s.inputs}), s.unit)
            if s.id in own:
                feasible &= np.asarray(exact[s.id], dtype=bool)
        for s in search.order:
            value = np.broadcast_to(np.asarray(exact[s.id], dtype=float), feasible.shape)
            claimed = span(wide[s.id])
            margin = 1e-9 * np.abs(value)
            assert not (feasible & (np.asarray(claimed.low) > value + margin)).any(), s.id
            assert not (feasible & (np.asarray(claimed.high) < value - margin)).any(), s.id
    assert feasible.any()


def limit() -> float:
    return time.monotonic() + 120


def test_the_frontier_is_proven_and_a_missing_row_is_found() -> None:
    question = load(locate("gpt-3-175b-carbon"))
    front = frontier_of(question)[0].objectives
    found = prove(question, front, limit())
    assert found.complete
    np.testing.assert_allclose(found.lowest, front.min(axis=0))
    for i in range(len(front)):
        less = prove(question, np.delete(front, i, axis=0), limit())
        assert less.better is not None, i


def test_no_frontier_at_all_means_no_feasible_design() -> None:
    feasible = load(locate("corpus-embedding"))
    nothing = np.empty((0, len(feasible.objectives)))
    assert prove(feasible, nothing, limit()).better is not None
    impossible = load(locate("corpus-embedding"), ["budgets.cost=1 USD"])
    assert prove(impossible, nothing, limit()).complete


def test_without_time_nothing_is_claimed() -> None:
    question = load(locate("gpt-3-175b-carbon"))
    front = frontier_of(question)[0].objectives
    found = prove(question, front, time.monotonic() - 1)
    assert found.open == 1
    assert not found.complete
    assert (np.array(found.lowest) <= front.min(axis=0)).all()


def test_an_unfinished_plan_never_claims_more_than_is_true() -> None:
    sets = ["candidates.node_count=[512, 1024]", "budgets.time_to_train=2000 day"]
    whole = plan_question(load(locate("llama-3.1-405b-pretrain"), sets))
    cut = plan_question(load(locate("llama-3.1-405b-pretrain"), [*sets, "solver.time_limit=1 us"]))
    assert (whole.status, cut.status) == ("found", "time_limit")
    for name, bound in cut.proof.bounds.items():
        assert bound <= min(d.metrics[name].value or math.inf for d in whole.frontier)
