"""What training predictions promise: floors, monotony, published scaling series, honest intervals."""

from __future__ import annotations

import math
from functools import cache

import pytest

import designer
from catalogs import Catalog
from constraints.bundles.device import how_known
from constraints.graph import Graph
from designer.accuracy import training
from designer.accuracy.conventions import flops_per_token
from designer.accuracy.frame import Ledger, Scored, validate
from designer.accuracy.hardware import accelerator_of
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.scoring import Skip
from designer.accuracy.table import MeasuredRow, read, shipped
from designer.evaluating.intervals import bound_factor, step_time_factors
from designer.jobs import job_rules

pytestmark = pytest.mark.slow

CATALOG = Catalog()


@cache
def ledger() -> Ledger:
    (path,) = shipped("training")
    return validate(read(path), CATALOG)


def steps(*groups: str) -> list[Scored]:
    of = [s for s in ledger().scored if s.prediction.metric is LedgerMetric.step_time]
    return [s for s in of if not groups or s.row.group in groups]


def row(hardware: str, **changes: object) -> MeasuredRow:
    cells: dict[str, object] = dict(
        model="Llama-2-7B", hardware=hardware, gpus=8, gpus_per_node=8, tp=2, pp=1, dp=4, micro_batch=1,
        global_batch_seqs=32, seq_len=2048, recompute="full", precision="", framework="NeMo", date="2025",
    )  # fmt: skip
    return MeasuredRow({k: str(v) for k, v in {**cells, **changes}.items()}, "test", 1)


def predicted(r: MeasuredRow) -> dict[str, float]:
    found = training.configure(r, CATALOG)
    assert not isinstance(found, Skip), found
    return training.evaluate(found)


def trainable() -> list[str]:
    """Devices whose catalog entry says enough to predict a training step."""
    return [
        id
        for id in CATALOG.ids("accelerators")
        if {"bf16", "fp16"} & set(CATALOG.get("accelerators", id).compute.rates())
        and (CATALOG.get("accelerators", id).scale_up or CATALOG.get("accelerators", id).host_link)
    ]


def test_no_step_is_faster_than_its_arithmetic_at_the_peak_rate() -> None:
    for s in steps():
        found = training.configure(s.row, CATALOG)
        assert not isinstance(found, Skip)
        v = training.evaluate(found)
        floor = v["step_flops"] / (v["compute_rate"] * v["devices"])
        assert v["step_time"] > floor, s.row.id


@pytest.mark.parametrize("device", trainable())
def test_more_work_takes_longer_on_every_device(device: str) -> None:
    precision = "bf16" if CATALOG.get("accelerators", device).compute.bf16 else "fp16"
    base = predicted(row(device, precision=precision))["step_time"]
    assert math.isfinite(base) and base > 0
    for more in (
        dict(global_batch_seqs=64),
        dict(seq_len=4096),
        dict(layers=33),
        dict(model="Llama-2-13B"),
        dict(vocab=64_000),
        dict(gpus=4, dp=2),
    ):
        assert predicted(row(device, precision=precision, **more))["step_time"] > base, more


def test_weak_scaling_to_a_trillion_parameters_without_a_trend() -> None:
    """Ten sizes of Narayanan et al. 2021, 1.7 B to 1 T: within 6 % in the mean, no drift with size."""
    of = [s for s in steps("megatron-sc21") if "2021" in s.row.text("framework")]
    errors = [s.prediction.error for s in of]
    sizes = [math.log(s.row.number("params_b") or math.nan) for s in of]
    assert len(of) >= 9
    assert math.fsum(map(abs, errors)) / len(errors) < 0.06
    mean_x, mean_y = math.fsum(sizes) / len(sizes), math.fsum(errors) / len(errors)
    slope = math.fsum((x - mean_x) * (y - mean_y) for x, y in zip(sizes, errors, strict=True)) / math.fsum(
        (x - mean_x) ** 2 for x in sizes
    )
    assert abs(slope * (max(sizes) - min(sizes))) < 0.12


def test_full_and_selective_recomputation_as_published() -> None:
    """Eight runs of Korthikanti et al. 2022: within 5 % in the mean, and the saving of selective mode."""
    of = steps("megatron-korthikanti22")
    assert len(of) == 8
    assert math.fsum(abs(s.prediction.error) for s in of) / len(of) < 0.05
    for full, selective in zip(of[::2], of[1::2], strict=True):
        saved = selective.prediction.predicted / full.prediction.predicted
        assert saved == pytest.approx(selective.prediction.measured / full.prediction.measured, rel=0.15)


def test_a_zero_bubble_schedule_is_faster_and_holds_more() -> None:
    by = {
        s: predicted(row("a100", pp=8, tp=1, dp=1, framework=f"Megatron-LM {s}", date="2023"))
        for s in ("1F1B", "ZB-2p")
    }
    assert by["ZB-2p"]["step_time"] < by["1F1B"]["step_time"]
    assert by["ZB-2p"]["device_memory"] > by["1F1B"]["device_memory"]


def test_deepspeed_keeps_what_its_optimizer_keeps() -> None:
    """ZeRO-1 in bf16 holds fp32 sums on every rank; in fp16 only its own share, wider, in the step."""
    base = dict(framework="Megatron-DeepSpeed", date="2022-03", zero_stage_or_fsdp="ZeRO-1", pp=4, tp=1, dp=2)
    half, bfloat = (predicted(row("a100", **base, precision=p)) for p in ("fp16", "bf16"))
    assert bfloat["dense_state_bytes"] == 2 + 2 + 4 + 12 / 2
    assert half["dense_state_bytes"] == 2 + 2 + 16 / 2
    assert half["device_memory"] < bfloat["device_memory"]
    plain = predicted(row("a100", **{**base, "framework": "Megatron-LM v3"}, precision="bf16"))
    # the pipeline engine also keeps input and output of each micro-batch in flight
    more = half["first_stage_activations"] - plain["first_stage_activations"]
    assert more == pytest.approx(
        2 * half["first_in_flight"] * half["microbatch_tokens"] * half["layer_input_bytes"]
    )


def test_deepspeed_of_later_years_runs_modules_with_fused_attention() -> None:
    """At 128 K tokens stored scores alone would be 32 x 2 x (2^17)^2 bytes: a terabyte a layer."""
    base = dict(zero_stage_or_fsdp="ZeRO-3", tp=1, dp=8, seq_len=131072, global_batch_seqs=8, micro_batch=1)
    late = predicted(row("h200", framework="DeepSpeed 0.19", date="2026-08", precision="bf16", **base))
    early = predicted(row("h200", framework="Megatron-DeepSpeed", date="2022-08", precision="bf16", **base))
    assert late["device_memory"] < late["memory_capacity"]
    assert early["device_memory"] > 1e12
    assert late["dense_state_bytes"] == (2 + 2 + 12) / 8  # ZeRO-3 over 8 ranks: 16-bit gradients


def test_an_optimizer_on_the_host_leaves_nothing_on_the_device() -> None:
    base = dict(
        framework="DeepSpeed 0.19", date="2026", zero_stage_or_fsdp="ZeRO-3", tp=1, dp=8, precision="bf16"
    )
    here = predicted(row("h200", **base))
    away = predicted(row("h200", **base, notes="CPU optimizer offload"))
    half = predicted(row("h200", **base, notes="optimizer offload 50%"))
    assert [v["dense_state_bytes"] for v in (here, half, away)] == [16 / 8, 9 / 8, 2 / 8]


def test_a_fused_loss_keeps_no_logits() -> None:
    whole, fused = (predicted(row("h200", tp=1, dp=8, notes=n)) for n in ("", "Liger fused kernels"))
    assert whole["logits_memory"] > 0 == fused["logits_memory"]


def test_devices_over_pcie_have_no_bridge() -> None:
    """The catalog's A100 PCIe may have a bridge of 300 GB/s; a row that says PCIe has the host's 31.5 GB/s."""
    base = dict(gpus_per_node=8, framework="Megatron-LM", date="2025")
    bridged = predicted(row("A100-PCIe-80GB", **base, interconnect="NVLink bridge, PCIe"))
    plain = predicted(row("A100-PCIe-80GB", **base, interconnect="PCIe"))
    assert plain["scale_up_bandwidth"] == 31.5e9
    assert plain["step_time"] > bridged["step_time"]


def test_memory_is_that_of_the_part_that_is_named() -> None:
    named = predicted(row("H100-SXM-96GB"))["memory_capacity"]
    assert named == 96e9
    assert predicted(row("H100-SXM-80GB"))["memory_capacity"] == predicted(row("h100"))["memory_capacity"]


def test_interleaved_chunks_need_not_divide_the_layers() -> None:
    """126 layers of Llama-3.1-405B over 8 stages: recipes count embedding and loss as two more."""
    found = training.configure(
        row("h100", model="Llama-3.1-405B", gpus=128, tp=8, pp=8, dp=2, global_batch_seqs=64, vpp=""), CATALOG
    )
    assert not isinstance(found, Skip)
    found.vpp = None
    assert 8 in training._interleavings(found, 1)


@pytest.mark.parametrize("model", ["Llama-3.2-1B", "Llama-2-7B"])  # one table for both ends, and two
def test_six_flops_a_parameter_count_every_stored_parameter_once(model: str) -> None:
    found = training.configure(row("h100", model=model), CATALOG)
    assert not isinstance(found, Skip)
    stored = Graph(job_rules("training")).evaluate(["parameters"], found.values)["parameters"]
    assert flops_per_token("6P no attention", found.values) == pytest.approx(6 * stored, rel=1e-4)
    assert flops_per_token("6P+full_attn", found.values) > flops_per_token("6P+half_attn", found.values)


def test_memory_is_read_where_its_source_reads_it() -> None:
    """What is allocated is less than what the allocator keeps, which is less than the device's own count."""
    v = predicted(row("a100"))
    peaks = [
        training.reported_memory(row("a100", notes=n), v)
        for n in ("max_memory_allocated", "", "Mem = max GB on node")
    ]
    assert peaks == sorted(set(peaks))
    assert peaks[0] == v["device_memory"]
    assert peaks[2] - peaks[1] == pytest.approx(v["memory_capacity"] - v["usable_memory"])


def test_intervals_hold_four_of_five_steps_of_sources_they_were_not_fitted_to() -> None:
    inside = []
    for s in steps():
        acc = accelerator_of(s.row.text("hardware"), CATALOG)
        assert acc
        found = training.configure(s.row, CATALOG)
        assert not isinstance(found, Skip)
        low, high = step_time_factors(CATALOG, found.known, found.values["experts"] > 0)
        ratio = s.row.number("held_out_ratio")
        assert ratio
        inside.append(low <= 1 / ratio <= high)
    assert 0.75 <= sum(inside) / len(inside) <= 0.85


def test_a_device_nobody_measured_has_a_wider_interval() -> None:
    for mixture in (False, True):
        width = {
            k: math.log(h / low)
            for k in ("measured", "default")
            for low, h in [step_time_factors(CATALOG, k, mixture)]
        }
        assert width["default"] > width["measured"] or mixture
    known = {
        id: how_known(CATALOG, CATALOG.get("accelerators", id), "bf16")
        for id in ("h100-sxm", "gb200", "mi300x")
    }
    assert known == {"h100-sxm": "measured", "gb200": "like", "mi300x": "default"}


def test_confidence_grows_the_bound_and_a_half_is_the_prediction() -> None:
    factors = [bound_factor(1.25, c) for c in (0.5, 0.7, 0.9, 0.99)]
    assert factors == sorted(factors) and factors[0] == 1.0 and factors[2] == pytest.approx(1.25)


def test_a_confident_plan_keeps_to_fewer_nodes_under_a_carbon_budget() -> None:
    """Fewer nodes talk less and emit less: what is left when the carbon cap must hold for sure."""
    name = "gpt-3-175b-carbon"
    plans = [designer.plan(name, [f"confidence={c}"]) for c in (0.5, 0.75, 0.9)]
    feasible = [p.proof.feasible for p in plans]
    assert feasible == sorted(feasible, reverse=True) and feasible[0] > feasible[1] > feasible[2]

    def widest(n: int) -> int:
        return max(int(d.design["node_count"]) for d in plans[n].frontier)

    assert widest(1) < widest(0)
    assert "upper bounds at 75 %" in " ".join(plans[1].notes)


def test_the_shipped_ledger_meets_the_stated_accuracy() -> None:
    overall, held = ledger().metrics()[LedgerMetric.step_time], ledger().held_out()
    assert overall.median <= 0.09 and overall.p90 <= 0.25
    assert held is not None and held.median >= overall.median
    assert len({s.row.group for s in steps()}) >= 15
    memory = ledger().metrics()[LedgerMetric.peak_memory]
    assert memory.median <= 0.08 and memory.p90 <= 0.20
