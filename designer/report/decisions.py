"""A decision as people read it."""

from __future__ import annotations

from designer.context import Value
from designer.report.numbers import human
from designer.space import DECISIONS, SPECIFICATIONS

_UNITS = {d.name: d.unit for decisions in (*DECISIONS.values(), SPECIFICATIONS) for d in decisions if d.unit}


def decided(name: str, value: Value) -> str:
    """The value of a decision, with its unit where it has one.

    >>> decided("tp", 8), decided("checkpoint_interval", 300.0), decided("recompute", "full")
    ('8', '5 min', 'full')
    """
    return human(float(value), _UNITS[name]) if name in _UNITS else str(value)
