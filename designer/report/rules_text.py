"""Rules as text and JSON: what there is, and one with its symbols."""

from __future__ import annotations

import inspect
import json
from typing import Any

from constraints.rule import LAYERS, Rule, find, rules
from constraints.symbolic import Sym, symbol
from designer.evaluation import si_unit
from designer.report.text import Column, table, wrap


def listing(as_json: bool, width: int) -> str:
    """Every rule by layer, with its unit and what it is."""
    if as_json:
        return json.dumps([_data(r) for layer in LAYERS for r in rules(layer).values()], indent=2)
    lines: list[str] = []
    for layer in LAYERS:
        found = list(rules(layer).values())
        lines += ["", f"{layer}   {len(found)} rules"] if lines else [f"{layer}   {len(found)} rules"]
        lines += table(
            [
                Column("rule", [r.id for r in found], False),
                Column("wall", [str(r.wall or "") for r in found], True, 2),
                Column("unit", [si_unit(r.unit) or r.unit.replace("%", "") for r in found], False, 1),
                Column("what it is", [r.title for r in found], False),
            ],
            width,
        )
    return "\n".join(lines)


def show(name: str, as_json: bool, latex: bool, width: int) -> str:
    """One rule: equation, symbols with units, documentation, source."""
    r = find(name)
    if latex:
        left = r.id.replace("_", r"\_")
        return rf"\mathrm{{{left}}} = {_formula(r).latex()}"
    if as_json:
        return json.dumps(_data(r), indent=2)
    lines = wrap(f"{r.id} = {_formula(r).text()}", width, 0, 4)
    lines += ["", *inspect.cleandoc(r.doc).split("\n"), ""]
    lines += table(
        [
            Column("symbol", [r.id, *r.inputs], False),
            Column("unit", [_unit(u) for u in (r.unit, *r.inputs.values())], False),
        ],
        width,
    )
    wall = f"wall {r.wall}, " if r.wall else ""
    return "\n".join([*lines, "", *wrap(f"{wall}{r.layer}: {r.cite}   {r.file}:{r.line}", width, 0, 2)])


def _unit(unit: str) -> str:
    return {"": "a count", "%": "a share", "truth": "yes or no"}.get(unit, unit)


def _formula(r: Rule) -> Sym:
    """The equation; the values it is traced at are not shown."""
    out = r.fn(**{n: symbol(n, 2.0) for n in r.inputs})
    return out if isinstance(out, Sym) else Sym("number", (), out)


def _data(r: Rule) -> dict[str, Any]:
    return {
        "id": r.id,
        "layer": r.layer,
        "wall": r.wall,
        "equation": _formula(r).text(),
        "unit": si_unit(r.unit),
        "inputs": {n: si_unit(u) for n, u in r.inputs.items()},
        "title": r.title,
        "cite": r.cite,
        "file": f"{r.file}:{r.line}",
    }
