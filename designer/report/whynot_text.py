"""The answer of `explain --why-not` as text."""

from __future__ import annotations

from designer.jobs import decided
from designer.planning.why_not import Lead, Rival, WhyNotResult
from designer.question.question import Question
from designer.words.numbers import human, percent
from designer.words.text import wrap

MOST = 5


def render(result: WhyNotResult, q: Question, width: int) -> str:
    """The verdict, then what it rests on."""
    chosen = ", ".join(f"{k}={decided(k, v)}" for k, v in result.design.items() if k not in result.assumed)
    lines = [
        f"{result.scenario}   why not {chosen or 'the baseline'}?",
        f"{'Completed as follows it' if result.assumed else 'It'} is {result.verdict}.",
    ]
    for origin in dict.fromkeys(result.assumed.values()):
        taken = [f"{k}={decided(k, result.design[k])}" for k, o in result.assumed.items() if o == origin]
        lines += wrap(f"with {', '.join(taken)} ({origin})", width, 2, 4)
    if result.outside:
        lines += wrap(f"Not among the candidates: {', '.join(result.outside)}.", width)
    for b in result.violated:
        numbers, name = "", "" if b.text.startswith(b.name) else f"{b.name}  "
        if b.value is not None and b.bound is not None:
            numbers = f": {human(b.value, q.unit(b.quantity))} against {human(b.bound, q.unit(b.quantity))}"
        lines += wrap(f"{name}{b.text}{numbers}   [{b.place}]", width, 2, 4)
    for r in result.rivals[:MOST]:
        other = ", ".join(
            f"{k}={decided(k, v)}" for k, v in r.design.items() if str(v) != str(result.design[k])
        )
        lines += wrap(f"{r.id}  {_leads(r, q)}; it differs by {other or 'nothing'}", width, 2, 4)
    if len(result.rivals) > MOST:
        lines.append(f"  and {len(result.rivals) - MOST} more; --json has all of them")
    return "\n".join([*lines, *_completions(result, q, width)])


def _completions(result: WhyNotResult, q: Question, width: int) -> list[str]:
    """What the decisions that were asked about allow, whatever the others are."""
    c = result.completions
    if c is None or not result.assumed:
        return []
    given = ", ".join(f"{k}={decided(k, v)}" for k, v in result.design.items() if k not in result.assumed)
    head = f"Of all {c.designs:,} designs with {given}"
    if c.on_frontier:
        one = len(c.on_frontier) == 1
        names = " ".join(c.on_frontier[:12]) + (" …" if len(c.on_frontier) > 12 else "")
        return ["", *wrap(f"{head}, {names} {'is' if one else 'are'} on the frontier.", width, 0, 2)]
    if c.closest is None:
        cuts = ", ".join(f"{k}: {percent(n / c.designs)}" for k, n in list(c.cut.items())[:4])
        return ["", *wrap(f"{head}, none is feasible: {cuts}.", width, 0, 2)]
    other = ", ".join(
        f"{k}={decided(k, v)}" for k, v in c.closest.design.items() if str(v) != str(result.design[k])
    )
    closest = (
        f"the closest to the frontier has {other}"
        if other
        else "none is closer to the frontier than this one"
    )
    return ["", *wrap(f"{head}, {closest}:", width, 0, 2),
            *wrap(f"{c.closest.id}  {_leads(c.closest, q)}", width, 2, 4)]  # fmt: skip


def _leads(rival: Rival, q: Question) -> str:
    return "; ".join(_lead(x, q) for x in rival.leads)


def _lead(x: Lead, q: Question) -> str:
    theirs, ours = (human(v, q.unit(x.objective)) for v in (x.theirs, x.ours))
    if not x.share:
        return f"{x.objective} {theirs}, the same"
    return f"{x.objective} {theirs} against {ours} ({percent(x.share, 3)} better)"
