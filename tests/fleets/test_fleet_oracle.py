"""Fleets against routes that share nothing with the solver: plain enumeration, and HiGHS."""

from __future__ import annotations

import time
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from fleet_tables import brute_frontier, every_choice, holds, points, random_table

from catalogs import units
from designer.evaluating.design import CheckFailed
from designer.fleets import alternatives, binding, conflict
from designer.fleets.frontier import frontier, value_of
from designer.fleets.highs import confirmed_infeasible, highs
from designer.fleets.integers import DIGITS
from designer.fleets.options import Option
from designer.fleets.solver import FleetSolver, Solution
from designer.fleets.table import OptionTable
from designer.search.pareto import settled

pytestmark = [pytest.mark.usefixtures("tables_for_all"), pytest.mark.slow]

RESOLUTION = 2.0 ** (4 - DIGITS)


def solver(table: OptionTable) -> FleetSolver:
    return FleetSolver(table, time.monotonic() + 60)


def asked_of(table: OptionTable) -> Any:
    """As much of a fleet's question as explanations read."""
    lines = [SimpleNamespace(label=f"line {k}") for k in range(3)]
    return SimpleNamespace(objectives=list(table.goals), fleet=SimpleNamespace(inventory=lines))


def placed(name: str) -> Any:
    """As much of a workload as its second-best place reads."""
    return SimpleNamespace(wanted=SimpleNamespace(entry=SimpleNamespace(name=name)), pool="")


def everything(table: OptionTable) -> list[int]:
    return list(range(len(table.members)))


@pytest.mark.parametrize("seed", range(60))
def test_frontier_is_that_of_brute_force(seed: int) -> None:
    table = random_table(seed, goals=1 + seed % 3, tight=1.0 if seed % 2 else 0.7)
    expected = brute_frontier(table)
    s = solver(table)
    front = frontier(s, list(table.goals))
    if not len(expected):
        assert front.infeasible and not front.choices
        assert confirmed_infeasible(s)
        return
    assert front.complete and not front.infeasible
    found = settled(np.array([[p[g] for g in table.goals] for p in front.points]))
    assert np.array_equal(found, expected)
    assert all(holds(table, c, everything(table)) for c in front.choices)


def test_the_random_fleets_are_worth_asking() -> None:
    """Some are possible and some are not, some have copies to place and some long frontiers."""
    sizes = [len(brute_frontier(random_table(s, goals=2, tight=1.0 if s % 2 else 0.7))) for s in range(30)]
    assert 0 in sizes and max(sizes) >= 3


@pytest.mark.parametrize("seed", range(12))
def test_optimum_is_that_of_highs(seed: int) -> None:
    """Fleets beyond enumeration: two solvers that share only the table."""
    table = random_table(1000 + seed, workloads=(12, 30), options=(8, 25), goals=2, tight=0.75)
    s = solver(table)
    ours, theirs = s.minimise("cost"), highs(s, "cost")
    assert ours.status == theirs.status != "unknown"
    if ours.counts is not None:
        assert ours.value == theirs.value == value_of(s, "cost", ours.counts)
        assert holds(table, ours.counts, everything(table))


@pytest.mark.parametrize("seed", [3, 13, 23, 49])
def test_removing_a_cap_gains_what_brute_force_says(seed: int) -> None:
    table = random_table(seed, goals=2, tight=0.9)
    s = solver(table)
    front = frontier(s, list(table.goals))
    question = asked_of(table)
    found, notes = binding.bindings(s, question, front)
    assert not notes
    gains = {(b.objective, b.name): b for b in found}
    for k, goal in enumerate(table.goals):
        best = min(p[goal] for p in front.points)
        for m, member in enumerate(table.members):
            if member.demand:
                continue
            others = [i for i in everything(table) if i != m]
            without = points(table, every_choice(table, others))[:, k].min()
            b = gains.get((goal, member.name))
            assert (b.gain if b else 0.0) == pytest.approx(best - without, abs=RESOLUTION * best)
            if b and b.price and member.loose:
                # Any better fleet takes at least that much; one that is better takes no more.
                better = [
                    x
                    for x in every_choice(table, others)
                    if points(table, [x])[0, k] < best * (1 - 2 * RESOLUTION)
                ]
                least = min(table.fullest(x, m) for x in better)
                assert least <= b.price.raised_to * (1 + RESOLUTION)
                assert b.price.raised_to > member.bound
                assert 0 < b.price.better <= b.gain * (1 + RESOLUTION) + RESOLUTION * best


@pytest.mark.parametrize("seed", [*range(40, 60), 3, 13, 23, 49])
def test_the_second_best_place_is_that_of_brute_force(seed: int) -> None:
    """Every workload in turn may not use the lines that the best fleet gives it."""
    table = random_table(seed, goals=2, tight=0.9)
    lines = [m.columns[0] for m in table.members if m.kind == "inventory"]
    table.options = [Option(int(np.argmax(row[lines])), {}, {}, 0.0) for row in table.usage]
    on = np.array([o.line for o in table.options])
    s = solver(table)
    front = frontier(s, list(table.goals))
    if not front.choices:
        return
    best = min(front.choices, key=lambda c: value_of(s, "cost", c))
    table.placed = [placed(f"w{i}") for i in range(len(table.placed))]
    found = alternatives.alternatives(s, asked_of(table), front)
    assert [a.workload for a in found] == [f"w{i}" for i in range(len(table.placed))]
    choices = every_choice(table, everything(table))
    for w, a in enumerate(found):
        mine = table.owner == w
        banned = mine & np.isin(on, on[mine & (best > 0)])
        left = [table.fullest(x, "cost") for x in choices if not x[banned].any()]
        assert (a.more is None) == (not left)
        if a.more is not None:
            cost = table.fullest(best, "cost")
            assert a.more == pytest.approx(min(left) - cost, abs=RESOLUTION * cost)
            assert a.lines and not set(a.lines) & {f"line {k}" for k in on[banned]}


def infeasible(seed: int) -> OptionTable:
    """A fleet that is impossible in a way of its own."""
    return random_table(seed, goals=2, tight=(0.3, 0.45, 0.55, 0.65)[seed % 4])


@pytest.mark.parametrize("seed", range(2000, 2040))
def test_conflicts_are_minimal_and_repairs_work(seed: int) -> None:
    table = infeasible(seed)
    members = everything(table)
    if every_choice(table, members):
        return
    s = solver(table)
    found = conflict.minimal_conflict(s)
    assert not every_choice(table, found)
    for m in found:
        assert every_choice(table, [i for i in found if i != m])
    question = asked_of(table)
    for r in conflict.smallest_repairs(s, question, found):
        by_name = {m.name: i for i, m in enumerate(table.members)}
        let_go = {by_name[n] for n, text in r.changes.items() if text == "drop it"}
        raised = {
            by_name[n]: units.parse(f"{text.removeprefix('<= ')}", table.members[by_name[n]].unit)
            for n, text in r.changes.items()
            if text != "drop it"
        }
        rest = [m for m in members if m not in let_go and m not in raised]
        possible = every_choice(table, rest)
        assert any(all(table.fullest(x, m) <= bound for m, bound in raised.items()) for x in possible)
        if r.relative is None:
            continue

        def excess(x: Any, changed: dict[int, float] = raised) -> float:
            return sum(max(0.0, table.fullest(x, m) / table.members[m].bound - 1) for m in changed)

        assert r.relative == pytest.approx(min(map(excess, possible)), rel=1e-4, abs=1e-4)


def test_some_of_the_impossible_fleets_are_impossible() -> None:
    found = [s for s in range(2000, 2040) if not every_choice(infeasible(s), everything(infeasible(s)))]
    assert len(found) >= 20


def test_the_joint_repair_is_the_smallest() -> None:
    """No choice, whatever it exceeds, exceeds caps by less in sum than the smallest repair says."""
    asked = 0
    for seed in range(2000, 2030):
        table = infeasible(seed)
        rigid = [i for i, m in enumerate(table.members) if not m.loose]
        choices = every_choice(table, rigid)
        if every_choice(table, everything(table)) or not choices:
            continue
        if any(m.loose and not m.bound for m in table.members):
            continue  # no raise of nothing is a share of it
        s = solver(table)
        question = asked_of(table)
        repairs = conflict.smallest_repairs(s, question, conflict.minimal_conflict(s))
        loose = [m for m in table.members if m.loose]

        def excess(x: Any, table: OptionTable = table, loose: list[Any] = loose) -> float:
            return sum(max(0.0, table.fullest(x, table.members.index(m)) / m.bound - 1) for m in loose)

        sizes = [r.relative for r in repairs if r.relative is not None]
        assert min(sizes) == pytest.approx(min(map(excess, choices)), rel=1e-3, abs=1e-3)
        asked += 1
    assert asked >= 8


def test_a_solver_that_calls_the_possible_impossible_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    table = random_table(3, goals=2)
    assert every_choice(table, everything(table))
    s = solver(table)
    monkeypatch.setattr(FleetSolver, "minimise", lambda *_, **__: Solution("infeasible"))
    with pytest.raises(CheckFailed):
        confirmed_infeasible(s)


def test_a_tie_that_floats_do_not_confirm_is_cut_off() -> None:
    """A bound missed by less than the integers can tell is still missed."""
    table = random_table(5, goals=1)
    m = next(i for i, x in enumerate(table.members) if x.name == "carbon")
    used = sorted({table.fullest(x, m) for x in every_choice(table, everything(table))})
    import dataclasses

    member = dataclasses.replace(table.members[m], bound=used[0] * (1 - 1e-10))
    table.members[m] = member
    s = solver(table)
    assert s.minimise("cost").status == "infeasible"
    assert s.rejected > 0
