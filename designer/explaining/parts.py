"""What a quantity of a design is made of: the addends of its equation, the largest opened until there are a few."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from constraints.algebras.symbolic import Sym, trace
from designer.question.question import Question

# Parts beyond these are not opened further.
MOST = 8
# What is in a whole more often than this is a size of its elements, not a part: the bytes of one parameter.
OFTEN = 10_000


@dataclass(frozen=True)
class Addend:
    """A quantity, how much of a whole it is, in the unit of the whole, and how many times it is in it."""

    quantity: str
    value: float
    times: float


def parts_of(question: Question, values: Mapping[str, Any], whole: str, most: int = MOST) -> list[Addend]:
    """Quantities that add up to `whole`, the largest first; itself alone where its equation is no sum.

    A factor before a sum is spread over its addends, and of a maximum or a case the part that decides counts, so that
    the values of the parts add up to that of the whole.
    """
    found = {whole: float(values[whole])}
    closed: set[str] = set()
    while open_ := [n for n in found if n not in closed]:
        largest = max(open_, key=lambda n: found[n])
        inside = _addends(question, values, largest, question.unit(whole))
        merged = {n for n, _ in inside} | (found.keys() - {largest})
        if not inside or len(merged) > most:
            closed.add(largest)
            continue
        scale = found.pop(largest) / float(values[largest])
        for name, value in inside:
            found[name] = found.get(name, 0.0) + scale * value
    ordered = sorted(found.items(), key=lambda kv: -kv[1])
    return [Addend(n, v, v / float(values[n])) for n, v in ordered if v > 0]


def _addends(q: Question, values: Mapping[str, Any], name: str, unit: str) -> list[tuple[str, float]]:
    """The quantities of that unit that add up to one, by its equation; none where it is not made of such."""
    rule = q.graph.rules.get(name)
    if rule is None or not values[name] or any(n not in values for n in rule.inputs):
        return []
    found = list(_split(trace(rule, values), 1.0, lambda n: q.unit(n) == unit))
    if any(v < 0 or (v and (n is None or v > OFTEN * float(values[n]))) for n, v in found):
        return []
    return [(n, v) for n, v in found if n is not None and v > 0]


def _split(s: Sym, factor: float, carries: Any) -> Iterator[tuple[str | None, float]]:
    """The addends of a formula; None for one that is no quantity of the unit times a number."""
    s = s.unguarded()
    if s.op == "name" and carries(s.name):
        yield s.name, factor * float(s.value)
    elif s.op == "+":
        for a in s.args:
            yield from _split(a, factor, carries)
    elif s.op in ("max", "min"):
        yield from _split(next(a for a in s.args if a.value == s.value), factor, carries)
    elif s.op == "where":
        yield from _split(s.args[1] if s.args[0].value else s.args[2], factor, carries)
    elif s.op == "call" and s.inner is not None:
        yield from _split(s.inner, factor, carries)
    elif s.op == "*" and (inner := [a for a in s.args if _has(a, carries)]) and len(inner) == 1:
        other = s.args[1] if inner[0] is s.args[0] else s.args[0]
        yield from _split(inner[0], factor * float(other.value), carries)
    elif s.op == "/" and _has(s.args[0], carries) and not _has(s.args[1], carries):
        yield from _split(s.args[0], factor / float(s.args[1].value), carries)
    else:
        yield None, factor * float(s.value) if s.value else 0.0


def _has(s: Sym, carries: Any) -> bool:
    return any(carries(n) for n in s.names()) or any(
        _has(p.inner, carries) for p in s.walk() if p.op == "call" and p.inner is not None
    )
