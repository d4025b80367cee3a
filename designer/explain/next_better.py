"""What stops a design from being better, and the least that the next better value would take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from constraints.records import record
from designer.answers.plan import Binding, Design, NextBetter, Step, Trade, Turning
from designer.evaluating.design import binding, si_unit, values_of
from designer.explain.removal import Removal, stage_text
from designer.question.context import Value
from designer.question.question import Constraint, Question
from designer.search.compile import Array
from designer.search.pareto import skyline
from designer.search.relaxation import Member


def binding_limits(
    question: Question, design: Mapping[str, Value], row: Array, removed: Sequence[Removal]
) -> list[Binding]:
    """The limits whose removal admits a design that beats this one, and from which bound on."""
    out = []
    for r in removed:
        better = r.better_than(row)
        if not len(better):
            continue
        member, share = r.member, float(r.excess[better[0]])
        effect = r.gain(question, row)
        values = values_of(question, design)
        stage = record(member.name).feeds
        if stage and values[member.name] <= values[stage]:
            continue  # another layout would gain, this one does not wait for the stage
        if isinstance(member.rule, Constraint):
            known = binding(question, member.rule, values, effect)
        else:
            text = stage_text(question, member.name, values) if stage else member.text
            known = Binding(name=member.name, text=text, place=member.place, effect=effect)
        opened = {"loosened": share, "breakpoint": moved(member, share)} if share == share else {}
        out.append(known.model_copy(update=opened))
    return out


def _limits(removed: Sequence[Removal]) -> list[Removal]:
    """Those of limits: nobody can let a stage take no time."""
    return [r for r in removed if not record(r.member.name).feeds]


def moved(member: Member, share: float) -> float | None:
    """The bound of a member loosened by a share of itself, where the bound is a number."""
    c = member.rule
    if not isinstance(c, Constraint) or c.bound is None or member.comparison is None:
        return None
    away = -share if member.comparison.flipped else share
    return c.bound + away * (abs(c.bound) if c.bound else 1.0)


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
    better = [j for j in r.better_than(row) if r.objectives[j, k] < row[k]]
    if not better:
        return None
    member, j = r.member, better[0]
    share = float(r.excess[j])
    quantity = member.quantity or ""
    return Step(
        limit=member.name,
        text=member.text,
        place=member.place,
        quantity=quantity,
        bound=member.rule.bound if isinstance(member.rule, Constraint) else None,
        needed=moved(member, share) if share == share else None,
        unit=si_unit(question.unit(quantity)) if quantity else "",
        relative=share if share == share else None,
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
    known = {tuple(row) for row in front.tolist()}
    out = []
    for r in _limits(removed):
        free = r.objectives[skyline(r.objectives)]
        new = sum(tuple(row) not in known for row in free.tolist())
        beyond = r.excess[r.excess > 0]
        share = float(beyond.min()) if len(beyond) else None
        quantity = r.member.quantity or ""
        out.append(
            Turning(
                limit=r.member.name,
                text=r.member.text,
                place=r.member.place,
                quantity=quantity,
                unit=si_unit(question.unit(quantity)) if quantity else "",
                new_designs=new,
                loosened=share,
                looser=None if share is None else moved(r.member, share),
                tighter=_tightest(r.member, designs),
            )
        )
    return out


def _tightest(member: Member, designs: Sequence[Design]) -> float | None:
    """The value of the frontier design that is nearest to the bound."""
    c = member.rule
    if not isinstance(c, Constraint) or c.quantity is None or member.comparison is None:
        return None
    values = [m.value for d in designs if (m := d.metrics.get(c.quantity)) and m.value is not None]
    return (min if member.comparison.flipped else max)(values, default=None)
