"""What binds each design of a frontier, and where the answer changes, against all designs one by one.

The oracle computes every design of the space at once, with no schedule, cut or dropping, and removes
limits by looking at the designs that break nothing else.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from designer.answers.plan import Design, Leaving, PlanResult
from designer.evaluating.design import values_of, violations
from designer.explaining.binding import can_bind
from designer.explaining.explanation import explain_found
from designer.explaining.fact_ranges import with_fact
from designer.planning.plan import plan_question
from designer.question.question import Question
from designer.reading.loading import load, locate
from designer.search.brute import brute_frontier
from designer.search.compile import tables_of
from designer.search.pareto import settled, skyline

pytestmark = pytest.mark.slow

# Shipped scenarios, as they are and with budgets tight enough to bind.
CASES: dict[str, tuple[str, list[str]]] = {
    "chat": ("llama-3.1-70b-chat", []),
    "chat answered soon": ("llama-3.1-70b-chat", ["budgets.ttft_p99=450 ms", "objectives=[cost_per_token]"]),
    "deepseek serving": ("deepseek-v3-serving", []),
    "175B": ("gpt-3-175b-carbon", []),
    "175B in 10 days": ("gpt-3-175b-carbon", ["objectives=[cost]", "budgets.time_to_train=10 day"]),
    "fine-tuning": ("llama-3.1-8b-finetune", []),
    "weights nobody scored": ("llama-3.1-70b-chat", [
        "budgets.accuracy_loss=0.5 %", "candidates.weights=[bf16, fp8, int8, int4, fp4]", "objectives=[cost_per_token]",
    ]),
    "embedding within rules": ("corpus-embedding", ["rules=[tp == 1 or replicas <= 64]"]),
}  # fmt: skip
CHUNK = 1 << 16


@dataclass
class Space:
    """All designs: objectives (smaller is better), and for each limit whether and how far it is missed."""

    goals: Any
    broken: dict[str, Any]
    excess: dict[str, Any]

    def beaten(self, row: Any, without: str) -> Any:
        """Designs that beat `row` where one limit is away: those that break it and nothing else."""
        alone = self.broken[without].copy()
        for name, missed in self.broken.items():
            if name != without:
                alone &= ~missed
        return alone & (self.goals <= row).all(axis=1) & (self.goals < row).any(axis=1)


def least(excess: Any) -> float | None:
    """The least loosening that lets one of these in; None where it is unknown of all of them."""
    known = excess[~np.isnan(excess)]
    return float(known.min()) if len(known) else None


def full(like: Any, x: Any) -> Any:
    return np.broadcast_to(np.asarray(x), like.shape)


def space(q: Question) -> Space:
    sizes = [len(q.domains[d.name]) for d in q.decisions]
    tables, scalars = tables_of(q), {n: k.si for n, k in q.given.items()}
    wanted = [o.quantity for o in q.objectives]
    order = q.graph.order([*wanted, *q.limited], {*scalars, *tables})
    names = {t.name for t in q.limits}
    parts: list[tuple[Any, dict[str, Any], dict[str, Any]]] = []
    for start in range(0, math.prod(sizes), CHUNK):
        flat = np.arange(start, min(math.prod(sizes), start + CHUNK))
        at = dict(zip((d.name for d in q.decisions), np.unravel_index(flat, sizes), strict=True))
        v: dict[str, Any] = {n: t.values[tuple(at[a] for a in t.axes)] for n, t in tables.items()} | scalars
        with np.errstate(all="ignore"):
            for r in order:
                v[r.id] = r.fn(**{n: v[n] for n in r.inputs})
            goals = np.stack([full(flat, o.sign * v[o.quantity]) for o in q.objectives], axis=1).astype(float)
            broken = {t.name: ~full(flat, t.holds(v)).astype(bool) for t in q.limits}
            over = {
                t.name: full(flat, v[t.quantity] / t.bound - 1) for t in q.stated if t.quantity and t.bound
            }
            for name, (left, right) in {"memory_fits": ("device_memory", "usable_memory"),
                                        "slots_suffice": ("occupancy_p99", "batch"),
                                        "nodes_suffice": ("node_count", "node_limit"),
                                        "checkpoint_keeps_up": ("checkpoint_time", "checkpoint_interval"),
                                        "devices_suffice": ("devices_used", "devices")}.items():  # fmt: skip
                if name in names and left in v:
                    over[name] = full(flat, v[left] / v[right] - 1)
            if "load_below_one" in names:
                over["load_below_one"] = full(flat, v["serving_load"] - 1)
        parts.append((settled(goals), broken, over))
    join = lambda k: {n: np.concatenate([p[k][n] for p in parts]) for n in parts[0][k]}  # noqa: E731
    return Space(np.concatenate([p[0] for p in parts]), join(1), join(2))


def row_of(q: Question, d: Design) -> Any:
    return settled(np.array([o.sign * float(d.metrics[o.quantity].value or 0.0) for o in q.objectives]))


@pytest.mark.parametrize("name", CASES)
def test_what_binds_each_design_is_what_stops_it(name: str) -> None:
    file, sets = CASES[name]
    q = load(locate(file), sets)
    result, every = plan_question(q, patient=True), space(q)
    assert result.frontier
    if any(b in " ".join(sets) for b in ("ttft_p99", "time_to_train")):
        assert any(b.breakpoint for d in result.frontier for b in d.binds)
    known = {tuple(row) for row in map(tuple, (row_of(q, d) for d in result.frontier))}
    for t in result.turning:
        alone = ~np.any([m for n, m in every.broken.items() if n != t.limit], axis=0)
        front = every.goals[alone][skyline(every.goals[alone])]
        assert t.new_designs == sum(tuple(row) not in known for row in front), t.limit
    tried = [t.name for t in q.limits if can_bind(q, t)]
    for d in result.frontier:
        row = row_of(q, d)
        better = {n: every.beaten(row, n) for n in tried}
        assert {b.name for b in d.binds} == {n for n in tried if better[n].any()}, d.id
        for b in d.binds:
            if b.name in every.excess:
                share = least(every.excess[b.name][better[b.name]])
                assert b.loosened == (None if share is None else pytest.approx(share, rel=1e-6))
        for k, found in enumerate(d.next_better):
            gaining = {n: m & (every.goals[:, k] < row[k]) for n, m in better.items()}
            shares = [least(every.excess[n][m]) for n, m in gaining.items() if n in every.excess]
            assert (found.step is None) == (not any(m.any() for m in gaining.values()))
            if found.step is not None and any(x is not None for x in shares):
                nearest = min(x for x in shares if x is not None)
                assert found.step.relative == pytest.approx(nearest, rel=1e-6)
            ahead = [row_of(q, o)[k] for o in result.frontier if row_of(q, o)[k] < row[k]]
            assert (found.trade is None) == (not ahead)
            if found.trade is not None:
                other = next(o for o in result.frontier if o.id == found.trade.id)
                assert row_of(q, other)[k] == max(ahead)


@pytest.mark.parametrize("name", ["chat answered soon", "175B in 10 days", "fine-tuning"])
def test_a_bound_at_its_breakpoint_changes_the_answer(name: str) -> None:
    """By the budget itself: just short of its breakpoint the design stays, just beyond it is beaten."""
    file, sets = CASES[name]
    q = load(locate(file), sets)
    for d in plan_question(q, patient=True).frontier[:6]:
        for b in d.binds:
            if b.breakpoint is None:
                continue
            for side, stays in ((1 - 1e-6, True), (1 + 1e-6, False)):
                moved = load(
                    locate(file),
                    [
                        *(s for s in sets if b.name not in s),
                        f"budgets.{b.name}={b.breakpoint * side!r} {b.unit}".strip(),
                    ],
                )
                front, _ = brute_frontier(moved)
                assert bool((front == row_of(q, d)).all(axis=1).any()) is stays, (d.id, b.name)


def on_frontier(q: Question, d: Design, fact: str, value: float) -> bool:
    """Whether a design is on the frontier with a fact at another value, by brute force."""
    moved = with_fact(q, d.design, fact, value)
    values = values_of(moved, d.design)
    if violations(moved, values):
        return False
    front, _ = brute_frontier(moved)
    row = settled(np.array([o.sign * float(values[o.quantity]) for o in q.objectives]))
    return bool((front == row).all(axis=1).any())


@pytest.mark.parametrize(("file", "letters"), [("llama-3.1-70b-chat", "AQ"), ("corpus-embedding", "AB")])
def test_a_fact_at_the_end_of_its_range_changes_the_answer(file: str, letters: str) -> None:
    q = load(locate(file))
    plan = plan_question(q)
    for d in (d for d in plan.frontier if d.id in letters):
        answer = explain_found(q, plan, d, depth=0, facts=2)
        assert answer.facts
        for f in answer.facts:
            low = f.below.at if f.below else f.searched[0]
            high = f.above.at if f.above else f.searched[1]
            assert low <= f.value <= high
            for inside in np.geomspace(low * (1 + 1e-5), high * (1 - 1e-5), 4):
                assert on_frontier(q, d, f.fact, float(inside)), (f.fact, inside)
            for leaving, beyond in ((f.below, 1 - 1e-5), (f.above, 1 + 1e-5)):
                if leaving is not None:
                    assert not on_frontier(q, d, f.fact, leaving.at * beyond), f.fact
                    assert_why(q, plan, d, f.fact, leaving, beyond)


def assert_why(q: Question, plan: PlanResult, d: Design, fact: str, leaving: Leaving, beyond: float) -> None:
    """What is said to happen there does: the limit is broken, or the rival beats the design."""
    moved = with_fact(q, d.design, fact, leaving.at * beyond)
    own = values_of(moved, d.design)
    if leaving.breaks:
        assert leaving.breaks in {v.name for v in violations(moved, own)}
        return
    other = values_of(moved, leaving.rival)
    assert not violations(moved, other)
    leads = [o.sign * (float(own[o.quantity]) - float(other[o.quantity])) for o in q.objectives]
    assert min(leads) >= -1e-9 * max(abs(float(own[o.quantity])) for o in q.objectives)
    assert max(leads) > 0


def test_an_explained_design_says_what_takes_its_place() -> None:
    """Where a budget is just too tight for a design, its successor is what a search then finds."""
    q = load(locate("gpt-3-175b-carbon"))
    plan = plan_question(q)
    answer = explain_found(q, plan, plan.frontier[0], depth=0, facts=0)
    carbon = next(b for b in answer.budgets if b.name == "carbon")
    assert carbon.successor is not None
    tight = load(locate("gpt-3-175b-carbon"), [f"budgets.carbon={(carbon.value or 0) * (1 - 1e-6)!r} kg"])
    designs = [d.design for d in plan_question(tight).frontier]
    assert carbon.successor.design in designs
    assert plan.frontier[0].design not in designs


def test_limits_are_comparisons_or_not() -> None:
    q = load(locate("corpus-embedding"), ["rules=[tp == 1 or replicas <= 64]"])
    assert next(t for t in q.limits if t.kind == "rule").comparison is None
    assert next(t for t in q.limits if t.name == "memory_fits").comparison is not None
