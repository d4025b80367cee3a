"""The answer of a plan in a few sentences: what to take, what binds it, what a bit more buys."""

from __future__ import annotations

from collections.abc import Mapping

from constraints.pools import POOLS
from constraints.quantity import Record
from constraints.records import record
from constraints.roles import COST, DEVICES, NODES
from designer.answers.plan import Binding, Design, NextBetter, PlanResult
from designer.question.question import Question
from designer.report.why_text import changes
from designer.words.numbers import count, human, percent
from designer.words.text import listed

# What is said at most of limits that bind, and of conflicts.
MOST = 2


def headline(
    result: PlanResult, units: Mapping[str, str], period: float | None = None, shown: Design | None = None
) -> list[str]:
    """Sentences, each true of the answer as printed, of the first design or of the one `shown`.

    `period` is the time in seconds that costs are for, if any.
    """
    if result.status == "infeasible":
        return _impossible(result)
    if not result.frontier:
        return ["No design was found within the time limit, and nothing is proven."]
    first = shown or result.frontier[0]
    return [_take(result, first, units, period), *_binding(first, units), *_more(first, units)]


def period_of(q: Question) -> float | None:
    """The time that costs are counted for, of a job that has no end of its own."""
    return getattr(q.scenario.workload, "period", None) if q.job.goes_on else None


def _take(result: PlanResult, first: Design, units: Mapping[str, str], period: float | None) -> str:
    """What to take, with its objectives and what it costs."""
    many = len(result.frontier)
    names = [o.split()[1] for o in result.objectives]
    told = [*names, *([COST] if COST not in names and COST in first.metrics else [])]
    numbers = [_number(n, first, units, period) for n in told]
    leads = first.id == result.frontier[0].id
    best = f" for the {_best(result.objectives[0])}" if many > 1 and leads else ""
    others = (
        f", {'the first' if leads else 'one'} of {many:,} designs of which none beats another"
        if many > 1
        else ""
    )
    unproven = "" if result.proof.complete else " (not proven to be the best: time ran out)"
    name = f"{'Take' if leads else 'Design'} {first.id}{best}"
    return f"{name}: {', '.join([machines(first), *numbers])}{others}{unproven}."


def _best(objective: str) -> str:
    sense, name = objective.split()
    return f"{'most' if sense == 'max' else 'least'} {record(name).in_words}"


def _number(name: str, design: Design, units: Mapping[str, str], period: float | None) -> str:
    q: Record = record(name)
    value = human(design.metrics[name].value, units.get(name, design.metrics[name].unit))
    if name == COST and period and value != "unknown":
        return f"{value} in {human(period, 's')}"
    return q.phrase.format(value) if q.phrase else f"{q.in_words} {value}"


def machines(design: Design) -> str:
    """How many machines of which kind a design takes, pool by pool where they are apart.

    Nodes are told where their number was decided, devices otherwise.
    """
    parts = []
    for pool in ("", *POOLS):
        prefix = f"{pool}_" if pool else ""
        node = design.design.get(f"{prefix}node")
        if node is None:
            continue
        many, devices = design.design.get(f"{prefix}{NODES}"), design.metrics.get(f"{prefix}{DEVICES}")
        what = str(node)
        if isinstance(many, (int, float)):
            what = f"{count(many)} node{'' if many == 1 else 's'} of {node}"
        elif devices and devices.value:
            what = f"{count(devices.value)} device{'' if devices.value == 1 else 's'} in {node}"
        parts.append(f"{what} for {pool}" if pool else what)
    return " and ".join(parts) or "the design below"


def _binding(first: Design, units: Mapping[str, str]) -> list[str]:
    """What stops it from being better, by the solve without it."""
    if not first.binds:
        return []
    told = [
        f"{_limit(b, units)}; without it {first.id} could have {b.effect}"
        for b in first.binds[:MOST]
        if b.effect
    ]
    rest = len(first.binds) - len(told)
    more = f", and {rest} more" if told and rest > 0 else ""
    return [f"What binds: {', and '.join(told)}{more}."] if told else []


def _limit(b: Binding, units: Mapping[str, str]) -> str:
    if b.value is not None and b.bound is not None:
        unit = units.get(b.quantity, b.unit)
        return f"{b.name}, {human(b.value, unit)} of {human(b.bound, unit)}"
    return f"{b.name} ({b.text[:1].lower()}{b.text[1:]})" if b.text != b.name else b.name


def _more(first: Design, units: Mapping[str, str]) -> list[str]:
    """What the next better value of each objective takes; objectives that take the same are said together."""
    out: dict[tuple[object, ...], tuple[list[str], str]] = {}
    for n in first.next_better:
        parts = [_step(n, units)] if n.step else []
        if n.trade and n.trade.id:
            parts.append(f"take {n.trade.id}: {changes(n.trade.changes, n.objective)}")
        if parts:
            step = (n.step.limit, n.step.text, n.step.needed, n.step.relative) if n.step else None
            key = (step, n.trade.id if n.trade else "")
            out.setdefault(key, ([], "; or ".join(parts)))[0].append(record(n.objective).in_words)
    return [f"For a better {listed(names)}: {takes}." for names, takes in out.values()]


def _step(n: NextBetter, units: Mapping[str, str]) -> str:
    s = n.step
    assert s is not None
    if s.needed is not None:
        name = f"{s.limit} {human(s.needed, units.get(s.quantity, s.unit))}"
    elif s.relative is not None:
        name = f"{percent(s.relative)} more room for {s.limit}"
    elif s.limit.startswith("candidates."):
        name = f"{s.limit}, {s.text}"
    else:
        name = f"{s.limit} dropped"
    return f"{name}: {changes(s.changes, n.objective)}"


def _impossible(result: PlanResult) -> list[str]:
    """That there is no design, what conflicts, and the smallest change that was found to mend it."""
    if not result.conflict:
        return ["No design meets everything, and no candidate is even well formed."]
    if len(result.conflict) == 1:
        out = [f"No design meets everything: {result.conflict[0].text} cannot be met."]
    else:
        out = [
            f"No design meets everything: {listed([m.text for m in result.conflict], 'and')} cannot hold together."
        ]
    if result.repairs:
        r = result.repairs[0]
        said = ", ".join(f"{k.removeprefix('budgets.')} {v}" for k, v in r.changes.items())
        size = f" ({percent(abs(r.relative))} away)" if r.relative is not None else ""
        out.append(f"The smallest repair found, solved again: {said}{size}.")
    return out
