"""Every rule is dimensionally sound, and a rule that is not is caught."""

from __future__ import annotations

from typing import Any

import pytest

from constraints.algebras.dimension import check
from constraints.algebras.maths import (
    ceil,
    erlang_blocking,
    exp,
    exprel,
    log2,
    maximum,
    minimum,
    root,
    smooth_maximum,
    sqrt,
    where,
)
from constraints.quantities import Bytes, BytesPerSecond, Count, Flop, FlopPerSecond, Seconds, Truth
from constraints.rule import LAYERS, Rule, rule, rules

ALL = [r for layer in LAYERS for r in rules(layer).values()]


@pytest.mark.parametrize("r", ALL, ids=lambda r: f"{r.layer}.{r.id}")
def test_rule(r: Rule) -> None:
    assert check(r) == ""


def declared(fn: Any) -> Rule:
    found = rule(cite="a test")(fn).__rule__
    assert isinstance(found, Rule)
    return found


def adds_bytes_and_seconds(a: Bytes, b: Seconds) -> Bytes:
    return a + b


def forgets_the_rate(a: Flop, b: FlopPerSecond) -> Seconds:
    return a / b * a / b


def returns_bytes(a: Bytes, b: BytesPerSecond) -> Seconds:
    return a * b / b


def compares_bytes_with_a_count(a: Bytes, b: Count) -> Truth:
    return a <= b


def compares_bytes_with_a_literal(a: Bytes) -> Truth:
    return a <= 80e9


def adds_a_literal_to_bytes(a: Bytes) -> Bytes:
    return a + 1


def takes_the_larger_of_seconds_and_bytes(a: Bytes, b: Seconds) -> Seconds:
    return maximum(a, b)


def takes_the_smaller_of_seconds_and_one(a: Seconds) -> Seconds:
    return minimum(1, a)


def chooses_between_units(a: Bytes, b: Seconds, n: Count) -> Bytes:
    return where(n > 1, a, b)


def rounds_the_corner_between_units(a: Bytes, b: Seconds) -> Bytes:
    return smooth_maximum(a, b, 2.0)


def exponent_with_a_unit(a: Count, b: Seconds) -> Count:
    return a**b


def exponential_of_seconds(a: Seconds) -> Count:
    return exp(a)


def logarithm_of_bytes(a: Bytes) -> Count:
    return log2(a)


def rounds_seconds(a: Seconds) -> Seconds:
    return ceil(a)


def half_a_root(a: Seconds, b: Seconds) -> Seconds:
    return sqrt(a * b * b)


def remainder_of_bytes(a: Bytes, n: Count) -> Truth:
    return a % n == 0


def truth_that_is_a_number(a: Count) -> Truth:
    return a - 1


def number_that_is_a_truth(a: Count) -> Count:
    return a > 1


def counts_truths(a: Count) -> Count:
    return (a > 1) * a


def branches(a: Count) -> Count:
    return a if a > 1 else 1


def special_function_of_seconds(a: Seconds) -> Count:
    return exprel(a)


def load_in_bytes(servers: Count, a: Bytes) -> Count:
    return erlang_blocking(servers, a)


def root_between_units(a: Seconds, b: Bytes) -> Seconds:
    return root(lambda x: 1 - x / a, a, b)


def root_that_adds_units(a: Seconds, b: Bytes) -> Seconds:
    return root(lambda x: x + b, 0, a)


def literal_result_with_a_unit(a: Seconds) -> Seconds:
    return 3.0


WRONG = [
    adds_bytes_and_seconds, forgets_the_rate, returns_bytes, compares_bytes_with_a_count,
    compares_bytes_with_a_literal, adds_a_literal_to_bytes, takes_the_larger_of_seconds_and_bytes,
    takes_the_smaller_of_seconds_and_one, chooses_between_units, rounds_the_corner_between_units,
    exponent_with_a_unit, exponential_of_seconds, logarithm_of_bytes, rounds_seconds, half_a_root,
    remainder_of_bytes, truth_that_is_a_number, number_that_is_a_truth, counts_truths, branches,
    special_function_of_seconds, load_in_bytes, root_between_units, root_that_adds_units,
    literal_result_with_a_unit,
]  # fmt: skip


@pytest.mark.parametrize("fn", WRONG, ids=lambda f: f.__name__)
def test_a_wrong_rule_is_caught(fn: Any) -> None:
    assert check(declared(fn)) != ""


def test_the_message_names_both_dimensions() -> None:
    assert check(declared(adds_bytes_and_seconds)) == "adds [information] and [time]"
    assert check(declared(compares_bytes_with_a_count)) == "compares [information] and a pure number"
    assert check(declared(returns_bytes)) == "returns [information] instead of [time]"


def zero_is_zero_in_any_unit(a: Bytes, n: Count) -> Bytes:
    return where((n > 1) & (a > 0), maximum(0, a - a), 0) + 0


def counting_units_are_pure(f: Flop, rate: FlopPerSecond) -> Seconds:
    return (f + 1) / rate


def test_what_is_allowed() -> None:
    assert check(declared(zero_is_zero_in_any_unit)) == ""
    assert check(declared(counting_units_are_pure)) == ""
