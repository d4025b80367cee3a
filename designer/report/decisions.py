"""A decision as people read it."""

from __future__ import annotations

from designer.context import Value
from designer.report.numbers import human
from designer.space import DECISIONS

_TIMES = {d.name for decisions in DECISIONS.values() for d in decisions if d.kind == "time"}


def decided(name: str, value: Value) -> str:
    """The value of a decision, a time with its unit.

    >>> decided("tp", 8), decided("checkpoint_interval", 300.0), decided("recompute", "full")
    ('8', '5 min', 'full')
    """
    return human(float(value), "s") if name in _TIMES else str(value)
