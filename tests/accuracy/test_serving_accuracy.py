"""Serving predictions: physical floors, laws of a closed loop, what a row maps to, honest intervals."""

from __future__ import annotations

import csv
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from catalogs import default_catalog
from catalogs.errors import InputError
from catalogs.store import SHIPPED
from constraints.graph import Graph
from designer.accuracy import serving
from designer.accuracy.deployments import Deployment, deploy
from designer.accuracy.frame import Ledger, validate
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.scoring import Skip
from designer.accuracy.table import MeasuredRow, read
from designer.jobs import job_rules

pytestmark = pytest.mark.slow

CATALOG = default_catalog()
LEDGER = Path(SHIPPED) / "ledger" / "serving.csv"
RUN = {
    "id": "one", "model": "Llama-3.1-70B", "hardware": "H100-SXM", "gpus": "4", "tp": "4", "pp": "1", "ep": "1",
    "dp": "1", "weight_precision": "fp8", "kv_precision": "fp8", "framework": "vllm 0.19.0", "isl": "1024",
    "osl": "1024", "concurrency_or_batch": "32", "scenario": "server", "ttft_ms": "100", "tpot_ms": "20",
    "tokens_per_s_total": "", "requests_per_s": "", "spec_decode": "none", "mode": "aggregated", "notes": "",
}  # fmt: skip


def row(**changes: str) -> MeasuredRow:
    return MeasuredRow({**RUN, **changes}, "runs.csv", 2)


def deployed(**changes: str) -> Deployment:
    found = deploy(row(**changes), CATALOG)
    assert isinstance(found, Deployment), found
    return found


def predicted(**changes: str) -> dict[str, Any]:
    d = deployed(**changes)
    return serving.evaluate(d.load, d.values)


@lru_cache
def shipped() -> Ledger:
    return validate(read(LEDGER), CATALOG)


_SHAPE = tuple(sorted(Graph(job_rules("serving")).inputs_of(["active_parameters"])))


@lru_cache
def _active(shape: tuple[tuple[str, float], ...]) -> float:
    return float(
        Graph(job_rules("serving")).evaluate(["active_parameters"], dict(shape))["active_parameters"]
    )


def floors(d: Deployment) -> tuple[float, float, float]:
    """Least time of a decode step, of a prompt, and most tokens a second, at the peaks of all devices.

    Written out here, apart from the rules: the weights one token needs are streamed once a step,
    and each token multiplies them once.
    """
    v = d.values
    active = _active(tuple((n, v[n]) for n in _SHAPE))
    ranks = v["tp"] * v["dp"]
    peak = max(v["compute_rate"], v["attention_rate"])
    step = active * v["weight_bytes"] / (ranks * v["memory_bandwidth"])
    token = 2 * active / (ranks * v["pp"] * peak)
    prompt = (v["input_tokens"] - 1) * 2 * (active - v["vocab"] * v["hidden"]) / (ranks * peak)
    return step, prompt, v["replicas"] / token


def test_no_prediction_is_faster_than_physics() -> None:
    checked = 0
    for s in shipped().scored:
        d = deploy(s.row, CATALOG)
        assert isinstance(d, Deployment)
        step, prompt, tokens = floors(d)
        p = s.prediction
        if p.metric is LedgerMetric.tpot:
            assert p.predicted >= step, s.row.id
        elif p.metric is LedgerMetric.ttft:
            assert p.predicted >= prompt, s.row.id
        else:
            assert p.predicted <= tokens, s.row.id
        checked += 1
    assert checked >= 300


def test_time_grows_with_work_on_every_device() -> None:
    tried = 0
    for name in CATALOG.ids("accelerators"):
        base = dict(
            hardware=name,
            model="Llama-3.1-8B",
            gpus="1",
            tp="1",
            weight_precision="bf16",
            kv_precision="bf16",
        )
        if isinstance(deploy(row(**base), CATALOG), Skip):
            continue
        static = {**base, "scenario": "latency", "framework": ""}
        steps = [predicted(**static, concurrency_or_batch=str(b)) for b in (1, 8, 64, 512)]
        prompts = [predicted(**static, isl=str(n)) for n in (16, 256, 4096, 65536)]
        experts = [
            predicted(**{**static, "model": "Mixtral-8x7B"}, concurrency_or_batch=str(b))
            for b in (1, 8, 64, 512)
        ]
        for runs, quantity in (
            (steps, "decode_step_time"), (prompts, "decode_step_time"), (prompts, "prefill_time"),
            (steps, "prefill_time"), (experts, "decode_step_time"), (experts, "prefill_time"),
        ):  # fmt: skip
            times = [r[quantity] for r in runs]
            assert times == sorted(times), (name, quantity, times)
            assert times[-1] > times[0], (name, quantity, times)
        tried += 1
    assert tried > 50


@pytest.mark.parametrize("users", [1, 4, 64, 512])
@pytest.mark.parametrize("answer", [16, 1024])
def test_a_closed_loop_conserves_its_users(users: int, answer: int) -> None:
    """Little's law of both phases; what holds an answer up is steps and prompts of others; no time is used twice."""
    v = predicted(concurrency_or_batch=str(users), osl=str(answer))
    rate, steps, stall = v["users_rate"], v["decode_steps"], v["prefill_stall"]
    assert rate * steps * v["tpot"] == pytest.approx(v["decoding"])
    assert rate * v["first_token_time"] == pytest.approx(v["admitted"] - v["decoding"])
    assert 0 < v["decoding"] <= v["admitted"] <= users
    others = (users - 1) / users  # nobody waits for a prompt of one's own
    assert rate * (others * stall + steps * v["shared_step"] / v["decoding"]) == pytest.approx(1)
    # A replica's time holds every prompt and every step, were all users in each; means leave less than 1 %.
    assert rate * (stall + steps * v["shared_step"] / users) < 1.01


def test_more_users_bring_more_tokens_and_longer_waits() -> None:
    runs = [predicted(concurrency_or_batch=str(n)) for n in (1, 4, 16, 64, 256)]
    for quantity in ("user_token_rate", "tpot", "ttft"):
        found = [r[quantity] for r in runs]
        assert found == sorted(found), quantity


def test_users_beyond_memory_wait_and_do_not_slow_the_others() -> None:
    few, many = (
        predicted(concurrency_or_batch=str(n), osl="8192", isl="8192", gpus="2", tp="2") for n in (1024, 3000)
    )
    assert many["admitted"] < 3000
    assert many["ttft"] > 2 * few["ttft"]


def test_an_engine_kept_full_holds_what_memory_allows() -> None:
    """Weights of 70 GB leave little of an 80 GB device: fewer sequences than on the wider one, and less speed."""
    full = dict(scenario="max-throughput", concurrency_or_batch="", gpus="1", tp="1", ttft_ms="", tpot_ms="")
    tight, roomy = (predicted(**full, hardware=h) for h in ("H100-SXM", "H200-SXM"))
    assert tight["batch"] < roomy["batch"] / 4
    assert tight["user_token_rate"] < roomy["user_token_rate"] / 2
    named = predicted(**{**full, "concurrency_or_batch": "256"}, hardware="H100-SXM")
    assert named["batch"] >= 64  # a source that names its users served them


def test_users_of_equal_lengths_are_no_batch() -> None:
    """After the first answers prompts come one prefill apart, so a closed loop of fixed lengths stays one.

    The first token is not made to wait for the prompts of all users, and steps are held up by prompts of others.
    """
    fixed = predicted(notes="fixed lengths, random tokens")
    assert fixed == predicted()
    batch = predicted(scenario="offline")
    assert fixed["ttft"] < batch["prefill_time"]
    assert fixed["tpot"] > batch["decode_step_time"]


def test_a_server_takes_longer_to_answer_than_the_engine_inside_it() -> None:
    servers, engines = (
        [predicted(framework=f)["first_token_time"] for f in names]
        for names in (("vllm 0.19", "sglang", "trtllm"), ("TensorRT-LLM 0.17", "TensorRT-LLM 0.9"))
    )
    assert min(servers) > max(engines)
    new = predicted(framework="some engine of next year")["first_token_time"]
    assert min(servers) / 1.25 < new < max(servers) * 1.25


def test_latent_attention_takes_longer_to_launch() -> None:
    deep = dict(model="DeepSeek-V3", hardware="H200-SXM", gpus="8", tp="8")
    v = predicted(**deep)
    latent = v["layers"] * v["host_latent_time"]
    assert v["prefill_launch_time"] - latent == pytest.approx(
        v["dense_layers"] * v["host_layer_time"] + v["moe_layers"] * v["host_moe_layer_time"]
    )
    plain = predicted()
    assert plain["prefill_launch_time"] == pytest.approx(plain["layers"] * plain["host_layer_time"])


def test_a_plan_assumes_the_engine_that_predictions_of_unknown_engines_assume() -> None:
    from designer.reading.givens import assumptions

    planned = {name: known.si for name, known in assumptions(CATALOG, "serving").items()}
    unknown = deployed(framework="").values
    shared = set(planned) & set(unknown)
    assert {"prefill_overhead", "host_step_overhead", "host_layer_time"} <= shared
    assert all(planned[name] == unknown[name] for name in shared)


def test_the_median_interval_leaves_out_rare_prefills_only() -> None:
    calm = predicted(concurrency_or_batch="16", osl="1024")
    assert calm["median_token_interval"] == calm["shared_step"] < calm["tpot"]
    busy = predicted(concurrency_or_batch="64", osl="32")
    assert busy["median_token_interval"] > busy["shared_step"]


def test_what_a_row_leaves_open_is_skipped_with_the_reason() -> None:
    for reason, changes in {
        "model not in the catalog: Nobody-9B": {"model": "Nobody-9B"},
        "accelerator not in the catalog: Z80": {"hardware": "Z80"},
        "weight precision not known: q9": {"weight_precision": "q9"},
        "number of devices not stated": {"gpus": ""},
        "the layout does not make the number of devices": {"tp": "4", "pp": "2"},
        "prompt or answer length not stated": {"isl": ""},
        "requests in flight not stated": {"scenario": "latency", "concurrency_or_batch": ""},
        "prefill and decode on separate devices": {"mode": "disaggregated"},
        "speculative decoding mtp": {"spec_decode": "mtp"},
    }.items():
        assert deploy(row(**changes), CATALOG) == Skip(reason)


def test_a_bad_number_names_its_line() -> None:
    with pytest.raises(InputError, match=r"runs.csv:2: concurrency_or_batch"):
        deploy(row(concurrency_or_batch="many"), CATALOG)


def test_layouts_and_formats() -> None:
    assert deployed(gpus="8").values["replicas"] == 2
    split = deployed(gpus="4", tp="1", notes="multi-GPU = layer split").values
    assert (split["tp"], split["pp"]) == (1, 4)
    spread = deployed(model="Qwen3-235B-A22B", gpus="8", tp="1", ep="8").values
    assert (spread["tp"], spread["ep"], spread["replicas"]) == (8, 8, 1)
    cores = deployed(gpus="4", tp="32").values  # a source that counts cores
    assert (cores["tp"], cores["replicas"]) == (4, 1)
    inside = deployed(model="Qwen3-235B-A22B", gpus="8", tp="2", dp="4", ep="2").values
    assert (inside["dp"], inside["replicas"]) == (1, 4)  # experts stay inside TP: nothing is shared
    narrow = deployed(weight_precision="q4_k_m(4.85bpw)", kv_precision="").values
    assert narrow["weight_bytes"] == pytest.approx(4.85 / 8)
    assert narrow["operand_bytes"] == 2
    assert deployed(weight_precision="nvfp4", hardware="B200-SXM").values["operand_bytes"] == 0.5


def test_a_blank_format_is_16_bit_unless_a_name_or_the_measurement_says_otherwise() -> None:
    def bits(**changes: str) -> tuple[float, tuple[str, ...]]:
        d = deployed(weight_precision="", kv_precision="", **changes)
        return d.values["weight_bytes"] * 8, d.chosen

    assert bits() == (16, ("weight precision",))
    assert bits(model="Llama-3.1-70B-FP8", framework="vllm")[0] == 8
    # 141 GB of 16-bit weights over 4 x 3.35 TB/s take 10.5 ms
    found = serving.predict(row(weight_precision="", tpot_ms="8"), CATALOG)
    slow = serving.predict(row(weight_precision="", tpot_ms="20"), CATALOG)
    assert not isinstance(found, Skip) and not isinstance(slow, Skip)
    assert found[1].predicted < slow[1].predicted and not found[1].apart


def test_what_contradicts_physics_is_scored_apart() -> None:
    fast = serving.predict(row(tpot_ms="4"), CATALOG)  # 70 GB over 4 x 3.35 TB/s: 5.2 ms
    cached = serving.predict(row(isl="100000", ttft_ms="50", tpot_ms="10", osl="100"), CATALOG)
    assert not isinstance(fast, Skip) and not isinstance(cached, Skip)
    assert all("weights can be read" in p.apart for p in fast)
    assert all("prompts were not all computed" in p.apart for p in cached)
    usual = serving.predict(row(), CATALOG)
    assert not isinstance(usual, Skip) and not any(p.apart for p in usual)


def test_drafts_that_nobody_counts_are_scored_apart() -> None:
    """One MTP draft, accepted by 85 %: a little less than 1.85 times as fast while weights are what takes time."""
    model = dict(model="DeepSeek-V3", hardware="H200-SXM", gpus="8", tp="8", concurrency_or_batch="1")
    found = serving.predict(row(**model, spec_decode="mtp"), CATALOG)
    plain = serving.predict(row(**model), CATALOG)
    assert not isinstance(found, Skip) and not isinstance(plain, Skip)
    assert all(p.apart.startswith("MTP") for p in found) and not any(p.apart for p in plain)
    (with_drafts,), (alone,) = (
        [p.predicted for p in of if p.metric is LedgerMetric.tpot] for of in (found, plain)
    )
    assert 1.2 < alone / with_drafts < 1.85


def test_pools_are_read_from_a_note_that_has_them_whole() -> None:
    note = "disagg prefill 2x(tp4,dp1,ep1) decode 1x(tp8,dp1,ep1,batch 16); mean 0.9"
    pools = dict(mode="disaggregated", tp="", gpus="16", notes=note)
    found = serving.predict(row(**pools, config_known="full"), CATALOG)
    assert not isinstance(found, Skip)
    assert [p.metric for p in found] == [LedgerMetric.ttft, LedgerMetric.tpot]
    assert serving.predict(row(**pools, config_known="partial"), CATALOG) == Skip(
        "layout of the pools not known in full"
    )
    assert serving.predict(row(**{**pools, "gpus": "24"}), CATALOG) == Skip(
        "the pools do not make the number of devices"
    )


def test_a_newer_engine_is_another_engine() -> None:
    old, new = deployed(framework="TensorRT-LLM 0.7.1"), deployed(framework="TensorRT-LLM 1.0")
    assert old.engine != new.engine
    assert old.values["memory_bandwidth"] == new.values["memory_bandwidth"]


def test_intervals_cover_what_they_say_of_sources_held_out() -> None:
    """Of ten measurements eight lie inside, predicted without their own source."""
    with LEDGER.open(newline="") as f:
        ratios = {
            (r["id"], m): float(r[f"held_out_{m}"])
            for r in csv.DictReader(f)
            for m in ("ttft", "tpot", "throughput")
            if r[f"held_out_{m}"]
        }
    inside: dict[str, list[bool]] = {}
    for s in shipped().scored:
        p = s.prediction
        ratio = ratios.get((s.row.id, p.metric.name))
        if ratio and p.low is not None and p.high is not None:
            measured = 1 / ratio  # over predicted
            inside.setdefault(p.metric.name, []).append(p.low <= measured * p.predicted <= p.high)
    assert set(inside) == {"ttft", "tpot", "throughput"}
    for metric, found in inside.items():
        assert 0.75 <= sum(found) / len(found) <= 0.85, metric


def test_intervals_hold_the_prediction() -> None:
    for s in shipped().scored:
        p = s.prediction
        assert p.low is not None and p.high is not None
        assert 0 < p.low < p.high
