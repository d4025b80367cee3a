"""Caches that engines printed when they started, beside what is planned for them."""

from __future__ import annotations

from pathlib import Path

import pytest

import designer

TEXT = """
name: printed
workload: {job: serving, model: qwen3-235b-a22b, rate: 1 request/s,
           lengths: [{share: 1, input: 1000 token, output: 200 token}]}
candidates: {node: dgx-h100, node_count: 1, precision: fp8, weights: fp8, kv: bf16, tp: 4, pp: 1, batch: 64,
             replicas: 1}
pricing: {price: 2 USD/h}
objectives: [cost_per_token]
"""
# 94 layers, 4 key-value heads of 128 over 4 ranks, 16 bit, keys and values
TOKEN = 94 * 128 * 2 * 2


def cache_of(folder: Path, engine: str, *sets: str) -> float:
    """Tokens of cache an engine has room for."""
    file = folder / "printed.yaml"
    file.write_text(TEXT)
    grid = designer.evaluate_grid(file, {"batch": [64]}, ["cache_room"], [f"engine={engine}", *sets])
    return float(grid.full("cache_room")[0]) / TOKEN


def test_caches_of_two_engines_on_four_h100(tmp_path: Path) -> None:
    """vllm-project/vllm issue 21348: 178,880 tokens at vLLM's default of 0.9, 367,404 of SGLang at 0.93."""
    assert cache_of(tmp_path, "vllm-early") == pytest.approx(178_880, rel=0.1)
    sglang = cache_of(tmp_path, "sglang", "assume.memory_utilization=0.93")
    assert sglang == pytest.approx(367_404, rel=0.03)


def test_a_share_of_the_device_is_what_the_cache_gets_less_of(tmp_path: Path) -> None:
    """A percent of 81,559 MiB is a percent of them, whatever else is in memory."""
    more, less = (cache_of(tmp_path, "vllm", f"assume.memory_utilization={u}") for u in (0.95, 0.9))
    assert (more - less) * TOKEN == pytest.approx(0.05 * 81_559 * 2**20, rel=1e-6)
    assert cache_of(tmp_path, "vllm", "assume.memory_utilization=0.7") == 0
