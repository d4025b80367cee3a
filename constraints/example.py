"""The worked example of a rule: the call its docstring makes, run again."""

from __future__ import annotations

import contextlib
import doctest
import io
import sys
from dataclasses import dataclass
from typing import Any

from constraints.domain import holds
from constraints.rule import Rule


@dataclass(frozen=True)
class Example:
    """Inputs in SI units, and what the rule makes of them now."""

    inputs: dict[str, float]
    value: Any


def worked_example(rule: Rule) -> Example | None:
    """The first call on plain numbers in the rule's docstring, or None where there is none.

    A call from where the rule holds comes before one that shows what happens at its edge.

    >>> from constraints.rule import find
    >>> worked_example(find("ridge_point")).inputs
    {'rate': 989000000000000.0, 'bandwidth': 3350000000000.0}
    """
    seen: list[dict[str, float]] = []

    def recorder(*args: Any, **kwargs: Any) -> Any:
        given = {**dict(zip(rule.inputs, args, strict=False)), **kwargs}
        if all(isinstance(v, (int, float)) for v in given.values()):
            seen.append({n: float(given[n]) for n in rule.inputs})
        return rule.fn(*args, **kwargs)

    space = {**vars(sys.modules[rule.fn.__module__]), rule.id: recorder}
    for example in doctest.DocTestParser().get_examples(rule.doc):
        with contextlib.redirect_stdout(io.StringIO()):
            exec(compile(example.source, rule.file, "exec"), space)
    if not seen:
        return None
    inputs = next((given for given in seen if holds(rule, given)), seen[0])
    return Example(inputs, rule.fn(**inputs))
