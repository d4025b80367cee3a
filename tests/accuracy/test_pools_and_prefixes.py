"""Pools of prompts and answers, and prefix caches: laws of a loop of two stations, and rows in their own columns."""

from __future__ import annotations

import csv
from collections import OrderedDict
from pathlib import Path

import numpy as np
import pytest

from catalogs import Catalog
from constraints.rules.library.prefixes import computed_tokens, shared_prefix_hit_rate
from designer.accuracy.frame import Ledger, validate
from designer.accuracy.pools import Prompts, closed
from designer.accuracy.table import read

POOLS = {
    "id": "one", "model": "Llama-3.1-70B", "weights_format": "fp8", "kv_format": "", "hardware": "H100-SXM-80GB",
    "hardware_decode": "", "engine": "vllm 0.19", "mode": "disaggregated", "prefill_workers": "2",
    "prefill_gpus_per_worker": "4", "prefill_tp": "4", "prefill_pp": "1", "prefill_dp": "1", "prefill_ep": "1",
    "decode_workers": "1", "decode_gpus_per_worker": "8", "decode_tp": "8", "decode_pp": "1", "decode_dp": "1",
    "decode_ep": "1", "gpus_total": "16", "kv_transfer": "NIXL", "speculative": "none", "workload": "random",
    "isl": "8192", "osl": "1024", "concurrency": "32", "prefix_hit_rate": "0", "ttft_ms": "900", "ttft_stat": "mean",
    "tpot_ms": "15", "tpot_stat": "mean", "output_tokens_per_s": "", "config_known": "full",
}  # fmt: skip
PREFIX = {
    "id": "one", "kind": "routing", "arm": "prefix affinity", "model": "Llama-3.1-8B", "weights_format": "bf16",
    "engine": "vLLM", "hardware": "H100-SXM-80GB", "gpus": "4", "tp": "1", "instances": "4", "workload": "",
    "isl": "7200", "osl": "200", "shared_prefix_tokens": "6000", "groups_or_sessions": "100", "concurrency": "",
    "request_rate": "", "cache_tiers": "HBM", "hbm_kv_tokens_per_instance": "150000", "hit_rate": "0.8",
    "hit_kind": "input tokens", "ttft_ms": "", "ttft_stat": "", "tpot_ms": "", "output_tokens_per_s": "",
}  # fmt: skip


def ledger(folder: Path, usual: dict[str, str], *rows: dict[str, str]) -> Ledger:
    file = folder / "rows.csv"
    with file.open("w", newline="") as f:
        writer = csv.DictWriter(f, usual)
        writer.writeheader()
        writer.writerows({**usual, **r} for r in rows)
    return validate(read(file), Catalog())


def predicted(folder: Path, usual: dict[str, str], **changes: str) -> dict[str, float]:
    found = ledger(folder, usual, changes)
    return {s.prediction.metric.name: s.prediction.predicted for s in found.scored}


@pytest.mark.parametrize("users", [1, 4, 16, 64, 512])
def test_a_loop_conserves_its_users(users: int) -> None:
    """Little's law: those who wait and those who read are all of them, and no pool does more than it can."""
    found = closed(users, Prompts(0.2, 0.2), 2, 0.01, 0.01, 100, 0.05)
    assert found.requests * (found.ttft + 100 * found.tpot) == pytest.approx(users, rel=1e-6)
    assert found.requests <= 2 / 0.2 * (1 + 1e-9)


def test_pools_wait_for_each_other(tmp_path: Path) -> None:
    few, many = (predicted(tmp_path, POOLS, concurrency=c) for c in ("1", "512"))
    assert many["ttft"] > 3 * few["ttft"] and many["tpot"] > few["tpot"]
    more = predicted(tmp_path, POOLS, concurrency="512", prefill_workers="8", gpus_total="40")
    assert more["ttft"] < many["ttft"]
    wide = predicted(tmp_path, POOLS, decode_workers="4", gpus_total="40")
    assert wide["tpot"] < predicted(tmp_path, POOLS)["tpot"]


def test_data_ranks_of_a_worker_share_experts(tmp_path: Path) -> None:
    ranks = dict(model="DeepSeek-V3", decode_tp="1", decode_dp="8", prefill_tp="8", prefill_gpus_per_worker="8",
                 prefill_workers="1", hardware="B200-SXM")  # fmt: skip
    stated, blank = (predicted(tmp_path, POOLS, **ranks, decode_ep=ep) for ep in ("8", "1"))
    assert stated == blank


def test_what_pools_leave_open_is_named(tmp_path: Path) -> None:
    for reason, changes in {
        "speculative decoding mtp": {"speculative": "mtp 3"},
        "prompts whose prefixes come from a cache": {"prefix_hit_rate": "0.4"},
        "one pool alone: prefill pool only": {"mode": "prefill pool only"},
        "layout of the pools not stated": {"prefill_workers": ""},
        "requests in flight not stated": {"concurrency": "64 to 5,120"},
        "the pools do not make the number of devices": {"gpus_total": "24"},
        "prompt or answer length not stated": {"isl": ""},
    }.items():
        assert list(ledger(tmp_path, POOLS, changes).skipped) == [reason]


def test_hit_rate_is_that_of_a_cache_that_forgets_the_least_recent() -> None:
    """Requests for 60 equally likely prefixes, one after the other, against a cache of 20."""
    random, cache, hits = np.random.default_rng(5), OrderedDict[int, None](), 0
    drawn = random.integers(0, 60, 40_000)
    for p in map(int, drawn):
        hits += p in cache
        cache[p] = None
        cache.move_to_end(p)
        if len(cache) > 20:
            cache.popitem(last=False)
    found = shared_prefix_hit_rate(6000, 7200, 60, 20 * 6000)
    assert found == pytest.approx(hits / len(drawn) * 6000 / 7200, abs=0.005)
    # what is not found is computed: all 7,200 of a prompt that misses, 1,200 of one that hits
    computed = (1200 * hits + 7200 * (len(drawn) - hits)) / len(drawn)
    assert computed_tokens(7200, found) == pytest.approx(computed, rel=0.01)
    assert computed_tokens(7200, 0) == 7200 and computed_tokens(7200, 1) == 0


def test_routing_by_prefix_uses_the_caches_of_all_instances(tmp_path: Path) -> None:
    """100 prefixes of 6,000 tokens: one cache of 150,000 holds a quarter of them, four hold all."""
    near = predicted(tmp_path, PREFIX)["hit_rate"]
    blind = predicted(tmp_path, PREFIX, arm="round robin")["hit_rate"]
    assert [near, blind] == pytest.approx([6000 / 7200, 6000 / 7200 / 4])


def test_a_run_that_finds_nothing_is_one_without_a_cache(tmp_path: Path) -> None:
    cold = dict(hit_rate="0", workload="single request", ttft_ms="200")
    short, long = (predicted(tmp_path, PREFIX, **cold, isl=i)["ttft"] for i in ("2000", "16000"))
    # 16,000 tokens of 8 B parameters are 2.6e14 operations: over a quarter of a second at the peak
    assert short < long and long > 0.26


def test_what_a_cache_leaves_open_is_named(tmp_path: Path) -> None:
    for reason, changes in {
        "latencies of a cache whose hit rate is not stated": {"hit_rate": ""},
        "hit rate stated as a bound": {"hit_rate": ">0.95"},
        "what prompts share, or what the cache holds, not stated": {"groups_or_sessions": ""},
        "tiers below device memory, or hits counted by request": {"cache_tiers": "HBM+DRAM"},
    }.items():
        assert list(ledger(tmp_path, PREFIX, changes).skipped) == [reason]
