"""What a cost is made of as formulas of a spreadsheet, so that a reader may change a price."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from constraints.algebras.symbolic import Sym, trace
from constraints.records import record
from designer.answers.report import Cell, Prices
from designer.question.context import Value
from designer.question.question import Question
from designer.words.numbers import scale_of

# How a sheet writes an operation, and how tightly it holds.
_SIGNS = {"+": ("+", 2), "-": ("-", 2), "*": ("*", 3), "/": ("/", 3), "**": ("^", 4), "<=": ("<=", 1), ">=": (">=", 1),
          "<": ("<", 1), ">": (">", 1), "==": ("=", 1), "!=": ("<>", 1)}  # fmt: skip
_ATOM = 9
# Rules add a tolerance before they round; a sheet rounds off what floats add.
_CALLS = {"max": "MAX({})", "min": "MIN({})", "guarded": "MAX({})", "sqrt": "SQRT({})", "exp": "EXP({})",
          "abs": "ABS({})", "log2": "LOG({},2)", "ceil": "ROUNDUP(ROUND({},9),0)", "floor": "ROUNDDOWN(ROUND({},9),0)",
          "&": "AND({})", "|": "OR({})", "%": "MOD({})", "//": "INT(({0})/({1}))",
          "smoothmax": "((({0})^({2})+({1})^({2}))^(1/({2})))"}  # fmt: skip
_APART = ("//", "smoothmax")


def price_sheet(
    q: Question, design: Mapping[str, Value], values: Mapping[str, Any], wholes: Sequence[str]
) -> Prices | None:
    """The cells of some quantities, from prices up to them; None where nothing that moves with the market is in them.

    A quantity that rests on a price is a formula; one that rests on none is its value, as the layout is held. So is
    one whose equation no sheet can say.
    """
    moved = _rests_on_prices(q, wholes, values)
    wholes = [n for n in wholes if n in moved and values[n] == values[n]]
    bundle = q.bundle(design)
    cells: dict[str, Cell] = {}

    def add(name: str) -> None:
        if name in cells:
            return
        rule = q.graph.rules.get(name) if name not in bundle else None
        formula = written(trace(rule, values)) if rule and name in moved else None
        value = float(values[name])
        scale, unit = scale_of(value, q.unit(name)) if value == value else (1.0, q.unit(name))
        known = bundle.get(name)
        kind, source = (known.kind, known.source) if known else ("rule", rule.cite if rule else "")
        if formula:
            for n in rule.inputs if rule else ():
                if f"{{{n}}}" in formula:
                    add(n)
        title = q.quantity(name).title.split(". ")[0]
        cells[name] = Cell(
            name=name,
            title=title,
            value=value,
            unit=unit,
            scale=scale,
            formula=formula or "",
            kind=kind,
            source=source,
        )

    for whole in wholes:
        add(whole)
    if not cells or any(c.value != c.value for c in cells.values()):
        return None
    return Prices(title="What the prices make", cells=list(cells.values()))


def _rests_on_prices(q: Question, wholes: Sequence[str], values: Mapping[str, Any]) -> set[str]:
    """The quantities on the way to these that something which moves with the market is in."""
    found: dict[str, bool] = {}

    def rests(name: str) -> bool:
        if name not in found:
            rule = q.graph.rules.get(name)
            below = [rests(n) for n in rule.inputs] if rule is not None else []
            found[name] = record(q.plain(name)).market or any(below)
        return found[name]

    for whole in wholes:
        rests(whole)
    return {n for n, yes in found.items() if yes and n in values}


def written(s: Sym) -> str | None:
    """A formula with `{name}` for each quantity; None where a sheet has no word for a part of it.

    Of a case that the layout decided it holds the part that applies.
    """
    found = _written(s)
    return found[0] if found else None


def _written(s: Sym) -> tuple[str, int] | None:
    """A formula and how tightly it holds together."""
    s = s.unguarded()
    if s.op == "name":
        return f"{{{s.name}}}", _ATOM
    if s.op == "number":
        return (repr(float(s.value)) if not float(s.value).is_integer() else str(int(s.value))), _ATOM
    if s.op == "call":
        return _written(s.inner) if s.inner is not None else None
    if s.op == "where":
        return _written(s.args[1] if s.args[0].value else s.args[2])
    parts = [p for a in s.args if (p := _written(a))]
    if len(parts) < len(s.args):
        return None
    if s.op == "negative":
        return f"(-{_held(parts[0], _ATOM)})", _ATOM
    if s.op in _SIGNS:
        sign, level = _SIGNS[s.op]
        # A sheet reads a^b^c from the left, and what stands right of - and / needs brackets at its own level.
        right = level + (s.op in ("-", "/", "**"))
        return f"{_held(parts[0], level)} {sign} {_held(parts[1], right)}", level
    if s.op not in _CALLS:
        return None
    said = [p[0] for p in parts]
    return (_CALLS[s.op].format(*said) if s.op in _APART else _CALLS[s.op].format(",".join(said))), _ATOM


def _held(part: tuple[str, int], level: int) -> str:
    return part[0] if part[1] >= level else f"({part[0]})"
