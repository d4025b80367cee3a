"""The running frontier of an enumeration."""

from __future__ import annotations

import numpy as np

from designer.question.context import Value
from designer.question.question import Question
from designer.search.compile import Array
from designer.search.cp_sat import MAX_ROWS
from designer.search.deadline import OutOfTime
from designer.search.enumerate import Count, DesignBlock, enumerate_designs
from designer.search.pareto import beaten, joined, settled, skyline
from designer.search.warm_start import Trunk

# Rows of the running frontier that a block is first compared with.
FEW = 64


class Archive:
    """The running frontier, and the rows the solver will be given.

    What takes long when the frontier is large raises OutOfTime at the deadline.
    """

    def __init__(self, question: Question, deadline: float | None = None):
        self.question = question
        self.deadline = deadline
        self.objectives: Array = np.empty((0, len(question.objectives)))
        self.positions: Array = np.empty((0, len(question.decisions)), dtype=int)
        self.all_objectives: list[Array] = []
        self.all_positions: list[Array] = []
        self.rows = 0
        # Of each objective, whether some design was left out because that alone is unknown of it.
        self.unknown: Array = np.zeros(len(question.objectives), dtype=bool)

    def take(self, block: DesignBlock) -> None:
        o = self.question.objectives
        values = np.stack(
            [np.broadcast_to(x.sign * np.asarray(block.values[x.quantity], float), (block.rows,)) for x in o],
            axis=1,
        )
        values = settled(values)
        nan = np.isnan(values)
        self.unknown |= nan[nan.sum(axis=1) == 1].any(axis=0)
        # What some of the frontier so far beats need not be sorted.
        some = self.objectives[:: 1 + len(self.objectives) // FEW]
        fresh = np.flatnonzero(~beaten(values, some))
        keep = fresh[skyline(values[fresh], self.deadline)]
        shown = np.flatnonzero(~nan.any(axis=1)) if self.rows + block.rows <= MAX_ROWS else keep
        self._remember(values[shown], self._places(block, shown))
        self.rows += block.rows
        both = np.concatenate([self.objectives, values[keep]])
        places = np.concatenate([self.positions, self._places(block, keep)])
        front = skyline(both, self.deadline)
        self.objectives, self.positions = both[front], places[front]

    def _places(self, block: DesignBlock, rows: Array) -> Array:
        return np.stack([block.positions[d.name][rows] for d in self.question.decisions], axis=1)

    def _remember(self, values: Array, places: Array) -> None:
        self.all_objectives.append(values)
        self.all_positions.append(places)

    def join_ties(self) -> None:
        """Make ties of the whole frontier equal: what is left is better in something by more than a tie."""
        values = joined(self.objectives)
        front = skyline(values, self.deadline)
        self.objectives, self.positions = values[front], self.positions[front]

    def add(self, values: Array, positions: Array) -> None:
        """A design found elsewhere, by its objectives (smaller is better) and the positions of its decisions."""
        both = np.concatenate([self.objectives, settled(values)[None]])
        places = np.concatenate([self.positions, positions[None]])
        front = skyline(both)
        self.objectives, self.positions = both[front], places[front]

    def solver_rows(self, deadline: float | None = None) -> tuple[Array, Array, Array]:
        """Positions and objectives of the solver's rows, and which of them are the frontier."""
        values, places = np.concatenate(self.all_objectives), np.concatenate(self.all_positions)
        if len(values) > MAX_ROWS:
            front = skyline(values, deadline)
            values, places = values[front], places[front]
        values = joined(values)
        return places, values, skyline(values, deadline)

    def designs(self) -> list[dict[str, Value]]:
        names = [d.name for d in self.question.decisions]
        return [
            {n: self.question.domains[n][int(i)] for n, i in zip(names, row, strict=True)}
            for row in self.positions
        ]


def frontier_of(
    question: Question,
    deadline: float | None = None,
    *,
    trunk: Trunk | None = None,
    after: Trunk | None = None,
) -> tuple[Archive, Count]:
    """The exact frontier of a question and what became of all designs.

    `trunk` and `after` are for a search that is followed by similar ones, as in `enumerate_designs`.
    """
    archive = Archive(question, deadline)
    count = enumerate_designs(
        question,
        {o.quantity for o in question.objectives},
        archive.take,
        objectives=question.objectives,
        deadline=deadline,
        trunk=trunk,
        after=after,
    )
    try:
        archive.join_ties()
    except OutOfTime:
        count.complete = False
    return archive, count
