"""Adapters and optimizers: what they keep, counted by hand, and rows read in their own columns."""

from __future__ import annotations

import csv
import math
from pathlib import Path

import pytest

from catalogs import Catalog
from constraints.rules.library.finetuning import adapter_parameters, adapter_slot_bytes, layer_widths
from constraints.rules.library.optimizers import (
    adafactor_bytes,
    adam_bytes,
    block_moment_bytes,
    host_update_time,
    muon_bytes,
)
from designer.accuracy.frame import Ledger, validate
from designer.accuracy.table import read

GIB = 2.0**30
OPTIMIZER = {
    "id": "one", "kind": "measured", "model": "Llama-2-7B", "method": "full", "weights_dtype": "bf16",
    "grads_dtype": "bf16", "states": "bf16 m and v", "optimizer": "AdamW", "offload": "", "hardware": "A100-SXM-80GB",
    "gpus": "1", "seq_len": "2048", "micro_batch": "1", "activation_checkpointing": "yes",
    "optimizer_in_backward": "", "packed": "yes", "memory_gib_per_gpu": "60", "memory_stat": "peak allocated",
    "tokens_per_s_per_gpu": "", "notes": "",
}  # fmt: skip
ADAPTER = {
    "id": "one", "kind": "training", "model": "Llama-2-7B", "base_format": "bf16", "method": "LoRA", "rank": "8",
    "targets": "q_proj,v_proj", "optimizer": "AdamW", "hardware": "A100-SXM-80GB", "gpus": "1", "seq_len": "2048",
    "micro_batch": "1", "packed": "yes", "activation_checkpointing": "yes", "offload": "",
    "memory_gib_per_gpu": "20", "memory_stat": "peak", "tokens_per_s_per_gpu": "", "trainable_params": "",
    "adapters_total": "", "max_loras": "", "notes": "",
}  # fmt: skip


def ledger(folder: Path, usual: dict[str, str], changes: dict[str, str]) -> Ledger:
    file = folder / "rows.csv"
    with file.open("w", newline="") as f:
        writer = csv.DictWriter(f, usual)
        writer.writeheader()
        writer.writerow({**usual, **changes})
    return validate(read(file), Catalog())


def memory(folder: Path, usual: dict[str, str], **changes: str) -> float:
    """Predicted bytes of a device."""
    found = ledger(folder, usual, changes)
    (one,) = (s for s in (*found.scored, *found.guessed) if s.prediction.metric.name == "peak_memory")
    return one.prediction.predicted * GIB


def test_state_bytes_are_counted() -> None:
    assert adam_bytes(4, 4) == 12  # fp32 moments and master weights
    assert adam_bytes(block_moment_bytes(1, 256, 4), 0) == 2 * (1 + 4 / 256)
    assert adafactor_bytes(1000, 1000, 4, 0) == pytest.approx(0.008)  # two vectors of a thousand in fp32


def test_muon_keeps_half_of_adam_where_all_are_matrices() -> None:
    """One fp32 moment in place of two; what is no matrix keeps both."""
    assert muon_bytes(1, 4, adam_bytes(4, 0)) == adam_bytes(4, 0) / 2
    assert muon_bytes(0, 4, adam_bytes(4, 0)) == adam_bytes(4, 0)
    kept = [muon_bytes(share, 4, adam_bytes(4, 0)) for share in (0, 0.5, 0.9, 1)]
    assert kept == sorted(kept, reverse=True)


def test_an_update_on_the_host_takes_the_link_and_the_memory_in_turn() -> None:
    """1e9 parameters: 4 bytes of each over 25 GB/s are 160 ms, 28 bytes of each at 50 GB/s are 560 ms."""
    sizes = (1e9, 2, 2, 28)
    assert host_update_time(*sizes, 25e9, 50e9) == pytest.approx(0.160 + 0.560)
    # a link without end leaves the host's memory, a memory without end the link
    assert host_update_time(*sizes, math.inf, 50e9) == pytest.approx(0.560)
    assert host_update_time(*sizes, 25e9, math.inf) == pytest.approx(0.160)
    assert host_update_time(0, 2, 2, 28, 25e9, 50e9) == 0


def test_an_adapter_of_rank_r_is_two_matrices_beside_each_product() -> None:
    """Llama-3.1-8B, rank 16 on all linear products, matrix by matrix: Q, K, V, O, gate, up, down."""
    products = [
        (4096, 4096),
        (4096, 1024),
        (4096, 1024),
        (4096, 4096),
        (4096, 14_336),
        (4096, 14_336),
        (14_336, 4096),
    ]
    counted = 32 * sum(into * 16 + 16 * out for into, out in products)
    widths = 32 * layer_widths(4096, 4096, 1024, 14_336, 3)
    assert adapter_parameters(16, widths) == counted == 41_943_040  # 42 M, as peft prints it
    # a slot also has both matrices of the embedding and of the head, each with the tokens it may add, and those
    ends = 2 * 16 * (128_256 + 256 + 4096)
    assert adapter_slot_bytes(16, widths, 4096, 128_256, 256, 2) == 2 * (counted + ends + 3 * 256 * 4096)


def test_optimizers_differ_by_what_they_keep_of_each_parameter(tmp_path: Path) -> None:
    """Llama-2-7B has 6.74e9 parameters: two 16-bit moments are 27 GB, in 8 bit 13.7 GB, on the host none."""
    usual = memory(tmp_path, OPTIMIZER)
    eight = memory(tmp_path, OPTIMIZER, states="8-bit m and v", optimizer="AdamW 8-bit")
    away = memory(tmp_path, OPTIMIZER, offload="states")
    fused = memory(tmp_path, OPTIMIZER, optimizer_in_backward="yes")
    assert usual - eight == pytest.approx(6.74e9 * (4 - 2 * (1 + 4 / 256)), rel=1e-2)
    assert usual - away == pytest.approx(6.74e9 * 4, rel=1e-2)
    assert usual - fused == pytest.approx(6.74e9 * 2, rel=1e-2)
    # Llama-2-7B in pure bf16: weights, gradients and two moments are 8 bytes, 54 GB
    assert 6.74e9 * 8 < usual < 6.74e9 * 8 + 8e9


def test_an_adapter_adds_its_own_and_leaves_the_rest_frozen(tmp_path: Path) -> None:
    """Rank 8 on queries and values: 8 x 32 x 2 x 8,192 = 4.2 M parameters at 8 bytes."""
    base = memory(tmp_path, ADAPTER)
    assert 6.74e9 * 2 < base < 6.74e9 * 2 + 6e9
    wide = memory(tmp_path, ADAPTER, rank="64", targets="all linear")
    # all products of a layer: 4 x 8,192 + 3 x (4,096 + 11,008)
    assert wide - base == pytest.approx(8 * 32 * (64 * (4 * 8192 + 3 * 15_104) - 8 * 2 * 8192), rel=1e-3)
    assert memory(tmp_path, ADAPTER, trainable_params="4194304") == pytest.approx(base)


def test_nf4_stores_layers_in_four_bits_and_ends_in_sixteen(tmp_path: Path) -> None:
    """6.48e9 of the parameters are in layers; a constant of 32 bits for each 64 makes 4.5 bits."""
    saved = memory(tmp_path, ADAPTER) - memory(tmp_path, ADAPTER, method="QLoRA", base_format="nf4")
    assert saved == pytest.approx(6.476e9 * (2 - 4.5 / 8), rel=5e-3)


def test_slots_of_a_server(tmp_path: Path) -> None:
    """vLLM 0.8.5 printed 26.753 GiB for 128 slots of rank 16, and 21.249 of rank 8: its own log lines."""
    served = dict(kind="serving", model="Llama-3.1-8B", method="LoRA slots", max_loras="128", targets="")
    stat = "Model loading took"
    for rank, printed in (("16", 26.753), ("8", 21.249)):
        found = memory(tmp_path, ADAPTER, **served, rank=rank, memory_stat=stat, memory_gib_per_gpu="1")
        assert found / GIB == pytest.approx(printed, rel=1e-2)


def test_what_is_missing_or_not_described_is_named(tmp_path: Path) -> None:
    for reason, changes in {
        "sequence length not stated": {"seq_len": ""},
        "micro-batch not stated": {"micro_batch": ""},
        "method not described: adalora": {"method": "adalora"},
        "not a measurement: rule of thumb": {"kind": "rule of thumb"},
        "format of the frozen weights not described: q9": {"base_format": "q9"},
        "neither the rank nor the trained parameters are stated": {"rank": ""},
        "samples of unequal lengths are not packed: how long they are is not stated": {"packed": "no"},
    }.items():
        assert list(ledger(tmp_path, ADAPTER, changes).skipped) == [reason]
    lion = ledger(tmp_path, OPTIMIZER, {"states": "", "optimizer": "Lion"})
    assert list(lion.skipped) == ["states of the optimizer not stated: Lion"]
