"""Formulas written out: plain text as Python would have it, and LaTeX."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from constraints.algebras.symbolic import Sym

_PRECEDENCE = {"|": 1, "&": 2, "<=": 3, ">=": 3, "<": 3, ">": 3, "==": 3, "!=": 3, "+": 4, "-": 4, "*": 5, "/": 5,
               "//": 5, "%": 5, "negative": 6, "**": 7}  # fmt: skip
_ATOM = 9


def text(s: Sym, show: Callable[[Sym], str] | None) -> str:
    """The formula; `show` writes names and called rules, except the outermost."""
    s = s.unguarded()
    return _called(s, show) if s.op == "call" else _text(s, show)[0]


def latex(s: Sym) -> str:
    """The formula in LaTeX."""
    return _latex(s)[0]


def _number(x: Any) -> str:
    return f"{x:g}" if isinstance(x, (int, float)) and not isinstance(x, bool) else str(x)


def _text(s: Sym, show: Callable[[Sym], str] | None) -> tuple[str, int]:
    s = s.unguarded()
    if s.op in ("name", "call") and show is not None:
        return show(s), _ATOM
    if s.op == "name":
        return s.name, _ATOM
    if s.op == "where" and show is not None:
        return _text(s.args[1] if s.args[0].value else s.args[2], show)
    if s.op == "call":
        return _called(s, None), _ATOM
    if s.op == "number":
        return _number(s.value), _ATOM
    if s.op in _PRECEDENCE:
        level = _PRECEDENCE[s.op]
        parts = [_text(a, show) for a in s.args]
        if len(parts) == 1:
            return "-" + _wrapped(parts[0], level), level
        # The right side of - and / needs brackets at its own level.
        right = level + (s.op in ("-", "/", "//", "%", "**"))
        left = level + (s.op == "**")
        return f"{_wrapped(parts[0], left)} {s.op} {_wrapped(parts[1], right)}", level
    inner = ", ".join(_text(a, show)[0] for a in s.args)
    return f"{s.op}({inner})", _ATOM


def _called(s: Sym, show: Callable[[Sym], str] | None) -> str:
    """A called rule with the first of what it is given."""
    shown = [_text(a, show)[0] for a in s.args[:3]] + ["…"] * (len(s.args) > 3)
    return f"{s.name}({', '.join(shown)})"


def _wrapped(part: tuple[str, int], level: int) -> str:
    return part[0] if part[1] >= level else f"({part[0]})"


_LATEX = {"*": r" \, ", "<=": r" \le ", ">=": r" \ge ", "==": " = ", "!=": r" \ne ", "&": r" \wedge ",
          "|": r" \vee ", "%": r" \bmod "}  # fmt: skip


def _latex(s: Sym) -> tuple[str, int]:
    s = s.unguarded()
    if s.op == "name":
        name = s.name.replace("_", r"\_")
        return (name if len(name) == 1 else rf"\mathrm{{{name}}}"), _ATOM
    if s.op == "number":
        return _number(s.value), _ATOM
    parts = [_latex(a) for a in s.args]
    plain = [p[0] for p in parts]
    if s.op == "call":
        name = s.name.replace("_", r"\_")
        return rf"\mathrm{{{name}}}\left({', '.join(plain)}\right)", _ATOM
    if s.op == "/":
        return rf"\frac{{{plain[0]}}}{{{plain[1]}}}", _ATOM
    if s.op == "**":
        return f"{_bracketed(parts[0], 8)}^{{{plain[1]}}}", 7
    if s.op in ("ceil", "floor", "//"):
        inner = rf"\frac{{{plain[0]}}}{{{plain[1]}}}" if s.op == "//" else plain[0]
        left, right = ("lceil", "rceil") if s.op == "ceil" else ("lfloor", "rfloor")
        return rf"\left\{left} {inner} \right\{right}", _ATOM
    if s.op == "sqrt":
        return rf"\sqrt{{{plain[0]}}}", _ATOM
    if s.op == "where":
        return rf"\begin{{cases}} {plain[1]} & {plain[0]} \\ {plain[2]} & \text{{else}} \end{{cases}}", _ATOM
    if s.op == "root":
        return rf"x : {plain[0]} = 0", 0
    if s.op == "smoothmax":
        power = plain[2]
        a, b = (rf"\left({p}\right)^{{{power}}}" for p in plain[:2])
        return rf"\left({a} + {b}\right)^{{1/{power}}}", _ATOM
    if s.op in _PRECEDENCE:
        level = _PRECEDENCE[s.op]
        if len(parts) == 1:
            return "-" + _bracketed(parts[0], level), level
        sign = _LATEX.get(s.op, f" {s.op} ")
        after = _bracketed(parts[1], level + (s.op == "-"))
        return f"{_bracketed(parts[0], level)}{sign}{after}", level
    name = rf"\{s.op}" if s.op in ("max", "min", "exp", "log") else rf"\operatorname{{{s.op}}}"
    return rf"{name}\left({', '.join(plain)}\right)", _ATOM


def _bracketed(part: tuple[str, int], level: int) -> str:
    return part[0] if part[1] >= level else rf"\left({part[0]}\right)"
