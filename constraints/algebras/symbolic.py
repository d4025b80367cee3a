"""A rule body as an expression: run it on symbols and read back what it says.

The same function that computes a number is called with `Sym` arguments and returns its own formula,
with the value of every part. Equations shown to people, their substituted line, LaTeX, the active
branch of a maximum and the share of each term all come from here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from constraints.algebras import notation
from constraints.rule import Rule

# Letters of a called rule's formula up to which it is written out in place of the call.
SHORT = 140


def _divide(a: float, b: float) -> float:
    return a / b if b else math.copysign(math.inf, a) if a else math.nan


_VALUE: dict[str, Callable[..., Any]] = {
    "+": lambda a, b: a + b, "-": lambda a, b: a - b, "*": lambda a, b: a * b, "/": _divide,
    "//": lambda a, b: a // b, "%": lambda a, b: a % b, "**": lambda a, b: a**b, "negative": lambda a: -a,
    "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b, "<": lambda a, b: a < b, ">": lambda a, b: a > b,
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "&": lambda a, b: bool(a) and bool(b),
    "|": lambda a, b: bool(a) or bool(b), "abs": abs,
}  # fmt: skip


@dataclass(frozen=True, eq=False)
class Sym:
    """A name, a number, or an operation on such, with its value."""

    op: str
    args: tuple[Sym, ...]
    value: Any
    name: str = ""
    unit: str = ""
    inner: Sym | None = None  # of a called rule, the formula that it works out

    # -- arithmetic ----------------------------------------------------------------------------

    def __add__(self, o: Any) -> Sym:
        return _apply("+", self, o)

    def __radd__(self, o: Any) -> Sym:
        return _apply("+", o, self)

    def __sub__(self, o: Any) -> Sym:
        return _apply("-", self, o)

    def __rsub__(self, o: Any) -> Sym:
        return _apply("-", o, self)

    def __mul__(self, o: Any) -> Sym:
        return _apply("*", self, o)

    def __rmul__(self, o: Any) -> Sym:
        return _apply("*", o, self)

    def __truediv__(self, o: Any) -> Sym:
        return _apply("/", self, o)

    def __rtruediv__(self, o: Any) -> Sym:
        return _apply("/", o, self)

    def __floordiv__(self, o: Any) -> Sym:
        return _apply("//", self, o)

    def __rfloordiv__(self, o: Any) -> Sym:
        return _apply("//", o, self)

    def __mod__(self, o: Any) -> Sym:
        return _apply("%", self, o)

    def __rmod__(self, o: Any) -> Sym:
        return _apply("%", o, self)

    def __pow__(self, o: Any) -> Sym:
        return _apply("**", self, o)

    def __rpow__(self, o: Any) -> Sym:
        return _apply("**", o, self)

    def __neg__(self) -> Sym:
        return _apply("negative", self)

    def __abs__(self) -> Sym:
        return _apply("abs", self)

    def __le__(self, o: Any) -> Sym:
        return _apply("<=", self, o)

    def __ge__(self, o: Any) -> Sym:
        return _apply(">=", self, o)

    def __lt__(self, o: Any) -> Sym:
        return _apply("<", self, o)

    def __gt__(self, o: Any) -> Sym:
        return _apply(">", self, o)

    def __eq__(self, o: object) -> Sym:  # type: ignore[override]
        return _apply("==", self, o)

    def __ne__(self, o: object) -> Sym:  # type: ignore[override]
        return _apply("!=", self, o)

    def __and__(self, o: Any) -> Sym:
        return _apply("&", self, o)

    def __or__(self, o: Any) -> Sym:
        return _apply("|", self, o)

    __hash__ = None  # type: ignore[assignment]

    # -- functions of constraints.algebras.maths --------------------------------------------------------

    @staticmethod
    def rule_maximum(*values: Any) -> Sym:
        return _call("max", max, *values)

    @staticmethod
    def rule_minimum(*values: Any) -> Sym:
        return _call("min", min, *values)

    @staticmethod
    def rule_guarded(x: Any, least: Any) -> Sym:
        return _call("guarded", lambda v: max(v[1], v[0]), x, least)

    @staticmethod
    def rule_where(condition: Any, yes: Any, no: Any) -> Sym:
        parts = tuple(map(_lift, (condition, yes, no)))
        return Sym("where", parts, parts[1].value if parts[0].value else parts[2].value)

    @staticmethod
    def rule_smooth_maximum(a: Any, b: Any, sharpness: Any) -> Sym:
        from constraints.algebras.maths import smooth_maximum

        parts = tuple(map(_lift, (a, b, sharpness)))
        return Sym("smoothmax", parts, smooth_maximum(*(p.value for p in parts)))

    @staticmethod
    def rule_ceil(x: Any) -> Sym:
        return _rounding("ceil", x, math.ceil)

    @staticmethod
    def rule_floor(x: Any) -> Sym:
        return _rounding("floor", x, math.floor)

    @staticmethod
    def rule_sqrt(x: Any) -> Sym:
        return _call("sqrt", lambda v: math.sqrt(v[0]), x)

    @staticmethod
    def rule_log2(x: Any) -> Sym:
        return _call("log2", lambda v: math.log2(v[0]), x)

    @staticmethod
    def rule_exp(x: Any) -> Sym:
        return _call("exp", lambda v: math.exp(v[0]) if v[0] < 700 else math.inf, x)

    @staticmethod
    def rule_special(name: str, plain: Callable[..., float], trend: Any, *args: Any) -> Sym:
        return _call(name, lambda v: plain(*v), *args)

    @staticmethod
    def rule_root(f: Callable[[Any], Any], low: Any, high: Any) -> Sym:
        """The equation solved, in an unknown x, with the solution as its value."""
        from constraints.algebras.maths import root

        found = root(lambda x: _lift(f(x)).value, _lift(low).value, _lift(high).value)
        return Sym("root", (_lift(f(symbol("x", found))),), found)

    @staticmethod
    def rule_call(rule: Rule, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Sym:
        """A rule called inside another: its name, with what it works out to inside."""
        given = {**dict(zip(rule.inputs, args, strict=False)), **kwargs}
        inner = _lift(rule.fn(**given))
        return Sym(
            "call", tuple(_lift(given[n]) for n in rule.inputs), inner.value, rule.id, rule.unit, inner
        )

    # -- reading -------------------------------------------------------------------------------

    def walk(self) -> Iterator[Sym]:
        """This expression and all its parts, without those of the rules it calls."""
        yield self
        if self.op != "call":
            for a in self.args:
                yield from a.walk()

    def unguarded(self) -> Sym:
        """What is shown: without a guard that does nothing, and as a maximum where one does."""
        if self.op != "guarded":
            return self
        x, least = self.args
        if x.value < least.value:
            return Sym("max", (least, x), self.value)
        return x.unguarded()

    def names(self) -> set[str]:
        """Quantities it reads."""
        return {s.name for s in self.walk() if s.op == "name"}

    def text(self, show: Callable[[Sym], str] | None = None) -> str:
        """The formula; with `show`, names and called rules are replaced by what it makes of them, and of
        each case only the one that applies is written.

        >>> a, b = symbol("a", 2.0), symbol("b", 3.0)
        >>> ((a + b) * 2 / b).text(), ((a + b) * 2 / b).text(lambda s: f"{s.value:g}")
        ('(a + b) * 2 / b', '(2 + 3) * 2 / 3')
        """
        return notation.text(self, show)

    def latex(self) -> str:
        r"""The formula in LaTeX.

        >>> (symbol("a", 1.0) / symbol("wait_time", 2.0)).latex()
        '\\frac{a}{\\mathrm{wait\\_time}}'
        """
        return notation.latex(self)

    def terms(self) -> list[Sym]:
        """The addends of the outermost sum, a common factor multiplied through."""
        if self.op == "guarded":
            shown = self.unguarded()
            return [self] if shown.op == "max" else shown.terms()
        if self.op == "+":
            return [t for a in self.args for t in a.terms()]
        if self.op == "*" and self.args[1].op == "+":
            return [self.args[0] * t for t in self.args[1].terms()]
        if self.op == "/" and self.args[0].op == "+":
            return [t / self.args[1] for t in self.args[0].terms()]
        return [self]

    def branches(self) -> list[tuple[Sym, Sym]]:
        """Every maximum, minimum and case in it that two quantities compete in, with the one that decides.

        A guard such as `max(1, x)` is left out while it does nothing.
        """
        found = []
        for s in (part.unguarded() for part in self.walk()):
            if s.op in ("max", "min") and len(s.args) > 1:
                active = next(a for a in s.args if a.value == s.value)
                if active.op == "number" or sum(a.op != "number" for a in s.args) > 1:
                    found.append((s, active))
            elif s.op == "smoothmax":
                found.append((s, max(s.args[:2], key=lambda a: a.value)))
            elif s.op == "where":
                found.append((s, s.args[1] if s.args[0].value else s.args[2]))
        return found


def symbol(name: str, value: Any) -> Sym:
    """A named quantity with its value."""
    return Sym("name", (), value, name)


def trace(rule: Rule, values: Mapping[str, Any]) -> Sym:
    """A rule's formula at the given values of its inputs.

    A rule that only passes its inputs on to another shows that one's formula, where it is short.
    """
    return _opened(_lift(rule.fn(**{n: symbol(n, values[n]) for n in rule.inputs})))


def _opened(s: Sym) -> Sym:
    if s.op == "guarded":
        return Sym(s.op, (_opened(s.args[0]), s.args[1]), s.value)
    while s.inner is not None and len(s.inner.text()) <= SHORT:
        s = s.inner
    return s


def _lift(x: Any) -> Sym:
    return x if isinstance(x, Sym) else Sym("number", (), x)


def _is(s: Sym, number: float) -> bool:
    return s.op == "number" and s.value == number


def _apply(op: str, *values: Any) -> Sym:
    """An operation, with what says nothing left out: adding 0, multiplying by 1 or 0."""
    parts = tuple(map(_lift, values))
    if len(parts) == 2:
        a, b = parts
        if (op == "*" and _is(a, 1)) or (op == "+" and _is(a, 0)):
            return b
        if (op in ("*", "/", "**") and _is(b, 1)) or (op in ("+", "-") and _is(b, 0)):
            return a
        if op == "*" and (_is(a, 0) or _is(b, 0)):
            return Sym("number", (), 0)
        if a.op == b.op == "number":
            return Sym("number", (), _VALUE[op](a.value, b.value))
    try:
        value = _VALUE[op](*(p.value for p in parts))
    except ArithmeticError:
        value = math.nan
    return Sym(op, parts, value)


def _call(op: str, plain: Callable[[Any], Any], *values: Any) -> Sym:
    """A function; no number where it has none, so that a formula can be read at any values."""
    parts = tuple(map(_lift, values))
    try:
        value = plain([p.value for p in parts])
    except (ValueError, ArithmeticError):
        value = math.nan
    return Sym(op, parts, value)


def _rounding(op: str, x: Any, plain: Callable[[float], int]) -> Sym:
    """ceil and floor are called with a tolerance added, which is no part of the formula."""
    s = _lift(x)
    shown = (
        s.args[0] if s.op in ("+", "-") and s.args[1].op == "number" and abs(s.args[1].value) < 1e-6 else s
    )
    return Sym(op, (shown,), plain(s.value) if math.isfinite(s.value) else math.nan)
