"""What recomputation keeps and repeats, as Megatron-Core has its modules."""

from __future__ import annotations

import pytest

from constraints.bundles.modes import RECOMPUTE
from constraints.rule import ROOT
from designer.evaluating.design import evaluate
from designer.reading.loading import load

# Llama 3.1 405B on 16,384 H100, as its plan has it.
DESIGN = dict(
    tp=8, pp=16, dp=128, vpp=8, micro_batch=1, sharding="zero1", node_count=2048, checkpoint_interval=300
)


def made(mode: str) -> dict[str, float]:
    modes = f"candidates.recompute=[{', '.join(RECOMPUTE)}]"
    question = load(ROOT / "scenarios" / "llama-3.1-405b-pretrain.yaml", [modes])
    found = evaluate(question, {**DESIGN, "recompute": mode}).metrics
    return {n: m.value for n, m in found.items() if m.value is not None}


def test_the_output_of_a_dense_non_linearity_stays() -> None:
    """No module of Megatron drops it alone: 2 x 53,248 / 8 bytes a token, of 8,192 x 8 layers x 16 in flight."""
    plain, norms, nothing = made("core_attn"), made("selective"), made("none")
    assert norms["device_memory"] == pytest.approx(79.2e9, rel=0.005)
    assert plain["device_memory"] == pytest.approx(87.7e9, rel=0.01)
    assert norms["dense_ffn_activation_bytes"] == 3 * 2 * 53_248 / 8
    # A fused kernel keeps no scores: to run attention again only takes time.
    assert plain["device_memory"] == nothing["device_memory"]
    assert plain["step_time"] > norms["step_time"] > nothing["step_time"]


def test_norms_are_what_selective_recomputation_saves_of_a_dense_layer() -> None:
    """Two norm outputs of 16,384 in 16 bit, over 8 ranks of sequence parallelism."""
    saved = made("none")["dense_layer_activation_bytes"] - made("selective")["dense_layer_activation_bytes"]
    assert saved == 2 * 2 * 16_384 / 8
