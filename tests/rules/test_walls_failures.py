"""Checkpoints and failures against runs with failures at random."""

from __future__ import annotations

import math

import numpy as np
import pytest

from constraints.rules.library.checkpointing import (
    checkpoint_goodput,
    checkpoint_waste,
    daly_interval,
    series_mtbf,
    young_interval,
)
from constraints.rules.library.fragility import expected_failures, failure_probability, parts_mtbf

pytestmark = pytest.mark.slow

MINUTE = 60.0
# (time of a write, mean time between failures) in minutes: from failures a day apart to a few writes apart
PAIRS = [(0.5, 60.0), (0.5, 600.0), (1.0, 30.0), (1.0, 180.0), (2.0, 60.0), (2.0, 180.0), (2.0, 1440.0),
         (5.0, 60.0), (5.0, 300.0), (10.0, 60.0), (10.0, 1440.0), (20.0, 100.0)]  # fmt: skip
RUNS, FAILURES = 40, 400


def goodputs(write: float, interval: float, failures: np.ndarray) -> np.ndarray:
    """Useful share of each run: intervals of work, each followed by a write; a failure loses what was not written."""
    out = []
    for times in failures:
        done = now = 0.0
        for failure in times:
            whole = max(0, math.floor((failure - now) / (interval + write)))
            done += whole * interval
            now = failure
        out.append(done / now)
    return np.array(out)


@pytest.mark.parametrize(("write", "mtbf"), PAIRS)
def test_the_best_interval_is_the_one_a_run_would_choose(write: float, mtbf: float) -> None:
    """The same failures for every interval; nothing beats Daly's beyond noise, and far ones lose clearly."""
    rng = np.random.default_rng(int(1000 * write + mtbf))
    failures = np.cumsum(rng.exponential(mtbf, (RUNS, FAILURES)), axis=1)
    best = daly_interval(write, mtbf)
    at_best = goodputs(write, best, failures)
    error = at_best.std(ddof=1) / math.sqrt(RUNS)
    exact = checkpoint_goodput(write, best, mtbf, 0.0)
    assert abs(at_best.mean() - exact) <= 4 * error and error < 0.02 * exact
    for factor in (0.25, 0.5, 0.7, 0.85, 1.2, 1.5, 2.0, 4.0):
        loss = at_best - goodputs(write, factor * best, failures)
        noise = loss.std(ddof=1) / math.sqrt(RUNS)
        assert loss.mean() > -4 * noise, f"{factor} times the interval is better"
        if factor in (0.25, 4.0):
            assert loss.mean() > 4 * noise


@pytest.mark.parametrize(("write", "mtbf"), PAIRS)
def test_daly_is_the_optimum_of_the_exact_law(write: float, mtbf: float) -> None:
    """And Young's interval is near it while writes are short; waste to first order has its optimum at Young's."""
    best = daly_interval(write, mtbf)
    exact = checkpoint_goodput(write, best, mtbf, 0.0)
    around = checkpoint_goodput(write, best * np.linspace(0.5, 2.0, 1501), mtbf, 0.0)
    assert around.max() <= exact * (1 + 5e-5)
    young = young_interval(write, mtbf)
    assert abs(young - best) <= 2 * write
    waste = checkpoint_waste(write, young * np.linspace(0.5, 2.0, 1501), mtbf, 0.0)
    assert waste.min() == pytest.approx(checkpoint_waste(write, young, mtbf, 0.0), rel=1e-6)
    assert write / young == pytest.approx(young / (2 * mtbf)), "both terms are equal at the optimum"


def test_first_order_waste_is_the_limit_of_rare_failures() -> None:
    for mtbf in (1e4, 1e6, 1e8):
        interval = young_interval(1.0, mtbf)
        lost = 1 - checkpoint_goodput(1.0, interval, mtbf, 10.0)
        assert checkpoint_waste(1.0, interval, mtbf, 10.0) == pytest.approx(lost, rel=3 * mtbf**-0.5)


def test_parts_in_series_against_a_race() -> None:
    """The first of many parts to fail: simulated, and equal to a single kind when there is one."""
    rng = np.random.default_rng(7)
    kinds = ((50_000.0, 64), (30_000.0, 8), (200_000.0, 64), (100_000.0, 2))
    first = np.min([rng.exponential(m, (4000, n)).min(axis=1) for m, n in kinds], axis=0)
    exact = parts_mtbf(*(x for kind in kinds for x in kind))
    assert first.mean() == pytest.approx(exact, abs=4 * first.std() / math.sqrt(4000))
    assert parts_mtbf(50_000.0, 1000, 1.0, 0, 1.0, 0, 1.0, 0) == pytest.approx(series_mtbf(50_000.0, 1000))


def test_failures_of_a_run() -> None:
    rng = np.random.default_rng(8)
    for duration, mtbf in ((1.0, 10.0), (24.0, 5.0), (3.0, 3.0)):
        count = rng.poisson(duration / mtbf, 20_000)
        assert expected_failures(duration, mtbf) == pytest.approx(count.mean(), rel=0.05)
        assert failure_probability(duration, mtbf) == pytest.approx((count > 0).mean(), abs=0.015)
    assert failure_probability(1e-9, 1.0) == pytest.approx(expected_failures(1e-9, 1.0), rel=1e-8)
    assert failure_probability(1e6, 1.0) == 1 and failure_probability(0.0, 1.0) == 0
