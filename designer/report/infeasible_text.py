"""Why nothing is possible, as text: what conflicts, what comes close, what would mend it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from designer.answers.plan import Binding, Member, PlanResult, Repair
from designer.jobs import DECISIONS, decided
from designer.words.numbers import human, percent
from designer.words.text import shorten, wrap

# What is shown without being asked for.
MOST_MISSES, MOST_REPAIRS = 3, 5


def infeasible(result: PlanResult, units: Mapping[str, str], width: int) -> list[str]:
    """One screen; all conflicts where they were asked for."""
    p = result.proof
    again = f" Confirmed by a second route: {result.confirmed}." if result.confirmed else ""
    lines = wrap(
        f"No design meets everything. {p.raw_designs:,} designs checked, none feasible.{again}", width
    )
    if not result.conflict:
        lines += [
            "",
            "No candidate is even well formed; the rules that reject most are under `cut by` above.",
        ]
    lines += _conflict(result.conflict, width)
    if result.not_involved:
        named = (f"{n} ({way})" if (way := result.ways.get(n)) else n for n in result.not_involved)
        lines += wrap(f"Not involved: {', '.join(named)}.", width, 0, 2)
    if result.taken_as_given:
        lines += wrap(f"Taken as given: {', '.join(result.taken_as_given)}.", width, 0, 2)
    lines += _others(result, width)
    lines += _misses(result, units, width)
    lines += _repairs(result, units, width)
    for n in result.notes:
        lines += ["", *wrap(f"note: {n}", width)]
    return lines


def _conflict(conflict: list[Member], width: int) -> list[str]:
    """A minimal conflict, and which of it are enough to let go: other conflicts may stand beside it."""
    if not conflict:
        return []
    enough = [m for m in conflict if m.enough]
    tried = all(m.enough is not None for m in conflict)
    if len(conflict) == 1:
        text = "This cannot be met, whatever other budget, rule, demand or candidate gives way"
        text += "; without it other conflicts remain:" if tried and not enough else ":"
    elif len(enough) == len(conflict):
        text = "These cannot hold together; let any one give way and a design exists:"
    elif enough:
        text = "These cannot hold together; let one marked * give way and a design exists:"
    else:
        more = "; other conflicts remain whichever one gives way" if tried else ""
        text = f"These cannot hold together{more}:"
    some = 0 < len(enough) < len(conflict)
    lines = ["", *wrap(text, width)]
    for i, m in enumerate(conflict, 1):
        mark = "* " if some and m.enough else "  " if some else ""
        way = f", {m.way}" if m.way else ""
        lines += wrap(f"{i}  {mark}{m.text}{way}   [{m.place}]", width, 2, 5)
    return lines


def _others(result: PlanResult, width: int) -> list[str]:
    """Conflicts beside the first, or that there are some."""
    first = {m.name for m in result.conflict}
    lines: list[str] = []
    if result.all_conflicts is None:
        more = [c for c in result.conflicts if {m.name for m in c} - first]
        if more:
            one = len(more) == 1
            text = f"{len(more)} more conflict{'s' if not one else ''} among budgets, rules and limits alone"
            lines += ["", *wrap(f"{text}; --all-conflicts lists every one.", width)]
        return lines
    for conflict in result.all_conflicts:
        if {m.name for m in conflict} != first:
            lines += _conflict(conflict, width)
    said = "These are all minimal conflicts" if result.all_conflicts_complete else "There may be more"
    lines += ["", f"{said} over budgets, rules, demand and candidates."]
    if result.conflicts:
        lines += ["", "With this demand and these candidates:"]
        for conflict in result.conflicts:
            lines += wrap("; ".join(m.text for m in conflict), width, 2, 4)
    return lines


def _misses(result: PlanResult, units: Mapping[str, str], width: int) -> list[str]:
    if not result.misses:
        return []
    lines = ["", "Closest misses"]
    for m in result.misses[:MOST_MISSES]:
        missed = "; ".join(_missed(b, units) for b in m.violated)
        lines += wrap(f"{_layout(m.design, m.assumed)}: {missed}", width, 2, 4)
    return lines


def _missed(b: Binding, units: Mapping[str, str]) -> str:
    if b.value is None or b.bound is None:
        return shorten(f"{b.name}: {b.text}", 90)
    unit = units.get(b.quantity, b.unit)
    side = "below" if b.value < b.bound else "over"
    by = f", {percent(-b.slack)} {side}" if b.slack else ""
    bound = human(b.bound, unit) if b.value != b.bound else b.text.removeprefix(f"{b.quantity} ")
    return f"{b.quantity} {human(b.value, unit)} against {bound}{by}"


def _repairs(result: PlanResult, units: Mapping[str, str], width: int) -> list[str]:
    lines: list[str] = []
    single = [r for r in result.repairs if len(r.changes) == 1]
    shown = (single or result.repairs)[:MOST_REPAIRS]
    if shown:
        lines += ["", f"Smallest repairs{', one change each' if single else ''}, solved again and checked"]
        for i, r in enumerate(shown):
            lines += wrap(f"{chr(97 + i)}  {_repair(r)}", width, 2, 5)
    hidden = len(result.repairs) - len(shown)
    if hidden:
        lines.append(f"  and {hidden} more; --json has all of them")
    joint = result.joint
    if joint is not None and len(joint.changes) > 1:
        lines += ["", "Smallest joint repair, by the sum of relative changes"]
        sum_ = f" (sum {percent(joint.total, 3)})" if joint.total is not None else ""
        lines += wrap(f"{', '.join(_change(k, v) for k, v in joint.changes.items())}{sum_}"
                      f"  with {_layout(joint.design, joint.assumed)}", width, 2, 5)  # fmt: skip
    return lines


def _repair(r: Repair) -> str:
    change = ", ".join(_change(k, v) for k, v in r.changes.items())
    size = ""
    if r.relative is not None:
        down = all(k.startswith("workload.") for k in r.changes)
        size = f"  ({percent(-r.relative if down else r.relative, 3, signed=True)})"
    return f"{change}{size}  with {_layout(r.design, r.assumed)}"


def _change(name: str, change: str) -> str:
    """A change with the name of what changes. A site rule is named by its text, which has the old bound in it."""
    if name.startswith(("workload.", "candidates.")):
        return f"{name}: {change}"
    return f"{name.split()[0] if change.split()[0] in name else name} {change}"


def _layout(design: Mapping[str, str | int | float], assumed: Collection[str]) -> str:
    """A design in few words, from which `evaluate` makes the same one."""
    said = [k for k in design if DECISIONS[k].tells != "detail" or k not in assumed]
    return " ".join(f"{k}={decided(k, design[k]).replace(' ', '')}" for k in said)
