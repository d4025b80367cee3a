"""Where a rule holds: the values each input may take, and what must be true of them together.

Declared once, by the annotations of `constraints.quantities` and by `where=` of the rule; checked
where numbers come in from people. Rules that call each other are not checked: a value between two
whole numbers is fine inside a calculation.
"""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Mapping
from typing import Any

from catalogs.errors import InputError
from constraints.quantities import Domain
from constraints.rule import Rule


def check(rule: Rule, inputs: Mapping[str, float], written: Mapping[str, str] | None = None) -> None:
    """Raise InputError, a line for each problem, unless the SI `inputs` lie where the rule holds.

    `written` are the inputs as someone wrote them, to be quoted in place of the SI values.

    >>> from constraints.rule import find
    >>> check(find("ring_all_reduce_time"), dict(message=1e9, ranks=2.5, bandwidth=5e10, latency=0.0))
    Traceback (most recent call last):
    catalogs.errors.InputError: ring_all_reduce_time: ranks = 2.5 must be a whole number, at least 1
    """
    shown = {n: f"{n} = {(written or {}).get(n) or _si(v, rule.inputs[n])}" for n, v in inputs.items()}
    problems = [
        f"{rule.id}: {shown[n]} must be {_words(d)}"
        for n, d in rule.domains.items()
        if n in inputs and not _inside(d, inputs[n])
    ]
    if not problems:
        for reason, condition in rule.where.items():
            names = list(inspect.signature(condition).parameters)
            if all(n in inputs for n in names) and not condition(**{n: inputs[n] for n in names}):
                given = ", ".join(shown[n] for n in names)
                problems.append(f"{rule.id}: {given}: needs {_formula(condition)}, {reason}")
    if problems:
        raise InputError(*problems)


def holds(rule: Rule, inputs: Mapping[str, float]) -> bool:
    """Whether the SI `inputs`, all of them, lie where the rule holds.

    >>> from constraints.rule import find
    >>> [holds(find("mg1_wait"), dict(arrival_rate=a, service=1.0, service_square=1.0)) for a in (0.5, 1.0)]
    [True, False]
    """
    return all(_inside(rule.domains[n], x) for n, x in inputs.items()) and all(
        condition(**{n: inputs[n] for n in inspect.signature(condition).parameters})
        for condition in rule.where.values()
    )


def describe(rule: Rule) -> list[str]:
    """Where a rule holds, in words: a line for each input that may not take every value, and condition.

    >>> from constraints.rule import find
    >>> describe(find("mg1_wait"))
    ['arrival_rate * service < 1, or the queue grows without bound']
    """
    lines = [f"{n} is {_words(d)}" for n, d in rule.domains.items() if d != Domain()]
    return lines + [f"{_formula(condition)}, {reason}" for reason, condition in rule.where.items()]


def _inside(d: Domain, x: float) -> bool:
    above = x > d.low if d.open else x >= d.low
    return above and x <= d.high and (not d.whole or float(x).is_integer())


def _words(d: Domain) -> str:
    if d.whole:
        return f"a whole number, at least {d.low:g}"
    if d.high < math.inf:
        return f"between {d.low:g} and {d.high:g}"
    if d.low == -math.inf:
        return "any number"
    return f"above {d.low:g}" if d.open else f"at least {d.low:g}"


def _formula(condition: Callable[..., Any]) -> str:
    """The condition as text, read back from the function itself."""
    from constraints.algebras.symbolic import symbol

    return str(condition(**{n: symbol(n, 1.0) for n in inspect.signature(condition).parameters}).text())


def _si(value: float, unit: str) -> str:
    return f"{value:g} {unit.replace('%', '')}".strip()
