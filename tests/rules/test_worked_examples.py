"""Worked examples of the field, with the numbers they should have had, through the product's own rules."""

from __future__ import annotations

import math
from typing import Any

import pytest

from catalogs import default_catalog
from catalogs.units import parse
from constraints.bundles.model import model_bundle
from constraints.graph import Graph
from constraints.rule import find, rules

DAY, HOUR, YEAR = 86400.0, 3600.0, 365.25 * 86400.0


def made(rule: str, **inputs: Any) -> float:
    """A rule's result from inputs as people write them: text with units, or pure numbers."""
    r = find(rule)
    return float(r.fn(**{n: parse(v, r.inputs[n]) if isinstance(v, str) else v for n, v in inputs.items()}))


def test_ring_all_reduce_of_140_gigabytes() -> None:
    ring = dict(message="140 GB", ranks=1024, bandwidth="50 GB/s", latency="2 us")
    assert made("ring_all_reduce_time", **ring) == pytest.approx(5.599, abs=5e-4)
    # A tree that is not pipelined moves the whole message at every level.
    assert made("tree_all_reduce_time", **ring) == pytest.approx(56.0, abs=0.05)


def test_adding_ranks_only_adds_latency() -> None:
    """The bandwidth term tends to 2 M / bandwidth; it does not grow without bound."""
    ring = dict(message="140 GB", bandwidth="50 GB/s", latency="0 s")
    assert made("ring_all_reduce_time", ranks=10**6, **ring) == pytest.approx(2 * 140 / 50, rel=1e-5)


def test_all_reduce_inside_a_node_uses_the_node() -> None:
    nvlink = made("ring_all_reduce_time", message="1 GB", ranks=8, bandwidth="450 GB/s", latency="0 s")
    port = made("ring_all_reduce_time", message="1 GB", ranks=8, bandwidth="50 GB/s", latency="0 s")
    assert nvlink == pytest.approx(3.9e-3, abs=5e-5)
    assert port == pytest.approx(35e-3, abs=5e-5)


@pytest.mark.parametrize(
    ("stages", "microbatches", "virtual", "percent"),
    [(4, 16, 1, 15.8), (4, 16, 2, 8.6), (8, 32, 1, 17.9), (16, 16, 1, 48.4)],
)
def test_pipeline_bubbles(stages: int, microbatches: int, virtual: int, percent: float) -> None:
    bubble = made("pipeline_bubble", stages=stages, microbatches=microbatches, virtual_stages=virtual)
    assert 100 * bubble == pytest.approx(percent, abs=0.051)


def test_nineteen_microbatches_a_stage_for_five_percent() -> None:
    for stages in (2, 8, 64):
        enough = 19 * (stages - 1)
        assert made("pipeline_bubble", stages=stages, microbatches=enough, virtual_stages=1) == pytest.approx(
            0.05
        )


def test_cache_of_llama_3_70b() -> None:
    assert (
        made("kv_cache_per_token", layer_count=80, kv_head_count=8, head_width=128, element_bytes="2 byte")
        == 327_680
    )
    batch = made("kv_cache_size", per_token="327680 byte/token", sequences=32, context="4096 token")
    assert batch == pytest.approx(42.95e9, abs=5e6)
    half = made("kv_cache_size", per_token="327680 byte/token", sequences=16, context="4096 token")
    assert half == pytest.approx(21.47e9, abs=5e6)


def test_cache_counts_key_value_heads() -> None:
    """Llama-3-8B at 4K: 0.54 GB with its 8 KV heads; 32 heads would make it 2.15 GB."""
    grouped, all_heads = (
        made("kv_cache_per_token", layer_count=32, kv_head_count=h, head_width=128, element_bytes="2 byte")
        * 4096
        for h in (8, 32)
    )
    assert grouped == pytest.approx(0.5369e9, abs=1e5)
    assert all_heads == 4 * grouped
    assert (80e9 - 16.06e9) // grouped == 119, "requests beside the weights on 80 GB"


def test_the_catalog_agrees_about_the_cache() -> None:
    graph = Graph({**rules("shared"), **rules("serving")})
    for name, expected in (("llama-3-70b", 327_680), ("llama-3-8b", 131_072), ("deepseek-v3", 61 * 576 * 2)):
        given = {n: k.si for n, k in model_bundle(default_catalog().get("models", name)).items()}
        assert (
            graph.evaluate(["kv_bytes_per_token"], {**given, "kv_element_bytes": 2.0})["kv_bytes_per_token"]
            == expected
        )


@pytest.mark.parametrize(("grams", "kilograms"), [(20, 206), (429, 4428), (820, 8464)])
def test_carbon_of_two_weeks_on_64_devices(grams: float, kilograms: float) -> None:
    it = made("it_energy_used", devices=64, device_power="400 W", time="336 h")
    assert it / 3.6e6 == pytest.approx(8602, abs=0.5)
    facility = made("facility_energy_used", it_energy=it, pue=1.2)
    assert facility / 3.6e6 == pytest.approx(10_322, abs=0.5)
    carbon = made("operational_carbon_of", facility_energy=facility, carbon_intensity=f"{grams} gCO2e/kWh")
    assert carbon == pytest.approx(kilograms, abs=0.5)


def test_water_is_per_it_energy() -> None:
    """P17: WUE is litres per kWh of IT energy; PUE does not enter."""
    litres = made("water", it_energy="1000 kWh", water_usage="1.8 L/kWh") * 1000
    assert litres == pytest.approx(1800)


def test_checkpoint_every_27_minutes() -> None:
    times = dict(checkpoint_time="2 min", mtbf="180 min")
    assert made("young_interval", **times) / 60 == pytest.approx(26.8, abs=0.05)
    assert made("daly_interval", **times) / 60 == pytest.approx(25.5, abs=0.05)


@pytest.mark.parametrize(
    ("minutes", "first_order", "exact"), [(10, 22.8, 19.4), (26.83, 14.9, 14.2), (60, 20.0, 18.9)]
)
def test_checkpoint_waste(minutes: float, first_order: float, exact: float) -> None:
    times = dict(checkpoint_time="2 min", interval=60 * minutes, mtbf="180 min", recovery_time="0 s")
    assert 100 * made("checkpoint_waste", **times) == pytest.approx(first_order, abs=0.05)
    assert 100 * (1 - made("checkpoint_goodput", **times)) == pytest.approx(exact, abs=0.05)


def test_the_optimum_interval_is_the_optimum() -> None:
    """One write per interval: only then is sqrt(2 delta M) where the waste is least, and its terms equal."""
    delta, mtbf = 120.0, 10_800.0
    best = made("young_interval", checkpoint_time=delta, mtbf=mtbf)

    def waste(interval: float) -> float:
        return made(
            "checkpoint_waste", checkpoint_time=delta, interval=interval, mtbf=mtbf, recovery_time=0.0
        )

    assert waste(best) < min(waste(best * 0.99), waste(best * 1.01))
    assert delta / best == pytest.approx(best / (2 * mtbf))
    daly = made("daly_interval", checkpoint_time=delta, mtbf=mtbf)

    def lost(interval: float) -> float:
        given = dict(checkpoint_time=delta, interval=interval, mtbf=mtbf, recovery_time=0.0)
        return 1 - made("checkpoint_goodput", **given)

    assert lost(daly) < min(lost(daly * 0.97), lost(daly * 1.03), lost(best))


@pytest.mark.parametrize(
    ("devices", "hours"), [(8, 6250.0), (1_000, 50.0), (10_000, 5.0), (16_000, 3.125), (100_000, 0.5)]
)
def test_failures_of_many_devices(devices: int, hours: float) -> None:
    assert made("series_mtbf", device_mtbf="50000 h", devices=devices) / HOUR == pytest.approx(hours)


def test_eight_devices_fail_after_eight_and_a_half_months() -> None:
    assert made("series_mtbf", device_mtbf="50000 h", devices=8) / (YEAR / 12) == pytest.approx(
        8.56, abs=0.01
    )


@pytest.mark.parametrize(
    ("accelerator", "ridge"),
    [("h100-sxm", 295), ("a100-sxm-80gb", 153), ("a100-sxm-40gb", 200.6), ("h200-sxm", 206), ("mi300x", 247)],
)
def test_ridge_points(accelerator: str, ridge: float) -> None:
    """Dense rates over memory bandwidth, from the catalog."""
    acc = default_catalog().get("accelerators", accelerator)
    point = made("ridge_point", rate=acc.compute.rates()["bf16"].si, bandwidth=acc.memory_bandwidth.si)
    assert point == pytest.approx(ridge, abs=0.6)


def test_an_h100_is_three_a100s_not_six() -> None:
    h100, a100 = (
        default_catalog().get("accelerators", n).compute.rates()["bf16"].si
        for n in ("h100-sxm", "a100-sxm-80gb")
    )
    assert h100 / a100 == pytest.approx(3.17, abs=0.01)


def test_intensity_of_a_product() -> None:
    """A square product of 4,096: 1,365 operations a byte in 16 bit; batch 64 on a 2,048 x 512 layer: 55."""

    def intensity(m: float, n: float, k: float) -> float:
        return made("gemm_flops", m=m, n=n, k=k) / (2 * (m * n + n * k + m * k))

    assert intensity(4096, 4096, 4096) == pytest.approx(1365.3, abs=0.1)
    assert intensity(64, 512, 2048) == pytest.approx(55.4, abs=0.1)


def test_decoding_is_bound_by_memory() -> None:
    """70B in 16 bit on one H100's bandwidth: 41.8 ms a token, of which arithmetic would be 0.34 %."""
    read = made("weight_streaming_time", weights="140 GB", bandwidth="3.35 TB/s")
    assert read == pytest.approx(41.79e-3, abs=1e-5)
    both = made(
        "roofline_time", flops="140e9 FLOP", traffic="140 GB", rate="989 TFLOP/s", bandwidth="3.35 TB/s"
    )
    assert both == read
    assert 140e9 / 989e12 / (140e9 / 989e12 + read) == pytest.approx(0.0034, abs=5e-5)
    assert made("weight_streaming_time", weights="140 GB", bandwidth="2.8 TB/s") == pytest.approx(0.05)


def test_weights_of_70b_do_not_fit_one_device() -> None:
    """140 GB in 16 bit; 35 GB is what 4 bit would take."""
    given = {n: k.si for n, k in model_bundle(default_catalog().get("models", "llama-3-70b")).items()}
    total = Graph(rules("shared")).evaluate(["parameters"], given)["parameters"]
    assert 2 * total == pytest.approx(141.1e9, abs=0.1e9)
    assert total / 2 == pytest.approx(35.3e9, abs=0.1e9)


def test_gpt_3_on_1024_a100() -> None:
    """6 P D / (N peak efficiency): 22.8 days at half of peak, with N in the denominator.

    Through the run's own rules, with a step that reaches exactly half of peak: their operations
    differ from 6 P D by attention and by the input embedding, so those are set aside.
    """
    p, d, n, peak = 175e9, 300e9, 1024, 312e12
    forward = made("forward_flops_per_token", active_parameters=p, attention_flops_per_token=0.0)
    tokens = 1536 * 2048
    flops = made("step_flops", step_tokens=tokens, forward_flops_per_token=forward)
    assert flops * d / tokens == pytest.approx(3.15e23)
    step = flops / (n * peak * 0.5)
    assert made("mfu", step_flops=flops, step_time=step, devices=n, compute_rate=peak) == pytest.approx(0.5)
    steps = made("steps", dataset_tokens=d, step_tokens=tokens)
    assert made("time_to_train", steps=steps, step_time=step, goodput=1.0) / DAY == pytest.approx(
        22.82, abs=0.01
    )


def test_1b_on_20b_tokens() -> None:
    flops = 6 * 1e9 * 20e9
    assert made(
        "mfu", step_flops=flops, step_time=961_538.46, devices=1, compute_rate=312e12
    ) == pytest.approx(0.4)


def test_owning_or_renting() -> None:
    """122,000 USD a year for a node of 8: 13.93 kUSD a year and device, 43.5 % of renting at 4 USD/h."""
    owned = f"{122_000 / 8 / 8760} USD/h"
    assert made("break_even_utilisation", owned_per_hour=owned, rented_per_hour="4 USD/h") == pytest.approx(
        0.435, abs=5e-4
    )
    assert pytest.approx(2.18, abs=0.005) == 122_000 / 8 / 8760 / 0.8
    assert pytest.approx(8.70, abs=0.005) == 122_000 / 8 / 8760 / 0.2


def test_queues() -> None:
    assert made("littles_law", arrival_rate="1000 1/s", time_in_system="50 ms") == pytest.approx(50)
    # M/D/1 at 80 %: the wait is twice the service. M/M/1: E[S^2] is twice the squared mean.
    assert made("mg1_wait", arrival_rate="0.8 1/s", service="1 s", service_square="1 s") == pytest.approx(2)
    assert made(
        "mg1_wait", arrival_rate="0.8 1/s", service="1 s", service_square=math.sqrt(2)
    ) == pytest.approx(4)


@pytest.mark.parametrize("load", [0.5, 0.8, 0.95])
def test_tail_of_a_single_server(load: float) -> None:
    """M/M/1 sojourn is exponential: P99 is ln 100 = 4.6 means at every load, from its own moments."""
    square, cube = math.sqrt(2), 6 ** (1 / 3)
    mean = 1 + made("mg1_wait", arrival_rate=load, service=1.0, service_square=square)
    assert mean == pytest.approx(1 / (1 - load))
    spread = made(
        "mg1_sojourn_deviation", arrival_rate=load, service=1.0, service_square=square, service_cube=cube
    )
    assert spread == pytest.approx(mean)
    tail = made("gamma_quantile", mean=mean, deviation=spread, normal_quantile=2.3263)
    assert tail == pytest.approx(math.log(100) * mean, rel=0.005)


def test_state_of_a_parameter() -> None:
    """2 weights + 2 gradients + 4 master + 8 Adam = 16 bytes; 18 with gradients in 32 bit."""
    none = dict(data_ranks=1, shard_weights=0, shard_gradients=0, shard_optimizer=0)
    small = made("dense_state_bytes", parameter_bytes=2, gradient_bytes=2, optimizer_bytes=12, **none)
    large = made("dense_state_bytes", parameter_bytes=2, gradient_bytes=4, optimizer_bytes=12, **none)
    assert (small, large) == (16, 18)
