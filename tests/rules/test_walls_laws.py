"""Laws of topology, parallel speed-up, serving, streaming, sharing and the iron law: limits and independent counts."""

from __future__ import annotations

import itertools
import math
from collections import Counter

import numpy as np
import pytest

from constraints.rules.library.distance import round_trip_time
from constraints.rules.library.inference import (
    inter_token_latency,
    kv_cache_size,
    paged_sequences,
    prompt_flops,
    static_sequences,
    time_to_first_token,
    weight_streaming_time,
)
from constraints.rules.library.ironlaw import (
    communication_share,
    computation_share,
    compute_time,
    coordination_share,
    fleet_time,
    iron_law_overlapped,
    iron_law_sum,
)
from constraints.rules.library.locality import (
    bisection_all_to_all_time,
    bisection_share,
    dragonfly_bisection,
    fat_tree_bisection,
    ring_bisection,
    torus_bisection,
)
from constraints.rules.library.parallel import (
    amdahl_speedup,
    gustafson_speedup,
    strong_scaling_efficiency,
    usl_peak_devices,
    usl_speedup,
    weak_scaling_efficiency,
)
from constraints.rules.library.pipeline import least_microbatches, pipeline_bubble
from constraints.rules.library.roofline import (
    arithmetic_intensity,
    attainable_rate,
    compute_bound,
    ridge_point,
    roofline_time,
)
from constraints.rules.library.software import (
    effective_rate,
    effective_rate_from_mfu,
    flops_utilisation,
    goodput_cascade,
    hardware_utilisation,
    kernel_efficiency,
    utilisation_from_kernels,
)
from constraints.rules.library.streaming import (
    streamed_layer_time,
    streamed_pass_time,
    streaming_balance_batch,
    weight_injection_time,
)
from constraints.rules.library.synthesis import required_bandwidth, required_devices, required_rate
from constraints.rules.library.tenancy import (
    cluster_wait,
    free_node_share,
    gang_assembly_idle,
    gang_assembly_time,
    gang_slots,
    gang_utilisation_limit,
    harmonic_number,
)
from designer import evaluate

BETA = 50e9
H100 = dict(rate=989e12, bandwidth=3.35e12)


def torus_loads(side: int, dimensions: int, pairs: list[tuple[tuple[int, ...], tuple[int, ...]]]) -> float:
    """Bytes of the busiest link when each pair sends one, dimension by dimension the shorter way round.

    Half way round, a byte is split between both ways.
    """
    load: Counter[tuple[tuple[int, ...], int, int]] = Counter()
    for source, target in pairs:
        at = list(source)
        for k in range(dimensions):
            away = (target[k] - at[k]) % side
            ways = [(1, away, 1.0)] if 2 * away < side else [(-1, side - away, 1.0)]
            if 2 * away == side:
                ways = [(1, away, 0.5), (-1, away, 0.5)]
            for way, hops, share in ways:
                for hop in range(hops):
                    here = (*at[:k], (at[k] + way * hop) % side, *at[k + 1 :])
                    load[here, k, way] += share
            at[k] = target[k]
    return max(load.values())


@pytest.mark.parametrize(("side", "dimensions"), [(4, 1), (8, 1), (16, 1), (4, 2), (6, 2), (4, 3)])
def test_bisection_binds_an_all_to_all(side: int, dimensions: int) -> None:
    """The busiest link of a torus routed packet by packet carries what the bisection says."""
    ranks = list(itertools.product(range(side), repeat=dimensions))
    n, message = len(ranks), 1e9
    busiest = torus_loads(side, dimensions, list(itertools.product(ranks, ranks)))
    cut = torus_bisection(n, dimensions, BETA)
    ports = 2 * dimensions * BETA
    told = bisection_all_to_all_time(message, n, ports, cut)
    assert busiest * message / n / BETA == pytest.approx(told)
    assert bisection_share(cut, n, BETA) == pytest.approx(4 / n * side ** (dimensions - 1))


@pytest.mark.parametrize("side", [4, 8])
def test_bisection_does_not_bind_a_ring_of_neighbours(side: int) -> None:
    """A ring laid through a torus meets each link once at most: neighbours at full rate, whatever the bisection."""
    ranks = [(x, y if x % 2 == 0 else side - 1 - y) for x in range(side) for y in range(side)]
    pairs = list(itertools.pairwise(ranks))
    assert torus_loads(side, 2, pairs) == 1
    assert torus_loads(side * side, 1, [((i,), ((i + 1) % side**2,)) for i in range(side**2)]) == 1


def test_topologies() -> None:
    assert torus_bisection(64, 1, BETA) == ring_bisection(BETA)
    assert bisection_share(fat_tree_bisection(512, BETA, 1), 512, BETA) == 1
    assert bisection_share(fat_tree_bisection(512, BETA, 3), 512, BETA) == pytest.approx(1 / 3)
    # a dragonfly whose groups are joined one link a pair: cut links counted one by one
    groups = 10
    cut = sum(
        1 for a, b in itertools.combinations(range(groups), 2) if (a < groups // 2) != (b < groups // 2)
    )
    assert dragonfly_bisection(groups, groups - 1, BETA) == pytest.approx(cut * BETA)
    wide = [torus_bisection(4096, d, BETA) for d in (1, 2, 3, 4, 6)]
    assert wide == sorted(wide) and wide[-1] < fat_tree_bisection(4096, BETA, 1) * 2


def test_speed_up_limits() -> None:
    for s in (0.01, 0.05, 0.5):
        assert amdahl_speedup(s, 1) == gustafson_speedup(s, 1) == usl_speedup(1, s, 0.1) == pytest.approx(1)
        assert amdahl_speedup(s, 10**12) == pytest.approx(1 / s, rel=1e-6)
        for n in (2, 8, 1000):
            assert usl_speedup(n, s, 0.0) == pytest.approx(amdahl_speedup(s, n))
            # the same job seen from either end: Gustafson's share is that of the parallel machine
            parallel = s + (1 - s) / n
            assert gustafson_speedup(s / parallel, n) == pytest.approx(amdahl_speedup(s, n))
            assert strong_scaling_efficiency(1.0, 1 / amdahl_speedup(s, n), n) <= 1
    assert amdahl_speedup(0.0, 64) == gustafson_speedup(0.0, 64) == 64
    assert weak_scaling_efficiency(1.0, 1.0) == 1


@pytest.mark.parametrize(("contention", "coherence"), [(0.02, 5e-4), (0.0, 1e-3), (0.3, 1e-6)])
def test_usl_peak(contention: float, coherence: float) -> None:
    best = usl_peak_devices(contention, coherence)
    around = usl_speedup(best * np.linspace(0.5, 2.0, 3001), contention, coherence)
    assert around.max() == pytest.approx(usl_speedup(best, contention, coherence), rel=1e-6)


def test_roofline_in_three_ways() -> None:
    """Time, rate and regime tell one story, and meet at the ridge."""
    ridge = ridge_point(**H100)
    for intensity in (0.25, 1.0, 100.0, ridge, 1000.0):
        flops, traffic = 1e12, 1e12 / intensity
        assert arithmetic_intensity(flops, traffic) == pytest.approx(intensity)
        time = roofline_time(flops, traffic, **H100)
        assert flops / time == pytest.approx(attainable_rate(intensity, **H100))
        assert compute_bound(intensity, ridge) == (flops / H100["rate"] >= traffic / H100["bandwidth"])


def test_losses_are_counted_once() -> None:
    """From times of a step: kernels 6 s of 8 s at 60 % of peak, failures take a tenth of all time."""
    n, peak = 64, 1e15
    flops = 0.6 * peak * 6.0 * n
    inside = kernel_efficiency(flops / n, 6.0, peak)
    share = computation_share(6.0, 1.5, 0.5)
    mfu = flops_utilisation(flops, 8.0, n, peak)
    assert utilisation_from_kernels(inside, share) == pytest.approx(mfu)
    assert effective_rate(n, peak, inside, share, 0.9) == pytest.approx(
        effective_rate_from_mfu(n, peak, mfu, 0.9)
    )
    assert fleet_time(flops * 1000, n, peak, inside, share, 0.9) == pytest.approx(8000 / 0.9)
    assert goodput_cascade(mfu, share, 0.9) < goodput_cascade(inside, share, 0.9), (
        "the double counting to avoid"
    )
    assert hardware_utilisation(mfu, 0.0) == mfu < hardware_utilisation(mfu, 1 / 3)


def test_three_shares_make_a_whole() -> None:
    parts = (3.0, 2.0, 1.0)
    shares = [f(*parts) for f in (computation_share, communication_share, coordination_share)]
    assert sum(shares) == pytest.approx(1) and shares == sorted(shares, reverse=True)


def test_iron_law_of_one_machine() -> None:
    for data, compute, overhead in ((4.0, 3.0, 1.0), (0.0, 3.0, 0.0), (5.0, 5.0, 0.0)):
        longest, least = iron_law_sum(data, compute, overhead), iron_law_overlapped(data, compute, overhead)
        assert least <= longest <= 2 * least
    assert iron_law_sum(5.0, 5.0, 0.0) == 2 * iron_law_overlapped(5.0, 5.0, 0.0)
    assert compute_time(32e9, 989e12, 0.5) == pytest.approx(6.47e-5, rel=1e-3)


def test_prompts() -> None:
    """Attention summed position by position, and the floor of reading the weights once."""
    layers, width, prompt, p = 4, 64, 37, 1e6
    looked_at = sum(
        2 * 2 * width * (i + 1) for i in range(prompt)
    )  # scores and values, each 2 per pair and channel
    exact = 2 * p * prompt + layers * looked_at
    assert prompt_flops(p, prompt, 1, layers, width) == pytest.approx(
        exact, rel=layers * 2 * width * prompt / exact + 1e-9
    )
    weights = 16e9
    times = [
        time_to_first_token(2 * 8e9 * s, weights, **H100, compute_fraction=0.5, overhead=1e-3)
        for s in (1, 10_000)
    ]
    assert times[0] == pytest.approx(weight_streaming_time(weights, H100["bandwidth"]) + 1e-3)
    assert times[1] == pytest.approx(2 * 8e9 * 10_000 / (0.5 * H100["rate"]) + 1e-3)


def test_decoding_turns_from_memory_to_arithmetic() -> None:
    """At batch 1 memory is 99.7 % of the work; there is a batch from which arithmetic decides."""

    def step(batch: int) -> float:
        return inter_token_latency(140e9, 0.0, batch * 140e9, **H100, compute_fraction=1.0)

    assert step(1) == pytest.approx(140e9 / H100["bandwidth"])
    assert step(1) / (140e9 / H100["rate"]) == pytest.approx(ridge_point(**H100))
    assert step(295) == step(1) and step(296) > step(1) and step(5920) == pytest.approx(20 * step(296))


def test_sequences_that_fit() -> None:
    token, block = 131_072, 16
    for context in (100, 1000, 4096, 4100):
        paged = paged_sequences(80e9, 16e9, token, context, block)
        reserved = static_sequences(80e9, 16e9, token, 8192)
        blocks = math.ceil(context / block)
        assert (
            kv_cache_size(token, paged, blocks * block)
            <= 64e9
            < kv_cache_size(token, paged + 1, blocks * block)
        )
        assert paged >= reserved * 8192 // (context + block)
    assert static_sequences(16e9, 16e9, token, 8192) == 0


def test_streaming_balance() -> None:
    """At the balance batch both take as long; a pass run layer by layer takes what the formula says."""
    layer, injection, peak = 2e9, 150e9, 1e16
    batch = streaming_balance_batch(layer, injection, 2e9, peak, 0.5)
    inject = weight_injection_time(layer, injection)
    assert batch * 2e9 / (peak * 0.5) == pytest.approx(inject)
    assert streamed_layer_time(inject, inject) == inject
    for compute in (0.1 * inject, inject, 7 * inject):
        arrived = done = 0.0
        for _ in range(12):
            arrived = max(arrived, done - compute) + inject  # one layer is loaded ahead
            done = max(done, arrived) + compute
        assert streamed_pass_time(12, inject, compute) == pytest.approx(done)


def test_pipeline_bubble_and_its_inverse() -> None:
    for stages, virtual, bubble in ((4, 1, 0.05), (16, 2, 0.1), (8, 4, 0.02)):
        m = least_microbatches(stages, virtual, bubble)
        assert pipeline_bubble(stages, m, virtual) <= bubble < pipeline_bubble(stages, m - 1, virtual)
    assert pipeline_bubble(1, 4, 1) == 0


def test_synthesis_is_the_inverse_of_the_roofline() -> None:
    traffic, flops, target = 140e9, 7e14, 0.05
    bandwidth, rate = required_bandwidth(traffic, target, 1.0), required_rate(flops, target, 1.0)
    assert roofline_time(flops, traffic, rate, bandwidth) == pytest.approx(target)
    assert bandwidth == pytest.approx(2.8e12)
    assert required_devices(traffic, bandwidth, rate, 80e9, 3.35e12, 989e12) == math.ceil(rate / 989e12)


def test_light() -> None:
    assert round_trip_time(100e3, 2e8) == pytest.approx(1e-3)


def test_waiting_for_a_gang_against_a_simulation() -> None:
    rng = np.random.default_rng(3)
    for devices, gang in ((8, 1), (8, 8), (64, 16), (64, 64)):
        left = np.sort(rng.exponential(2.0, (20_000, devices)), axis=1)[:, :gang]
        ready = left[:, -1]
        idle = (ready[:, None] - left).sum(axis=1)
        for sample, exact in (
            (ready, gang_assembly_time(devices, gang, 2.0)),
            (idle, gang_assembly_idle(devices, gang, 2.0)),
        ):
            assert sample.mean() == pytest.approx(exact, abs=4 * sample.std() / math.sqrt(20_000) + 1e-9)


def test_sharing_a_cluster() -> None:
    assert [harmonic_number(n) for n in (1, 2, 50)] == pytest.approx(
        [sum(1 / k for k in range(1, n + 1)) for n in (1, 2, 50)], rel=1e-10
    )
    assert gang_slots(100, 7) * 7 == pytest.approx(100 * gang_utilisation_limit(100, 7))
    waits = [cluster_wait(1024, g, 0.8 * 1024 / g, 1.0, 4.0) for g in (8, 64, 512, 1024)]
    assert waits == sorted(waits), "large gangs wait longer at one utilisation"
    rng = np.random.default_rng(4)
    free = (rng.random((50_000, 4)) > 0.6).all(axis=1).mean()
    assert free_node_share(0.6, 4) == pytest.approx(free, abs=3e-3)


@pytest.mark.parametrize(
    "layout",
    [dict(tp=8, pp=16, dp=128), dict(tp=8, pp=8, dp=256, micro_batch=2), dict(tp=4, pp=32, dp=128)],
)
def test_parts_of_a_step_make_the_step(layout: dict[str, int]) -> None:
    metrics = evaluate("llama-3.1-405b-pretrain", layout).metrics
    shares = [
        metrics[f"step_{part}_share"].value for part in ("computation", "communication", "coordination")
    ]
    assert all(s is not None and 0 <= s <= 1 for s in shares)
    assert sum(s for s in shares if s is not None) == pytest.approx(1, abs=1e-9)


def test_messages_of_a_decode_step() -> None:
    """One device has nobody to talk to; more tensor parallelism talks more."""
    shares = [
        evaluate("llama-3.1-70b-chat", dict(node="p5e.48xlarge", tp=tp, replicas=8))
        .metrics["decode_communication_share"]
        .value
        for tp in (1, 2, 8)
    ]
    assert (
        shares[0] == 0 and shares == sorted(s for s in shares if s is not None) and shares[2] > shares[1] > 0
    )
