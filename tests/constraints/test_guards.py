"""What keeps a quotient finite where a formula ends is not shown as physics, and changes no number."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from constraints.algebras.maths import guarded, maximum
from constraints.algebras.symbolic import symbol, trace
from constraints.rule import Rule, find
from constraints.walls import every_rule
from designer.report.rules_text import formula

NUMBERS = st.floats(allow_nan=True, allow_infinity=True)
TINY = re.compile(r"\b1e-(09|1\d|30)\b|1e-300")


@given(x=NUMBERS, least=st.sampled_from([1e-300, 1e-30, 1e-9, 1.0]))
def test_a_guard_is_a_maximum_to_the_bit(x: float, least: float) -> None:
    assert np.array_equal(guarded(x, least), maximum(least, x), equal_nan=True)
    assert np.array_equal(guarded(np.array([x]), least), np.maximum(least, np.array([x])), equal_nan=True)


@pytest.mark.parametrize("r", every_rule(), ids=lambda r: f"{r.layer}.{r.id}")
def test_no_equation_shows_an_idle_guard(r: Rule) -> None:
    shown = formula(r)
    assert not TINY.search(shown.text())
    assert not TINY.search(shown.latex())


def test_a_guard_shows_where_it_decides() -> None:
    stretch = find("prefill_stretch")
    below, beyond = (trace(stretch, {"prefill_load": load}) for load in (0.5, 1.5))
    assert (below.text(), below.value) == ("1 / (1 - prefill_load)", 2.0)
    assert below.text(lambda s: f"{s.value:g}") == "1 / (1 - 0.5)"
    assert not below.branches()
    assert beyond.text() == "1 / max(1e-09, 1 - prefill_load)"
    assert beyond.value == stretch.fn(1.5)
    assert [active.text() for _, active in beyond.branches()] == ["1e-09"]


def test_terms_are_found_behind_an_idle_guard() -> None:
    total = guarded(symbol("a", 1.0) + symbol("b", 2.0))
    assert [t.text() for t in total.terms()] == ["a", "b"]
    assert [t.text() for t in guarded(symbol("a", -1.0) + symbol("b", -2.0)).terms()] == ["max(1e-09, a + b)"]


def test_a_guarded_call_opens_like_any_other() -> None:
    kept = {
        "checkpoint_stall": 10.0,
        "checkpoint_interval": 1e3,
        "recovery_time": 0.0,
        "checkpoint_time": 10.0,
    }
    here, never = (trace(find("goodput"), {**kept, "mtbf": mtbf}) for mtbf in (1e5, 0.5))
    assert here.text().startswith("checkpoint_goodput(")
    assert never.text().startswith("max(1e-30, ")
