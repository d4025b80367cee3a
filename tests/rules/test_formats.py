"""Formats of stored weights: bits with their scales, the parts they cover, and what multiplies them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from catalogs import Catalog
from constraints.bundles.formats import (
    fits,
    multiplied_in,
    products_bundle,
    runs_in,
    stored_as,
    stored_bundle,
)
from designer.importing.shape import read_shape
from designer.reading.loading import load

CATALOG = Catalog()


@pytest.mark.parametrize(
    ("name", "bits"),
    [
        ("mxfp4", 4 + 8 / 32),  # OCP MX: a scale of 8 bits for 32
        ("NVFP4", 4 + 8 / 16),  # an FP8 scale for 16
        ("awq", 4 + (16 + 4) / 128),  # a 16-bit scale and a 4-bit zero point for 128
        ("int4-g32", 4 + 16 / 32),
        ("fp8-block", 8 + 32 / 128**2),
        ("nf4", 4 + 32 / 64),
        ("q4_0", 4 + 16 / 32),
        ("q8_0", 8 + 16 / 32),  # llama.cpp prints 8.5008 for a file: norms in 32 bit beside
        ("q6_k", 6 + 8 / 16 + 16 / 256),  # 6.5625: a scale of 8 bits for 16, one of 16 bits for 256
    ],
)
def test_bits_count_scales(name: str, bits: float) -> None:
    assert CATALOG.get("formats", name).bits.si == pytest.approx(bits, rel=1e-3)


@pytest.mark.parametrize(("name", "file"), [("q4_k_m", 4.58), ("q5_k_m", 5.33), ("q8_0", 7.95)])
def test_gguf_files_are_as_large_as_published(name: str, file: float) -> None:
    """GiB of Llama-3.1-8B in the table of llama.cpp: every matrix of it is in the format."""
    parameters = CATALOG.get("models", "llama-3.1-8b").parameters.si
    assert CATALOG.get("formats", name).bits.si / 8 * parameters / 2**30 == pytest.approx(file, rel=5e-3)


def weights_of(tmp_path: Path, model: str, weights: str, **also: Any) -> float:
    scenario = {
        "name": "stored",
        "workload": {"job": "concurrent", "model": model, "concurrency": "1 request",
                     "lengths": [{"share": 1, "input": "100 token", "output": "100 token"}]},
        "candidates": {"node": "dgx-b200", "node_count": 4, "weights": weights, "precision": "bf16", "kv": "bf16",
                       "batch": 1, **also},
        "objectives": ["tpot"],
    }  # fmt: skip
    file = tmp_path / "stored.yaml"
    file.write_text(json.dumps(scenario), "utf-8")
    q = load(file, [], CATALOG)
    given = {n: known.si for n, known in q.bundle(q.first_design()).items()}
    return float(q.graph.evaluate(["weight_memory"], given)["weight_memory"])


def test_a_checkpoint_keeps_16_bit_where_it_says_so(tmp_path: Path) -> None:
    """gpt-oss-120b: 114.7 billion parameters of experts at 4.25 bit, 2.2 billion in 16 bit: 65.2 GB."""
    experts = 36 * 128 * 3 * 2880 * 2880
    expected = experts * 4.25 / 8 + (116.83e9 - experts) * 2
    assert expected == pytest.approx(65.2e9, rel=2e-3)
    assert weights_of(tmp_path, "gpt-oss-120b", "mxfp4", tp=1) == pytest.approx(expected, rel=2e-3)
    # as a file of llama.cpp, where the rest is in 8.5 bit: 59.02 GiB
    assert weights_of(tmp_path, "gpt-oss-120b", "mxfp4-moe", tp=1) == pytest.approx(59.02 * 2**30, rel=5e-3)


def test_each_part_has_its_own_format(tmp_path: Path) -> None:
    """Llama-3.1-70B in GPTQ: 68.5 billion parameters of linear layers, embedding and output in 16 bit."""
    linear = 80 * (3 * 8192 * 28_672 + 2 * 8192 * 8192 + 2 * 8192 * 1024)
    expected = linear * 4.15625 / 8 + 2 * 128_256 * 8192 * 2
    assert weights_of(tmp_path, "llama-3.1-70b", "gptq", tp=1) == pytest.approx(expected, rel=1e-6)
    kept = stored_as(CATALOG, CATALOG.get("models", "gemma-4-31b"), "nvfp4")
    assert [kept[p].id for p in ("attention", "ffn", "ends")] == ["bf16", "fp4", "bf16"]
    kept = stored_as(CATALOG, CATALOG.get("models", "deepseek-v4-pro"), "mxfp4")
    assert [kept[p].id for p in ("attention", "ffn", "experts")] == ["fp8-block", "fp8-block", "mxfp4"]


@pytest.mark.parametrize(
    ("weights", "chosen", "part", "made"),
    [
        ("nvfp4", "fp8", "h100-sxm", "bf16"),  # no 4-bit units: weight-only kernels
        ("nvfp4", "fp8", "b200-sxm", "fp8"),  # a product of 4 and 8 bit is one instruction there
        ("nvfp4", "fp4", "b200-sxm", "fp4"),
        ("mxfp4", "fp4", "mi355x", "fp4"),
        ("mxfp4", "fp8", "mi300x", "bf16"),
        ("awq", "fp4", "b200-sxm", "bf16"),
        ("awq", "int8", "a100-sxm-80gb", "bf16"),
        ("q4_k_m", "fp8", "rtx-4090", "bf16"),
        ("fp8", "bf16", "h100-sxm", "bf16"),
        ("bf16", "fp8", "h100-sxm", "bf16"),
        ("int8", "fp8", "h100-sxm", "bf16"),
        ("int8", "int8", "a100-sxm-80gb", "int8"),
    ],
)
def test_what_weights_are_multiplied_in(weights: str, chosen: str, part: str, made: str) -> None:
    stored = stored_as(CATALOG, None, weights)["ffn"]
    assert multiplied_in(stored, chosen, CATALOG.get("accelerators", part)) == made


def test_narrow_products_need_units_and_weights_for_them() -> None:
    h100, b200 = (CATALOG.get("accelerators", a) for a in ("h100-sxm", "b200-sxm"))
    four = stored_as(CATALOG, None, "nvfp4")
    assert (runs_in(four, h100), runs_in(four, b200)) == ("bf16", "fp4")
    of = {a.id: products_bundle(four, "fp8", a) for a in (h100, b200)}
    assert {n: of["h100-sxm"][n].si for n in ("precision_bytes", "operand_bytes", "ffn_speed")} == {
        "precision_bytes": 1, "operand_bytes": 2, "ffn_speed": pytest.approx(0.5, rel=1e-3),
    }  # fmt: skip
    assert of["b200-sxm"]["operand_bytes"].si == 1
    assert not fits(stored_as(CATALOG, None, "gptq"), "fp8") and fits(four, "fp8") and fits(four, "bf16")


def test_sparse_weights_keep_half_of_themselves() -> None:
    """Two of four, two bits an index: (8.0 + 2) / 2 bits; the ends are not sparse."""
    held = stored_bundle(stored_as(CATALOG, None, "fp8"), "2:4")
    assert held["weight_bytes"].si == pytest.approx((8 + 2) / 2 / 8) and held["end_weight_bytes"].si == 2


SHAPE = {
    "model_type": "qwen3_moe", "hidden_size": 64, "num_hidden_layers": 4, "num_attention_heads": 4,
    "num_key_value_heads": 2, "head_dim": 16, "vocab_size": 100, "max_position_embeddings": 512,
    "num_experts": 8, "num_experts_per_tok": 2, "moe_intermediate_size": 32, "intermediate_size": 128,
    "tie_word_embeddings": False, "torch_dtype": "bfloat16",
}  # fmt: skip


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ({"quant_method": "mxfp4", "modules_to_not_convert": ["model.layers.*.self_attn", "lm_head"]},
         {"format": "mxfp4", "covers": ["experts"]}),
        ({"quant_method": "gptq", "bits": 4, "group_size": 128},
         {"format": "int4", "covers": ["attention", "experts"]}),
        ({"quant_method": "fp8", "weight_block_size": [128, 128], "expert_dtype": "fp4"},
         {"format": "mxfp4", "covers": ["experts"], "rest": "fp8-block"}),
        ({"quant_algo": "NVFP4", "exclude_modules": [f"model.layers.{i}.self_attn*" for i in range(4)]},
         {"format": "fp4", "covers": ["experts"]}),
        ({"quant_algo": "NVFP4", "exclude_modules": ["model.layers.0.self_attn*", "lm_head"]},
         {"format": "fp4", "covers": ["attention", "experts"]}),
        ({"quant_method": "something new"}, None),
    ],
)  # fmt: skip
def test_a_configuration_says_what_its_format_covers(
    tmp_path: Path, says: dict[str, Any], expected: Any
) -> None:
    file = tmp_path / "config.json"
    file.write_text(json.dumps(SHAPE | {"quantization_config": says}), "utf-8")
    assert read_shape(file).checkpoint == expected
