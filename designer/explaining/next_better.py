"""What stops a design from being better, and the least that the next better value would take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from designer.answers.plan import Binding, Design, NextBetter, Step, Trade, Turning
from designer.evaluating.design import binding, si_unit, values_of
from designer.explaining.binding import Removal, stage_text
from designer.question.context import Value
from designer.question.limit import Limit
from designer.question.question import Question
from designer.search.compile import Array
from designer.search.pareto import beaten, joined, skyline, slack


def binding_limits(
    question: Question, design: Mapping[str, Value], row: Array, removed: Sequence[Removal]
) -> list[Binding]:
    """The limits whose removal admits a design that beats this one, and from which bound on."""
    out = []
    for r in removed:
        better = r.better_than(row)
        if not len(better):
            continue
        limit, share = r.limit, float(r.excess[better[0]])
        effect = r.gain(question, row)
        values = values_of(question, design)
        if limit.kind == "stage":
            if values[limit.name] <= values[limit.record.feeds]:
                continue  # another layout would gain, this one does not wait for the stage
            text = stage_text(question, limit.name, values)
            known = Binding(name=limit.name, text=text, place=limit.place, effect=effect)
        else:
            known = binding(question, limit, values, effect)
        opened = {
            "loosened": _relative(limit, share),
            "breakpoint": reached(question, limit, r.designs[better[0]], share),
            "op": limit.op,
        }
        out.append(known.model_copy(update=opened))
    return out


def _limits(removed: Sequence[Removal]) -> list[Removal]:
    """Those of limits: nobody can let a stage take no time."""
    return [r for r in removed if r.limit.kind != "stage"]


def reached(question: Question, limit: Limit, design: Mapping[str, Value], share: float) -> float | None:
    """The bound that just admits a design, which is what it has of the quantity, where the bound is a number."""
    if limit.bound is None or limit.quantity is None or share != share:
        return None
    return float(values_of(question, design)[limit.quantity])


def _relative(limit: Limit, share: float) -> float | None:
    """The excess as a share, where there is something it is a share of."""
    return None if share != share or limit.bound == 0 else share


def next_better(
    question: Question, front: Array, i: int, labels: Sequence[str], removed: Sequence[Removal]
) -> list[NextBetter]:
    """For each objective of the `i`-th frontier row: the nearest limit, and the nearest other design."""
    row = front[i]
    out = []
    for k, o in enumerate(question.objectives):
        steps = [s for r in _limits(removed) if (s := _step(question, r, row, k)) is not None]
        nearest = min(steps, key=lambda s: (s.relative is None, s.relative or 0.0), default=None)
        ahead = np.flatnonzero(front[:, k] < row[k])
        trade = None
        if len(ahead):
            j = int(ahead[np.argmax(front[ahead, k])])
            trade = Trade(id=labels[j], changes=changes_of(question, row, front[j]))
        out.append(NextBetter(objective=o.quantity, step=nearest, trade=trade))
    return out


def _step(question: Question, r: Removal, row: Array, k: int) -> Step | None:
    better = [j for j in r.better_than(row) if r.objectives[j, k] < row[k] - slack(row)[k]]
    if not better:
        return None
    limit, j = r.limit, better[0]
    share = float(r.excess[j])
    quantity = limit.quantity or ""
    return Step(
        limit=limit.name,
        text=limit.text,
        place=limit.place,
        quantity=quantity,
        bound=limit.bound,
        needed=reached(question, limit, r.designs[j], share),
        op=limit.op,
        unit=si_unit(question.unit(quantity)) if quantity else "",
        relative=_relative(limit, share),
        changes=changes_of(question, row, r.objectives[j]),
        design=r.designs[j],
    )


def changes_of(question: Question, row: Array, other: Array) -> dict[str, float]:
    """Change of each objective from `row` to `other`, as a share of the value it has."""
    return {
        o.quantity: float(o.sign * (b - a) / abs(a)) if a else 0.0
        for o, a, b in zip(question.objectives, row, other, strict=True)
    }


def turning(
    question: Question, front: Array, designs: Sequence[Design], removed: Sequence[Removal]
) -> list[Turning]:
    """Where the frontier as a whole changes with each limit."""
    known = front - slack(front)
    out = []
    for r in _limits(removed):
        free = r.objectives[skyline(joined(r.objectives))]
        new = int(np.count_nonzero(~beaten(free, known)))
        # A design on the very bound is let in by a bound that holds it, where today's does not.
        at_bound = (r.excess == 0) & r.limit.strict
        beyond = np.flatnonzero((r.excess > 0) | (at_bound & ~beaten(r.objectives, known)))
        first = int(beyond[np.argmin(r.excess[beyond])]) if len(beyond) else None
        share = None if first is None else float(r.excess[first])
        quantity = r.limit.quantity or ""
        out.append(
            Turning(
                limit=r.limit.name,
                text=r.limit.text,
                place=r.limit.place,
                quantity=quantity,
                unit=si_unit(question.unit(quantity)) if quantity else "",
                new_designs=new,
                op=r.limit.op,
                loosened=None if share is None else _relative(r.limit, share),
                looser=None
                if first is None or share is None
                else reached(question, r.limit, r.designs[first], share),
                tighter=_tightest(r.limit, designs),
            )
        )
    return out


def _tightest(limit: Limit, designs: Sequence[Design]) -> float | None:
    """The value of the frontier design that is nearest to the bound."""
    if limit.bound is None or limit.quantity is None or limit.comparison is None:
        return None
    values = [m.value for d in designs if (m := d.metrics.get(limit.quantity)) and m.value is not None]
    return (min if limit.comparison.flipped else max)(values, default=None)
