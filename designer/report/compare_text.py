"""The answer of `compare` as text."""

from __future__ import annotations

from designer.comparison import CompareResult
from designer.report.decisions import decided
from designer.report.numbers import human
from designer.report.text import Column, table, wrap


def render(result: CompareResult, units: dict[str, str], width: int) -> str:
    """What was decided otherwise, then every quantity that both or either have."""
    lines = [f"{result.left}   against   {result.right}", ""]
    if result.decisions:
        lines += table(
            [
                Column("decision", list(result.decisions), False),
                Column(_short(result.left), [_decided(k, a) for k, (a, _) in result.decisions.items()]),
                Column(_short(result.right), [_decided(k, b) for k, (_, b) in result.decisions.items()]),
            ],
            width,
        )
    else:
        lines.append("The same decisions.")
    lines.append("")
    q = result.quantities
    lines += table(
        [
            Column("quantity", [x.quantity for x in q], False),
            Column(_short(result.left), [human(x.left, units.get(x.quantity, x.unit)) for x in q]),
            Column(_short(result.right), [human(x.right, units.get(x.quantity, x.unit)) for x in q]),
            Column("change", ["" if x.change is None else f"{100 * x.change:+.3g} %" for x in q]),
        ],
        width,
    )
    lines.append("")
    for name, binds in ((result.left, result.binds_left), (result.right, result.binds_right)):
        lines += wrap(f"binds {_short(name)}: {', '.join(binds) or 'nothing that was tried'}", width, 0, 2)
    return "\n".join(lines)


def _short(name: str) -> str:
    return name if len(name) <= 24 else name[:23] + "…"


def _decided(name: str, value: str | int | float | None) -> str:
    return "–" if value is None else decided(name, value)
