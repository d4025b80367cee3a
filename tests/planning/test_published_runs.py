"""Shipped scenarios against what was published about the runs they describe."""

from __future__ import annotations

import pytest

import designer
from designer.reading.loading import shipped

pytestmark = pytest.mark.slow

LLAMA = "llama-3.1-405b-pretrain"


@pytest.mark.parametrize("name", sorted(shipped()))
def test_every_shipped_scenario_has_a_proven_frontier(name: str) -> None:
    result = designer.plan(name)
    assert result.status == "found"
    assert result.proof.complete
    assert result.frontier
    p = result.proof
    assert p.feasible + p.dominated + sum(p.cut.values()) == p.raw_designs


def test_the_published_405b_layout_fits_and_is_as_efficient_as_published() -> None:
    r = designer.evaluate(LLAMA, {"tp": 8, "pp": 16, "dp": 128})
    assert r.feasible, r.violated
    mfu = r.metrics["mfu"].value
    assert mfu is not None and 0.36 <= mfu <= 0.46  # published: 41 %


def test_the_405b_frontier_is_at_least_as_fast_as_the_published_layout() -> None:
    published = designer.evaluate(LLAMA, {"tp": 8, "pp": 16, "dp": 128}).metrics["time_to_train"].value
    best = min(d.metrics["time_to_train"].value or 0.0 for d in designer.plan(LLAMA).frontier)
    assert published is not None and 0 < best <= published


@pytest.mark.parametrize("devices", [10_000, 384])
def test_405b_on_a_device_count_that_is_no_power_of_two(devices: int) -> None:
    result = designer.plan(LLAMA, [f"candidates.node_count={devices // 8}", "budgets.time_to_train=20 year"])
    assert result.status == "found"
    best = result.frontier[0]
    used, idle = best.metrics["devices_used"].value, best.metrics["idle_devices"].value
    assert used is not None and idle is not None and used + idle == devices


def test_deepseek_v3_never_has_more_stages_than_layers() -> None:
    result = designer.plan("deepseek-v3-pretrain", ["objectives=[step_time, max mfu, device_memory]"])
    assert result.frontier
    assert all(int(d.design["pp"]) <= 61 for d in result.frontier)
    over = designer.evaluate("deepseek-v3-pretrain", {"pp": 64})
    assert "pp_within_layers" in {v.name for v in over.violated}


def test_deepseek_v3_takes_about_as_long_as_published() -> None:
    """2.664 M H800-hours of pre-training on 2,048 devices (DeepSeek-V3 2024, table 1): 54.2 days."""
    published = 2.664e6 * 3600 / 2048
    found = designer.evaluate("deepseek-v3-pretrain", {}).metrics["time_to_train"].value
    assert found is not None and 0.6 * published < found < 1.6 * published


def test_530b_on_512_devices_is_nearly_as_efficient_as_on_560(tmp_path) -> None:  # type: ignore[no-untyped-def]
    """105 layers do not divide by a power of two; uneven stages and idle devices make up for it."""
    scenario = tmp_path / "mt-nlg.yaml"
    scenario.write_text(
        """
name: mt-nlg-530b
workload: {job: training, model: turing-nlg-530b, sequence_length: 2048 token, global_batch: 5160960 token,
           dataset: 270e9 token}
candidates: {node: dgx-a100-80gb, devices: 560, precision: fp16}
pricing: {price: 2 USD/h}
objectives: [step_time]
"""
    )

    def per_device(devices: int) -> float:
        best = designer.plan(scenario, [f"candidates.devices={devices}"]).frontier[0]
        value = best.metrics["throughput_per_device"].value
        assert value is not None
        return value

    assert abs(per_device(512) / per_device(560) - 1) < 0.25


# Narayanan et al. 2021, section 5.1; BigScience, chronicles of the 176B run; Smith et al. 2022, section 3.3.
CLASSIC = {"vpp": 1, "recompute": "full", "sp": "off"}
_GPT3 = "model: gpt-3-175b, sequence_length: 2048 token, global_batch: 3145728 token, dataset: 300e9 token"
_BLOOM = "model: bloom-176b, sequence_length: 2048 token, global_batch: 4194304 token, dataset: 366e9 token"
_NLG = (
    "model: turing-nlg-530b, sequence_length: 2048 token, global_batch: 3932160 token, dataset: 270e9 token"
)
_GPT3_STEP = 34 * 86400 * 3145728 / 300e9
PUBLISHED = {
    "gpt-3 on 1,024": (
        _GPT3, "classic", "dgx-a100-80gb", 1024, "fp16", (8, 8, 16), "zero0", 1, "step_time", _GPT3_STEP,
    ),
    "bloom on 384": (
        _BLOOM, "megatron-deepspeed", "jean-zay-a100-8", 384, "bf16", (4, 12, 8), "zero1", 2, "step_time", 105,
    ),
    "mt-nlg on 2,240": (
        _NLG, "megatron-deepspeed-fp16", "dgx-a100-80gb", 2240, "fp16", (8, 35, 8), "zero0", 1, "step_time", 60.1,
    ),
    "mt-nlg on 3,360": (
        _NLG, "megatron-deepspeed-fp16", "dgx-a100-80gb", 3360, "fp16", (8, 35, 12), "zero0", 1, "step_time", 44.4,
    ),
}  # fmt: skip


@pytest.mark.parametrize("run", PUBLISHED)
def test_runs_before_fused_attention_take_as_long_as_published(run: str, tmp_path) -> None:  # type: ignore[no-untyped-def]
    workload, framework, node, devices, precision, (tp, pp, dp), sharding, micro, quantity, published = (
        PUBLISHED[run]
    )
    scenario = tmp_path / "run.yaml"
    scenario.write_text(
        f"name: run\nworkload: {{job: training, {workload}}}\nframework: {framework}\n"
        f"candidates: {{node: {node}, devices: {devices}, precision: {precision}}}\n"
        "pricing: {price: 2 USD/h}\nobjectives: [time_to_train]\n"
    )
    layout = {**CLASSIC, "tp": tp, "pp": pp, "dp": dp, "sharding": sharding, "micro_batch": micro}
    found = designer.evaluate(scenario, layout)
    assert found.feasible, found.violated
    assert found.metrics[quantity].value == pytest.approx(published, rel=0.08)
