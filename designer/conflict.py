"""Why nothing is possible: minimal conflicts and nearest misses, from one pass over all designs.

Each design is evaluated once with budgets and site rules recorded instead of applied. The sets that
single designs violate, minimal ones only, are the minimal correction sets; their minimal hitting sets
are exactly the minimal conflicts (Reiter 1987). Where the hardware itself is in the way its limits are
recorded too. Rules of form (what must divide what) stay hard: no budget splits a layer in two.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any

import numpy as np

from constraints.rule import Rule
from constraints.symbolic import symbol
from designer.context import Value
from designer.enumerate import Block, enumerate_designs
from designer.question import Constraint, Question

MAX_CONFLICTS = 50
# Limits that more or other hardware lifts, or less work.
RESOURCE_LIMITS = (
    "memory_fits", "devices_suffice", "network_reaches", "precision_supported", "checkpoint_keeps_up",
    "nodes_suffice", "load_below_one", "slots_suffice", "workers_fit",
)  # fmt: skip
# Of these, the ones a budget is always weighed against: more cores are a smaller change than other devices.
WEIGHED = ("workers_fit",)


@dataclass(frozen=True)
class Member:
    """A budget, a site rule or a limit, as something that can be violated."""

    rule: Rule | Constraint

    @property
    def name(self) -> str:
        return self.rule.id if isinstance(self.rule, Rule) else self.rule.name

    @property
    def inputs(self) -> set[str]:
        return set(self.rule.inputs)

    def holds(self, values: Mapping[str, Any]) -> Any:
        if isinstance(self.rule, Rule):
            return self.rule.fn(**{n: values[n] for n in self.rule.inputs})
        return self.rule.holds(values)

    def excess(self, values: Mapping[str, Any]) -> Any:
        """By what share it is missed; infinite where it is no plain comparison and does not hold."""
        if isinstance(self.rule, Constraint):
            return self.rule.excess(values)
        sides = self.sides(values)
        if sides is None:
            return np.where(self.holds(values), 0.0, math.inf)
        left, right = sides
        return (left - right) / np.maximum(np.abs(right), 1e-300)

    def sides(self, values: Mapping[str, Any]) -> tuple[Any, Any] | None:
        """Both sides of a limit of form `left <= right`, as its own rule states them."""
        if not isinstance(self.rule, Rule) or len(self.rule.inputs) > 2:
            return None
        formula = self.rule.fn(**{n: symbol(n, values[n]) for n in self.rule.inputs})
        plain = formula.op in ("<=", "<") and all(a.op in ("name", "number") for a in formula.args)
        return (formula.args[0].value, formula.args[1].value) if plain else None


@dataclass(frozen=True)
class Miss:
    """The design that misses a set of members by the least: its worst relative excess."""

    violated: frozenset[int]
    excess: float
    design: dict[str, Value]


@dataclass
class Diagnosis:
    """What stands in the way."""

    members: list[Member]
    misses: list[Miss]
    complete: bool

    @property
    def correction_sets(self) -> list[Miss]:
        """Minimal sets of members that must give way, each with its nearest design."""
        minimal = [m for m in self.misses if not any(o.violated < m.violated for o in self.misses)]
        return sorted(minimal, key=lambda m: (len(m.violated), m.excess))

    @property
    def conflicts(self) -> list[list[Member]]:
        """Minimal sets of members that cannot hold together, smallest first."""
        sets = [m.violated for m in self.correction_sets]
        involved = sorted(set().union(*sets)) if sets else []
        found: list[frozenset[int]] = []
        for size in range(1, len(involved) + 1):
            for pick in combinations(involved, size):
                chosen = frozenset(pick)
                if any(f <= chosen for f in found):
                    continue
                if all(chosen & s for s in sets):
                    found.append(chosen)
                    if len(found) >= MAX_CONFLICTS:
                        return [[self.members[i] for i in sorted(f)] for f in found]
        return [[self.members[i] for i in sorted(f)] for f in found]


def explained(question: Question, deadline: float | None = None) -> Diagnosis:
    """What stands in the way: budgets and site rules, or with them the limits of the hardware.

    The hardware is named where no design meets its limits, or where only a rule nobody asked for
    would be blamed otherwise.
    """
    first = diagnose(question, deadline)
    blamed = {m.name for conflict in first.conflicts for m in conflict}
    ours = {c.name for c in question.constraints if c.kind == "default"}
    if not first.complete or blamed - ours:
        return first
    second = diagnose(question, deadline, hardware=True)
    return second if second.misses or not first.misses else first


def diagnose(question: Question, deadline: float | None = None, *, hardware: bool = False) -> Diagnosis:
    """Evaluate every design; record which budgets and rules, and with `hardware` limits, each violates."""
    limits = [n for n in (RESOURCE_LIMITS if hardware else WEIGHED) if n in question.limits]
    members = [Member(c) for c in question.constraints]
    members += [Member(question.graph.rules[n]) for n in limits]
    nearest: dict[int, tuple[float, dict[str, Value]]] = {}

    def take(block: Block) -> None:
        mask = np.zeros(block.rows, dtype=np.int64)
        worst = np.zeros(block.rows)
        for i, m in enumerate(members):
            inputs = {n: block.values[n] for n in m.inputs}
            bad = np.broadcast_to(~np.asarray(m.holds(inputs), dtype=bool), (block.rows,))
            over = np.broadcast_to(np.asarray(m.excess(inputs), dtype=float), (block.rows,))
            mask |= bad.astype(np.int64) << i
            worst = np.where(bad, np.fmax(worst, over), worst)
        order = np.lexsort((worst, mask))
        firsts = np.unique(mask[order], return_index=True)[1]
        for j in order[firsts]:
            key, excess = int(mask[j]), float(worst[j])
            if key not in nearest or excess < nearest[key][0]:
                nearest[key] = (excess, design_at(question, block.positions, int(j)))

    keep = set().union(*(m.inputs for m in members)) if members else set()
    well_formed = replace(question, limits=[n for n in question.limits if n not in limits])
    soft = frozenset(c.name for c in question.constraints)
    count = enumerate_designs(well_formed, keep, take, soft=soft, deadline=deadline)
    misses = [
        Miss(frozenset(i for i in range(len(members)) if key >> i & 1), excess, design)
        for key, (excess, design) in nearest.items()
    ]
    return Diagnosis(members, misses, count.complete)


def design_at(question: Question, positions: dict[str, Any], row: int) -> dict[str, Value]:
    """The design of one row, by value."""
    return {a: question.domains[a][int(p[row])] for a, p in positions.items()}
