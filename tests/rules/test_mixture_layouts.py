"""Experts over ranks: whole or shared, alone or twice; and what a layout without them moves."""

from __future__ import annotations

from typing import Any

import pytest

from constraints.rule import ROOT
from constraints.rules.serving.memory import expert_device_parameters
from designer.answers.plan import EvaluateResult
from designer.evaluating.design import evaluate
from designer.reading.loading import load

LAYOUT = dict(
    tp=2, pp=4, dp=256, ep=64, micro_batch=1, recompute="none", vpp=8, sharding="zero1", checkpoint_interval=5400
)  # fmt: skip


def asked(name: str, *sets: str, **design: Any) -> EvaluateResult:
    return evaluate(load(ROOT / "scenarios" / f"{name}.yaml", list(sets)), design)


def value(found: EvaluateResult, name: str) -> float:
    number = found.metrics[name].value
    assert number is not None
    return number


def test_ranks_that_share_an_expert_gather_the_copies() -> None:
    """DeepSeek-V3, TP 2: 8 copies of 2048 tokens of each rank, 7168 wide, to the other and its sums back.

    Of the four messages of both passes one is in fp8: 117 + 3 x 235 MB over NVLink of an H800 at 130 GB/s are
    6.3 ms a layer. The expert inputs of both ranks are kept: 8 x 7168 x 1/2 more bytes a token, layer and
    micro-batch in flight.
    """
    split, whole = (asked("deepseek-v3-pretrain", **LAYOUT, etp=etp) for etp in (2, 1))
    copies = 2048 * 8 * 7168
    assert value(split, "inner_bandwidth") == pytest.approx(130e9)
    assert 2 * value(split, "etp_layer_time") == pytest.approx(copies * (1 + 3 * 2) / 130e9, rel=0.01)
    assert value(whole, "etp_layer_time") == 0
    kept = value(split, "moe_ffn_activation_bytes") - value(whole, "moe_ffn_activation_bytes")
    assert kept == 8 * 7168 / 2
    assert value(split, "step_time") > 1.25 * value(whole, "step_time")
    # More than the 3.7 GB that were free: 15 layers of the first stage, 35 / 8 micro-batches of 4,096 tokens.
    more = value(split, "first_stage_activations") - value(whole, "first_stage_activations")
    assert more == pytest.approx(kept * 4096 * 15 * 35 / 8) and more > 7e9
    # As Megatron-Core has it where nobody says.
    assert asked("deepseek-v3-pretrain", **LAYOUT).design["etp"] == 2


def test_whole_experts_take_the_tensor_ranks_too() -> None:
    """ETP 1 with TP 8 puts EP 8 into one node; its experts are shared out over as many devices."""
    layout = {**LAYOUT, "tp": 4, "dp": 128, "ep": 8}
    whole = asked("deepseek-v3-pretrain", **layout, etp=1)
    split = asked("deepseek-v3-pretrain", **layout, etp=4)
    assert (value(whole, "ep_inside"), value(split, "ep_inside")) == (8, 2)
    assert value(whole, "expert_data_ranks") == 4 * value(split, "expert_data_ranks") == 4 * 128 / 8
    assert value(whole, "stage_expert_parameters") == 4 * value(split, "stage_expert_parameters")
    assert "etp_divides_tp" in {b.name for b in asked("deepseek-v3-pretrain", **layout, etp=8).violated}


def test_experts_of_a_rank_halve_with_two_ranks_to_each() -> None:
    """MiMo-V2-Flash: 47 layers of 256 experts, 3 x 4096 x 2048; EP 8 holds 32 a layer, 75.7 GB in 16 bit."""
    held = [47 * 256 / 8 * 2 * expert_device_parameters(3 * 4096 * 2048, etp) for etp in (1, 2)]
    assert [round(x / 1e9, 2) for x in held] == [75.7, 37.85]


CHAT = dict(tp=1, pp=1, dp=144, ep=144, replicas=1, batch=4608, node="p5e.48xlarge", kv="fp8")
PLACES = ("candidates.ep=144", "candidates.dp=144", "candidates.node_count=18")


def test_experts_in_demand_may_be_held_twice() -> None:
    """DeepSeek-V3 decodes on 144 ranks with 32 experts held twice: 288 of them, two on each."""
    alone = asked("deepseek-v3-serving", *PLACES, **CHAT)
    twice = asked("deepseek-v3-serving", *PLACES, "assume.redundant_experts=32", **CHAT)
    assert "ep_divides_experts" in {b.name for b in alone.violated}
    assert "ep_divides_experts" not in {b.name for b in twice.violated}
    more = value(twice, "weight_memory") - value(alone, "weight_memory")
    assert more == pytest.approx(58 * 32 / 144 * value(twice, "expert_parameters") * 1)  # fp8
    assert value(twice, "experts_touched") <= 2


@pytest.mark.parametrize("name", ["palm-62b", "falcon-7b"])
def test_a_layer_of_one_block_is_reduced_once(name: str) -> None:
    """Attention and feed-forward of one norm are added before they are summed over TP: half of the traffic."""
    train = [
        "workload.model=" + name,
        "workload.sequence_length=2048 token",
        "workload.global_batch=524288 token",
    ]
    found = asked("llama-3.1-405b-pretrain", *train, "candidates.tp=[1, 8]", tp=8, pp=1, dp=8, vpp=1)
    assert value(found, "tp_layer_time") == pytest.approx(2 * value(found, "tp_gather_time"))
    usual = asked("llama-3.1-405b-pretrain", tp=8)
    assert value(usual, "tp_layer_time") == pytest.approx(4 * value(usual, "tp_gather_time"))


def test_unsharded_gradients_are_all_reduced_in_their_own_precision() -> None:
    """4 bytes are scattered and 4 gathered; with a sharded optimizer 2 bytes of weights are gathered instead."""
    none, one = (
        asked("llama-3.1-405b-pretrain", "candidates.sharding=[zero0, zero1]", sharding=z, pp=16, dp=64)
        for z in ("zero0", "zero1")
    )
    assert value(none, "weight_gather_time") == pytest.approx(value(none, "gradient_reduce_time"))
    assert value(one, "weight_gather_time") == pytest.approx(value(one, "gradient_reduce_time") / 2)


def test_a_checkpoint_is_read_through_the_ports_of_the_nodes() -> None:
    """A parallel file system of 2 TB/s is no faster to few nodes with one storage port of 5 GB/s each."""
    found = asked(
        "llama-3.1-8b-finetune",
        "assume.storage_read_bandwidth=2 TB/s",
        node="p5.48xlarge",
        precision="bf16",
        node_count=2,
    )
    nodes = float(found.design["node_count"])
    assert value(found, "restore_bandwidth") == nodes * 5e9
    restart = value(found, "recovery_time") - value(found, "checkpoint_bytes") / (nodes * 5e9)
    assert restart == pytest.approx(600)


def test_a_tensor_group_holds_no_expert_twice() -> None:
    """No engine does: what EP leaves of the tensor ranks splits each expert, and that is where `evaluate` starts."""
    layout = {**CHAT, "tp": 8, "dp": 1, "ep": 2, "batch": 64}
    start = asked("deepseek-v3-serving", "candidates.ep=[1, 2, 8]", **layout)
    assert start.design["etp"] == 4
    twice = asked("deepseek-v3-serving", "candidates.ep=[1, 2, 8]", **layout, etp=1)
    assert "tensor_group_holds_no_copies" in {b.name for b in twice.violated}
    assert value(twice, "weight_memory") > 2 * value(start, "weight_memory")
