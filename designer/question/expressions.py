"""The language of budgets and site rules: arithmetic and comparisons on quantities, with units.

    time_to_train <= 60 day
    nodes * node_power <= 1.2 MW
    tp in (4, 8) or pp == 1

A recursive-descent parser of our own: a number may carry a unit, and nothing but this grammar may ever run.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from catalogs import units
from catalogs.errors import InputError
from constraints.algebras import maths

_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:[0-9]+(?:_[0-9]+)*\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?)|(?P<name>[A-Za-zµμ][\wµμ]*)"
    r"|(?P<op><=|>=|==|!=|\*\*|//|[-+*/%()<>,]))"
)
COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le, ">=": operator.ge, "<": operator.lt, ">": operator.gt,
    "==": operator.eq, "!=": operator.ne,
}  # fmt: skip
_OPPOSITE = {"<=": ">", ">": "<=", ">=": "<", "<": ">=", "==": "!=", "!=": "=="}
_ARITHMETIC: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv,
    "//": operator.floordiv, "%": operator.mod, "**": operator.pow,
}  # fmt: skip
_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "max": maths.maximum, "min": maths.minimum, "ceil": maths.ceil, "floor": maths.floor, "sqrt": maths.sqrt,
}  # fmt: skip
_WORDS = {"and", "or", "not", "in"}
MAX_LENGTH = 1000
MAX_PARTS = 300


def _calculate(do: Callable[..., Any], args: Sequence[Any]) -> Any:
    """`do` with the rules of arrays for plain numbers too: 1 / 0 is infinite, a root of -1 is NaN."""
    try:
        out = do(*args)
    except (ArithmeticError, ValueError):
        out = None
    if out is not None and not isinstance(out, complex):
        return out
    import numpy as np

    with np.errstate(all="ignore"):
        return do(*(np.array([a], dtype=float) for a in args))[0]


MAX_DEPTH = 40


@dataclass(frozen=True)
class Expression:
    """A piece of an expression: what to do, with which parts."""

    op: str
    parts: tuple[Expression, ...] = ()
    name: str = ""
    value: float = 0.0
    unit: str = ""

    def evaluate(self, values: Mapping[str, Any]) -> Any:
        """Value, for floats or arrays in SI units; not a number where it divides by zero."""
        if self.op == "name":
            return values[self.name]
        if self.op == "number":
            return self.value
        args = [p.evaluate(values) for p in self.parts]
        if self.op in COMPARE:
            return COMPARE[self.op](*args)
        if self.op in ("/", "//", "%"):
            above, below = args
            quotient = _calculate(_ARITHMETIC[self.op], [above, maths.where(below == 0, 1.0, below)])
            return maths.where(below == 0, math.nan, quotient)
        if self.op == "**":
            power = _calculate(operator.pow, args)
            return maths.where(power == math.inf, math.nan, power)  # 0 to a power below 0
        if self.op in _ARITHMETIC:
            return _calculate(_ARITHMETIC[self.op], args)
        if self.op == "negative":
            return -args[0]
        if self.op == "not":
            return maths.where(args[0], False, True)
        if self.op == "and":
            return args[0] & args[1]
        if self.op == "or":
            return args[0] | args[1]
        return _calculate(_FUNCTIONS[self.op], args)

    def holds(self, values: Mapping[str, Any], wanted: bool = True) -> Any:
        """Whether a condition is surely true (or surely false, where that is `wanted`), for floats or arrays.

        What is undefined for a design, a division by zero or a number nobody knows, makes a comparison
        neither, so that neither it nor its opposite admits the design; `or` may still do so by its other side.

        >>> parse("9 % (pp - 1) != 0").holds({"pp": 1}), parse("not 9 % (pp - 1) == 0").holds({"pp": 1})
        (False, False)
        >>> parse("pp == 1 or 9 % (pp - 1) == 0").holds({"pp": 1})
        True
        """
        if self.op == "not":
            return self.parts[0].holds(values, not wanted)
        if self.op in ("and", "or"):
            left, right = (p.holds(values, wanted) for p in self.parts)
            return left & right if (self.op == "and") == wanted else left | right
        op = self.op if wanted else _OPPOSITE[self.op]
        a, b = (p.evaluate(values) for p in self.parts)
        return (a < b) | (a > b) if op == "!=" else COMPARE[op](a, b)

    def dimension(self, units_of: Mapping[str, str]) -> str:
        """Dimension, as text that compares equal for equal dimensions; raises InputError on a mix."""
        if self.op == "name":
            unit = units_of[self.name]
            return "truth" if unit == "truth" else units.dimension(unit)
        if self.op == "number":
            return units.dimension(self.unit)
        dims = [p.dimension(units_of) for p in self.parts]
        pure = units.dimension("")
        if self.op in ("and", "or", "not"):
            if any(d != "truth" for d in dims):
                raise InputError(f"{self.op!r} joins comparisons, not quantities")
            return "truth"
        if "truth" in dims:
            raise InputError(f"{self.op!r} does not apply to a comparison")
        if self.op in COMPARE or self.op in ("+", "-", "%", "max", "min"):
            if len(set(dims)) > 1:
                raise InputError(f"{self.op!r} between {units.spoken(dims[0])} and {units.spoken(dims[1])}")
            return "truth" if self.op in COMPARE else dims[0]
        if self.op in ("*", "/", "//"):
            left, right = (units.registry().Quantity(1, units.base_unit(d)) for d in dims)
            return units.dimension(str((left * right if self.op == "*" else left / right).units))
        if self.op == "**":
            if dims != [pure, pure]:
                raise InputError("'**' takes pure numbers")
            return pure
        if self.op in ("ceil", "floor", "sqrt") and dims[0] != pure:
            raise InputError(f"{self.op}() takes a pure number, not {units.spoken(dims[0])}")
        return dims[0]

    def check_constants(self) -> None:
        """Raise InputError where numbers alone make no number: such a comparison would mean nothing."""
        for p in self.parts:
            p.check_constants()
        last = self.parts[-1] if self.parts else self
        if self.op in ("/", "//", "%") and not last.names() and last.evaluate({}) == 0:
            raise InputError(f"{self.op!r} divides by zero")
        if (
            self.op in {*_ARITHMETIC, *_FUNCTIONS}
            and not self.names()
            and not math.isfinite(self.evaluate({}))
        ):
            raise InputError(f"{self.op!r} of these numbers is not a finite number")

    def called(self, names: Mapping[str, str]) -> Expression:
        """The same expression of quantities that go by other names."""
        if self.op == "name":
            return replace(self, name=names.get(self.name, self.name))
        return replace(self, parts=tuple(p.called(names) for p in self.parts))

    def names(self) -> set[str]:
        """Quantities the expression reads."""
        found = {self.name} if self.op == "name" else set()
        for p in self.parts:
            found |= p.names()
        return found


def short(text: str) -> str:
    """A text as quoted in a message."""
    return repr(text if len(text) <= 80 else text[:77] + "...")


@dataclass
class _Parser:
    text: str
    tokens: list[tuple[str, str, int]] = field(default_factory=list)
    at: int = 0
    depth: int = 0

    def error(self, message: str, token: int | None = None) -> InputError:
        i = self.at if token is None else token
        where = self.tokens[i][2] + 1 if i < len(self.tokens) else len(self.text) + 1
        return InputError(f"{short(self.text)}: {message} (character {where})")

    def scan(self) -> None:
        position = 0
        text = self.text.rstrip()
        while position < len(text):
            found = _TOKEN.match(text, position)
            if not found or found.end() == position:
                start = position + (len(text[position:]) - len(text[position:].lstrip()))
                hint = "; compare with '=='" if text[start] == "=" else ""
                raise InputError(
                    f"{short(self.text)}: unexpected {text[start]!r}{hint} (character {start + 1})"
                )
            kind = str(found.lastgroup)
            self.tokens.append((kind, found.group(kind), found.start(kind)))
            position = found.end()

    def peek(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else ""

    def take(self, *expected: str) -> str:
        token = self.peek()
        if token in expected:
            self.at += 1
            return token
        return ""

    def either(self) -> Expression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error("nested too deeply")
        left = self.both()
        while self.take("or"):
            left = Expression("or", (left, self.both()))
        self.depth -= 1
        return left

    def both(self) -> Expression:
        left = self.negated()
        while self.take("and"):
            left = Expression("and", (left, self.negated()))
        return left

    def negated(self) -> Expression:
        if self.take("not"):
            return Expression("not", (self.negated(),))
        return self.comparison()

    def comparison(self) -> Expression:
        left = self.sum()
        if self.take("in"):
            if not self.take("("):
                raise self.error("expected '(' after 'in'")
            options = [self.sum()]
            while self.take(","):
                options.append(self.sum())
            self.close()
            out = Expression("==", (left, options[0]))
            for o in options[1:]:
                out = Expression("or", (out, Expression("==", (left, o))))
            return out
        op = self.take(*COMPARE)
        if not op:
            return left
        out = Expression(op, (left, self.sum()))
        if self.peek() in COMPARE:
            raise self.error("one comparison at a time; join them with 'and'")
        return out

    def sum(self) -> Expression:
        left = self.product()
        while op := self.take("+", "-"):
            left = Expression(op, (left, self.product()))
        return left

    def product(self) -> Expression:
        left = self.signed()
        while op := self.take("*", "/", "//", "%"):
            left = Expression(op, (left, self.signed()))
        return left

    def signed(self) -> Expression:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.error("nested too deeply")
        negative = self.take("-")
        out = self.power() if not negative else Expression("negative", (self.signed(),))
        self.depth -= 1
        return out

    def power(self) -> Expression:
        base = self.atom()
        return Expression("**", (base, self.signed())) if self.take("**") else base

    def close(self) -> None:
        if not self.take(")"):
            raise self.error("expected ')'")

    def atom(self) -> Expression:
        if self.at >= len(self.tokens):
            raise self.error("ends too soon")
        kind, text, _ = self.tokens[self.at]
        if kind == "number":
            self.at += 1
            value = float(text.replace("_", ""))
            if not math.isfinite(value):
                raise self.error(f"{text} is not a finite number", self.at - 1)
            return self.quantity(value)
        if kind == "name" and text.lower() in ("inf", "infinity", "nan"):
            raise self.error(f"{text} is not a finite number")
        if kind == "name" and text not in _WORDS:
            self.at += 1
            if self.take("("):
                return self.call(text)
            return Expression("name", name=text)
        if self.take("("):
            inner = self.either()
            self.close()
            return inner
        raise self.error(f"unexpected {text!r}")

    def call(self, name: str) -> Expression:
        if name not in _FUNCTIONS:
            raise self.error(f"no function {name!r} (has: {', '.join(_FUNCTIONS)})", self.at - 2)
        args = [self.sum()]
        while self.take(","):
            args.append(self.sum())
        self.close()
        single = name in ("ceil", "floor", "sqrt")
        if single != (len(args) == 1):
            raise self.error(f"{name}() takes {'one value' if single else 'two or more'}")
        return Expression(name, tuple(args))

    def unit_at(self, i: int) -> bool:
        """Whether a unit may stand at a token; a percent sign before another value is the remainder."""
        if i >= len(self.tokens):
            return False
        kind, text, _ = self.tokens[i]
        if text != "%":
            return kind == "name" and text not in _WORDS
        if i + 1 == len(self.tokens):
            return True
        kind, text, _ = self.tokens[i + 1]
        return text in _WORDS or (kind == "op" and text != "(")

    def quantity(self, number: float) -> Expression:
        """A number and the longest text after it that is a unit."""
        if not self.unit_at(self.at):
            return Expression("number", value=number)
        unit, used = "", 0
        trial, i = "", self.at
        while self.unit_at(i):
            trial += self.tokens[i][1]
            i += 1
            if i + 1 < len(self.tokens) and self.tokens[i][1] == "**" and self.tokens[i + 1][1] in "23":
                trial += "**" + self.tokens[i + 1][1]
                i += 2
            try:
                units.factor(trial)
            except InputError:
                break
            unit, used = trial, i
            if i >= len(self.tokens) or self.tokens[i][1] not in ("/", "*"):
                break
            trial += self.tokens[i][1]
            i += 1
        if not used:
            raise self.error(f"unknown unit {self.peek()!r}")
        self.at = used
        return Expression("number", value=number * units.factor(unit), unit=unit)


def parse(text: str) -> Expression:
    """The expression in `text`; raises InputError naming the character at fault.

    >>> parse("2 * tp <= 16 and mfu > 40 %").evaluate({"tp": 8, "mfu": 0.41})
    True
    >>> parse("it_power <= 1.2 MW").evaluate({"it_power": 1.3e6})
    False
    """
    if len(text) > MAX_LENGTH:
        raise InputError(f"an expression of {len(text)} characters; the limit is {MAX_LENGTH}")
    parser = _Parser(text)
    parser.scan()
    if not parser.tokens:
        raise InputError("an empty expression")
    if len(parser.tokens) > MAX_PARTS:
        raise InputError(f"an expression of {len(parser.tokens)} parts; the limit is {MAX_PARTS}")
    out = parser.either()
    if parser.at < len(parser.tokens):
        raise parser.error(f"unexpected {parser.peek()!r}")
    return out
