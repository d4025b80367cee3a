"""The answer of `explain --why-not` as text."""

from __future__ import annotations

from designer.question import Question
from designer.report.decisions import decided
from designer.report.numbers import human
from designer.report.text import wrap
from designer.whynot import WhyNotResult

MOST = 5


def render(result: WhyNotResult, q: Question, width: int) -> str:
    """The verdict, then what it rests on."""
    chosen = ", ".join(f"{k}={decided(k, v)}" for k, v in result.design.items() if k not in result.assumed)
    lines = [f"{result.scenario}   why not {chosen or 'the baseline'}?", f"It is {result.verdict}."]
    if result.outside:
        lines += wrap(f"Not among the candidates: {', '.join(result.outside)}.", width)
    for b in result.violated:
        numbers = ""
        if b.value is not None and b.bound is not None:
            numbers = f": {human(b.value, q.unit(b.quantity))} against {human(b.bound, q.unit(b.quantity))}"
        lines += wrap(f"{b.name}  {b.text}{numbers}   [{b.place}]", width, 2, 4)
    for r in result.rivals[:MOST]:
        leads = "; ".join(
            f"{x.objective} {human(x.theirs, q.unit(x.objective))} against {human(x.ours, q.unit(x.objective))}"
            f" ({100 * x.share:.3g} % better)"
            for x in r.leads
        )
        other = ", ".join(
            f"{k}={decided(k, v)}" for k, v in r.design.items() if str(v) != str(result.design[k])
        )
        lines += wrap(f"{r.id}  {leads}; it differs by {other or 'nothing'}", width, 2, 4)
    if len(result.rivals) > MOST:
        lines.append(f"  and {len(result.rivals) - MOST} more; --json has all of them")
    return "\n".join(lines)
