"""Dropping dominated partial designs early never changes the frontier."""

from __future__ import annotations

import itertools
import math
import random
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from constraints.algebras.maths import ceil, exp, maximum, minimum, sqrt, where
from constraints.algebras.signs import box, lift
from designer.explaining.binding import candidates_of, relaxed, removal
from designer.question.question import Objective, Question
from designer.reading.loading import load, locate
from designer.search.archive import Archive, frontier_of
from designer.search.compile import schedule
from designer.search.deadline import OutOfTime
from designer.search.enumerate import enumerate_designs
from designer.search.pareto import skyline, skyline_by_group
from designer.search.reduce import _groups, _hashed, _without_beaten
from designer.search.warm_start import Trunk

pytestmark = [pytest.mark.usefixtures("tables_for_all"), pytest.mark.slow]

VARIANTS = {
    "nodes": ["candidates.node_count=256..2048 step 256", "budgets.time_to_train=2000 day"],
    "power budget": ["candidates.node_count=256..2048 step 256", "budgets.time_to_train=2000 day",
                     "budgets.power=9 MW"],
    "regions": ["candidates.node_count=[512, 1024]", "candidates.region=[aws-us-east-1, aws-eu-north-1]",
                "budgets.time_to_train=2000 day", "objectives=[time_to_train, cost, carbon]"],
    "four objectives": ["candidates.node_count=[512, 1024]", "budgets.time_to_train=2000 day",
                        "objectives=[time_to_train, cost, max mfu, device_memory]"],
    "site rule": ["candidates.node_count=[512, 1024]", "rules=[tp * pp >= 64, it_power <= 8 MW]",
                  "budgets.time_to_train=2000 day"],
    "owned": ["candidates.node_count=[512, 1024]", "pricing.tenure=owned", "pricing.purchase=30000 USD",
              "pricing.electricity=0.08 USD/kWh", "budgets.time_to_train=2000 day"],
}  # fmt: skip


def frontier(question: Question, *, reduced: bool) -> tuple[np.ndarray, int]:
    archive = Archive(question)
    count = enumerate_designs(
        question,
        {o.quantity for o in question.objectives},
        archive.take,
        objectives=question.objectives if reduced else (),
    )
    assert count.complete
    assert count.feasible + count.dominated + sum(count.cut.values()) == count.raw
    return archive.objectives[skyline(archive.objectives)], count.dominated


@pytest.mark.parametrize("name", VARIANTS)
def test_the_frontier_is_the_same_with_and_without_early_dropping(name: str) -> None:
    question = load(locate("llama-3.1-405b-pretrain"), VARIANTS[name])
    reduced, dropped = frontier(question, reduced=True)
    whole, _ = frontier(question, reduced=False)
    # Mean power falls as a step takes longer, so with a bound on it neither way is better: few have equals.
    assert dropped > 0 or "power" in " ".join(VARIANTS[name])
    np.testing.assert_array_equal(reduced, whole)


# A few shapes that rules are made of, of three inputs between 0.5 and 3.
SHAPES = [
    lambda x, y, z: x * y + z,
    lambda x, y, z: x / (y + z) - z,
    lambda x, y, z: maximum(x - y, z) * minimum(x, 2),
    lambda x, y, z: where(x > 2, y, z) + ceil(x),
    lambda x, y, z: (x / z) / (exp(y / z) * maximum(exp((x + y) / z) - 1, 1e-300)),
    lambda x, y, z: sqrt(x) * (1 - y) ** 2 + z**x,
    lambda x, y, z: where((x <= y) & (z < 1), x, -x) + y % z,
    lambda x, y, z: (5 - x) * (y - 6) / z,
]


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(range(len(SHAPES))), st.lists(st.floats(0.5, 3), min_size=6, max_size=6), st.randoms())
def test_a_proven_direction_holds_at_random_points(shape: int, ends: list[float], rng: random.Random) -> None:
    f = SHAPES[shape]
    spans = {n: sorted(ends[2 * i : 2 * i + 2]) for i, n in enumerate("xyz")}
    assume(all(a < b for a, b in spans.values()))
    claimed = lift(f(*(box(n, *spans[n]) for n in "xyz")))
    for n in "xyz":
        at = {m: rng.uniform(*s) for m, s in spans.items()}
        low, high = sorted((rng.uniform(*spans[n]), rng.uniform(*spans[n])))
        before, after = float(f(**{**at, n: low})), float(f(**{**at, n: high}))
        margin = 1e-9 * (1 + abs(before) + abs(after))
        assert claimed.low - margin <= before <= claimed.high + margin or math.isnan(claimed.low)
        rises, falls = claimed.moves.get(n, (False, False))
        assert rises or after <= before + margin
        assert falls or after >= before - margin


@settings(max_examples=200, deadline=None)
@given(st.integers(1, 60), st.integers(1, 5), st.integers(1, 6), st.randoms())
def test_grouped_skylines_are_the_skylines_of_the_groups(
    n: int, wide: int, groups: int, rng: random.Random
) -> None:
    values = [1.0, 2.0, 3.0, 4.0, float("nan")] if rng.random() < 0.3 else [float(i) for i in range(9)]
    points = np.array([[rng.choice(values) for _ in range(wide)] for _ in range(n)])
    group = np.array([rng.randrange(groups) for _ in range(n)])
    expected = [np.flatnonzero(group == g)[skyline(points[group == g])] for g in range(groups)]
    found = np.sort(skyline_by_group(points, group))
    np.testing.assert_array_equal(found, np.sort(np.concatenate(expected)))


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 400), st.integers(1, 4), st.randoms())
def test_what_the_strongest_beat_is_beaten_within_its_group(n: int, wide: int, rng: random.Random) -> None:
    points = np.array([[float(rng.randrange(6)) for _ in range(wide)] for _ in range(n)])
    equal = np.array([[float(rng.randrange(3)), rng.choice([0.0, -0.0, 7.5])] for _ in range(n)])
    same = equal + 0.0
    left = set(_without_beaten(points, same, _hashed(same)).tolist())
    for i in set(range(n)) - left:
        assert any((equal[j] == equal[i]).all() and (points[j] <= points[i]).all() for j in left)


def test_rows_share_a_group_where_they_are_equal_even_if_their_hashes_clash() -> None:
    equal = np.array([[1.0, 2.0], [1.0, 3.0], [1.0, 2.0], [4.0, 2.0]])
    for key in (_hashed(equal), np.zeros(4, dtype=np.uint64)):
        group = _groups(equal, key)
        assert group[0] == group[2]
        assert len(set(group.tolist())) == 3


@pytest.mark.parametrize("name", VARIANTS)
def test_a_search_that_goes_on_from_another_finds_what_it_finds_alone(name: str) -> None:
    """Every limit of a plan is taken away, once from the trunk of the plan's search and once from scratch."""
    question = load(locate("llama-3.1-405b-pretrain"), VARIANTS[name])
    trunk = Trunk()
    archive, count = frontier_of(question, trunk=trunk)
    alone, _ = frontier_of(question)
    np.testing.assert_array_equal(archive.objectives, alone.objectives)
    went_on = 0
    for member in candidates_of(question, count):
        short, long = removal(question, member, None, trunk), removal(question, member)
        assert short is not None and long is not None
        np.testing.assert_array_equal(short.objectives, long.objectives)
        np.testing.assert_array_equal(short.excess, long.excess)
        freed, goals = relaxed(question, member)
        plan = schedule(freed, {o.quantity for o in goals})
        went_on += trunk.before(plan, goals) is not None
    assert went_on


def test_a_trunk_does_not_serve_a_search_for_something_else() -> None:
    """Rows that were dropped as slower and dearer may be the ones that save memory."""
    question = load(locate("llama-3.1-405b-pretrain"), VARIANTS["nodes"])
    trunk = Trunk()
    frontier_of(question, trunk=trunk)
    other = replace(question, objectives=[Objective("device_memory", 1)])
    before = trunk.before(schedule(other, {"device_memory"}), other.objectives)
    dropped = min(x.depth for x in trunk.looks)
    assert before is None or before < dropped
    np.testing.assert_array_equal(
        frontier_of(other, after=trunk)[0].objectives, frontier_of(other)[0].objectives
    )


def test_nothing_goes_on_from_a_search_that_ran_out_of_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was not looked at is not known to keep nothing out."""
    question = load(locate("llama-3.1-405b-pretrain"), VARIANTS["nodes"])
    whole = Trunk()
    _, count = frontier_of(question, trunk=whole)
    member = next(m for m in candidates_of(question, count) if m.name in count.cut)
    freed, goals = relaxed(question, member)
    plan = schedule(freed, {o.quantity for o in goals})
    assert whole.before(plan, goals) is not None
    calls = itertools.count()

    def interrupted(deadline: float | None) -> None:
        if next(calls) > 40:
            raise OutOfTime

    monkeypatch.setattr("designer.search.enumerate.check", interrupted)
    monkeypatch.setattr("designer.search.enumerate.CHUNK", 64)
    part = Trunk()
    _, unfinished = frontier_of(question, trunk=part)
    assert not unfinished.complete
    assert any(part.states.values())
    assert part.before(plan, goals) is None


def test_a_search_with_a_limit_more_goes_on_only_from_what_holds_the_numbers_it_reads(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The number of steps follows from the batch alone; the first search forgets it after that."""
    monkeypatch.setattr("designer.search.enumerate.SMALLEST", 2)
    sets = ["candidates.dp=[1, 2, 4, 8, 16]", "candidates.node=p5.48xlarge", "candidates.node_count=2",
            "objectives=[devices_used, max step_coordination_share]",
            "budgets={time_to_train: 9999 day, noise_multiplier: 1000}"]  # fmt: skip
    limited = load(locate("private-finetune"), sets)
    free = replace(limited, limits=[t for t in limited.limits if t.name != "time_to_train"])
    trunk = Trunk()
    frontier_of(free, trunk=trunk)
    assert trunk.looks
    np.testing.assert_array_equal(
        frontier_of(limited, after=trunk)[0].objectives, frontier_of(limited)[0].objectives
    )
