"""Designs as rows: every quantity of many designs at once, worked out from the facts and checked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from constraints.graph import run
from designer.evaluating.design import CheckFailed
from designer.question.question import Question
from designer.search.compile import Array, tables_of
from designer.search.pareto import settled
from designer.sweeping.table import TableAnswer, placed_tables

# How far a quantity may be from the one the search saw: rounding alone.
NEAR = 1e-9


@dataclass(frozen=True)
class Found:
    """One point with at least one design."""

    point: int
    question: Question
    answer: TableAnswer


def quantities(found: Sequence[Found], wanted: Sequence[str], varies: set[str]) -> dict[str, Array]:
    """Quantities of all designs of points that share a search space, one row a design.

    They are worked out a second time from the facts, apart from the search. Raises CheckFailed where a
    design breaks a limit or budget, or where an objective is not what the search said.
    """
    q = found[0].question
    sizes = [f.answer.rows for f in found]
    places = {d.name: np.concatenate([f.answer.positions[d.name] for f in found]) for d in q.decisions}
    values: dict[str, Any] = {n: k.si for n, k in q.given.items()}
    for name, table in tables_of(q).items():
        values[name] = table.values[tuple(places[a] for a in table.axes)]
    for name in varies & q.given.keys():
        values[name] = np.repeat([f.question.given[name].si for f in found], sizes)
    if any(f.question.groups != q.groups for f in found):
        placed = [placed_tables(f.question) for f in found]
        for name in placed[0]:
            values[name] = np.concatenate(
                [
                    p[name].values[tuple(f.answer.positions[a] for a in p[name].axes)]
                    for f, p in zip(found, placed, strict=True)
                ]
            )
    with np.errstate(all="ignore"):
        run(q.graph.order([*wanted, *q.limited], values), values)
        rows = sum(sizes)
        full = {n: np.broadcast_to(np.asarray(values[n], dtype=float), (rows,)) for n in wanted}
        for t in q.limits:
            if not t.stated and not np.all(t.holds(values)):
                raise CheckFailed(f"a design of point {found[0].point} or one like it breaks {t.name}")
        _checked(found, sizes, full)
    return full


def _checked(found: Sequence[Found], sizes: Sequence[int], values: dict[str, Array]) -> None:
    start = 0
    for f, size in zip(found, sizes, strict=True):
        own = {n: v[start : start + size] for n, v in values.items()}
        start += size
        for t in f.question.stated:
            if not np.all(t.holds(own)):
                raise CheckFailed(f"a design of point {f.point} breaks {t.text}")
        for k, o in enumerate(f.question.objectives):
            said, now = f.answer.objectives[:, k], settled(o.sign * own[o.quantity])
            if not np.allclose(said, now, rtol=NEAR, atol=0.0):
                raise CheckFailed(f"{o.quantity} of point {f.point} is not what the search said")
