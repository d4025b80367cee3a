"""The closed forms of load and latency against a simulated engine."""

from __future__ import annotations

import math
import random
from collections import deque

import numpy as np
import pytest
import scipy.stats

from constraints.graph import Graph
from constraints.rule import rules
from constraints.rules.library.queueing import (
    gamma_quantile,
    mg1_sojourn_deviation,
    mg1_sojourn_third,
    mg1_wait,
    pearson_quantile,
)
from constraints.rules.library.tails import first_token_quantile, token_quantile

GRAPH = Graph(rules("serving"))


def simulate(*, rate, prefill, steps, fixed, variable, batch, requests, seed):
    """One replica that prefills first and decodes all its sequences together in between.

    `prefill()` draws the time of one prefill. Returns times to first token, times
    per token, and how many sequences arrivals find.
    """
    draw = random.Random(seed)
    now, arrival, done, step = 0.0, draw.expovariate(rate), 0, 0
    waiting: deque[float] = deque()
    running: deque[tuple[int, float]] = deque()  # step after which a sequence leaves, time of its first token
    firsts: list[float] = []
    intervals: list[float] = []
    seen: list[int] = []
    while done < requests:
        while arrival <= now:
            waiting.append(arrival)
            seen.append(len(running))
            arrival += draw.expovariate(rate)
        if waiting and len(running) < batch:
            came = waiting.popleft()
            now += prefill(draw)
            firsts.append(now - came)
            if steps:
                running.append((step + steps, now))
            else:
                done += 1
        elif running:
            now += fixed + variable * len(running) / batch
            step += 1
            while running and running[0][0] == step:
                intervals.append((now - running.popleft()[1]) / steps)
                done += 1
        else:
            now = arrival
    return [x[requests // 10 :] for x in (firsts, intervals, seen)]


def predicted(*, rate, prefill, square, cube, steps, fixed, variable, batch):
    given = {
        "request_rate": rate, "replicas": 1, "prefill_occupancy": prefill, "prefill_time": prefill,
        "prefill_square": square, "prefill_cube": cube, "output_tokens": steps + 1,
        "decode_step_fixed": fixed, "decode_step_variable": variable, "batch": batch, "prefill_batch": 1,
        "dp": 1, "pp": 1, "loaded_overhead": 0.0, "overhead_per_request": 0.0,
        "prefill_overhead": 0.0, "steps_harmonic": steps, "steps_harmonic_square": steps,
    }  # fmt: skip
    names = ["tpot", "tpot_p50", "tpot_p90", "tpot_p99", "ttft_p50", "ttft", "ttft_p99", "serving_load",
             "slots_suffice", "occupancy_p99"]  # fmt: skip
    return GRAPH.evaluate(names, given)


def quantile(values, share):
    return sorted(values)[int(share * len(values))]


@pytest.mark.parametrize("load", [0.3, 0.5, 0.7])
@pytest.mark.parametrize(("prefill", "steps", "fixed", "variable"), [
    (0.07, 200, 0.018, 0.009),  # a 70B model with short prompts
    (0.30, 200, 0.018, 0.009),  # long ones: prefill takes much of the device
    (0.07, 500, 0.010, 0.020),  # much cache to read
    (0.30, 50, 0.018, 0.009),  # long prompts, short answers
])  # fmt: skip
def test_simulated_engine(load, prefill, steps, fixed, variable):
    batch = 128
    capacity = 1 / (prefill + steps * (fixed + variable) / batch)
    common = {"rate": load * capacity, "steps": steps, "fixed": fixed, "variable": variable, "batch": batch}
    v = predicted(prefill=prefill, square=prefill, cube=prefill, **common)
    assert v["serving_load"] == pytest.approx(load)
    assert v["slots_suffice"]
    firsts, intervals, seen = simulate(prefill=lambda _: prefill, requests=12_000, seed=1, **common)
    assert v["tpot"] == pytest.approx(sum(intervals) / len(intervals), rel=0.10)
    for share in (50, 90, 99):
        assert v[f"tpot_p{share}"] == pytest.approx(quantile(intervals, share / 100), rel=0.25)
    assert v["occupancy_p99"] == pytest.approx(quantile(seen, 0.99), rel=0.25, abs=3)
    assert v["ttft"] == pytest.approx(sum(firsts) / len(firsts), rel=0.15)
    assert v["ttft_p99"] == pytest.approx(quantile(firsts, 0.99), rel=0.25)


@pytest.mark.parametrize("load", [0.3, 0.6])
def test_simulated_engine_with_a_mix_of_prompts(load):
    lengths = [0.02, 0.02, 0.02, 0.1, 0.3]  # seconds of prefill
    mean, square, cube = ((sum(x**k for x in lengths) / 5) ** (1 / k) for k in (1, 2, 3))
    common = {"steps": 200, "fixed": 0.018, "variable": 0.009, "batch": 128}
    rate = load / (mean + 200 * 0.027 / 128)
    v = predicted(rate=rate, prefill=mean, square=square, cube=cube, **common)
    mixed = {"prefill": lambda d: d.choice(lengths), "requests": 12_000, "seed": 2}
    firsts, intervals, seen = simulate(rate=rate, **mixed, **common)
    assert v["tpot_p99"] == pytest.approx(quantile(intervals, 0.99), rel=0.25)
    assert v["occupancy_p99"] == pytest.approx(quantile(seen, 0.99), rel=0.25, abs=3)
    assert v["tpot"] == pytest.approx(sum(intervals) / len(intervals), rel=0.10)
    assert v["ttft"] == pytest.approx(sum(firsts) / len(firsts), rel=0.15)
    assert v["ttft_p99"] == pytest.approx(quantile(firsts, 0.99), rel=0.25)


@pytest.mark.parametrize("load", [0.1, 0.5, 0.9])
def test_tail_of_the_exponential_queue(load):
    square, cube = math.sqrt(2), 6 ** (1 / 3)
    mean = mg1_wait(load, 1.0, square) + 1
    deviation = mg1_sojourn_deviation(load, 1.0, square, cube)
    assert mean == pytest.approx(1 / (1 - load)) and deviation == pytest.approx(mean)
    assert gamma_quantile(mean, deviation, 2.3263) == pytest.approx(mean * math.log(100), rel=0.01)


def test_overload_is_finite_and_said():
    prefill = {"prefill": 0.1, "square": 0.1, "cube": 0.1}
    v = predicted(rate=100.0, **prefill, steps=100, fixed=0.02, variable=0.01, batch=8)
    assert all(math.isfinite(x) for x in v.values())
    assert v["serving_load"] > 1 and not v["slots_suffice"]


@pytest.mark.parametrize("load", [0.2, 0.5, 0.8])
def test_third_moment_of_a_queue_of_equals(load):
    """Against Lindley's recursion; of exponential service the fourth moment is taken a quarter low."""
    draw = np.random.default_rng(int(10 * load))
    change = 1 - draw.exponential(1 / load, 400_000)
    walk = np.concatenate([[0.0], np.cumsum(change)])
    waits = walk - np.minimum.accumulate(walk)
    third = np.mean((waits - waits.mean()) ** 3)
    assert mg1_sojourn_third(load, 1.0, 1.0, 1.0) == pytest.approx(third, rel=0.12)
    mean = 1 / (1 - load)  # M/M/1: the sojourn is exponential
    found = mg1_sojourn_third(load, 1.0, math.sqrt(2), 6 ** (1 / 3))
    assert 0.75 * 2 * mean**3 < found <= 2 * mean**3


@pytest.mark.parametrize("skew", [0.2, 0.8, 1.5, 2.0, 3.0])
def test_quantiles_of_a_gamma_that_begins_anywhere(skew):
    law = scipy.stats.pearson3(skew, loc=5.0, scale=0.5)
    for share, z in ((0.9, 1.2816), (0.95, 1.6449), (0.99, 2.3263)):
        assert pearson_quantile(5.0, 0.5, skew, z) == pytest.approx(law.ppf(share), rel=0.01)


def test_tails_at_low_load_are_the_one_prefill_that_is_met():
    """M/D/1 at 5 %: a wait beyond t < 1 has probability 0.05 (1 - t), and one answer in 20 meets a prefill."""
    queue = {
        "ttft": 1.03,
        "ttft_deviation": 0.13,
        "ttft_skewness": 5.8,
        "prefill_wait": 0.03,
        "prefill_load": 0.05,
    }
    for beyond, z in ((0.01, 2.3263), (0.02, 2.0537)):
        found = first_token_quantile(**queue, prefill_remaining=1.0, normal_quantile=z, beyond=beyond)
        assert found == pytest.approx(2 - beyond / 0.05)
    step = {"decode_step_fixed": 0.01, "shared_step": 0.01, "tpot": 0.0105, "tpot_deviation": 0.0022}
    met = {"prefills_met": 0.05, "prefill_occupancy": 1.0, "steps_harmonic": 100}
    assert token_quantile(**step, **met, normal_quantile=2.3263, beyond=0.01) == pytest.approx(0.02)
    assert token_quantile(**step, **met, normal_quantile=0, beyond=0.5) < 0.0105
