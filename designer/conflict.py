"""Why nothing is possible: minimal conflicts and the smallest repairs, from one pass over all designs.

Each design is evaluated once with budgets and site rules recorded instead of applied. The sets of
constraints that single designs violate, minimal ones only, are the minimal correction sets; their
minimal hitting sets are exactly the minimal conflicts (Reiter 1987).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from designer.context import Value
from designer.enumerate import Block, enumerate_designs
from designer.question import Constraint, Question

MAX_CONFLICTS = 50


@dataclass(frozen=True)
class Miss:
    """The design that misses a set of constraints by the least: its worst relative excess."""

    violated: frozenset[int]
    excess: float
    design: dict[str, Value]


@dataclass
class Diagnosis:
    """What stands in the way."""

    constraints: list[Constraint]
    misses: list[Miss]
    complete: bool

    @property
    def correction_sets(self) -> list[Miss]:
        """Minimal sets of constraints that must give way, each with its nearest design."""
        minimal = [m for m in self.misses if not any(o.violated < m.violated for o in self.misses)]
        return sorted(minimal, key=lambda m: (len(m.violated), m.excess))

    @property
    def conflicts(self) -> list[list[Constraint]]:
        """Minimal sets of constraints that cannot hold together, smallest first."""
        sets = [m.violated for m in self.correction_sets]
        members = sorted(set().union(*sets)) if sets else []
        found: list[frozenset[int]] = []
        for size in range(1, len(members) + 1):
            for pick in combinations(members, size):
                chosen = frozenset(pick)
                if any(f <= chosen for f in found):
                    continue
                if all(chosen & s for s in sets):
                    found.append(chosen)
                    if len(found) >= MAX_CONFLICTS:
                        return [[self.constraints[i] for i in sorted(f)] for f in found]
        return [[self.constraints[i] for i in sorted(f)] for f in found]


def diagnose(question: Question, deadline: float | None = None) -> Diagnosis:
    """Evaluate every design that meets the physical limits; record which constraints each violates."""
    constraints = question.constraints
    nearest: dict[int, tuple[float, dict[str, Value]]] = {}

    def take(block: Block) -> None:
        mask = np.zeros(block.rows, dtype=np.int64)
        worst = np.zeros(block.rows)
        for i, c in enumerate(constraints):
            inputs = {n: block.values[n] for n in c.inputs}
            bad = np.broadcast_to(~np.asarray(c.holds(inputs), dtype=bool), (block.rows,))
            over = np.broadcast_to(np.asarray(c.excess(inputs), dtype=float), (block.rows,))
            mask |= bad.astype(np.int64) << i
            worst = np.where(bad, np.maximum(worst, over), worst)
        order = np.lexsort((worst, mask))
        firsts = np.unique(mask[order], return_index=True)[1]
        for j in order[firsts]:
            key, excess = int(mask[j]), float(worst[j])
            if key not in nearest or excess < nearest[key][0]:
                nearest[key] = (excess, design_at(question, block.positions, int(j)))

    keep = set().union(*(c.inputs for c in constraints)) if constraints else set()
    soft = frozenset(c.name for c in constraints)
    count = enumerate_designs(question, keep, take, soft=soft, deadline=deadline)
    misses = [
        Miss(frozenset(i for i in range(len(constraints)) if key >> i & 1), excess, design)
        for key, (excess, design) in nearest.items()
    ]
    return Diagnosis(constraints, misses, count.complete)


def design_at(question: Question, positions: dict[str, Any], row: int) -> dict[str, Value]:
    """The design of one row, by value."""
    return {a: question.domains[a][int(p[row])] for a, p in positions.items()}
