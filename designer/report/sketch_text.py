"""Whether a sketch fits, how fast it is and what it costs, as text."""

from __future__ import annotations

from constraints.records import record
from constraints.roles import COST, MEMORY, USABLE
from designer.answers.plan import EvaluateResult
from designer.jobs import decided
from designer.planning.sketched import Sketched
from designer.question.question import Question
from designer.report.headline import headline, period_of
from designer.words.numbers import human
from designer.words.text import wrap
from designer.words.weight import strong


def render(found: Sketched, width: int) -> str:
    """A line for each question, the layout they are of, and how to ask for more."""
    q = found.question
    if found.layout is None:
        first, *more = headline(found.plan, q.units)
        return "\n".join(
            [*strong(wrap(first, width)), *(line for t in more for line in wrap(t, width, 0, 2))]
        )
    a = found.layout
    lines = strong(wrap(f"fits     {_fits(q, a)}", width, 0, 9))
    lines += wrap(f"speed    {_told(q, a, _speeds(q))}", width, 0, 9)
    lines += wrap(f"cost     {_cost(q, a)}", width, 0, 9)
    layout = ", ".join(
        f"{n}={decided(n, v)}"
        for n, v in a.design.items()
        if len(q.domains[n]) > 1 or n in ("node", "precision", "tp")
    )
    lines += wrap(
        f"layout   {layout}: the fastest of {found.plan.proof.raw_designs:,} designs searched", width, 0, 9
    )
    for note in a.notes:
        lines += wrap(f"note: {note}", width, hanging=6)
    return "\n".join(lines)


def _fits(q: Question, a: EvaluateResult) -> str:
    need, room = a.metrics[MEMORY], a.metrics[USABLE]
    used = f"{human(need.value, need.unit)} of {human(room.value, room.unit)} on the fullest device"
    return f"yes: {used}"


def _speeds(q: Question) -> list[str]:
    """What people ask first of how fast it is: the objective, and what of its job is said in a phrase."""
    said = [n for n in q.job.headline if record(n).phrase]
    return list(dict.fromkeys([*(o.quantity for o in q.objectives), *q.job.placed, *said]))


def _told(q: Question, a: EvaluateResult, names: list[str]) -> str:
    parts = []
    for n in names:
        if n in a.metrics:
            value = human(a.metrics[n].value, q.unit(n))
            parts.append(
                record(n).phrase.format(value) if record(n).phrase else f"{record(n).in_words} {value}"
            )
    return ", ".join(dict.fromkeys(parts))


def _cost(q: Question, a: EvaluateResult) -> str:
    """What it costs, and for how long; that nobody lists a price, where that is so."""
    cost = a.metrics.get(COST)
    if cost is None or cost.value is None:
        return f"unknown: {record('rental_rate').unknown}"
    period = period_of(q)
    parts = [human(cost.value, cost.unit) + (f" in {human(period, 's')}" if period else "")]
    each = a.metrics.get("cost_per_token")
    if each and each.value is not None:
        parts.append(human(each.value, each.unit))
    return ", ".join(parts)
