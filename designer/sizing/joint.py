"""Least specifications together: the Pareto surface of parts that are just enough."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from designer.answers.size import Closing, Point, Surface
from designer.evaluating.design import CheckFailed
from designer.question.context import Value
from designer.question.question import Question
from designer.question.specifications import base_specs, hypothetical, with_specs
from designer.search.compile import Array
from designer.search.enumerate import DesignBlock, enumerate_designs
from designer.search.pareto import skyline, thin
from designer.sizing.least import BELOW, CEILING, check, least
from designer.sizing.rows import at_most, layouts, trial

# Multiples of the least a specification can ever be, at which the surface is looked for.
STEPS = (1.02, 1.15, 1.35, 1.7, 2.3, 3.5, 7.0, 20.0)
# Of a specification that need not bind: shares of the base part's.
SHARES = (0.01, 0.03, 0.1, 0.2, 0.4, 0.7, 1.0, 2.0)
# Points closer than this, as a share, are told as one; so many are refined.
APART, MOST = 0.08, 12
MOST_SPECS = 4
# Passes of lowering; the second finds nothing where more is never worse.
ROUNDS = 8


def surface(question: Question, devices: int, specs: Sequence[str]) -> Surface | None:
    """Parts that meet everything with so many devices, of which no number can be less alone.

    The surface is found on a grid by the exact search, each specification a decision and an objective;
    then each number of a point is lowered in turn as far as any layout allows. None where nothing helps.
    """
    limited = at_most(question, devices)
    base = base_specs(limited)
    names = list(specs)[:MOST_SPECS]
    grid: dict[str, list[float]] = {}
    for n in names:
        rest = hypothetical(limited, {m: base[m] * CEILING for m in names if m != n})
        alone = least(rest, n, base[n])
        if alone.value is None:
            return None
        free = alone.any
        grid[n] = [base[n] * s for s in SHARES] if free else [alone.value * s for s in STEPS]
    corners, searched = minimal(with_specs(limited, grid, last=True), names)
    if not len(corners):
        return None
    kept = thin(corners, APART)
    chosen = kept if len(kept) <= MOST else kept[:: math.ceil(len(kept) / MOST)]
    found: dict[tuple[float, ...], Point] = {}
    for i in chosen:
        point = refined(limited, dict(zip(names, corners[i].tolist(), strict=True)), base)
        found.setdefault(tuple(round(math.log(v), 2) for v in point.specs.values()), point)
    points = sorted(found.values(), key=lambda p: tuple(p.specs.values()))
    return Surface(
        devices=devices,
        specs=names,
        points=points,
        grid=math.prod(map(len, grid.values())),
        designs=searched,
    )


def minimal(question: Question, names: Sequence[str]) -> tuple[Array, int]:
    """Combinations of the specifications' values that some layout lives with, of which none is less in all.

    One row a combination, with how many designs were searched: every one of them.
    """
    enough = np.zeros([len(question.domains[n]) for n in names], dtype=bool)

    def take(block: DesignBlock) -> None:
        enough[tuple(block.positions[n] for n in names)] = True

    count = enumerate_designs(question, set(), take)
    values = np.array(
        [[question.domains[n][k] for n, k in zip(names, at, strict=True)] for at in np.argwhere(enough)],
        dtype=float,
    ).reshape(-1, len(names))
    return values[skyline(values)], count.raw


def refined(question: Question, start: dict[str, float], base: dict[str, float]) -> Point:
    """A part just enough below one that is: each number lowered in turn, the others held, until none gives.

    Raises CheckFailed where that does not end: a defect of this program.
    """
    at = dict(start)
    for _ in range(ROUNDS):
        free, design = _lowered(question, at, base)
        closing = {n: _closing(question, at, n) for n in at if n not in free}
        if all(closing.values()):
            check(question, at, design)
            plain = {n: v for n, v in design.items() if n not in at}
            return Point(specs=at, free=free, design=plain, closing={n: c for n, c in closing.items() if c})
    raise CheckFailed(f"{at} can be lowered for ever")


def _lowered(
    question: Question, at: dict[str, float], base: dict[str, float]
) -> tuple[list[str], dict[str, Value]]:
    """Lower each number of `at` once; returns those that do not bind, and a layout for what is left."""
    free: list[str] = []
    design: dict[str, Value] = {}
    for name in at:
        rest = hypothetical(question, {m: v for m, v in at.items() if m != name})
        enough = layouts(hypothetical(question, at))
        kept = {n: p for n, p in enough.positions.items() if n != name}
        found = least(rest, name, at[name], replace(enough, question=rest, positions=kept))
        assert found.value is not None
        free += [name] if found.any else []
        at[name], design = found.value, found.design
    return free, design


def _closing(question: Question, at: dict[str, float], name: str) -> Closing | None:
    """The proof that less of one number alone is not enough; None where it is."""
    rest = hypothetical(question, {m: v for m, v in at.items() if m != name})
    below = trial(rest, name, [at[name] * b for b in BELOW])
    return None if below.rows else Closing(evaluated=True, fails_below=list(BELOW), designs=below.searched)
