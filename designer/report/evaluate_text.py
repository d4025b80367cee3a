"""The answer of `evaluate` as text."""

from __future__ import annotations

from designer.answers.plan import EvaluateResult, Metric
from designer.evaluating.design import targets
from designer.jobs import decided
from designer.question.question import Question
from designer.words.numbers import human, percent
from designer.words.text import Column, table, wrap


def render(result: EvaluateResult, q: Question, width: int, *, everything: bool = False) -> str:
    """Design, quantities, and the limits it violates."""
    lines = [f"{result.scenario}   {'feasible' if result.feasible else 'NOT feasible'}"]
    given = [f"{k}={decided(k, v)}" for k, v in result.design.items() if k not in result.assumed]
    lines += wrap(f"design   {', '.join(given) or 'none given'}", width, 0, 9)
    for origin in dict.fromkeys(result.assumed.values()):
        taken = [f"{k}={decided(k, result.design[k])}" for k, o in result.assumed.items() if o == origin]
        lines += wrap(f"assumed  {', '.join(taken)} ({origin})", width, 0, 9)
    lines.append("")
    names = list(result.metrics) if everything else [n for n in targets(q) if n in result.metrics]
    titles = [q.graph.rules[n].title if n in q.graph.rules else "" for n in names]
    lines += table(
        [
            Column("quantity", names, False),
            Column("value", [human(result.metrics[n].value, q.unit(n)) for n in names]),
            Column(
                "80 % of comparable runs", [_interval(result.metrics[n], q.unit(n)) for n in names], False, 1
            ),
            Column("what it is", titles, False, 1),
        ],
        width,
    )
    if result.violated:
        lines += ["", "Violates"]
        for b in result.violated:
            numbers = ""
            if b.value is not None and b.bound is not None:
                value, bound = (human(x, q.unit(b.quantity)) for x in (b.value, b.bound))
                numbers = (
                    f": {value}, {_off(b.slack)} off" if b.slack is not None else f": {value}, not {bound}"
                )
            name = "" if b.text.startswith(b.name) else f"{b.name}  "
            lines += wrap(f"{name}{b.text}{numbers}   [{b.place}]", width, 2, 4)
    if result.notes:
        lines.append("")
        for n in result.notes:
            lines += wrap(f"note: {n}", width)
    return "\n".join(lines)


def _interval(metric: Metric, unit: str) -> str:
    if metric.interval is None:
        return ""
    low, high = (human(end, unit) for end in metric.interval)
    return f"{low} to {high}"


def _off(slack: float) -> str:
    return percent(-slack, 3)
