"""The minimal conflict of a point without designs, from what each design violates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from designer.infeasible.conflict import NearMiss, Violations, explained
from designer.question.limit import Limit
from designer.question.question import Question


def first_conflict(members: Sequence[Limit], masks: Iterable[int], possible: bool) -> list[str]:
    """Names of the smallest set of members that cannot hold together, budgets and rules before hardware.

    `masks` are the sets of members that designs violate, as bits. Empty where nothing is in conflict.
    """
    if possible:
        return []
    n = len(members)
    sets = [frozenset(i for i in range(n) if mask >> i & 1) for mask in masks]
    hardware = frozenset(i for i, m in enumerate(members) if not m.stated and not m.record.weighed)
    first = _conflicts(members, [s for s in sets if not s & hardware])
    if any(members[i].kind != "default" for conflict in first for i in conflict):
        return [members[i].name for i in first[0]]
    second = _conflicts(members, sets)
    return [members[i].name for i in (second or first or [[]])[0]]


def _conflicts(members: Sequence[Limit], sets: list[frozenset[int]]) -> list[list[int]]:
    found = Violations(list(members), [NearMiss(s, 0.0, {}) for s in sets], True).conflicts
    at = {id(m): i for i, m in enumerate(members)}
    return [[at[id(m)] for m in conflict] for conflict in found]


def searched_conflict(question: Question, deadline: float, cut: dict[str, int]) -> list[str]:
    """The same for a question whose designs do not fit into a table."""
    found = explained(question, deadline)
    if found.conflicts:
        return [m.name for m in found.conflicts[0]]
    most = max(cut, key=lambda n: cut[n], default="")
    return [most] if most else []
