"""Why nothing is possible: minimal conflicts and nearest misses, from one pass over all designs.

Each design is evaluated once with budgets and site rules recorded instead of applied. The sets that
single designs violate, minimal ones only, are the minimal correction sets; their minimal hitting sets
are exactly the minimal conflicts (Reiter 1987). Where the hardware itself is in the way its limits are
recorded too. Rules of form (what must divide what) stay hard: no budget splits a layer in two.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np

from designer.question.context import Value
from designer.question.limit import Limit
from designer.question.question import Question
from designer.search.enumerate import DesignBlock, enumerate_designs

MAX_CONFLICTS = 50


@dataclass(frozen=True)
class NearMiss:
    """The design that misses a set of members by the least: its worst relative excess."""

    violated: frozenset[int]
    excess: float
    design: dict[str, Value]


@dataclass
class Violations:
    """What stands in the way.

    `joint` is the design whose excesses have the least weighted sum, where limits of the hardware are
    in force: its `excess` is that sum.
    """

    members: list[Limit]
    misses: list[NearMiss]
    complete: bool
    joint: NearMiss | None = None

    @property
    def correction_sets(self) -> list[NearMiss]:
        """Minimal sets of members that must give way, each with its nearest design."""
        minimal = [m for m in self.misses if not any(o.violated < m.violated for o in self.misses)]
        return sorted(minimal, key=lambda m: (len(m.violated), m.excess))

    @property
    def conflicts(self) -> list[list[Limit]]:
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


# What counts where no share can be told: of a rule that is no comparison, of a number nobody knows, of a
# bound of 0.
DROPPED = 1.0


def explained(question: Question, deadline: float | None = None) -> Violations:
    """What stands in the way: budgets and site rules, or with them the limits of the hardware.

    The hardware is named where no design meets its limits, or where only a rule nobody asked for
    would be blamed otherwise.
    """
    first = diagnose(question, deadline)
    blamed = {m.name for conflict in first.conflicts for m in conflict}
    ours = {t.name for t in question.limits if t.kind == "default"}
    if not first.complete or blamed - ours:
        return first
    second = diagnose(question, deadline, hardware=True)
    return second if second.misses or not first.misses else first


def diagnose(question: Question, deadline: float | None = None, *, hardware: bool = False) -> Violations:
    """Evaluate every design; record which budgets and rules, and with `hardware` limits, each violates."""
    own = [t for t in question.limits if not t.stated]
    members = [*question.stated, *(t for t in own if (not t.form if hardware else t.record.weighed))]
    nearest: dict[int, tuple[float, dict[str, Value]]] = {}
    weights = np.array([question.scenario.repair_weights.get(m.name, 1.0) for m in members])
    least: list[tuple[float, int, dict[str, Value]]] = []

    def take(block: DesignBlock) -> None:
        mask = np.zeros(block.rows, dtype=np.int64)
        worst = np.zeros(block.rows)
        total = np.zeros(block.rows)
        for i, m in enumerate(members):
            inputs = {n: block.values[n] for n in m.inputs}
            bad = np.broadcast_to(~np.asarray(m.holds(inputs), dtype=bool), (block.rows,))
            over = np.broadcast_to(np.asarray(m.excess(inputs), dtype=float), (block.rows,))
            mask |= bad.astype(np.int64) << i
            worst = np.where(bad, np.fmax(worst, over), worst)
            counted = np.isfinite(over) & (m.bound != 0)
            total += np.where(bad, weights[i] * np.where(counted, over, DROPPED), 0.0)
        j = int(np.argmin(total))
        if not least or total[j] < least[0][0]:
            least[:] = [(float(total[j]), int(mask[j]), design_at(question, block.positions, j))]
        order = np.lexsort((worst, mask))
        firsts = np.unique(mask[order], return_index=True)[1]
        for j in order[firsts]:
            key, excess = int(mask[j]), float(worst[j])
            if key not in nearest or excess < nearest[key][0]:
                nearest[key] = (excess, design_at(question, block.positions, int(j)))

    keep = {n for m in members for n in m.inputs}
    soft = frozenset(m.name for m in members)
    count = enumerate_designs(question, keep, take, soft=soft, deadline=deadline)
    misses = [NearMiss(_set(key, len(members)), excess, design) for key, (excess, design) in nearest.items()]
    joint = [NearMiss(_set(key, len(members)), total, design) for total, key, design in least]
    return Violations(members, misses, count.complete, joint[0] if joint and not hardware else None)


def _set(mask: int, n: int) -> frozenset[int]:
    return frozenset(i for i in range(n) if mask >> i & 1)


def design_at(question: Question, positions: dict[str, Any], row: int) -> dict[str, Value]:
    """The design of one row, by value."""
    return {a: question.domains[a][int(p[row])] for a, p in positions.items()}
