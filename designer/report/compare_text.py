"""The answer of `compare` as text."""

from __future__ import annotations

from designer.explaining.comparison import Change, CompareResult, LimitUse
from designer.jobs import decided
from designer.words.numbers import human, percent
from designer.words.text import Column, shorten, table, wrap


def render(result: CompareResult, units: dict[str, str], width: int) -> str:
    """What was asked and decided otherwise, then the quantities that differ, then the limits."""
    longest = max((len(q.quantity) for q in result.quantities), default=0)
    # Two names, a change and the gaps between them have to fit beside the longest quantity.
    room = max(8, min(24, (width - longest - 16) // 2))
    left, right = shorten(result.left, room), shorten(result.right, room)
    lines = [f"{result.left}   against   {result.right}"]
    lines += _inputs(result, width)
    lines.append("")
    if result.decisions:
        lines += table(
            [
                Column("decision", list(result.decisions), False),
                Column(left, [_decided(k, a) for k, (a, _) in result.decisions.items()]),
                Column(right, [_decided(k, b) for k, (_, b) in result.decisions.items()]),
            ],
            width,
        )
    else:
        lines.append("The same decisions.")
    differ = [q for q in result.quantities if not alike(q.left, q.right)]
    if differ:
        lines.append("")
        lines += table(
            [
                Column("quantity", [x.quantity for x in differ], False),
                Column(left, [human(x.left, units.get(x.quantity, x.unit)) for x in differ]),
                Column(right, [human(x.right, units.get(x.quantity, x.unit)) for x in differ]),
                Column("change", [changed(x) for x in differ]),
            ],
            width,
        )
    same = [q.quantity for q in result.quantities if alike(q.left, q.right)]
    if same:
        lines += wrap(f"the same {', '.join(same)}", width, 0, 9)
    shown = [
        x for x in result.limits if x.left is not None or x.right is not None or x.binds_left or x.binds_right
    ]
    if shown:
        lines.append("")
        lines += table(
            [
                Column("limit, share used", [x.limit for x in shown], False),
                Column(left, [_used(x.left) for x in shown]),
                Column(right, [_used(x.right) for x in shown]),
                Column("binds", [_sides(x, left, right) for x in shown], False),
            ],
            width,
        )
        for x in shown:
            for side, effect in ((left, x.binds_left), (right, x.binds_right)):
                if effect:
                    lines += wrap(f"without {x.limit}, {side} could have {effect}", width, 2, 4)
    return "\n".join(lines)


def alike(a: float | None, b: float | None) -> bool:
    """Whether two values differ by rounding at most."""
    if a is None or b is None:
        return a == b
    return abs(a - b) <= 1e-9 * max(abs(a), abs(b))


def _inputs(result: CompareResult, width: int) -> list[str]:
    if not result.inputs:
        return []
    lines = ["", *wrap(f"What they state otherwise, and what each does alone to {result.left}", width)]
    for i in result.inputs:
        values = f"{shorten(i.left or '–', 40)} → {shorten(i.right or '–', 40)}"
        if i.outcome:
            does = i.outcome
        elif i.matters:
            moved = [f"best {n} {percent(e, 3, signed=True)}" for n, e in i.effects.items() if e]
            does = ", ".join(moved) or "other designs, the same best values"
        else:
            does = "nothing"
        lines += wrap(f"{i.path}  {values}: {does}", width, 2, 4)
    return lines


def changed(x: Change) -> str:
    if x.ratio is None:
        return ""
    return f"× {x.ratio:.3g}" if x.ratio >= 2 or x.ratio <= 0 else percent(x.ratio - 1, 3, signed=True)


def _used(share: float | None) -> str:
    return "–" if share is None else percent(share, 3)


def _sides(x: LimitUse, left: str, right: str) -> str:
    """Which side it binds."""
    if x.binds_left and x.binds_right:
        return "both"
    return left if x.binds_left else right if x.binds_right else "–"


def _decided(name: str, value: str | int | float | None) -> str:
    return "–" if value is None else decided(name, value)
