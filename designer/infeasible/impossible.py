"""What cannot hold together: minimal conflicts over budgets, rules, demand and candidates.

The oracle is the search itself, stopped at the first design. A set of members is impossible when no
design exists with only these in force, every other one taken away: budgets and rules dropped, demand
and candidates in each of their variants. That a member is needed for it is said of the set alone; that it
is enough to let it go as the scenario stands is another thing, and is asked for by itself.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from designer.evaluating.checked import checked
from designer.evaluating.design import CheckFailed
from designer.infeasible.conflict import design_at
from designer.question.context import Value
from designer.question.limit import Limit
from designer.question.question import Premise, Question
from designer.search.brute import brute_frontier
from designer.search.deadline import OutOfTime
from designer.search.enumerate import DesignBlock, enumerate_designs

# Designs that plain brute force confirms an impossibility over; beyond, violations are recorded.
BRUTE = 150_000
# Lists of candidates are widened as long as the space stays below so many times its size, and within
# these numbers of designs.
WIDER, NARROWEST, WIDEST = 25, 50_000, 20_000_000
SMALL = 4_000_000
# Members whose subsets are all looked at.
MOST = 16
Part = Limit | Premise
Design = dict[str, Value]


class _Found(Exception):
    def __init__(self, design: Design):
        self.design = design


def some_design(question: Question, deadline: float | None) -> Design | None:
    """Any feasible design, checked in floats; None is a proof that there is none. May raise OutOfTime."""

    def take(block: DesignBlock) -> None:
        if block.rows:
            raise _Found(design_at(question, block.positions, 0))

    # Looking for dominated rows costs more than going through all of a small space.
    first = question.objectives[:1] if size_of(question) > SMALL else []
    try:
        count = enumerate_designs(
            question, {question.objectives[0].quantity}, take, objectives=first, deadline=deadline
        )
    except _Found as found:
        checked(question, found.design)
        return found.design
    if not count.complete:
        raise OutOfTime
    return None


@dataclass
class Impossible:
    """An impossible question and everything in it that could give way."""

    question: Question
    premises: Sequence[Premise]
    deadline: float
    asked: int = 0
    known: dict[frozenset[int], Design | None] = field(default_factory=dict)

    def __post_init__(self) -> None:
        q = self.question
        # Tried for removal in this order: what a user would rather keep out of the answer comes first.
        self.parts: list[Part] = []
        self.taken_as_given: list[str] = []
        wide = q
        widest = min(WIDEST, max(NARROWEST, WIDER * size_of(q)))
        for p in self.premises:
            if p.kind == "candidates":
                wider = p.least(wide)
                if size_of(wider) <= widest:
                    self.parts.append(p)
                    wide = wider
                else:
                    self.taken_as_given.append(p.name)
        self.parts += [p for p in self.premises if p.kind == "demand"]
        self.parts += [t for t in q.limits if t.record.weighed]
        self.parts += sorted(q.stated, key=lambda t: t.kind != "default")

    def versions(self, kept: frozenset[int]) -> list[Question]:
        """The questions in which only `kept` parts are in force."""
        off = {p.name for i, p in enumerate(self.parts) if i not in kept and isinstance(p, Limit)}
        start = replace(self.question, limits=[t for t in self.question.limits if t.name not in off])
        given = [p for i, p in enumerate(self.parts) if i not in kept and isinstance(p, Premise)]
        for p in given:
            if p.kind == "candidates":
                start = p.least(start)
        out = [start]
        # Every mixture of the demands, each as asked or at its least; the lightest first.
        for p in given:
            if p.kind == "demand":
                out = [v for q in out for v in (p.least(q), q)]
        return out

    def design(self, kept: frozenset[int]) -> Design | None:
        """A design that meets the kept parts, or None where there is none.

        What meets more parts meets these, and where fewer cannot be met these cannot.
        """
        if kept in self.known:
            return self.known[kept]
        for other, known in self.known.items():
            if kept <= other if known is not None else other <= kept:
                return known
        found = None
        for q in self.versions(kept):
            self.asked += 1
            found = some_design(q, self.deadline)
            if found is not None:
                break
        self.known[kept] = found
        return found

    def enough(self) -> frozenset[int]:
        """The parts each of which alone, all others as they stand, is enough to let go."""
        everything = frozenset(range(len(self.parts)))
        return frozenset(i for i in everything if self.design(everything - {i}) is not None)

    def conflict(self) -> frozenset[int] | None:
        """One minimal conflict, which holds all parts that are enough to let go; only these, if it can.

        None where no part is to blame: nothing that may give way would help.
        """
        if self.design(frozenset()) is None:
            return None
        kept = enough = self.enough()
        if self.design(kept) is not None:
            kept = frozenset(range(len(self.parts)))
            for i in sorted(kept - enough):
                if self.design(kept - {i}) is None:
                    kept -= {i}
        for i in kept:
            if self.design(kept - {i}) is None:
                raise CheckFailed(f"{self.parts[i].name} is not needed for the conflict it was found in")
        return kept

    def all_conflicts(self) -> tuple[list[frozenset[int]], bool]:
        """Every minimal conflict, and whether there are surely no more.

        Subsets are asked about until each is above a conflict or below a possible set.
        """
        n = len(self.parts)
        if n > MOST:
            return [], False
        open_ = np.ones(1 << n, dtype=bool)
        index = np.arange(1 << n)
        found: list[frozenset[int]] = []
        try:
            while open_.any():
                free = np.flatnonzero(open_)
                mask = int(free[np.argmax(np.bitwise_count(free))])
                seed = _members(mask, n)
                if self.design(seed) is None:
                    seed = self._shrunk(seed)
                    found.append(seed)
                    bits = _mask(seed)
                    open_ &= (index & bits) != bits
                else:
                    open_ &= (index & mask) != index
        except OutOfTime:
            return _sorted(found), False
        return _sorted(found), True

    def _shrunk(self, kept: frozenset[int]) -> frozenset[int]:
        for i in sorted(kept):
            if self.design(kept - {i}) is None:
                kept -= {i}
        return kept

    def confirmed(self, kept: frozenset[int]) -> str:
        """How a second route found that `kept` is impossible; raises CheckFailed if it did not."""
        routes = dict.fromkeys(impossible_again(q, self.deadline) for q in self.versions(kept))
        return "; ".join(routes)


def impossible_again(question: Question, deadline: float | None) -> str:
    """Confirm that a question has no design, without the search that said so; returns the route.

    Small spaces are gone through one by one with nothing cut. In others every well-formed design is
    evaluated in full, budgets and rules recorded and not applied, and nothing left out as dominated.
    Raises CheckFailed where a design turns up, OutOfTime where it takes too long.
    """
    if size_of(question) <= BRUTE:
        _, feasible = brute_frontier(question)
        if feasible:
            raise CheckFailed(f"the search found no design, brute force {feasible:,}")
        return "brute force"
    stated = question.stated

    def take(block: DesignBlock) -> None:
        fits = np.ones(block.rows, dtype=bool)
        for t in stated:
            fits &= np.broadcast_to(np.asarray(t.holds(block.values), dtype=bool), fits.shape)
        if fits.any():
            raise CheckFailed("the search found no design, recording violations did")

    keep = {n for t in stated for n in t.inputs} or {question.objectives[0].quantity}
    soft = frozenset(t.name for t in stated)
    count = enumerate_designs(question, keep, take, soft=soft, deadline=deadline)
    if not count.complete:
        raise OutOfTime
    return "violations of every well-formed design recorded, none applied"


def way_of(part: Part) -> str:
    """How far a part is let go; a budget or rule goes altogether."""
    return part.way if isinstance(part, Premise) else ""


def size_of(question: Question) -> int:
    """Raw designs of a question."""
    return math.prod(len(question.domains[d.name]) for d in question.decisions)


def _members(mask: int, n: int) -> frozenset[int]:
    return frozenset(i for i in range(n) if mask >> i & 1)


def _mask(kept: frozenset[int]) -> int:
    return sum(1 << i for i in kept)


def _sorted(found: Sequence[frozenset[int]]) -> list[frozenset[int]]:
    return sorted(found, key=lambda f: (len(f), sorted(f)))


def until(question: Question, seconds: float) -> float:
    """A deadline so many seconds from now, or the scenario's if that is sooner."""
    return time.monotonic() + min(seconds, question.scenario.solver.time_limit)


__all__ = ["Impossible", "Part", "impossible_again", "some_design", "until"]
