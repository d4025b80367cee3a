"""How bounds and inputs are said in several answers."""

from __future__ import annotations

from designer.answers.plan import Binding, Lever


def of(b: Binding) -> str:
    """How the value of a bounded quantity stands to its bound."""
    return ", at least" if b.op.startswith(">") else " of"


def over(lever: Lever) -> str:
    """By how much an input was changed, where not by one percent more of it."""
    return "" if lever.step == 0.01 else f" each of {100 * lever.step:+.3g} %"
