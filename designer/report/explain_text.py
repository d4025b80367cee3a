"""The answer of `explain` as text."""

from __future__ import annotations

from designer.explaining.explanation import ExplainResult, Term
from designer.jobs import decided
from designer.question.question import Question
from designer.report.bounds import over
from designer.report.why_text import budgets, facts, next_better
from designer.words.numbers import human
from designer.words.text import Column, bar, shorten, table, wrap


def render(result: ExplainResult, q: Question, width: int) -> str:
    """Budgets, then one tree of equations per quantity, then the sources cited."""
    design = " ".join(f"{k}={decided(k, v).replace(' ', '')}" for k, v in result.design.items())
    lines = wrap(f"Design {result.id + '  ' if result.id else ''}{design}", width, 0, 2)
    lines += budgets(result, q, width)
    lines += next_better(result, q, width)
    lines += facts(result, q, width)
    cites: dict[str, int] = {}
    seen: set[str] = set()
    for t in result.quantities:
        lines += ["", *_head(t, cites, width)]
        lines += _body(t, "", cites, seen, width)
        lines += _levers(t.quantity, result, q, width)
    lines.append("")
    for cite, n in cites.items():
        lines += wrap(f"[{n}] {cite}", width, 0, 4)
    return "\n".join(lines)


def _levers(quantity: str, result: ExplainResult, q: Question, width: int) -> list[str]:
    found = result.levers.get(quantity)
    if not found:
        return []
    lines = ["", f"Levers of {quantity}: percent change for 1 % more of each input, all paths"]
    return lines + table(
        [
            Column("input", [v.input for v in found], False),
            Column("now", [human(v.value, q.unit(v.input)) for v in found]),
            Column("elasticity", [f"{v.elasticity:+.2f}{over(v)}" for v in found]),
            Column("", [bar(abs(v.elasticity), 10).rstrip("·") for v in found], False, 1),
            Column("known from", [f"{v.kind}: {v.source}" for v in found], False),
        ],
        width,
    )


def _head(t: Term, cites: dict[str, int], width: int) -> list[str]:
    left = f"{t.quantity} = {t.text}"
    place = t.place + _cite(t, cites) if t.place else ""
    if len(left) + len(place) + 2 <= width:
        return [left + " " * (width - len(left) - len(place)) + place]
    return [left, *wrap(place, width, 2)]


def _cite(t: Term, cites: dict[str, int]) -> str:
    """The number of a source; a definition needs none."""
    if t.cite.startswith("definition"):
        return ""
    return f" [{cites.setdefault(t.cite, len(cites) + 1)}]"


def _body(t: Term, prefix: str, cites: dict[str, int], seen: set[str], width: int) -> list[str]:
    """The equation, its numbers, and the inputs that matter, as branches of the tree.

    A quantity that was opened before is named only.
    """
    lines: list[str] = []
    seen.add(t.quantity)
    room = max(30, width - len(prefix))
    if t.equation:
        lines += [prefix + s for s in wrap(f"= {t.equation}", room, 2, 4)]
        if t.substituted != t.equation:
            lines += [prefix + s for s in wrap(f"= {t.substituted}", room, 2, 4)]
    if len(t.shares) > 1:
        parts = ", ".join(
            f"{shorten(s.term, 44)} {100 * s.share:.0f} %" for s in t.shares if s.share is not None
        )
        lines += [prefix + s for s in wrap(f"shares: {parts}", room, 2, 4)]
    for b in t.branches:
        lines += [
            prefix + s for s in wrap(f"active: {shorten(b.active, 50)}   in {shorten(b.of, 60)}", room, 2, 4)
        ]
    for i, child in enumerate(t.inputs):
        last = i == len(t.inputs) - 1
        fork, below = ("└─ ", "   ") if last else ("├─ ", "│  ")
        moves = f"  ({child.elasticity:+.2f})" if child.elasticity is not None else ""
        if child.kind == "rule":
            again = child.quantity in seen
            first, *more = _one(child, cites, moves, room - 3, again)
            lines += [prefix + fork + first, *(prefix + below + s for s in more)]
            if not again:
                lines += _body(child, prefix + below, cites, seen, width)
        else:
            origin = f"{child.kind}: {child.source}" if child.source else child.kind
            text = f"{child.quantity} = {child.text}{moves}  {origin}"
            lines.append(prefix + fork + shorten(text, room - 3))
    return lines


def _one(t: Term, cites: dict[str, int], moves: str, room: int, again: bool) -> list[str]:
    left = f"{t.quantity} = {t.text}{moves}"
    if again:
        return [left + "  (above)"]
    place = t.place + _cite(t, cites)
    if len(left) + len(place) + 2 <= room:
        return [left + " " * (room - len(left) - len(place)) + place]
    return [left]
