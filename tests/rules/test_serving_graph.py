"""Serving rules as a whole: bounds, monotonicity, layouts, and the scale of public measurements."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from constraints.graph import Graph
from constraints.rule import rules
from designer.fields.gives import moments
from designer.jobs.inference import Length

SERVING = Graph({**rules("shared"), **rules("serving")})
BATCH_JOB = Graph({**rules("shared"), **rules("serving"), **rules("batch")})

H100 = {
    "attention_rate": 989.4e12, "attention_fraction": 0.588, "attention_half_length": 917.0,
    "memory_bandwidth": 3.35e12, "memory_capacity": 80e9, "memory_utilization": 0.92, "engine_reserve": 0.0,
    "activations_outside": 0, "cache_share": 1,
    "base_launch_floor": 2.84e-6, "base_compute_fraction": 0.786, "base_bandwidth_fraction": 0.861,
    "base_corner": 2.66, "scale_up_bandwidth": 450e9, "collective_fraction": 0.65, "scale_up_domain": 8,
    "scale_out_bandwidth": 50e9, "network_fraction": 0.8, "has_network": 1, "inner_latency": 1.7e-6,
    "outer_latency": 5e-6, "collective_floor": 7e-6, "devices_per_node": 8, "elementwise_passes": 8,
    "elementwise_kernels": 4, "logit_bytes": 4, "host_step_overhead": 2e-3, "prefill_overhead": 5e-3,
    "prompt_seconds_per_token": 1e-6,
    "host_sequence_overhead": 1e-5, "host_layer_time": 1e-4, "host_moe_layer_time": 1e-4, "host_latent_time": 1e-4,
    "decode_attention_floor": 1e-5, "decode_attention_fraction": 0.8, "expert_floor": 3e-5,
    "expert_compute_fraction": 0.4, "expert_bandwidth_fraction": 0.8, "expert_imbalance": 1.2,
    "expert_each_floor": 1e-7, "expert_half_width": 100,
    "tp_overlap": 0.0, "ep_overlap": 0.0, "node_limit": 64, "activation_bytes": 2, "prefill_chunk": 8192,
}  # fmt: skip


def parts_in(size):
    """All linear layers stored and multiplied in so many bytes, the ends in 16 bit."""
    begins = ("projection_", "", "expert_")
    return {
        **{f"{b}{n}": size for b in begins for n in ("weight_bytes", "operand_bytes")},
        "precision_bytes": size, "end_weight_bytes": 2, "projection_speed": 1, "ffn_speed": 1, "expert_speed": 1,
    }  # fmt: skip


BF16 = {
    "compute_rate": 989.4e12, "launch_floor": 2.84e-6, "compute_fraction": 0.786, "bandwidth_fraction": 0.861,
    "corner": 2.66, "kv_element_bytes": 2,
} | parts_in(2)  # fmt: skip
FP8 = {
    "compute_rate": 1978.9e12, "launch_floor": 12.6e-6, "compute_fraction": 0.736, "bandwidth_fraction": 0.82,
    "corner": 2.51, "kv_element_bytes": 1,
} | parts_in(1)  # fmt: skip
NO_EXTRAS = {
    "attention_extra": 0, "ffn_bias": 0, "expert_bias": 0, "router_bias": 0, "norm_parameters": 0,
    "position_embeddings": 0, "embedding_extra": 0, "untied": 1, "final_norm_parameters": 0,
    "extra_parameters": 0, "causal_share": 0.5, "max_context": 131072, "ffn_matrices": 3, "ffn_share": 1,
    "expert_latent": 0,
    # layers of one kind only
    "local_layers": 0, "local_query_width": 0, "local_kv_width": 0, "local_attention_width": 0, "local_extra": 0,
    "recurrent_layers": 0, "recurrent_columns": 0, "recurrent_gates": 0, "gate_rank": 0, "gate_columns": 0,
    "recurrent_rows": 0, "recurrent_extra": 0, "index_layers": 0, "index_query_in": 0, "index_query": 0,
    "index_columns": 0, "index_extra": 0,
}  # fmt: skip
LLAMA_70B = NO_EXTRAS | {
    "layers": 80, "dense_layers": 80, "moe_layers": 0, "hidden": 8192, "heads": 64, "kv_heads": 8,
    "qk_width": 128, "v_width": 128, "query_down": 0, "query_up_in": 8192, "query_width": 8192, "kv_down": 0,
    "kv_up_in": 8192, "kv_width": 2048, "kv_cache_width": 2048, "kv_repeats": 0, "latent": 0,
    "attention_width": 8192, "ffn": 28672, "experts": 0, "experts_per_token": 0, "shared_experts": 0,
    "expert_ffn": 0, "vocab": 128256, "cached_layers": 80, "full_layers": 80, "latent_layers": 0,
    "expert_hidden": 8192,
}  # fmt: skip
DEEPSEEK_V3 = NO_EXTRAS | {
    "layers": 61, "dense_layers": 3, "moe_layers": 58, "hidden": 7168, "heads": 128, "kv_heads": 128,
    "qk_width": 192, "v_width": 128, "query_down": 1536, "query_up_in": 1536, "query_width": 128 * 192,
    "kv_down": 576, "kv_up_in": 512, "kv_width": 128 * 256, "kv_cache_width": 576, "kv_repeats": 1,
    "latent": 1, "attention_width": 128 * 128, "ffn": 18432, "experts": 256, "experts_per_token": 8,
    "shared_experts": 1, "expert_ffn": 2048, "vocab": 129280, "cached_layers": 61, "full_layers": 61,
    "latent_layers": 61, "expert_hidden": 7168,
}  # fmt: skip


def lengths(*mix: tuple[float, float, float]) -> dict[str, float]:
    """Moments of a mix of (share, prompt, answer), as a scenario gives them."""
    return moments([Length.model_construct(share=s, input=i, output=o, reasoning=0.0) for s, i, o in mix])


CHAT = lengths((1, 1000.0, 1000.0)) | {"request_rate": 1.0, "period": 3600.0, "answer_reserved": 0.5}
TP4 = {"tp": 4, "pp": 1, "dp": 1, "ep": 1, "batch": 32, "replicas": 1, "prefill_batch": 1}
BASE = H100 | BF16 | LLAMA_70B | CHAT | TP4
QUIET = {
    "launch_floor": 0.0, "base_launch_floor": 0.0, "host_step_overhead": 0.0, "prefill_overhead": 0.0,
    "prompt_seconds_per_token": 0.0,
    "host_sequence_overhead": 0.0, "host_layer_time": 0.0, "host_moe_layer_time": 0.0, "host_latent_time": 0.0,
    "decode_attention_floor": 0.0, "expert_floor": 0.0, "expert_each_floor": 0.0,
    "collective_floor": 0.0, "inner_latency": 0.0, "outer_latency": 0.0,
}  # fmt: skip


def made(*names: str, graph: Graph = SERVING, **changes):
    values = graph.evaluate(names, BASE | changes)
    return values[names[0]] if len(names) == 1 else [values[n] for n in names]


@pytest.mark.parametrize(("batch", "low", "high"), [(1, 0.016, 0.022), (32, 0.019, 0.026)])
def test_llama_70b_on_four_h100_has_the_pace_that_is_measured(batch, low, high):
    assert low < made("decode_step_time", batch=batch) < high


def test_llama_70b_in_fp8_is_faster_and_its_prompt_too():
    assert made("decode_step_time", **FP8) < made("decode_step_time")
    assert made("prefill_time", **FP8) < made("prefill_time")
    assert 0.05 < made("prefill_time") < 0.15  # 2 x 70e9 x 1000 / (4 x 989e12) = 36 ms at 100 %


def test_cache_of_llama_70b():
    assert made("kv_bytes_per_token") == 327_680
    assert made("mean_sequence_memory", tp=1) == pytest.approx(327_680 * 1500)  # half of the answer is there
    assert made("mean_sequence_memory", tp=16) == pytest.approx(327_680 * 1500 / 8)  # no more than the KV heads
    whole = made("mean_sequence_memory", tp=1, answer_reserved=1)
    assert whole == pytest.approx(327_680 * 2000)


def test_latent_cache_is_repeated_on_every_tensor_rank():
    one, eight = (made("mean_sequence_memory", **DEEPSEEK_V3, tp=tp) for tp in (1, 8))
    assert one == eight == pytest.approx(61 * 576 * 2 * 1500)


def test_parameters_add_up_over_devices():
    for model, tp, pp in ((LLAMA_70B, 1, 1), (LLAMA_70B, 4, 1), (DEEPSEEK_V3, 1, 1)):
        weights, parameters = made("weight_memory", "parameters", **model, tp=tp, pp=pp)
        assert weights * tp * pp == pytest.approx(2 * parameters, rel=1e-6)
    # 32 expert ranks hold all experts once, and everything else 32 times
    weights, parameters, experts = made("weight_memory", "parameters", "expert_parameters", **DEEPSEEK_V3,
                                        tp=1, dp=32, ep=32)  # fmt: skip
    experts *= 58 * 256
    assert weights == pytest.approx(2 * (parameters - experts + experts / 32), rel=1e-6)


def test_tensor_parallel_shares_weights_and_alone_has_no_traffic():
    weights = [made("weight_memory", tp=tp) for tp in (1, 2, 4, 8)]
    assert weights == sorted(weights, reverse=True)
    latency, per_token = made("reduce_latency", "reduce_seconds_per_token", tp=1)
    assert latency == 0 and per_token == 0
    assert min(made("reduce_latency", "reduce_seconds_per_token", tp=2)) > 0


def test_one_device_has_no_traffic_at_all():
    for what in ("exchange", "handover", "reduce"):
        assert made(f"{what}_latency", f"{what}_seconds_per_token", **DEEPSEEK_V3, tp=1) == [0, 0]


def test_batch_one_without_overheads_streams_the_weights():
    alone = QUIET | lengths((1, 1.0, 2.0)) | {"tp": 1, "batch": 1}
    step, parameters = made("decode_step_time", "parameters", **alone)
    streamed = 2 * (parameters - 128256 * 8192)  # the input embedding is looked up, not read
    assert step == pytest.approx(streamed / (3.35e12 * 0.861), rel=5e-3)


@pytest.mark.parametrize("model", [LLAMA_70B, DEEPSEEK_V3])
@settings(max_examples=100, deadline=None)
@given(
    tp=st.sampled_from([1, 2, 4, 8]), dp=st.sampled_from([1, 2, 4]), pp=st.integers(1, 4),
    per_slot=st.integers(1, 64), quantised=st.booleans(), split=st.booleans(),
)  # fmt: skip
def test_a_step_is_never_below_its_weights(model, tp, dp, pp, per_slot, quantised, split):
    ep = tp * dp if split and model["experts"] else 1
    changes = model | {"tp": tp, "dp": dp, "pp": pp, "ep": ep, "batch": per_slot * dp * pp}
    if quantised:
        changes |= dict.fromkeys(("projection_weight_bytes", "weight_bytes", "expert_weight_bytes"), 0.5)
    names = ("decode_step_time", "decode_step_fixed", "decode_step_variable", "decode_full_step",
             "attention_device_bytes", "dense_block_device_bytes", "moe_block_device_bytes", "experts_touched",
             "expert_device_parameters")  # fmt: skip
    step, fixed, variable, full, attention, dense, mixture, touched, expert = made(*names, **changes)
    streamed = model["layers"] * attention + model["dense_layers"] * dense
    streamed += model["moe_layers"] * (mixture + touched * expert * changes.get("weight_bytes", 2))
    assert step >= streamed / 3.35e12
    assert variable >= 0 and step == fixed + variable
    assert step == pytest.approx(full, rel=1e-3)  # the fixed part is the limit of the whole


@settings(max_examples=100, deadline=None)
@given(
    tp=st.sampled_from([1, 2, 4, 8]), pp=st.integers(1, 3), batch=st.integers(4, 256),
    rate=st.floats(0.01, 1.0), faster=st.floats(1.0, 4.0), prompt=st.floats(16, 20_000),
)  # fmt: skip
def test_more_memory_bandwidth_is_never_slower(tp, pp, batch, rate, faster, prompt):
    changes = lengths((1, prompt, 100.0)) | {"tp": tp, "pp": pp, "batch": batch, "request_rate": rate}
    names = ("decode_step_time", "prefill_time", "serving_load", "tpot", "ttft_p99")
    before = made(*names, **changes)
    after = made(*names, **changes, memory_bandwidth=3.35e12 * faster)
    assert all(math.isfinite(x) for x in before)
    assert all(b <= a * (1 + 1e-9) for a, b in list(zip(before, after, strict=True))[:3])
    if before[2] < 1:
        assert after[3] <= before[3] * (1 + 1e-9) and after[4] <= before[4] * (1 + 1e-3)


@settings(max_examples=100, deadline=None)
@given(rate=st.floats(0.01, 3.0), more=st.floats(1.0, 2.0))
def test_more_requests_are_never_faster(rate, more):
    names = ("tpot", "tpot_p99", "ttft", "occupancy_p99", "serving_load")
    before, after = (made(*names, request_rate=r, batch=256) for r in (rate, rate * more))
    assert all(b >= a * (1 - 1e-9) for a, b in zip(before, after, strict=True))


def test_experts_touched_goes_from_top_k_to_all():
    one, many = (made("experts_touched", **DEEPSEEK_V3, tp=1, batch=n) for n in (1, 100_000))
    assert one == pytest.approx(8) and many == pytest.approx(256)
    assert made("experts_touched", **DEEPSEEK_V3, tp=1, dp=32, ep=32, batch=100_000) == pytest.approx(8)


def test_a_mixture_prefills_by_active_parameters():
    long = lengths((1, 8192.0, 1000.0))
    names = ("prefill_time", "active_parameters", "parameters")
    seconds, active, every = made(*names, **DEEPSEEK_V3, tp=8, **QUIET, **long)
    peak = 8 * 989.4e12
    assert 2 * active * 8192 / peak < seconds < 0.5 * 2 * every * 8192 / peak


def test_capacity_is_rate_over_load_and_counts_prefill():
    rate, load, capacity = made("request_rate_per_replica", "serving_load", "capacity", replicas=3)
    assert rate == pytest.approx(load * capacity)
    long = lengths((1, 8192.0, 1.0))
    capacity, share, steps = made("capacity", "prefill_share", "decode_steps", **long)
    assert steps == 0 and capacity == pytest.approx(1 / share)


def test_littles_law_ties_occupancy_to_tpot():
    names = ("occupancy", "tpot", "request_rate_per_replica", "decode_steps")
    occupancy, tpot, rate, steps = made(*names, batch=200)
    assert occupancy == pytest.approx(rate * steps * tpot)


def test_embeddings_have_no_decode():
    values = made("serving_load", "prefill_load", "occupancy", "tokens_per_second_per_device", "ttft",
                  **lengths((1, 1000.0, 0.0)), causal_share=1.0, cached_layers=0)  # fmt: skip
    load, prefill, occupancy, rate, first = values
    assert load == pytest.approx(prefill) and occupancy == 0 and rate == 1000 / 8 and math.isfinite(first)


def test_a_lone_domain_needs_no_network():
    changes = {"has_network": 0, "scale_out_bandwidth": math.nan}
    assert math.isfinite(made("decode_step_time", **changes)) and made("network_reaches", **changes)
    assert not made("network_reaches", **changes, tp=8, pp=2)


def test_uneven_pipelines_wait_for_the_fullest_stage():
    names = ("decode_full_step", "decode_dense_layer", "decode_head_time")
    step, dense, head = made(*names, pp=6, batch=60, scale_up_domain=64, **QUIET)
    last = 13 * dense + head
    assert step == pytest.approx(6 * max(14 * dense, last), rel=1e-2)  # 80 layers: 14, 14, 13, 13, 13, 13


def test_arrays_agree_with_floats():
    names = ("tpot", "ttft_p99", "device_memory", "cost_per_token", "memory_fits")
    site = {"owned": 0, "rental_rate": 2 / 3600, "purchase_price": 0.0, "system_price_factor": 1.0,
            "hardware_lifetime": 1.0, "maintenance_rate": 0.0, "electricity_price": 0.0,
            "device_power": 700.0, "idle_power_share": 0.2, "host_power_per_device": 200.0,
            "pue": 1.2}  # fmt: skip
    tp, batch = np.array([1, 2, 4, 8])[:, None], np.array([8.0, 64.0, 256.0])[None, :]
    whole = SERVING.evaluate(names, BASE | site | {"tp": tp, "batch": batch})
    for i, t in enumerate((1, 2, 4, 8)):
        for j, b in enumerate((8.0, 64.0, 256.0)):
            one = SERVING.evaluate(names, BASE | site | {"tp": t, "batch": b})
            for n in names:
                assert np.broadcast_to(whole[n], (4, 3))[i, j] == pytest.approx(one[n], rel=1e-12)


def test_a_batch_job_runs_full_until_it_is_done():
    job = {k: v for k, v in BASE.items() if k not in ("request_rate", "period")}
    job |= {"requests": 36_000, "batch_job_load": 1, "replicas": 2}
    v = BATCH_JOB.evaluate(["duration", "busy_share", "load_below_one", "capacity", "tokens_served"], job)
    assert v["duration"] == pytest.approx(36_000 / (2 * v["capacity"]))
    assert v["load_below_one"] and v["busy_share"] == 1 and v["tokens_served"] == pytest.approx(36_000 * 1000)
