"""An impossible question: what cannot hold together, and the smallest changes that make it possible."""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from constraints.records import record
from designer.answers.plan import Member, Miss
from designer.evaluating.design import CheckFailed, assumed_in, binding, undefined, values_of, violations
from designer.infeasible.conflict import Violations, diagnose
from designer.infeasible.impossible import Impossible, impossible_again, way_of
from designer.infeasible.repairs import budget_repairs, joint_repair, ordered, premise_repairs
from designer.question.limit import Limit
from designer.question.question import Premise, Question
from designer.search.deadline import OutOfTime
from designer.search.enumerate import Count

MAX_REPAIRS, MAX_MISSES = 10, 5
# Demand and candidates are varied for so long at most.
SECONDS = 20.0


def why_none(
    question: Question, found: Violations, count: Count, deadline: float, *, every: bool = False
) -> dict[str, Any]:
    """Conflicts, misses and repairs of a question without a feasible design, as fields of its result.

    With `every`, all minimal conflicts over budgets, rules, demand and candidates. Raises CheckFailed
    when a second route contradicts the first.
    """
    if any(not m.violated for m in found.misses):
        raise CheckFailed("the search found no design, its second pass found one")
    out: dict[str, Any] = {"notes": list(question.notes)}
    conflicts = [[_member(m) for m in conflict] for conflict in found.conflicts]
    if not found.misses:
        members = _decisive(question, count, deadline)
        conflicts = [members] if members else []
    out["conflicts"] = conflicts
    out["misses"] = _misses(question, found)
    # First what needs the question alone: varying its demand and candidates may take all the time there is.
    repairs = budget_repairs(question, found, deadline)
    out["joint"] = joint_repair(question, found, deadline)
    until = min(deadline, time.monotonic() + SECONDS)
    premises = question.taken_for_granted()
    notes: list[str] = out["notes"]
    with _in_time(notes, "to vary demand and candidates: the conflict is of the rest"):
        out |= _over_everything(question, premises, until, every)
    if not out.get("conflict"):
        out["conflict"] = conflicts[0] if conflicts else []
        out["confirmed"] = impossible_again(question, deadline)
    with _in_time(notes, "to look for repairs by other demand or candidates"):
        repairs += premise_repairs(question, premises, until)
    out["repairs"] = ordered(question, repairs)[:MAX_REPAIRS]
    return out


@contextlib.contextmanager
def _in_time(notes: list[str], task: str) -> Iterator[None]:
    """What time runs out for is left out and named."""
    try:
        yield
    except OutOfTime:
        notes.append(f"no time was left {task}")


def _over_everything(
    question: Question, premises: Sequence[Premise], until: float, every: bool
) -> dict[str, Any]:
    """The minimal conflict over budgets, rules, demand and candidates; with `every`, all of them."""
    impossible = Impossible(question, premises, until)
    kept = impossible.conflict()
    if kept is None:
        return {}

    parts, enough = impossible.parts, impossible.enough()

    def members(of: frozenset[int]) -> list[Member]:
        return [
            _member(parts[i]).model_copy(update={"way": way_of(parts[i]), "enough": i in enough})
            for i in sorted(of, reverse=True)
        ]

    others = [p for i, p in enumerate(parts) if i not in kept]
    out: dict[str, Any] = {
        "conflict": members(kept),
        "confirmed": impossible.confirmed(kept),
        "not_involved": [p.name for p in others],
        "ways": {p.name: way for p in others if (way := way_of(p))},
        "taken_as_given": impossible.taken_as_given,
    }
    if every:
        found, complete = impossible.all_conflicts()
        for other in found:
            impossible.confirmed(other)
        out |= {"all_conflicts": [members(f) for f in found], "all_conflicts_complete": complete}
    return out


def _misses(question: Question, found: Violations) -> list[Miss]:
    """The designs that come closest, one for each set of limits they violate."""
    near = sorted((m for m in found.misses if math.isfinite(m.excess)), key=lambda m: m.excess)
    out = []
    for m in near[:MAX_MISSES]:
        values = values_of(question, m.design)
        broken = {v.name: v for v in violations(question, values)}
        unset = undefined(question, broken)
        members = [found.members[i] for i in sorted(m.violated)]
        # What means nothing here misses nothing; what takes its meaning is said.
        members = [t for t in members if record(t.name).voids or unset.isdisjoint(t.inputs)]
        named = [broken.get(t.name) or binding(question, t, values) for t in members]
        out.append(
            Miss(design=m.design, assumed=assumed_in(question, m.design), violated=named, excess=m.excess)
        )
    return out


def _decisive(question: Question, count: Count, deadline: float) -> list[Member]:
    """No candidate is well formed: the rule without which one would be, if a single one is to blame."""
    for t in sorted(question.limits, key=lambda t: -count.cut.get(t.name, 0)):
        if count.cut.get(t.name) and not t.stated and _possible_without(question, t, deadline):
            return [_member(t)]
    return []


def _possible_without(question: Question, limit: Limit, deadline: float) -> bool:
    left = [t for t in question.limits if not t.stated and t.name != limit.name]
    return bool(diagnose(replace(question, limits=left), deadline, hardware=True).misses)


def _member(part: Any) -> Member:
    return Member(name=part.name, text=part.text, place=part.place, kind=part.kind)
