"""Algorithm, economy and footprint rules: worked examples beside the values they correct, laws, limits."""

from __future__ import annotations

import inspect
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar
from scipy.stats import betabinom

from catalogs import default_catalog
from catalogs.units import parse
from constraints.algebras.symbolic import trace
from constraints.rule import find, rules

HOFFMANN = (406.4, 0.3392, 410.7, 0.2849)
BESIROGLU = (482.01, 0.3478, 2085.43, 0.3658)
LLAMA_8B = dict(weights="16.06 GB", per_token="131072 byte/token", bandwidth="3.35 TB/s", overhead="0.32 ms")
NODE = dict(
    purchase="350 kUSD",
    lifetime="26280 h",  # three years of 365 days
    maintenance_rate="0.0000057077625570776 1/h",  # 5 % of the purchase in 8,760 h
    it_power="10.2 kW",
    pue=1.12,
    electricity_price="0.12 USD/kWh",
)
DAILY = 365 * 86400.0


def made(rule: str, **inputs: Any) -> float:
    """A rule's result from inputs as people write them: text with units, or pure numbers."""
    r = find(rule)
    return float(r.fn(**{n: parse(v, r.inputs[n]) if isinstance(v, str) else v for n, v in inputs.items()}))


# name, rule, inputs, factor to the unit printed, the corrected value, what is often printed instead
EXAMPLES = [
    ("GPT-3 takes 3.15e23 operations", "training_flops", dict(parameters=175e9, tokens=300e9), 1e23, 3.15, None),
    ("10 MUSD buy 244B, not 90B", "chinchilla_parameters", dict(compute=7.1208e24, tokens_per_parameter=20),
     1e9, 244, 90),
    ("90B on 1.8T costs 1.37 MUSD, not 10", "training_price",
     dict(compute=9.72e23, rate="2 USD/h", peak="989 TFLOP/s", utilisation=0.4), 1e6, 1.37, 10),
    ("90B on 1.8T at 4 USD/h", "training_price",
     dict(compute=9.72e23, rate="4 USD/h", peak="989 TFLOP/s", utilisation=0.4), 1e6, 2.73, 10),
    ("70B on 15T costs 8.8 MUSD, not 2", "training_price",
     dict(compute=6.3e24, rate="2 USD/h", peak="989 TFLOP/s", utilisation=0.4), 1e6, 8.85, 2),
    ("70B in 16 bit is 140 GB, not 35", "quantised_bytes",
     dict(parameters=70e9, weight_size="2 byte", group=1, scale_size="0 byte"), 1e9, 140, 35),
    ("int4 is 4 times smaller than what is served", "compression_ratio", dict(bits_before=16, bits_after=4),
     1, 4, 8),
    ("2:4 in 16 bit saves 1.78 times, not 2", "structured_sparse_bytes",
     dict(parameters=1, weight_size="2 byte", kept=2, group=4, index_size="2 bit"), 2, 0.5625, 0.5),
    ("token time at the start of a chain", "token_time_at", dict(context="2048 token", **LLAMA_8B), 1e-3, 5.19, None),
    ("token time after 32,000 tokens, not frozen", "token_time_at", dict(context="34048 token", **LLAMA_8B),
     1e-3, 6.45, 5.19),
    ("a node of 8 H100 costs 146 kUSD a year, not 122", "ownership_rate", NODE, 1e3 / DAILY, 146.2, 122),
    ("at 80 % a useful hour costs 2.18 USD, not 2.40", "useful_rate",
     dict(node_rate=122e3 / DAILY, devices=8, utilisation=0.8), 1 / 3600, 2.18, 2.40),
    ("at 20 % a useful hour costs 8.70 USD, not 6", "useful_rate",
     dict(node_rate=122e3 / DAILY, devices=8, utilisation=0.2), 1 / 3600, 8.70, 6),
    ("break-even at 43.5 %, not 55 %", "break_even_utilisation",
     dict(owned_per_hour=122e3 / 8 / DAILY, rented_per_hour="4 USD/h"), 0.01, 43.5, 55),
    ("break-even with the full cost: 52 %", "break_even_utilisation",
     dict(owned_per_hour=146.2e3 / 8 / DAILY, rented_per_hour="4 USD/h"), 0.01, 52.2, 55),
    ("1,024 H100 in systems cost 44.8 MUSD, not 30", "fleet_price",
     dict(devices=1024, devices_per_node=8, node_price="350 kUSD"), 1e6, 44.8, 30),
    ("a PUE of 1.4 loses 28.6 %, not 40 %", "overhead_of_facility", dict(pue=1.4), 0.01, 28.6, 40),
    ("a PUE of 1.58 loses 37 %", "overhead_of_facility", dict(pue=1.58), 0.01, 36.7, None),
    ("the Polish grid is 33 times Quebec, a coal plant 41", "carbon_saved_by_moving",
     dict(here="660 gCO2e/kWh", there="20 gCO2e/kWh"), 1, 33, 41),
    ("1000 kWh take 1.8 m3 of water, whatever the PUE", "water_used",
     dict(it_energy="1000 kWh", water_usage="1.8 L/kWh"), 1, 1.8, None),
    ("eight times the parameters: 14.6 % less by Kaplan", "kaplan_loss",
     dict(parameters=8.0, critical_parameters=1.0, exponent=0.076), 1, 1 - 0.146, None),
    ("91.3B for 1e24 operations", "chinchilla_parameters", dict(compute=1e24, tokens_per_parameter=20), 1e9,
     91.3, None),
    ("1.826T tokens for 1e24 operations", "chinchilla_tokens", dict(compute=1e24, tokens_per_parameter=20), 1e12,
     1.826, None),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "inputs", "scale", "right", "printed"), [e[1:] for e in EXAMPLES], ids=[e[0] for e in EXAMPLES]
)
def test_worked_example(
    rule: str, inputs: dict[str, Any], scale: float, right: float, printed: float | None
) -> None:
    value = made(rule, **inputs) / scale
    assert value == pytest.approx(right, rel=5e-3)
    if printed is not None:
        assert abs(value / printed - 1) > 0.05


def test_ten_million_dollars() -> None:
    """At 2 USD/h and 40 % MFU they buy 7.1e24 operations: 244B parameters on 4.9T tokens."""
    compute = made("budget_flops", budget="10 MUSD", rate="2 USD/h", peak="989 TFLOP/s", utilisation=0.4)
    size = made("chinchilla_parameters", compute=compute, tokens_per_parameter=20)
    assert size / 1e9 == pytest.approx(244, abs=0.5)
    tokens = made("chinchilla_tokens", compute=compute, tokens_per_parameter=20)
    assert tokens / size == pytest.approx(20)
    assert made("training_flops", parameters=size, tokens=tokens) == pytest.approx(compute)
    back = made("training_price", compute=compute, rate="2 USD/h", peak="989 TFLOP/s", utilisation=0.4)
    assert back == pytest.approx(10e6)


@pytest.mark.parametrize("law", [HOFFMANN, BESIROGLU])
@pytest.mark.parametrize("compute", [1e20, 5.76e23, 1e26])
def test_the_optimum_of_the_loss_surface_is_its_minimum(law: tuple[float, ...], compute: float) -> None:
    surface, size, tokens = (find(n).fn for n in ("loss_surface", "optimal_parameters", "optimal_tokens"))
    best = size(compute, *law)
    assert 6 * best * tokens(compute, *law) == pytest.approx(compute)
    found = minimize_scalar(
        lambda x: surface(math.exp(x), compute / 6 / math.exp(x), 1.8, *law),
        bounds=(math.log(best) - 4, math.log(best) + 4),
        method="bounded",
        options={"xatol": 1e-9},
    )
    assert math.exp(found.x) == pytest.approx(best, rel=1e-4)


def test_the_corrected_fit_agrees_with_twenty_tokens_a_parameter() -> None:
    """At the operations of Chinchilla; the published constants call for several times as many."""

    def ratio(law: tuple[float, ...]) -> float:
        return float(find("optimal_tokens").fn(5.76e23, *law) / find("optimal_parameters").fn(5.76e23, *law))

    assert 15 < ratio(BESIROGLU) < 25
    assert ratio(HOFFMANN) > 40


def test_the_catalog_holds_both_fits() -> None:
    for name, law in (("besiroglu-2024", BESIROGLU), ("chinchilla", HOFFMANN)):
        entry = default_catalog().get("scaling", name)
        held = (entry.parameter_scale, entry.parameter_exponent, entry.token_scale, entry.token_exponent)
        assert tuple(f.si for f in held) == law


def test_more_tokens_and_parameters_lower_the_loss_to_its_floor() -> None:
    surface = find("loss_surface").fn
    sizes = np.geomspace(1e8, 1e14, 20)
    losses = surface(sizes, 20 * sizes, 1.8172, *BESIROGLU)
    assert (np.diff(losses) < 0).all()
    assert surface(1e40, 1e40, 1.8172, *BESIROGLU) == pytest.approx(1.8172)


def test_attention_adds_twice_the_operations_at_128k() -> None:
    plain = made("training_flops", parameters=8.03e9, tokens=1.0)
    long, short = (
        made("attention_training_flops", tokens=1.0, layers=32, attention_width=4096, length=n) / plain
        for n in (131_072.0, 2048.0)
    )
    assert long == pytest.approx(2.14, abs=0.01)
    assert long / short == pytest.approx(64)


@given(st.integers(1, 400), st.integers(0, 5000))
def test_reasoning_time_is_the_sum_over_a_growing_cache(tokens: int, prompt: int) -> None:
    machine = (16.06e9, 131_072.0, 3.35e12, 3.2e-4)
    at, total = find("token_time_at").fn, find("reasoning_time").fn(prompt, tokens, *machine)
    assert total == pytest.approx(sum(at(prompt + i, *machine) for i in range(tokens)), rel=1e-12)
    assert total >= tokens * at(prompt, *machine) * (1 - 1e-12), "frozen at the prompt is a lower bound"


@given(st.floats(0.01, 0.95), st.integers(1, 64))
def test_best_of_n(success: float, samples: int) -> None:
    covered = find("best_of_success").fn(success, samples)
    assert success - 1e-12 <= covered <= 1
    needed = find("samples_for_success").fn(success, covered * (1 - 1e-9))
    assert needed <= samples


@given(st.floats(0.02, 0.98), st.integers(1, 300), st.floats(0.05, 50.0))
def test_coverage_is_the_mean_over_unlike_questions(success: float, samples: int, alike: float) -> None:
    """Against the law of the number of right samples in a library, of which none is the complement."""
    covered = find("coverage").fn(success, samples, alike)
    none = betabinom.pmf(0, samples, success * alike, (1 - success) * alike)
    assert covered == pytest.approx(1 - none, rel=1e-9, abs=1e-12)
    assert covered <= find("best_of_success").fn(success, samples) + 1e-12, (
        "Jensen: equal questions are the bound"
    )


def test_coverage_of_the_study_it_cites() -> None:
    """Brown et al. 2024: 15.9 % of SWE-bench Lite by one sample and 56 % by 250, where equal ones give 100 %."""
    alike = default_catalog().get("assumptions", "serving").values["success_concentration"].si
    assert find("coverage").fn(0.159, 250, alike) == pytest.approx(0.56, abs=0.002)
    assert find("best_of_success").fn(0.159, 250) > 0.999


def test_weight_only_quantisation_speeds_decoding_and_not_prefill() -> None:
    w4 = dict(bytes_before=2, bytes_after=0.5, rate_before=989e12, rate_after=989e12, bandwidth=3.35e12)
    w8 = dict(bytes_before=2, bytes_after=1, rate_before=989e12, rate_after=1979e12, bandwidth=3.35e12)
    at = [made("compression_speedup", tokens=t, **w4) for t in (1, 64, 256, 512, 8192)]
    assert at[0] == 4 and at[-1] == 1 and sorted(at, reverse=True) == at
    assert made("compression_speedup", tokens=1, **w8) == 2
    assert made("compression_speedup", tokens=8192, **w8) == pytest.approx(2, rel=1e-3)
    crossing = find("ridge_point").fn(989e12, 3.35e12)  # 2 tokens of work a weight of 2 bytes
    assert made("compression_speedup", tokens=crossing, **w4) == pytest.approx(1)


def test_sparse_storage_never_reaches_the_share_that_stays() -> None:
    for sparsity in (0.3, 0.5, 0.9):
        held = made(
            "unstructured_sparse_bytes", parameters=1e9, weight_size=2, sparsity=sparsity, mark_size="1 bit"
        )
        assert held > (1 - sparsity) * 2e9
    full = made("unstructured_sparse_bytes", parameters=1e9, weight_size=2, sparsity=0.0, mark_size=0.0)
    assert full == 2e9


@given(st.floats(0.05, 1), st.floats(1e-4, 1e-2))
def test_break_even_is_where_owning_and_renting_cost_the_same(utilisation: float, rented: float) -> None:
    owned = utilisation * rented
    assert find("break_even_utilisation").fn(owned, rented) == pytest.approx(utilisation)
    assert find("useful_rate").fn(8 * owned, 8, utilisation) == pytest.approx(rented)
    months = find("break_even_time").fn(1e5, owned / 2, rented, utilisation)
    assert 1e5 + owned / 2 * months == pytest.approx(rented * utilisation * months)


def test_serving_overtakes_training_where_it_costs_as_much() -> None:
    requests = made("overtaking_requests", training_cost="8.8 MUSD", request_cost=0.002)
    total = made(
        "deployment_cost",
        training_cost=8.8e6,
        request_cost=0.002,
        request_rate=100.0,
        deployed=requests / 100,
    )
    assert total == pytest.approx(2 * 8.8e6)


def test_three_h100_hours_beat_their_price_by_what_they_do() -> None:
    """Useful operations are what to compare: 4 USD/h for 989 TFLOP/s is less than 2 USD/h for 312."""
    h100, a100 = (
        made("cost_per_flop", rate=r, peak=p, utilisation=0.4)
        for r, p in (("4 USD/h", "989 TFLOP/s"), ("2 USD/h", "312 TFLOP/s"))
    )
    assert a100 / h100 == pytest.approx(2 / 4 * 989 / 312)


def test_asynchronous_checkpoints_pay_for_their_snapshot_and_their_lag() -> None:
    blocking = dict(checkpoint_time=120.0, interval=1500.0, mtbf=10_800.0, recovery_time=30.0)
    behind = dict(snapshot_time=120.0, write_time=0.0, interval=1500.0, mtbf=10_800.0, recovery_time=30.0)
    same = made("checkpoint_waste", **blocking)
    assert made("asynchronous_waste", **behind) == pytest.approx(same)
    short = made("asynchronous_waste", **{**behind, "snapshot_time": 6.0, "write_time": 120.0})
    assert short < same
    slow = made("asynchronous_waste", **{**behind, "snapshot_time": 6.0, "write_time": 2000.0})
    assert slow > short
    best = made("young_interval", checkpoint_time=6.0, mtbf=10_800.0)
    around = [
        made("asynchronous_waste", **{**behind, "snapshot_time": 6.0, "interval": best * f})
        for f in (0.98, 1, 1.02)
    ]
    assert around[1] < min(around[0], around[2])


def test_a_checkpoint_is_written_as_fast_as_the_slower_side() -> None:
    sizes = dict(parameters=405e9, parameter_bytes=14, writer_bandwidth=5e9, storage_bandwidth=2e12)
    times = [made("checkpoint_write_time", writers=n, **sizes) for n in (1, 100, 400, 4000)]
    assert times[0] == pytest.approx(100 * times[1])
    assert times[2] == times[3] == pytest.approx(405e9 * 14 / 2e12)


NEW = ("scaling", "reasoning", "compression", "economics", "footprint", "checkpointing", "privacy")
ALL = [r for r in rules("library").values() if r.file.rsplit("/", 1)[1].removesuffix(".py") in NEW]


@pytest.mark.parametrize("r", ALL, ids=lambda r: r.id)
def test_floats_arrays_and_symbols_agree(r: Any) -> None:
    """The same body on all three, at points inside every rule's domain."""
    shares = [n for n, unit in r.inputs.items() if unit == "%"]
    for k in range(3):
        point = {n: 2.0 + 0.7 * i + k for i, n in enumerate(inspect.signature(r.fn).parameters)}
        point |= {n: 0.1 + 0.2 * k + 0.05 * i for i, n in enumerate(shares)}
        if "pue" in point:
            point["pue"] = 1.1 + k
        plain = float(r.fn(**point))
        array = r.fn(**{n: np.array([v, v]) for n, v in point.items()})
        assert np.asarray(array) == pytest.approx([plain, plain], rel=1e-9)
        assert trace(r, point).value == pytest.approx(plain, rel=1e-9)
