"""The privacy accountant against an independent library, and the laws of noise."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints import accountant
from constraints.algebras.intervals import Span, span
from constraints.algebras.signs import box
from constraints.algebras.symbolic import symbol
from constraints.rule import find

POINTS = [
    (1.3, 256 / 60_000, 3510, 1e-5), (0.5, 1e-4, 10_000, 1e-6), (0.7, 0.01, 1000, 1e-5), (1.0, 0.01, 10_000, 1e-6),
    (4.0, 0.1, 1000, 1e-5), (10.0, 1.0, 100, 1e-5), (1.0, 1e-6, 1_000_000, 1e-9), (2.0, 0.5, 10, 1e-3),
    (0.4, 0.001, 100, 1e-5), (20.0, 0.01, 500, 1e-6), (0.8, 0.02, 500, 1e-6), (3.0, 0.05, 5000, 1e-7),
]  # fmt: skip


@pytest.mark.parametrize("point", POINTS)
def test_epsilon_agrees_with_an_independent_accountant(point: tuple[float, float, int, float]) -> None:
    """Within a percent of dp-accounting's Renyi accountant, which tries more orders."""
    event = pytest.importorskip("dp_accounting.dp_event")
    rdp = pytest.importorskip("dp_accounting.rdp")
    noise, rate, steps, delta = point
    theirs = rdp.RdpAccountant()
    step = event.GaussianDpEvent(noise)
    step = event.PoissonSampledDpEvent(rate, step) if rate < 1 else step
    theirs.compose(event.SelfComposedDpEvent(step, steps))
    assert accountant.epsilon(*point) == pytest.approx(theirs.get_epsilon(delta), rel=0.01)


def test_the_integral_is_the_sum_at_whole_orders() -> None:
    for order, noise, rate in ((3, 0.8, 0.01), (4, 0.3, 0.2), (8, 2.0, 1e-5), (12, 1.0, 0.5)):
        by_integral = accountant._by_integral(float(order), noise, rate)
        assert by_integral == pytest.approx(accountant._by_sum(order, noise, rate), rel=1e-5)


def test_without_sampling_it_is_the_gaussian_mechanism() -> None:
    """Divergence order / (2 noise^2) at every order (Mironov 2017, corollary 3)."""
    assert accountant._log_moment(5, 2.0, 1.0) / 4 == pytest.approx(5 / (2 * 2.0**2))
    assert accountant._log_moment(5, 2.0, 1 - 1e-12) / 4 == pytest.approx(5 / (2 * 2.0**2), rel=1e-6)


@settings(max_examples=40, deadline=None)
@given(st.floats(0.2, 20), st.floats(1e-4, 0.2), st.integers(10, 20_000))
def test_noise_and_epsilon_are_inverse(target: float, rate: float, steps: int) -> None:
    noise = accountant.noise_multiplier(target, 1e-6, rate, float(steps))
    assert accountant.epsilon(noise, rate, float(steps), 1e-6) == pytest.approx(target, rel=1e-4)
    assert accountant.epsilon(noise, rate, float(steps), 1e-6) <= target


def test_noise_falls_with_epsilon_and_rises_with_steps_and_rate() -> None:
    noise = find("noise_for_privacy").fn
    by_epsilon = noise(np.array([0.5, 1.0, 2.0, 4.0, 8.0]), 1e-6, 0.01, 1000.0)
    assert (np.diff(by_epsilon) < 0).all()
    assert (np.diff(noise(2.0, 1e-6, np.array([1e-4, 1e-3, 1e-2, 0.1]), 1000.0)) > 0).all()
    assert (np.diff(noise(2.0, 1e-6, 0.01, np.array([10.0, 100.0, 1000.0, 1e4]))) > 0).all()
    assert (np.diff(noise(2.0, np.array([1e-9, 1e-7, 1e-5]), 0.01, 1000.0)) < 0).all()


def test_sampling_needs_less_noise_than_the_whole_data() -> None:
    whole = find("noise_of_full_batch").fn(2.0, math.log(1e6), 1000.0)
    assert find("noise_for_privacy").fn(2.0, 1e-6, 0.01, 1000.0) < 0.1 * whole
    assert find("noise_for_privacy").fn(2.0, 1e-6, 1.0, 1000.0) <= whole


def test_outside_its_domain_nothing_is_claimed() -> None:
    for bad in ((0.0, 0.1, 10, 1e-5), (1.0, 0.0, 10, 1e-5), (1.0, 1.5, 10, 1e-5), (1.0, 0.1, 10, 1.0)):
        assert math.isnan(accountant.epsilon(*bad))
    assert math.isnan(accountant.noise_multiplier(-1.0, 1e-5, 0.1, 10))
    assert accountant.epsilon(math.inf, 0.1, 10, 1e-5) == 0


def test_a_second_backward_pass_costs_two_thirds_more() -> None:
    ratio = find("private_step_ratio").fn
    assert ratio(1) == 1
    assert ratio(2) == pytest.approx(5 / 3)


def test_a_function_known_by_its_values_is_read_by_every_interpreter() -> None:
    noise = find("noise_for_privacy").fn
    plain = noise(2.0, 1e-6, 0.01, 1000.0)
    arrays = noise(np.array([[2.0, 2.0]]), 1e-6, np.array([[0.01], [0.02]]), 1000.0)
    assert arrays.shape == (2, 2) and arrays[0, 0] == plain < arrays[1, 0]
    exact = noise(span(2.0), span(1e-6), 0.01, 1000.0)
    assert (float(exact.low), float(exact.high)) == (plain, plain)
    wide = noise(Span(2.0, 4.0), 1e-6, 0.01, 1000.0)
    assert (float(wide.low), float(wide.high)) == (-math.inf, math.inf), "nothing is claimed of a box"
    assert noise(box("epsilon", 2.0, 4.0), 1e-6, 0.01, 1000.0).moves == {"epsilon": (True, True)}
    formula = noise(symbol("epsilon", 2.0), symbol("delta", 1e-6), 0.01, 1000.0)
    assert formula.text() == "renyi_noise(epsilon, delta, 0.01, 1000)" and formula.value == plain
