"""A decision as people read it."""

from __future__ import annotations

from designer.question.context import Value
from designer.question.decisions import DECISIONS, SPECIFICATIONS
from designer.words.numbers import human

_UNITS = {d.name: d.unit for decisions in (*DECISIONS.values(), SPECIFICATIONS) for d in decisions if d.unit}


def decided(name: str, value: Value) -> str:
    """The value of a decision, with its unit where it has one.

    >>> decided("tp", 8), decided("checkpoint_interval", 300.0), decided("recompute", "full")
    ('8', '5 min', 'full')
    """
    return human(float(value), _UNITS[name]) if name in _UNITS else str(value)
