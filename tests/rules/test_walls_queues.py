"""Queues against simulations of them: an event simulation, and the recursion of the servers' workloads."""

from __future__ import annotations

import heapq
import math
import random
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pytest
import simpy
from scipy.integrate import trapezoid
from scipy.special import gammaincc, gammaln
from scipy.stats import t as student

from constraints.rules.library.multiserver import (
    erlang_b,
    erlang_c,
    ggc_wait,
    mmc_sojourn,
    mmc_sojourn_percentile,
    mmc_sojourn_survival,
    mmc_wait,
    mmc_wait_percentile,
)
from constraints.rules.library.queueing import gg1_wait, kingman_bound, littles_law, md1_wait, mg1_wait

pytestmark = pytest.mark.slow

PAIRS = [(c, rho) for c in (1, 2, 3, 5, 8, 16, 32) for rho in (0.3, 0.5, 0.7)]
SHARES = (0.5, 0.9, 0.99)
BATCHES, WARM_UP, CONFIDENCE = 20, 2_000, 0.999
SERVICE = 0.05


def by_events(servers: int, load: float, requests: int, seed: int) -> np.ndarray:
    """Times in the system of an M/M/c queue, by simulation of its events."""
    rng = random.Random(seed)
    env = simpy.Environment()
    line = simpy.Resource(env, capacity=servers)
    times = np.zeros(requests)

    def request(n: int) -> Iterator[simpy.Event]:
        came = env.now
        with line.request() as turn:
            yield turn
            yield env.timeout(rng.expovariate(1 / SERVICE))
        times[n] = env.now - came

    def arrivals() -> Iterator[simpy.Event]:
        for n in range(requests):
            yield env.timeout(rng.expovariate(load * servers / SERVICE))
            env.process(request(n))

    env.process(arrivals())
    env.run()
    return times


def by_workload(servers: int, gaps: np.ndarray, services: np.ndarray) -> np.ndarray:
    """Waits in a G/G/c queue (Kiefer & Wolfowitz 1955): the first server to be free takes the next."""
    free, now = [0.0] * servers, 0.0
    waits = np.zeros(len(gaps))
    for n, (gap, service) in enumerate(zip(gaps.tolist(), services.tolist(), strict=True)):
        now += gap
        start = max(now, free[0])
        waits[n] = start - now
        heapq.heapreplace(free, start + service)
    return waits


def interval(sample: np.ndarray) -> tuple[float, float]:
    """Mean and half of its confidence interval, from the means of long batches in a row."""
    means = sample[: len(sample) // BATCHES * BATCHES].reshape(BATCHES, -1).mean(axis=1)
    half = student.ppf((1 + CONFIDENCE) / 2, BATCHES - 1) * means.std(ddof=1) / math.sqrt(BATCHES)
    return float(means.mean()), float(half)


def agrees(sample: np.ndarray, exact: float, sharp: float) -> None:
    """The exact value lies in the interval, and the interval is narrow enough to say something."""
    mean, half = interval(sample)
    assert abs(mean - exact) <= half, f"{exact:g} is not in {mean:g} +- {half:g}"
    assert half <= sharp * exact, f"+- {half:g} of {exact:g} says little"


@pytest.mark.parametrize(("servers", "load"), PAIRS)
def test_mmc_against_an_event_simulation(servers: int, load: float) -> None:
    """The share of requests slower than the p-th percentile is 1 - p: unbiased, at any length of run."""
    rate = load * servers / SERVICE
    requests = 80_000 if load > 0.6 else 40_000
    times = by_events(servers, load, requests + WARM_UP, seed=100 * servers + int(100 * load))[WARM_UP:]
    agrees(times, mmc_sojourn(servers, rate, SERVICE), 0.25)
    for share in SHARES:
        slower = times > mmc_sojourn_percentile(share, servers, rate, SERVICE)
        agrees(slower.astype(float), 1 - share, 1.2 if share == 0.99 else 0.6)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.8), (4, 0.9), (64, 0.9), (512, 0.95)])
def test_mmc_against_the_recursion(servers: int, load: float) -> None:
    rng = np.random.default_rng(servers)
    n, rate = 250_000, load * servers / SERVICE
    services = rng.exponential(SERVICE, n)
    waits = by_workload(servers, rng.exponential(1 / rate, n), services)[n // 5 :]
    agrees(waits, mmc_wait(servers, rate, SERVICE), 0.8)
    agrees((waits > 0).astype(float), erlang_c(servers, load * servers), 0.4)
    late = waits > mmc_wait_percentile(0.95, servers, rate, SERVICE)
    agrees(late.astype(float), min(0.05, erlang_c(servers, load * servers)), 1.0)
    for share in SHARES:
        slower = waits + services[n // 5 :] > mmc_sojourn_percentile(share, servers, rate, SERVICE)
        agrees(slower.astype(float), 1 - share, 1.0)


@pytest.mark.parametrize("load", [0.3, 0.7, 0.9])
def test_single_server_laws_against_the_recursion(load: float) -> None:
    """Equal requests (M/D/1), and gamma times of given variability (M/G/1, G/G/1)."""
    rng = np.random.default_rng(int(100 * load))
    n = 200_000
    poisson = rng.exponential(1 / load, n)
    agrees(by_workload(1, poisson, np.ones(n)), md1_wait(load, 1.0), 0.3)
    bursty = rng.gamma(1 / 3.0, 3.0, n)  # squared coefficient of variation 3
    waits = by_workload(1, poisson, bursty)
    agrees(waits, mg1_wait(load, 1.0, 2.0), 0.5)
    agrees(waits, gg1_wait(load, 1.0, 1.0, 3.0), 0.5)
    even = rng.gamma(4.0, 1 / (4.0 * load), n)  # squared coefficient of variation 1/4
    mean, half = interval(by_workload(1, even, bursty))
    assert mean - half <= kingman_bound(load, 1.0, 0.5 / load, math.sqrt(3.0))


def test_heavy_traffic() -> None:
    """Approximation and bound of the G/G/1 wait meet as the load tends to 1, and M/M/1 lies between."""
    for gap in (1e-2, 1e-4, 1e-6):
        load = 1 - gap
        bound = kingman_bound(load, 1.0, 0.5 / load, 2.0)
        assert gg1_wait(load, 1.0, 0.25, 4.0) == pytest.approx(bound, rel=2 * gap)
    for load in (0.1, 0.5, 0.9):
        exact = mmc_wait(1, load, 1.0)
        assert gg1_wait(load, 1.0, 1.0, 1.0) == pytest.approx(exact) and exact <= kingman_bound(
            load, 1.0, 1 / load, 1.0
        )


@pytest.mark.parametrize("servers", [1, 2, 7, 50, 400, 3000])
@pytest.mark.parametrize("load", [0.01, 0.5, 0.9, 0.999, 1.0, 1.2, 5.0])
def test_erlang_b_against_its_recursion(servers: int, load: float) -> None:
    """1 / B(c) = 1 + c / a / B(c - 1) is stable for whole servers; and the incomplete gamma of a library."""
    offered = load * servers
    inverse = 1.0
    for k in range(1, servers + 1):
        inverse = 1 + inverse * k / offered
        if math.isinf(inverse):
            break
    assert erlang_b(servers, offered) == pytest.approx(1 / inverse, rel=1e-9, abs=1e-280)
    if load <= 1.2:  # beyond, the library's tail is too small for a double
        log_mass = servers * math.log(offered) - offered - gammaln(servers + 1)
        exact = math.exp(log_mass) / gammaincc(servers + 1, offered)
        assert erlang_b(servers, offered) == pytest.approx(exact, rel=1e-8, abs=1e-280)


def test_erlang_between_whole_servers() -> None:
    """The recursion holds there too, and more servers, whole or not, turn fewer away."""
    for servers in (0.3, 1.7, 12.25, 99.9):
        for offered in (0.1, 5.0, 90.0, 300.0):
            b = erlang_b(servers, offered)
            assert erlang_b(servers + 1, offered) == pytest.approx(
                1 / (1 + (servers + 1) / (offered * b)), rel=1e-10
            )
            assert erlang_b(servers + 0.1, offered) < b


@pytest.mark.parametrize("load", [0.05, 0.5, 0.8, 0.95, 0.999])
def test_one_server_is_the_exponential_law(load: float) -> None:
    mean = SERVICE / (1 - load)
    rate = load / SERVICE
    assert erlang_c(1, load) == pytest.approx(load)
    assert mmc_sojourn(1, rate, SERVICE) == pytest.approx(mean)
    for share in (0.01, *SHARES, 0.99999):
        exact = -math.log(1 - share) * mean
        assert mmc_sojourn_percentile(share, 1, rate, SERVICE) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize("servers", [1, 2, 8, 100, 2000])
@pytest.mark.parametrize("load", [0.1, 0.8, 0.99])
def test_law_and_percentile_are_inverse(servers: int, load: float) -> None:
    rate = load * servers / SERVICE
    for share in (0.001, *SHARES, 0.999999):
        time = mmc_sojourn_percentile(share, servers, rate, SERVICE)
        assert mmc_sojourn_survival(time, servers, rate, SERVICE) == pytest.approx(1 - share, rel=1e-7)
    grid = np.linspace(0.0, 60 * mmc_sojourn(servers, rate, SERVICE), 200_001)
    law = mmc_sojourn_survival(grid, servers, rate, SERVICE)
    assert law[0] == 1 and np.all(np.diff(law) <= 0)
    assert trapezoid(law, grid) == pytest.approx(mmc_sojourn(servers, rate, SERVICE), rel=1e-5)


def test_law_where_the_textbook_form_divides_by_zero() -> None:
    """c - a = 1: continuous there, and equal to e^-x (1 + C x)."""
    for servers in (2, 9, 100):
        rate = servers - 1.0
        for time in (0.1, 1.0, 10.0):
            at, near = (mmc_sojourn_survival(time, servers, rate + d, 1.0) for d in (0.0, 1e-7))
            exact = math.exp(-time) * (1 + erlang_c(servers, rate) * time)
            assert at == pytest.approx(exact, rel=1e-12) and near == pytest.approx(exact, rel=1e-5)


def test_wait_percentile_plus_service_is_too_short() -> None:
    """M/M/8: the shortcut gives 72 and 169 ms; the law of the sum 231 and 258."""
    for load, shortcut, exact in ((0.5, 0.072, 0.231), (0.8, 0.169, 0.258)):
        rate = load * 8 / SERVICE
        assert mmc_wait_percentile(0.99, 8, rate, SERVICE) + SERVICE == pytest.approx(shortcut, abs=6e-4)
        assert mmc_sojourn_percentile(0.99, 8, rate, SERVICE) == pytest.approx(exact, abs=6e-4)


def test_allen_cunneen_is_exact_where_it_should_be() -> None:
    for servers, rate in ((1, 0.7), (5, 4.5), (40, 39.0)):
        assert ggc_wait(servers, rate, 1.0, 1.0, 1.0) == pytest.approx(mmc_wait(servers, rate, 1.0))
    assert ggc_wait(1, 0.7, 1.0, 1.0, 0.0) == pytest.approx(md1_wait(0.7, 1.0))
    assert ggc_wait(3, 2.0, 1.0, 0.0, 0.0) == 0


@pytest.mark.parametrize(("servers", "arrivals", "services"), [(1, 0.25, 2.0), (4, 1.0, 3.0), (8, 2.0, 0.5)])
def test_allen_cunneen_is_close_under_load(servers: int, arrivals: float, services: float) -> None:
    """Gamma times of these squared coefficients of variation, at a load of 0.9."""
    rng = np.random.default_rng(servers)
    n, rate = 300_000, 0.9 * servers
    gaps = rng.gamma(1 / arrivals, arrivals / rate, n)
    mean, half = interval(by_workload(servers, gaps, rng.gamma(1 / services, services, n)))
    assert ggc_wait(servers, rate, 1.0, arrivals, services) == pytest.approx(mean, rel=0.15, abs=half)


def test_pooling() -> None:
    """One line before many servers beats a line each, and waits vanish as servers are added at one load."""
    for load in (0.5, 0.8, 0.95):
        waits = [mmc_wait(c, load * c, 1.0) for c in (1, 2, 4, 16, 256, 4096)]
        assert all(a > b for a, b in pairwise(waits)) and waits[-1] < 0.03
    assert littles_law(4.0, mmc_wait(8, 4.0, 1.0)) < 8
