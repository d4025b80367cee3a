"""Laws of a training run that hold whatever the numbers are, on random layouts of random models."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from catalogs import default_catalog
from constraints.bundles import Bundle
from constraints.bundles.model import model_bundle
from constraints.bundles.modes import RECOMPUTE, SHARDING
from constraints.graph import Graph
from constraints.rule import ROOT
from constraints.rules.library.pipeline import pipeline_bubble
from designer.jobs import job_rules
from designer.reading.loading import load

QUESTION = load(ROOT / "scenarios" / "llama-3.1-405b-pretrain.yaml")
GRAPH = Graph(job_rules("training"))
START = {**{d.name: d.start for d in QUESTION.decisions}, **QUESTION.first_design(), **QUESTION.baseline}
GIVEN = {n: k.si for n, k in QUESTION.bundle(START).items()}  # type: ignore[arg-type]
MIXTURES = ("mixtral-8x7b", "deepseek-v3", "qwen3-30b-a3b")
MODELS = ("llama-3.1-405b", "llama-3-8b", "gpt-3-175b", *MIXTURES)
LINKS = ("memory_bandwidth", "compute_rate", "attention_rate", "scale_up_bandwidth", "scale_out_bandwidth")
ENERGY = (
    "it_power",
    "duration",
    "pue",
    "energy",
    "it_energy",
    "carbon_intensity",
    "embodied_carbon",
    "carbon",
)


def si(bundle: Bundle) -> dict[str, float]:
    return {n: k.si for n, k in bundle.items()}


def numbers(**changes: Any) -> dict[str, float]:
    return {**GIVEN, **changes}


def run(values: dict[str, float], *targets: str) -> dict[str, float]:
    return GRAPH.evaluate(targets, values)


def step(values: dict[str, float]) -> float:
    return run(values, "step_time")["step_time"]


@st.composite
def layouts(draw: st.DrawFn, models: tuple[str, ...] = MODELS) -> dict[str, float]:
    """A random model on a random layout that divides what it must, with random overlap."""
    model = si(model_bundle(default_catalog().get("models", draw(st.sampled_from(models)))))
    pick = st.sampled_from
    tp, cp, pp = draw(pick([1, 2, 4, 8, 16])), draw(pick([1, 2, 4])), draw(pick([1, 2, 3, 4, 8, 16]))
    experts = int(model["experts"])
    ep = draw(pick([e for e in (1, 2, 4, 8) if experts % e == 0])) if experts else 1
    dp = ep * draw(pick([1, 2, 3, 4, 8, 16]))
    etp = draw(pick([1, tp])) if experts else 1
    vpp = draw(pick([1, 2])) if pp > 1 else 1
    micro, per_rank = draw(pick([1, 2, 4])), pp * draw(st.integers(1, 6))
    devices = tp * cp * pp * dp
    return numbers(
        **model,
        **si(RECOMPUTE[draw(pick(sorted(RECOMPUTE)))]),
        **si(SHARDING[draw(pick(sorted(SHARDING)))]),
        tp=tp, cp=cp, pp=pp, ep=ep, etp=etp, dp=dp, vpp=vpp, micro_batch=micro,
        sp=draw(pick([0, 1])) if etp == tp else 1,
        global_batch=micro * dp * per_rank, node_count=math.ceil(devices / 8) + draw(st.integers(0, 2)),
        tp_overlap=draw(st.floats(0, 1)), ep_overlap=draw(st.floats(0, 1)), dp_overlap=draw(st.floats(0, 1)),
        pp_overlap=draw(st.floats(0, 1)), owned=draw(pick([0, 1])), purchase_price=30e3, rental_rate=2.0 / 3600,
        electricity_price=2e-8, checkpoint_interval=draw(st.floats(600, 7200)),
    )  # fmt: skip


LAW = settings(max_examples=60, deadline=None)


@LAW
@given(layouts(), st.sampled_from(LINKS), st.floats(1.0, 100.0), st.floats(0.01, 1.0))
def test_faster_hardware_is_never_slower(v: dict[str, float], name: str, faster: float, slow: float) -> None:
    before = {**v, name: v[name] * slow}
    assert step({**before, name: before[name] * faster}) <= step(before) * (1 + 1e-12)


@LAW
@given(layouts(), st.sampled_from(["inner_latency", "outer_latency", "launch_floor", "straggler_factor"]))
def test_overheads_only_add(v: dict[str, float], name: str) -> None:
    assert step({**v, name: 2 * v[name]}) >= step(v) * (1 - 1e-12)


@LAW
@given(layouts())
def test_one_rank_sends_nothing(v: dict[str, float]) -> None:
    alone = run(
        {**v, "tp": 1, "cp": 1, "ep": 1, "etp": 1, "pp": 1, "vpp": 1, "dp": 1, "global_batch": v["micro_batch"] * 4},
        "tp_layer_time", "cp_layer_time", "ep_layer_time", "pp_boundary_time", "gradient_reduce_time",
        "weight_gather_time", "tp_exposed", "cp_exposed", "ep_exposed", "gradient_exposed", "gather_exposed",
    )  # fmt: skip
    traffic = (
        "tp_layer_time",
        "cp_layer_time",
        "ep_layer_time",
        "_boundary_time",
        "_reduce_time",
        "_exposed",
    )
    silent = [name for name in alone if name.endswith((*traffic, "weight_gather_time"))]
    assert len(silent) >= 10
    assert {name: alone[name] for name in silent if alone[name] != 0} == {}


@LAW
@given(layouts())
def test_no_pipeline_no_bubble(v: dict[str, float]) -> None:
    made = run({**v, "pp": 1, "vpp": 1}, "bubble_time", "pipeline_time")
    assert made["bubble_time"] <= 1e-12 * made["pipeline_time"]


@LAW
@given(layouts())
def test_each_kind_of_rank_alone_is_silent(v: dict[str, float]) -> None:
    for axis in ("tp", "cp", "ep", "etp"):
        assert run({**v, axis: 1}, f"{axis}_layer_time")[f"{axis}_layer_time"] == 0


@LAW
@given(layouts())
def test_states_fall_with_sharding(v: dict[str, float]) -> None:
    stages = [run({**v, **si(SHARDING[f"zero{i}"])}, "device_memory", "inner_stage_state") for i in range(4)]
    states = [s["inner_stage_state"] for s in stages]
    assert states == sorted(states, reverse=True)
    # Stage 3 holds whole layers for a moment, which on short stages may outweigh what it saves.
    memory = [s["device_memory"] for s in stages]
    memory[3] -= stages[3]["gathered_weights"]
    assert memory == sorted(memory, reverse=True)
    if v["dp"] * v["cp"] > v["ep"]:
        assert states[0] > states[1] > states[2] > states[3]


@LAW
@given(layouts())
def test_recompute_trades_memory_for_time(v: dict[str, float]) -> None:
    modes = [
        run({**v, **si(RECOMPUTE[m])}, "device_memory", "step_time") for m in ("none", "selective", "full")
    ]
    memory, time = [m["device_memory"] for m in modes], [m["step_time"] for m in modes]
    assert memory[0] >= memory[1] >= memory[2]
    assert time[0] <= time[1] * (1 + 1e-12) <= time[2] * (1 + 1e-9)


@LAW
@given(layouts(), st.sampled_from(["zero1", "zero2", "zero3"]))
def test_states_fall_with_data_ranks(v: dict[str, float], sharding: str) -> None:
    few = {**v, **si(SHARDING[sharding])}
    many = {**few, "dp": 2 * v["dp"], "global_batch": 2 * v["global_batch"]}
    state = "inner_stage_state"
    assert run(many, state)[state] < run(few, state)[state]


@LAW
@given(layouts())
def test_peak_is_never_exceeded(v: dict[str, float]) -> None:
    made = run(v, "mfu", "hfu", "step_time", "step_flops", "devices", "devices_used")
    assume(made["devices_used"] <= made["devices"])
    assert made["step_time"] * made["devices_used"] * v["compute_rate"] >= made["step_flops"]
    # No product runs above what its kind achieves; norms and routers, counted as work, are free of charge.
    best = max(v["compute_fraction"], v["base_compute_fraction"], v["attention_fraction"])
    assert 0 < made["mfu"] <= 1.01 * best / v["straggler_factor"]
    assert made["mfu"] <= made["hfu"] * (1 + 1e-12)


@LAW
@given(layouts())
def test_energy_carbon_and_cost_add_up(v: dict[str, float]) -> None:
    m = run(
        v,
        *ENERGY,
        "cost",
        "devices",
        "rental_cost",
        "power",
        "peak_power",
        "busy_device_time",
        "time_to_train",
    )
    assert m["duration"] == m["time_to_train"]
    assert m["energy"] == pytest.approx(m["it_power"] * m["duration"] * m["pue"], rel=1e-12)
    assert m["carbon"] == pytest.approx(m["energy"] * m["carbon_intensity"] + m["embodied_carbon"], rel=1e-12)
    assert m["embodied_carbon"] > 0
    assert m["rental_cost"] == pytest.approx(m["devices"] * v["rental_rate"] * m["duration"], rel=1e-12)
    assert m["cost"] == (m["ownership_cost"] if v["owned"] else m["rental_cost"])
    assert m["power"] <= m["peak_power"]
    assert 0 < m["busy_device_time"] <= m["devices"] * m["duration"] * (1 + 1e-12)


@LAW
@given(layouts(), st.floats(1.01, 4))
def test_idle_devices_are_paid(v: dict[str, float], more: float) -> None:
    first = run(v, "cost", "time_to_train")
    second = run({**v, "node_count": math.ceil(v["node_count"] * more)}, "cost", "time_to_train")
    assert second["cost"] > first["cost"]
    assert second["time_to_train"] <= first["time_to_train"]


@LAW
@given(layouts())
def test_the_run_takes_its_steps(v: dict[str, float]) -> None:
    made = run(v, "time_to_train", "steps", "step_time", "step_tokens", "goodput")
    assert made["steps"] == int(made["steps"])
    assert made["steps"] * made["step_tokens"] >= v["dataset_tokens"] * (1 - 1e-8)
    assert (made["steps"] - 1) * made["step_tokens"] < v["dataset_tokens"]
    assert made["time_to_train"] >= made["steps"] * made["step_time"]
    assert 0 < made["goodput"] <= 1


@LAW
@given(layouts(), st.floats(1.1, 10))
def test_more_devices_fail_more_often(v: dict[str, float], more: float) -> None:
    fewer = run(v, "goodput", "mtbf")
    stall, recovery = fewer["checkpoint_stall"], fewer["recovery_time"]
    larger = run(
        {**v, "devices_used": more * fewer["devices_used"], "checkpoint_stall": stall, "recovery_time": recovery},
        "goodput", "mtbf",
    )  # fmt: skip
    assert larger["mtbf"] == pytest.approx(fewer["mtbf"] / more)
    assert larger["goodput"] < fewer["goodput"]


@LAW
@given(st.integers(1, 16), st.integers(1, 8), st.integers(1, 4), st.integers(1, 4))
def test_bubble_of_equal_stages(pp: int, groups: int, vpp: int, chunk: int) -> None:
    assume(pp > 1 or vpp == 1)
    layers, microbatches = pp * vpp * chunk, pp * groups
    made = run(
        numbers(
            layers=layers, dense_layers=layers, moe_layers=0, pp=pp, vpp=vpp, dp=2, micro_batch=1,
            global_batch=2 * microbatches, head_time=0.0, pp_exposed=0.0,
        ),
        "bubble_share",
    )  # fmt: skip
    assert made["bubble_share"] == pytest.approx(pipeline_bubble(pp, microbatches, vpp), abs=1e-12)


@LAW
@given(layouts())
def test_experts_do_not_multiply_devices(v: dict[str, float]) -> None:
    assert run(v, "devices_used")["devices_used"] == v["tp"] * v["pp"] * v["cp"] * v["dp"]
    if v["experts"]:
        alone, spread = (
            run({**v, "ep": ep}, "stage_expert_parameters", "stage_dense_parameters") for ep in (1, 8)
        )
        assert spread["stage_expert_parameters"] == alone["stage_expert_parameters"] / 8
        assert spread["stage_dense_parameters"] == alone["stage_dense_parameters"]


@settings(max_examples=300, deadline=None)
@given(st.integers(1, 130), st.integers(1, 40), st.sampled_from([1, 2, 3, 4]))
def test_layers_are_conserved(layers: int, pp: int, vpp: int) -> None:
    assume(pp <= layers and (vpp == 1 or (pp > 1 and pp * vpp < layers + pp)))
    made = run(numbers(layers=layers, pp=pp, vpp=vpp), "first_layers", "last_layers", "most_layers")
    first, last, most = made["first_layers"], made["last_layers"], made["most_layers"]
    assert 1 <= last <= first <= most
    assert last <= layers / pp <= most
    if pp == 1:
        assert first == last == most == layers
        return
    # Inner stages hold what the ends leave: nowhere more than the most, nowhere fewer than the last.
    assert layers - first - last <= (pp - 2) * most
    # Virtual stages hold whole layers too, so the fullest stage may be taken for up to VPP - 1 larger.
    assert most - layers / pp < vpp
    if vpp == 1:
        assert layers - first - last >= (pp - 2) * last
        assert most - last <= 1


@LAW
@given(layouts())
def test_memory_has_room_for_all_that_is_stored(v: dict[str, float]) -> None:
    """The fullest device holds at least an even share of all weights, gradients and moments."""
    plain = {**v, **si(SHARDING["zero0"])}
    made = run(plain, "device_memory", "parameters")
    each = v["parameter_bytes"] + v["gradient_bytes"] + v["optimizer_bytes"]
    stack = made["parameters"] - made["embedding_parameters"] - made["head_parameters"]
    stack -= v["final_norm_parameters"] + v["extra_parameters"]
    assert made["device_memory"] >= each * stack / (v["tp"] * v["pp"] * v["ep"])


@LAW
@given(layouts(), st.sampled_from([2, 4]))
def test_communication_that_cannot_hide_shows(v: dict[str, float], factor: int) -> None:
    """On a link a million times too slow the step is no shorter than the traffic that must pass it."""
    slow = {**v, "scale_out_bandwidth": v["scale_out_bandwidth"] / 1e6, "dp": v["dp"] * factor}
    slow["global_batch"] *= factor
    made = run(slow, "step_time", "gradient_reduce_time")
    assert made["step_time"] >= 0.99 * made["gradient_reduce_time"]


@LAW
@given(layouts(MIXTURES), st.sampled_from([0, 1, 2, 3]))
def test_overlap_hides_each_moment_once(v: dict[str, float], decades: int) -> None:
    """However much is overlapped, a layer takes at least the time of all of its traffic (P10)."""
    slow = {n: v[n] / 10**decades for n in ("scale_up_bandwidth", "scale_out_bandwidth")}
    made = run(
        {**v, **slow, "tp_overlap": 1.0, "ep_overlap": 1.0},
        "dense_layer_forward_total", "moe_layer_forward_total", "ep_layer_time",
    )  # fmt: skip
    if v["dense_layers"]:
        traffic = made["tp_layer_time"] + made["cp_layer_time"]
        assert made["dense_layer_forward_total"] >= traffic * (1 - 1e-12)
    if v["moe_layers"]:
        traffic = made["moe_tp_layer_time"] + made["cp_layer_time"] + made["ep_layer_time"]
        assert made["moe_layer_forward_total"] >= traffic * (1 - 1e-12)


def test_stage_three_moves_half_as_much_again() -> None:
    """P11: with nothing to hide behind, stage 3 costs 1.5 times the traffic of stages 0 to 2."""
    small = numbers(
        dp=64, pp=1, vpp=1, micro_batch=1, global_batch=64, dp_overlap=0.0, gradient_traffic_bytes=2.0
    )

    def traffic(stage: str) -> float:
        made = run({**small, **si(SHARDING[stage])}, "gradient_exposed", "gather_exposed")
        return made["gradient_exposed"] + made["gather_exposed"]

    assert traffic("zero1") == traffic("zero0") == traffic("zero2") > 0
    assert traffic("zero3") == pytest.approx(1.5 * traffic("zero1"))


def test_a_run_that_only_fails_never_ends() -> None:
    """One failure a second: no division by nothing, just a time, an energy and a cost beyond any budget."""
    made = run(numbers(device_mtbf=1.0), "time_to_train", "energy", "cost", "goodput")
    assert made["time_to_train"] > 1e20
    assert all(math.isfinite(made[n]) and made[n] > 0 for n in ("energy", "cost", "goodput"))


def test_attention_counts_at_long_context() -> None:
    """P9: operations grow faster than tokens do."""
    short, long = (run(numbers(sequence_length=s), "step_flops")["step_flops"] for s in (2048, 131072))
    assert long > 1.2 * 64 * short
