"""The answer of `fleet` as text."""

from __future__ import annotations

import math
from itertools import pairwise

from constraints.records import record
from constraints.roles import CARBON, COST, NODES, PEAK_POWER
from designer.answers.fleet import (
    Alternative,
    CapBinding,
    FleetDesign,
    FleetRepair,
    FleetResult,
    Placement,
    Use,
)
from designer.answers.plan import Metric
from designer.fleets.names import moves
from designer.report.fleet_headline import headline
from designer.words.numbers import digits, human, percent, scale_of
from designer.words.text import Column, bar, table, unit_in_head, wrap
from designer.words.weight import strong

MAX_ROWS = 12
MAX_MOVES = 5
# A gain below this share of the optimum is not worth a line.
WORTH = 1e-3
_LAYOUT = (
    ("tp", "TP"),
    ("cp", "CP"),
    ("pp", "PP"),
    ("dp", "DP"),
    ("ep", "EP"),
    ("etp", "ETP"),
    ("replicas", "×"),
)


def render(result: FleetResult, width: int, design: str = "A") -> str:
    """The whole answer, no line wider than `width` unless a single word is."""
    title, *proof = _head(result, width)
    if result.status == "infeasible":
        first, *why = none(result, width)
        return "\n".join([title, "", *strong([first]), *why, "", *proof])
    if not result.frontier:
        text = "No fleet found within the time limit; nothing is proven."
        return "\n".join([title, "", *strong([text]), "", *proof])
    shown = next((d for d in result.frontier if d.id == design.upper()), result.frontier[0])
    first, *more = headline(result, shown)
    lines = [title, "", *strong(wrap(first, width)), *(line for t in more for line in wrap(t, width, 0, 2))]
    lines += ["", *_frontier(result, width), ""]
    lines += _placements(shown, width, result.elsewhere if shown is _best(result) else [])
    lines += ["", *_uses(shown, width)]
    lines += [*_binds(result, width), "", *proof]
    for n in result.notes:
        lines += wrap(f"note: {n}", width)
    return "\n".join(lines)


def _head(result: FleetResult, width: int) -> list[str]:
    p = result.proof
    goals = ", ".join(f"min {o}" for o in result.objectives)
    one = "fleet" if p.frontier == 1 else "fleets"
    state = "NOT PROVEN COMPLETE" if not p.complete else "proven complete"
    many = f"{p.frontier:,} {one} on the frontier" if result.frontier else "no fleet found"
    if result.status == "infeasible":
        many, state = "no fleet exists", "search complete" if p.complete else "NOT PROVEN COMPLETE"
    text = (
        f"search   {p.workloads:,} workloads, 1e{math.floor(p.log10_joint)} joint choices of {p.raw_designs:,} designs,"
        f" {p.options:,} of them undominated options, {many}, {state}, {p.seconds:.1f} s"
    )
    return [f"{result.fleet}   {goals}", *wrap(text, width, 0, 9), *_proof(result, width)]


def _proof(result: FleetResult, width: int) -> list[str]:
    """Which solver said what to the last question: is there any other fleet?"""
    p = result.proof
    if not p.closure:
        return []
    said = {
        "found": "no fleet beats these",
        "infeasible": "no fleet meets everything",
        "time_limit": "cut short by the time limit",
    }[result.status]
    if result.status == "found" and p.frontier == 1:
        said = "no fleet beats this one"
    second = f", HiGHS {p.second}" if p.second else ""
    apart = f"; totals told apart to {percent(p.resolution, 1)}" if result.frontier else ""
    text = f"proof    {said}: CP-SAT {p.closure}{second}{apart}"
    return wrap(text, width, 0, 9)


def _metric(m: Metric) -> str:
    return human(m.value, m.unit)


def _frontier(result: FleetResult, width: int) -> list[str]:
    """Totals of each fleet, and what it does differently from the one above it."""
    rows = result.frontier
    if len(rows) > MAX_ROWS:
        step = (len(rows) - 1) / (MAX_ROWS - 1)
        rows = [rows[round(i * step)] for i in range(MAX_ROWS)]
    columns = [Column("", [d.id for d in rows], right=False)]
    for o in result.objectives:
        head, cells = unit_in_head(record(o).heading, [_metric(d.totals[o]) for d in rows])
        columns.append(Column(head, cells))
    if len(rows) > 1:
        changes = ["–", *("; ".join(_changes(a, b)) for a, b in pairwise(rows))]
        columns.append(Column("differs from the row above in", changes, right=False))
    lines = table(columns, width)
    if len(rows) < len(result.frontier):
        lines += wrap(
            f"{len(rows)} of {len(result.frontier):,} fleets shown, evenly chosen; --json has all of them.",
            width,
        )
    return lines


def _where(d: FleetDesign) -> dict[str, dict[tuple[str, str, str], list[str]]]:
    """Of each workload its lines, and the layouts on each."""
    out: dict[str, dict[tuple[str, str, str], list[str]]] = {}
    for p in d.placements:
        at = (p.line, p.node, p.region)
        out.setdefault(name_of(p), {}).setdefault(at, []).append(f"{p.copies} {p.design}")
    return out


def _changes(before: FleetDesign, after: FleetDesign) -> list[str]:
    """Workloads that run elsewhere or otherwise, in a word or two each."""
    to: dict[str, list[str]] = {}
    old, new = _where(before), _where(after)
    for name, lines in new.items():
        was = old.get(name, {})
        if was != lines:
            gained = [_short(at, list(was)) for at in lines if at not in was]
            to.setdefault(" and ".join(gained), []).append(name)
    return moves(to)


def _short(to: tuple[str, str, str], before: list[tuple[str, str, str]]) -> str:
    """A line by what tells it from where a workload was: its region or its node, or both."""
    line, node, region = to
    if len(before) == 1 and before[0][1] == node and before[0][2] != region:
        return region
    if len(before) == 1 and before[0][2] == region and before[0][1] != node:
        return node
    return line


def name_of(p: Placement) -> str:
    return f"{p.workload} {p.pool}".strip()


def layout(p: Placement) -> str:
    """The layout in the letters people say it in; degrees of one are left out, and formats of 16 bits."""
    parts = [f"{title}{p.design[n]}" for n, title in _LAYOUT if n in p.design and p.design[n] != 1]
    return " ".join([*_formats(p), *parts]) or "one device"


def _formats(p: Placement) -> list[str]:
    """Number formats other than those one expects: bf16, and what is stored as it is multiplied."""
    at = p.design.get("precision", "bf16")
    out = [str(at)] if at != "bf16" else []
    stored = (("weights", "weights"), ("kv", "KV"))
    return out + [f"{p.design[n]}-{what}" for n, what in stored if p.design.get(n, at) != at]


def _best(result: FleetResult) -> FleetDesign:
    """The best fleet of the first objective."""
    return min(result.frontier, key=lambda d: d.totals[result.objectives[0]].value or 0.0)


def _placements(d: FleetDesign, width: int, elsewhere: list[Alternative]) -> list[str]:
    rows = d.placements
    lines = [f"Fleet {d.id}, workload by workload"]
    columns = [Column("workload", [name_of(p) for p in rows], right=False)]
    if any(p.copies > 1 for p in rows):
        columns.append(Column("copies", [str(p.copies) for p in rows]))
    columns.append(Column("node", [p.node for p in rows], right=False))
    columns.append(Column("region", [p.region for p in rows], right=False))
    columns.append(Column("nodes", [digits(p.takes[NODES].value or 0) for p in rows]))
    for n in (COST, CARBON, PEAK_POWER):
        head, cells = unit_in_head(record(n).heading, [_metric(p.metrics[n]) for p in rows])
        columns.append(Column(head, cells, priority=3 if n == PEAK_POWER else 0))
    lines += table(columns, width)
    return lines + _asked(d, width, {(a.workload, a.pool): a for a in elsewhere})


def _asked(d: FleetDesign, width: int, elsewhere: dict[tuple[str, str], Alternative]) -> list[str]:
    """What is asked first of each workload: how long it takes or how fast it answers, and its second-best place."""
    out: list[str] = []
    rows = d.placements
    for p in rows:
        said = [
            q.phrase.format(human(m.value, q.unit))
            for q, m in ((record(n), m) for n, m in p.metrics.items())
            if q.phrase
        ]
        other = elsewhere.pop((p.workload, p.pool), None)  # said once, however many lines it is on
        else_ = f"; {_second_best(other, d)}" if other else ""
        out += wrap(f"{name_of(p)}: {', '.join([layout(p), *said])}{else_}", width, 2, 4)
    return out


def _second_best(a: Alternative, d: FleetDesign) -> str:
    """Where a workload would go next, and what that would cost the fleet."""
    if a.more is None:
        return "nowhere else"
    total = d.totals[a.objective]
    share = percent(a.more / total.value) if total.value else human(a.more, total.unit)
    more = f"{a.objective} +{share}"
    return f"else {' and '.join(a.lines)} ({more if a.more > 0 else f'the same {a.objective}'})"


def _uses(d: FleetDesign, width: int) -> list[str]:
    """How full each inventory line and cap is, when it is at its fullest."""
    rows = d.uses
    return [
        f"How full fleet {d.id} makes each inventory line and cap, at the fullest time",
        *table(
            [
                Column(
                    "", [bar(u.used / u.bound if u.bound else float(u.used > 0)) for u in rows], right=False
                ),
                Column("used", [_amount(u.used, u) for u in rows]),
                Column("of", [_amount(u.bound, u) for u in rows]),
                Column("", [u.name for u in rows], right=False),
            ],
            width,
        ),
    ]


def _amount(value: float, of: Use | CapBinding) -> str:
    if of.kind != "inventory":
        return human(value, of.unit)
    return f"{digits(value)} node{'' if value == 1 else 's'}"


def _binds(result: FleetResult, width: int) -> list[str]:
    """What binds, by objective, each with what it would cost to loosen it."""
    if not result.binds and result.notes:
        return [""]
    if not result.binds:
        return ["", "Nothing binds: without any one cap or rule no optimum would be better."]
    worth = [b for b in result.binds if b.gain >= WORTH * b.best]
    units = {o: m.unit for o, m in result.frontier[0].totals.items()}
    if not worth:
        some = (
            f"the {len(result.binds)} that bind by less"
            if len(result.binds) > 1
            else "the one that binds by less"
        )
        text = (
            f"Without any one cap or rule no optimum would be better by {percent(WORTH)}; --json has {some}."
        )
        return ["", *wrap(text, width)]
    lines = [""]
    lines += wrap(
        f"What binds, each found by solving again without it; gains are over {human(result.period, 's')}",
        width,
    )
    for b in worth:
        unit = units[b.objective]
        share = f" ({percent(b.gain / b.best)})" if b.best else ""
        text = f"{b.objective}  {b.text}: without it {human(b.gain, unit)} less{share}."
        if b.price and b.bound is not None:
            more = b.price.raised_to - b.bound
            text += f" +{_amount(more, b)} saves {human(b.price.better, unit)}{_each(more, b, unit)}"
            text += f" and moves {_few(b.price.moves)}." if b.price.moves else "."
        lines += wrap(f"{text}   [{b.place}]", width, 2, 4)
    if len(worth) < len(result.binds):
        rest = f"{len(result.binds) - len(worth)} more gain less than {100 * WORTH:g} %; --json has all."
        lines += wrap(rest, width, 2)
    return lines


def _each(more: float, b: CapBinding, unit: str) -> str:
    """What each unit of a cap saves, of the step that is worth taking."""
    if not b.price:
        return ""
    scale, name = (1.0, "node") if b.kind == "inventory" else scale_of(more, b.unit)
    return f" ({human(b.price.better / (more / scale), unit)} per {name})" if name and more != scale else ""


def _few(found: list[str]) -> str:
    """The first of many moves."""
    rest = len(found) - MAX_MOVES
    return "; ".join(found[:MAX_MOVES]) + (f" and {rest} more" if rest > 0 else "")


def none(result: FleetResult, width: int) -> list[str]:
    lines = ["No fleet meets everything."]
    if len(result.conflict) == 1:
        lines += ["", "This cannot be met, whatever else gives way:"]
    elif result.conflict:
        lines += ["", "These cannot hold together; drop any one and they can:"]
    for i, m in enumerate(result.conflict, 1):
        lines += wrap(f"{i}  {m.text}   [{m.place}]", width, 2, 5)
    if result.repairs:
        lines += ["", "Smallest repairs, each solved again"]
    for i, r in enumerate(result.repairs):
        lines += wrap(f"{chr(97 + i)}  {_repair(r)}", width, 2, 5)
    return lines


def _repair(r: FleetRepair) -> str:
    changes = ", ".join(f"{name}: {v}" if v == "drop it" else f"{name} {v}" for name, v in r.changes.items())
    size = f"  ({percent(r.relative, 3, signed=True)})" if r.relative is not None else ""
    then = ", ".join(f"{n} {_metric(m)}" for n, m in list(r.totals.items())[:1])
    return f"{changes}{size}  then {then}"
