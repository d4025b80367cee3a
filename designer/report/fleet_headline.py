"""The answer of a fleet in a few sentences: what to take, what binds most, what more of it saves."""

from __future__ import annotations

from constraints.records import record
from constraints.roles import NODES
from designer.answers.fleet import CapBinding, FleetDesign, FleetResult, Use
from designer.words.numbers import human, percent


def headline(result: FleetResult, shown: FleetDesign | None = None) -> list[str]:
    """What to take and what it comes to, what binds most, and what more of it saves."""
    if result.status == "infeasible":
        why = f": {' and '.join(m.text for m in result.conflict)}" if result.conflict else ""
        return [f"No fleet meets everything{why}."]
    d = shown or (result.frontier[0] if result.frontier else None)
    if d is None:
        return ["No fleet was found within the time limit, and nothing is proven."]
    totals = ", ".join(
        f"{record(o).in_words} {human(d.totals[o].value, d.totals[o].unit)}" for o in result.objectives
    )
    placed = sum(p.takes[NODES].value or 0 for p in d.placements if NODES in p.takes)
    nodes = (
        f"{placed:,.0f} nodes for {len({p.workload for p in d.placements}):,} workloads, " if placed else ""
    )
    many = len(result.frontier)
    others = f", one of {many:,} fleets of which none beats another" if many > 1 else ""
    unproven = "" if result.proof.complete else " (not proven to be the best)"
    out = [f"Take fleet {d.id}: {nodes}{totals} over {human(result.period, 's')}{others}{unproven}."]
    if result.binds:
        b = max(result.binds, key=lambda b: b.gain / b.best if b.best else 0.0)
        unit = d.totals[b.objective].unit
        share = f" ({percent(b.gain / b.best)})" if b.best else ""
        less = f"{human(b.gain, unit)} less {b.objective}{share}"
        out.append(f"What binds most: {b.text}; without it the best fleet has {less}.")
        if b.price and b.bound is not None:
            more = amount(b.price.raised_to - b.bound, b)
            out.append(f"{more} more of it saves {human(b.price.better, unit)} of {b.objective}.")
    return out


def amount(value: float, of: Use | CapBinding) -> str:
    return (
        human(value, of.unit) if of.kind != "inventory" else f"{value:,.0f} node{'' if value == 1 else 's'}"
    )
