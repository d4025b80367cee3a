"""One declaration, several readings: a rule says the same as floats, as arrays and as a formula."""

from __future__ import annotations

import inspect
import math
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from constraints import accountant, tiling
from constraints.algebras import maths
from constraints.algebras.signs import box, lift
from constraints.algebras.symbolic import Sym, trace
from constraints.domain import check
from constraints.quantities import Domain
from constraints.rule import LAYERS, ROOT, Rule, find, rules
from constraints.sensitivity import elasticities, elasticity

pytestmark = pytest.mark.slow

ALL = [r for layer in LAYERS for r in rules(layer).values()]
LIBRARY = list(rules("library").values())
DRAWS = 6
# What cannot be is not drawn: a block has two or three matrices, a token goes to experts there are.
SHAPES = {
    "ffn_matrices": (2.0, 3.0),
    "experts_per_token": (0.25, 0.5),
    "corner": (0.7, 1.0, 2.66, 9.0),
    "base_corner": (0.7, 1.0, 2.66, 9.0),
}


def draw_one(d: Domain, rng: random.Random) -> float:
    if d.whole:
        return float(rng.randint(1, 48))
    if d.high < math.inf:
        return rng.uniform(0.02, 0.98)
    if d.low == -math.inf:
        return rng.uniform(-2.0, 3.0)
    return math.exp(rng.uniform(-2.0, 2.5))


def inside(r: Rule, values: Mapping[str, float]) -> bool:
    try:
        check(r, values)
    except Exception:
        return False
    return True


def draw(r: Rule, rng: random.Random) -> dict[str, float]:
    """Inputs where the rule holds."""
    for _ in range(5000):
        values = {n: rng.choice(SHAPES[n]) if n in SHAPES else draw_one(d, rng) for n, d in r.domains.items()}
        if inside(r, values):
            return values
    raise AssertionError(f"{r.id}: no inputs found where it holds")


def evaluate(s: Sym, given: Mapping[str, float], layer: str) -> Any:
    """A formula at other values than those it was traced at."""
    if s.op == "number":
        return s.value
    if s.op == "name":
        return given[s.name]
    if s.op == "root":  # the unknown is found again from its equation

        def left(x: float) -> float:
            return float(evaluate(s.args[0], {**given, "x": x}, layer))

        high = 1.0
        while left(high) > 0:
            high *= 2
        return maths.root(left, 0.0, high)
    parts = [evaluate(a, given, layer) for a in s.args]
    if s.op == "call":
        return (rules(layer).get(s.name) or find(s.name)).fn(*parts)
    named = {"max": maths.maximum, "min": maths.minimum, "smoothmax": maths.smooth_maximum, "abs": abs,
             "renyi_epsilon": accountant.epsilon, "renyi_noise": accountant.noise_multiplier,
             "smallest_part": tiling.smallest_part}  # fmt: skip
    if s.op in named:
        return named[s.op](*parts)
    if s.op.isidentifier() and s.op != "negative":
        return getattr(maths, s.op)(*parts)
    if len(parts) == 1:
        return -parts[0]
    a, b = parts
    return {
        "+": lambda: a + b, "-": lambda: a - b, "*": lambda: a * b, "/": lambda: a / b, "//": lambda: a // b,
        "%": lambda: a % b, "**": lambda: a**b, "<=": lambda: a <= b, ">=": lambda: a >= b, "<": lambda: a < b,
        ">": lambda: a > b, "==": lambda: a == b, "!=": lambda: a != b, "&": lambda: a and b, "|": lambda: a or b,
    }[s.op]()  # fmt: skip


@pytest.mark.parametrize("r", ALL, ids=lambda r: f"{r.layer}.{r.id}")
def test_floats_arrays_and_formula_agree(r: Rule) -> None:
    rng = random.Random(r.id)
    draws = [draw(r, rng) for _ in range(DRAWS)]
    plain = [r.fn(**d) for d in draws]
    arrays = {n: np.array([d[n] for d in draws]) for n in r.inputs}
    together = np.broadcast_to(r.fn(**arrays), DRAWS)
    traced = trace(r, draws[0])
    for value, other, d in zip(plain, together, draws, strict=True):
        assert other == pytest.approx(value, rel=1e-9, abs=1e-300)
        assert trace(r, d).value == pytest.approx(value, rel=1e-9, abs=1e-300)
        assert evaluate(traced, d, r.layer) == pytest.approx(value, rel=1e-9, abs=1e-300)


@pytest.mark.parametrize("r", ALL, ids=lambda r: f"{r.layer}.{r.id}")
def test_what_is_proven_of_a_box_holds_inside_it(r: Rule) -> None:
    """A result lies in the interval of its box, and moves only in the ways that the box allows."""
    rng = random.Random(r.id)
    for _ in range(DRAWS):
        low = draw(r, rng)
        width = {
            n: rng.choice((0.0, 1.0, 4.0)) if d.whole else abs(low[n]) * 0.3 for n, d in r.domains.items()
        }
        width = {n: min(w, 1 - low[n]) if r.domains[n].high == 1 else w for n, w in width.items()}
        if not inside(r, {n: low[n] + width[n] for n in low}):
            continue
        proven = lift(r.fn(**{n: box(n, low[n], low[n] + width[n]) for n in low}))
        for _ in range(8):
            at = {n: low[n] + rng.random() * width[n] for n in low}
            if not all(c(**{n: at[n] for n in inspect.signature(c).parameters}) for c in r.where.values()):
                continue
            here = float(r.fn(**at))
            slack = 1e-9 * abs(here)
            assert proven.low - slack <= here <= proven.high + slack
            for n in low:
                rise, fall = proven.moves.get(n, (False, False))
                there = float(r.fn(**at | {n: low[n] + width[n]}))
                assert rise or there <= here + slack, f"{r.id} rises with {n}"
                assert fall or there >= here - slack, f"{r.id} falls with {n}"


def test_a_formula_of_the_library_has_a_name_of_its_own() -> None:
    """`designer rules NAME` shows one rule: a formula does not hide a quantity."""
    made = set().union(*(rules(layer) for layer in LAYERS[1:]))
    assert not made & set(rules("library"))


# How each result moves as an input rises: + up, - down, others both ways or not at all.
TRENDS = {
    "erlang_b": "-servers +offered_load",
    "erlang_c": "-servers +offered_load",
    "mmc_wait": "-servers +arrival_rate +service",
    "mmc_sojourn": "-servers +arrival_rate +service",
    "mmc_wait_percentile": "+share -servers +arrival_rate +service",
    "mmc_sojourn_survival": "-time -servers +arrival_rate +service",
    "mmc_sojourn_percentile": "+share -servers +arrival_rate +service",
    "ggc_wait": "-servers +arrival_rate +service +arrival_variability +service_variability",
    "littles_law": "+arrival_rate +time_in_system",
    "mg1_wait": "+arrival_rate +service +service_square",
    "md1_wait": "+arrival_rate +service",
    "kingman_bound": "+arrival_rate +service +arrival_deviation +service_deviation",
    "gg1_wait": "+arrival_rate +service +arrival_variability +service_variability",
    "mg1_sojourn_deviation": "+service_cube",
    "gamma_quantile": "+normal_quantile",
    "utilisation": "+arrival_rate +service",
    "ring_all_reduce_time": "+message +ranks -bandwidth +latency",
    "ring_all_gather_time": "+message +ranks -bandwidth +latency",
    "ring_reduce_scatter_time": "+message +ranks -bandwidth +latency",
    "tree_all_reduce_time": "+message +ranks -bandwidth +latency",
    "tree_broadcast_time": "+message +ranks -bandwidth +latency",
    "scatter_gather_broadcast_time": "+message +ranks -bandwidth +latency",
    "halving_all_reduce_time": "+message -bandwidth +latency",
    "double_tree_chunked_time": "+message +ranks -bandwidth +latency",
    "double_tree_all_reduce_time": "+message +ranks -bandwidth +latency",
    "in_network_all_reduce_time": "+message +switch_levels -bandwidth +latency",
    "pairwise_all_to_all_time": "+message +ranks -bandwidth +latency",
    "ring_tree_crossover": "+bandwidth +latency",
    "ranks_inside": "",
    "spine_time": "+message +ranks -near -bandwidth +oversubscription",
    "groups_reached": "+draws",
    "hierarchical_gather_time": "+message -inner_bandwidth -outer_bandwidth +inner_latency +outer_latency",
    "hierarchical_all_reduce_time": "+message -inner_bandwidth -outer_bandwidth +inner_latency +outer_latency",
    "all_to_all_time": "+message -inner_bandwidth -outer_bandwidth +inner_latency +outer_latency",
    "transfer_time": "+message -bandwidth +latency",
    "half_bandwidth_size": "+bandwidth +latency",
    "round_trip_time": "+distance -signal_speed",
    "pipeline_bubble": "+stages -microbatches -virtual_stages",
    "least_microbatches": "+stages -virtual_stages -bubble",
    "ring_bisection": "+bandwidth",
    "torus_bisection": "+ranks +dimensions +bandwidth",
    "fat_tree_bisection": "+ranks +bandwidth -oversubscription",
    "dragonfly_bisection": "+global_links +bandwidth",
    "bisection_share": "+bisection -ranks -bandwidth",
    "bisection_all_to_all_time": "+message +ranks -bandwidth -bisection",
    "series_mtbf": "+device_mtbf -devices",
    "parts_mtbf": "+device_mtbf -devices +host_mtbf -hosts +link_mtbf -links +switch_mtbf -switches",
    "expected_failures": "+duration -mtbf",
    "failure_probability": "+duration -mtbf",
    "young_interval": "+checkpoint_time +mtbf",
    "daly_interval": "+mtbf",
    "checkpoint_waste": "+checkpoint_time -mtbf +recovery_time",
    "checkpoint_goodput": "-checkpoint_time +mtbf -recovery_time",
    "gang_slots": "+devices -gang",
    "gang_utilisation_limit": "",
    "cluster_wait": "-devices +gang +arrival_rate +job_time +job_variability",
    "harmonic_number": "+n",
    "gang_assembly_time": "-devices +gang +remaining_time",
    "gang_assembly_idle": "-devices +gang +remaining_time",
    "free_node_share": "-utilisation -devices_per_node",
    "weight_injection_time": "+layer_bytes -injection_bandwidth",
    "streamed_layer_time": "+injection_time +compute_time",
    "streamed_pass_time": "+layer_count +injection_time +compute_time",
    "streaming_balance_batch": "+layer_bytes -injection_bandwidth -layer_flops +rate +compute_fraction",
    "flops_utilisation": "+flops -time -devices -rate",
    "hardware_utilisation": "+model_utilisation +recomputed_share",
    "kernel_efficiency": "+flops -kernel_time -rate",
    "utilisation_from_kernels": "+kernel_efficiency +scaling_efficiency",
    "goodput_cascade": "+kernel_efficiency +scaling_efficiency +goodput",
    "effective_rate": "+devices +rate +kernel_efficiency +scaling_efficiency +goodput",
    "effective_rate_from_mfu": "+devices +rate +model_utilisation +goodput",
    "amdahl_speedup": "-serial_share +devices",
    "gustafson_speedup": "-serial_share +devices",
    "usl_speedup": "-contention -coherence",
    "usl_peak_devices": "-contention -coherence",
    "strong_scaling_efficiency": "+single_time -parallel_time -devices",
    "weak_scaling_efficiency": "+single_time -parallel_time",
    "compute_time": "+flops -rate -fraction",
    "iron_law_sum": "+data_time +compute_time +overhead",
    "iron_law_overlapped": "+data_time +compute_time +overhead",
    "fleet_time": "+flops -devices -rate -kernel_efficiency -scaling_efficiency -goodput",
    "computation_share": "+computation -communication -coordination",
    "communication_share": "-computation +communication -coordination",
    "coordination_share": "-computation -communication +coordination",
    "required_bandwidth": "+traffic -target -fraction",
    "required_rate": "+flops -target -fraction",
    "required_capacity": "+weights +per_token +sequences +context",
    "required_devices": "+capacity +bandwidth +rate -device_memory -device_bandwidth -device_rate",
    "roofline_time": "+flops +traffic -rate -bandwidth",
    "ridge_point": "+rate -bandwidth",
    "arithmetic_intensity": "+flops -traffic",
    "compute_bound": "+intensity -ridge",
    "attainable_rate": "+intensity +rate +bandwidth",
    "gemm_flops": "+m +n +k",
    "gemm_time": "+m +n +k -rate -bandwidth +launch_floor -compute_fraction -bandwidth_fraction",
    "kv_cache_per_token": "+layer_count +kv_head_count +head_width +element_bytes",
    "kv_cache_size": "+per_token +sequences +context",
    "weight_streaming_time": "+weights -bandwidth",
    "prompt_flops": "+parameters +prompt +batch +layer_count +model_width",
    "time_to_first_token": "+flops +weights -rate -bandwidth -compute_fraction +overhead",
    "inter_token_latency": "+weights +kv_cache +flops -rate -bandwidth -compute_fraction",
    "static_sequences": "+memory -weights -per_token -longest",
    "paged_sequences": "+memory -weights -per_token -mean_context",
    "sharded_state_bytes": "+parameter_bytes +gradient_bytes +optimizer_bytes",
    "it_energy_used": "+devices +device_power +time",
    "facility_energy_used": "+it_energy +pue",
    "operational_carbon_of": "+facility_energy +carbon_intensity",
    "embodied_carbon_of": "+devices +device_carbon +time -lifetime",
    "break_even_utilisation": "+owned_per_hour -rented_per_hour",
    "structured_sparse_rate": "+rate -kept +group",
    "score_loss": "+score_before -score_after",
    "privacy_spent": "-noise_multiplier +sampling_rate +steps -delta",
    "per_sample_gradient_bytes": "+samples +parameters +gradient_bytes",
    "answer_cost": "+samples +prompt +reasoning +visible +input_price +output_price",
    "cost_per_solved": "+cost -success",
    "kaplan_growth": "+compute_ratio",
}  # fmt: skip


@pytest.mark.parametrize("name", [n for n in TRENDS if n in rules("library")])
def test_a_result_moves_the_way_physics_says(name: str) -> None:
    r = rules("library")[name]
    rng = random.Random(name)
    for trend in TRENDS[name].split():
        sign, moved = (1 if trend[0] == "+" else -1), trend[1:]
        found = 0
        for _ in range(400):
            d = draw(r, rng)
            step = rng.randint(1, 60) if r.domains[moved].whole else abs(d[moved]) * rng.uniform(0.1, 9.0)
            raised = {**d, moved: d[moved] + step}
            if not inside(r, raised):
                continue
            before, after = float(r.fn(**d)), float(r.fn(**raised))
            assert sign * (after - before) >= -1e-9 * max(abs(before), abs(after)), (trend, d, raised)
            found += sign * (after - before) > 0
            if found >= 15:
                break
        assert found, f"{name} never moves with {moved}"


def test_every_formula_has_a_test_of_its_behaviour() -> None:
    text = "".join(p.read_text(encoding="utf-8") for p in sorted(Path(ROOT, "tests").rglob("test_*.py")))
    assert not [r.id for r in LIBRARY if r.id not in text]


@pytest.mark.parametrize("r", LIBRARY, ids=lambda r: r.id)
def test_elasticities_of_every_formula_add_up(r: Rule) -> None:
    """Euler's theorem, unit by unit: scaling a unit of measure changes no physics."""
    if r.unit == "truth" or "ceil(" in formula(r) or "floor(" in formula(r):
        return
    rng = random.Random(r.id)
    d = draw(r, rng)
    d = {
        n: v * 1.0371 if not (r.domains[n].whole or r.domains[n].high < math.inf) else v for n, v in d.items()
    }
    if not inside(r, d):
        return
    moved = elasticities(r, d)
    for unit in ("s", "byte", "USD", "J", "kg", "m"):
        powers = {n: power(u, unit) for n, u in r.inputs.items()}
        if all(powers[n] == 0 or math.isfinite(moved[n]) for n in d) and r.fn(**d) and any(powers.values()):
            total = sum(powers[n] * moved[n] for n in d if powers[n])
            assert total == pytest.approx(power(r.unit, unit), abs=1e-6), unit


def formula(r: Rule) -> str:
    return trace(r, dict.fromkeys(r.inputs, 2.0)).text()


def power(unit: str, base: str) -> int:
    """Exponent of `base` in a unit written as base units with * and /; W is J / s."""
    unit = unit.replace("W", "J/s").replace("m**3", "L")
    top, *bottom = unit.split("/")
    return top.split("*").count(base) - sum(b.split("*").count(base) for b in bottom)


def test_elasticities_against_calculus() -> None:
    """M/M/1 sojourn s / (1 - a s): 1 / (1 - load) by service, load / (1 - load) by arrivals."""
    for load in (0.1, 0.5, 0.9):
        moved = elasticities(
            rules("library")["mmc_sojourn"], dict(servers=1.0, arrival_rate=load, service=1.0)
        )
        assert moved["service"] == pytest.approx(1 / (1 - load), rel=1e-8)
        assert moved["arrival_rate"] == pytest.approx(load / (1 - load), rel=1e-8)


def test_elasticity_at_corners_and_jumps() -> None:
    assert elasticity(lambda x: max(x, 1.0), 1.0) == pytest.approx(1.0)  # as x rises
    assert elasticity(lambda x: min(x, 1.0), 1.0) == pytest.approx(0.0)
    assert elasticity(lambda x: maths.ceil(x), 2.5) == 0
    assert math.isnan(elasticity(lambda x: maths.ceil(x), 2.0))
    assert math.isnan(elasticity(lambda x: x - 1.0, 1.0)) and math.isnan(elasticity(lambda x: x + 1.0, 0.0))

    def ends_at_one(x: float) -> float:
        return math.acos(x / 2 + 0.5) * 0 + x**2

    assert elasticity(ends_at_one, 1.0) == pytest.approx(2.0)  # as x falls
