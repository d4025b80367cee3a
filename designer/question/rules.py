"""The rules of a job: layers of them, of which later ones replace rules of earlier ones."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from constraints.quantity import Record
from constraints.records import record
from constraints.rule import Rule, layered


@cache
def rules_of(layers: tuple[str, ...]) -> dict[str, Rule]:
    """Rules by quantity. Those of a later layer replace earlier ones of the same name."""
    return layered(layers)


@cache
def units_of(layers: tuple[str, ...]) -> dict[str, str]:
    """SI unit of every quantity, made or given."""
    out: dict[str, str] = {}
    for r in rules_of(layers).values():
        out.update(r.inputs)
    for r in rules_of(layers).values():
        out[r.id] = r.unit
    return out


@cache
def quantity_of(layers: tuple[str, ...], name: str) -> Record:
    """What is known of a quantity, with the unit and title it has in a job of these layers."""
    made, known = rules_of(layers).get(name), record(name)
    unit = units_of(layers).get(name, known.unit)
    return replace(known, unit=unit, title=made.title if made else known.title)
