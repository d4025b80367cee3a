"""A second proof of a frontier: interval branch and bound over the whole space.

It shares the rules and the facts with the search and nothing else: no order of evaluation, no early
limits, no dropping of dominated rows, no solver. A box is a range of candidates for every decision.
Interval arithmetic (`constraints.algebras.intervals`) bounds every quantity over it; the box is closed when
some limit or budget fails everywhere in it, or when a design of the frontier is at least as good as
the best that anything in it could be. Other boxes are cut in two; small ones are evaluated design by
design in plain floats. When no box is left, nothing outside the frontier beats anything on it.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from constraints.algebras.intervals import Span
from constraints.graph import run
from constraints.rule import Rule
from designer.question.question import Question
from designer.search.compile import Array, Table, tables_of
from designer.search.pareto import beaten, settled, slack

# Boxes bounded at once, and the largest box that is evaluated design by design.
BOXES = 4096
SMALL = 16
# Rows of the frontier a box is compared with.
FEW = 512


@dataclass
class Bounds:
    """What became of the space: boxes closed by bounds, designs evaluated one by one, and what was found.

    `open` is the share of the designs in boxes that were not closed in time; no design has an
    objective (in its order, smaller is better) below `lowest`.
    """

    boxes: int = 0
    designs: int = 0
    open: float = 0.0
    better: dict[str, Any] | None = None
    lowest: list[float] = field(default_factory=list)

    @property
    def complete(self) -> bool:
        """Whether all of the space was closed and nothing better found."""
        return self.open == 0 and self.better is None


def prove(question: Question, frontier: Array, deadline: float, *, wide: bool = False) -> Bounds:
    """Show that no feasible design beats `frontier` (rows of objectives, smaller is better) in anything.

    An empty frontier asks for a proof that no design is feasible. `better` of the answer is a design
    that contradicts, if one is met. Until `deadline` (of `time.monotonic`); `wide` looks at the
    largest boxes first, for the best bounds in little time.
    """
    search = _Search(question, settled(frontier))
    found = Bounds()
    sizes = np.array([len(question.domains[d.name]) for d in question.decisions])
    # Boxes with the best that each can be, as far as that is known when time is up.
    least = np.full(len(question.objectives), -np.inf)
    waiting = [(np.stack([np.zeros_like(sizes), sizes], axis=1)[None], least[None])]
    with np.errstate(all="ignore"):
        while waiting and found.better is None and time.monotonic() < deadline:
            boxes = _take(waiting, 0 if wide else -1)
            found.boxes += len(boxes)
            left, best = search.open(boxes)
            boxes = boxes[left]
            small = _sizes(boxes) <= SMALL
            if small.any():
                places = _designs(boxes[small])
                found.designs += len(places)
                found.better = search.better(places)
            if not small.all():
                halves = _halves(boxes[~small])
                waiting.append((halves, np.concatenate([best[~small]] * 2)))
    # Boxes still waiting keep the bounds from being the frontier's own values.
    found.open = sum(float(_sizes(w).sum()) for w, _ in waiting) / float(np.prod(sizes.astype(float)))
    ends = [frontier.min(axis=0)] if len(frontier) else []
    ends += [best.min(axis=0) for _, best in waiting]
    found.lowest = np.min(ends, axis=0).tolist() if ends else []
    return found


def _take(waiting: list[tuple[Array, Array]], which: int) -> Array:
    """Boxes from one end of what waits, no more than are bounded at once."""
    boxes, best = waiting.pop(which)
    if len(boxes) > BOXES:
        waiting.insert(0 if which == 0 else len(waiting), (boxes[BOXES:], best[BOXES:]))
    return boxes[:BOXES]


def _sizes(boxes: Array) -> Array:
    """Designs in each box."""
    sizes: Array = np.prod((boxes[:, :, 1] - boxes[:, :, 0]).astype(float), axis=1)
    return sizes


def _halves(boxes: Array) -> Array:
    """Each box cut in two at the first decision that is still open."""
    width = boxes[:, :, 1] - boxes[:, :, 0]
    axis = np.argmax(width > 1, axis=1)
    row = np.arange(len(boxes))
    middle = boxes[row, axis, 0] + (width[row, axis] + 1) // 2
    lower, upper = boxes.copy(), boxes.copy()
    lower[row, axis, 1] = middle
    upper[row, axis, 0] = middle
    return np.concatenate([upper, lower])


def _designs(boxes: Array) -> Array:
    """Positions of all designs in small boxes, one row each."""
    width = boxes[:, :, 1] - boxes[:, :, 0]
    count = np.prod(width, axis=1)
    box = np.repeat(np.arange(len(boxes)), count)
    rest = np.arange(len(box)) - np.repeat(np.cumsum(count) - count, count)
    places = np.empty((len(box), boxes.shape[1]), dtype=np.int64)
    for k in reversed(range(boxes.shape[1])):
        rest, digit = np.divmod(rest, width[box, k])
        places[:, k] = boxes[box, k, 0] + digit
    return places


class _Search:
    """The model in the order its quantities need, for boxes and for single designs."""

    def __init__(self, question: Question, frontier: Array):
        self.question = question
        self.names = [d.name for d in question.decisions]
        self.tables = tables_of(question)
        self.scalars = {n: k.si for n, k in question.given.items()}
        goals = [o.quantity for o in question.objectives]
        self.cuts = {t.rule.id for t in question.limits}
        self.order = _tests_early(question, {*self.scalars, *self.tables}, goals)
        # What ties with a row of the frontier is no better than it.
        near = frontier - slack(frontier)
        self.frontier, self.whole = near[:: 1 + len(near) // FEW], near
        read = {n for s in self.order for n in s.inputs} | set(goals)
        self.ranges = {n: _Ranges(t) for n, t in self.tables.items() if n in read}

    def open(self, boxes: Array) -> tuple[Array, Array]:
        """Boxes that may hold a feasible design which beats the frontier, and the best it could be in each."""
        left = np.arange(len(boxes))
        values: dict[str, Any] = dict(self.scalars)
        for name, ranges in self.ranges.items():
            axes = [self.names.index(a) for a in ranges.axes]
            values[name] = ranges.span([boxes[:, k] for k in axes])
        # Not `run`: a limit closes boxes, and what comes after it is worked out for those left alone.
        for s in self.order:
            values[s.id] = made = physical(s.fn(**{n: values[n] for n in s.inputs}), s.unit)
            if s.id not in self.cuts:
                continue
            high = made.high if isinstance(made, Span) else float(made)
            kept = np.flatnonzero(np.broadcast_to(~(np.asarray(high) <= 0), (len(left),)))
            if not len(kept):
                return left[:0], np.empty((0, len(self.question.objectives)))
            if len(kept) < len(left):
                left = left[kept]
                values = {n: _some(v, kept) for n, v in values.items()}
        best = [self._best(values[o.quantity], o.sign, len(left)) for o in self.question.objectives]
        points = np.stack(best, axis=1)
        free = ~beaten(settled(points), self.frontier)
        return left[free], points[free]

    def _best(self, value: Any, sign: int, rows: int) -> Array:
        """The best an objective can be in each box; where nothing is known, anything."""
        ends = value if isinstance(value, Span) else Span(value, value)
        best = np.broadcast_to(np.asarray(ends.low if sign > 0 else -ends.high, dtype=float), (rows,))
        # A hair lower, so that rounding in the bounds cannot close a box that holds a tie.
        return np.where(np.isnan(best), -np.inf, best - 1e-11 * np.abs(best))

    def better(self, places: Array) -> dict[str, Any] | None:
        """A feasible design of these that the frontier does not cover, evaluated in plain floats."""
        at = {n: places[:, k] for k, n in enumerate(self.names)}
        values: dict[str, Any] = dict(self.scalars)
        values |= {
            n: t.values[tuple(at[a] for a in t.axes)] for n, t in self.tables.items() if n in self.ranges
        }
        keep = np.ones(len(places), dtype=bool)
        run(self.order, values)
        for s in self.order:
            if s.id in self.cuts:
                keep &= np.asarray(values[s.id], dtype=bool)
        goals = [
            o.sign * np.broadcast_to(np.asarray(values[o.quantity], dtype=float), keep.shape)
            for o in self.question.objectives
        ]
        points = settled(np.stack(goals, axis=1))
        keep &= ~np.isnan(points).any(axis=1)
        new = np.flatnonzero(keep)
        new = new[~beaten(points[new], self.whole)]
        if not len(new):
            return None
        row = places[new[0]]
        return {n: self.question.domains[n][int(i)] for n, i in zip(self.names, row, strict=True)}


class _Ranges:
    """Smallest and largest entries of a table over ranges of positions, looked up at once."""

    def __init__(self, table: Table):
        self.axes = table.axes
        self.low, self.high = table.values, table.values
        for k in range(len(table.axes)):
            # Each axis becomes two: first and past-the-last position.
            self.low = _accumulated(self.low, 2 * k, np.minimum)
            self.high = _accumulated(self.high, 2 * k, np.maximum)

    def span(self, ranges: list[Array]) -> Span:
        at = tuple(r[:, end] for r in ranges for end in (0, 1))
        return Span(self.low[at], self.high[at])


def _accumulated(values: Array, axis: int, f: Any) -> Array:
    """Entry [a, b] along `axis` and a new axis after it is `f` over positions a to b - 1."""
    size = values.shape[axis]
    out = np.full((*values.shape[: axis + 1], size + 1, *values.shape[axis + 1 :]), np.nan)
    first: tuple[Any, ...] = (slice(None),) * axis
    for a in range(size):
        out[(*first, a, slice(a + 1, None))] = f.accumulate(values[(*first, slice(a, None))], axis=axis)
    return out


def _tests_early(question: Question, given: set[str], wanted: list[str]) -> list[Rule]:
    """Rules in the order they need, each limit as soon as what it reads is made."""
    order: dict[str, Rule] = {}
    for t in question.limits:
        order |= {r.id: r for r in question.graph.order(t.inputs, given)} | {t.rule.id: t.rule}
    return list((order | {r.id: r for r in question.graph.order(wanted, given)}).values())


def physical(value: Any, unit: str) -> Any:
    """Bounds of a quantity: a time, a size, a rate, energy or money is never negative."""
    if unit in ("", "%", "truth") or not isinstance(value, Span):
        return value
    return Span(np.fmax(value.low, 0.0), np.where(np.isnan(value.high), np.inf, value.high))


def _some(value: Any, rows: Array) -> Any:
    if isinstance(value, Span):
        return Span(_some(value.low, rows), _some(value.high, rows))
    return value[rows] if np.ndim(value) else value
