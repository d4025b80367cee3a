"""Tables of facts: start-up logs and recipes, read in their own columns."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from catalogs import Catalog
from catalogs.errors import InputError
from designer.accuracy.frame import Ledger, validate
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.scoring import Prediction
from designer.accuracy.table import read

GIB = 2.0**30
LOG = {
    "id": "log", "model": "Llama-3.1-8B", "weights_format": "bf16", "hardware": "A100-SXM-80GB", "gpus": "1", "tp": "1",
    "dp": "", "engine": "vLLM 0.10.1", "gpu_memory_utilization": "0.9", "max_model_len": "8192", "max_num_seqs": "",
    "kv_cache_dtype": "", "speculative": "", "model_loading_gib": "", "available_kv_gib": "",
    "printed_kv_tokens": "", "printed_max_concurrency": "", "outcome": "ok", "notes": "",
}  # fmt: skip
RECIPE = {
    "id": "recipe", "model": "Llama-3.3-70B", "model_id": "meta-llama/Llama-3.3-70B-Instruct", "precision": "bf16",
    "vram_minimum_gb": "170", "checkpoint_bytes": "", "checkpoint_gb_stated": "", "kind": "variant",
    "hardware": "H100-SXM-80GB", "gpus_in_profile": "8", "profile_memory_gb": "640", "hardware_status": "verified",
    "tp": "", "dp": "", "expert_parallel": "", "max_model_len": "", "gpu_memory_utilization": "",
    "kv_cache_dtype": "", "outcome": "fits",
}  # fmt: skip


def ledger(folder: Path, usual: dict[str, str], *rows: dict[str, str]) -> Ledger:
    file = folder / "facts.csv"
    with file.open("w", newline="") as f:
        writer = csv.DictWriter(f, usual)
        writer.writeheader()
        writer.writerows({**usual, **r} for r in rows or ({},))
    return validate(read(file), Catalog())


def scored(folder: Path, usual: dict[str, str], **changes: str) -> dict[str, Prediction]:
    found = ledger(folder, usual, changes)
    return {s.prediction.metric.name: s.prediction for s in (*found.scored, *found.guessed, *found.apart)}


def test_the_kind_is_told_from_the_columns(tmp_path: Path) -> None:
    assert ledger(tmp_path, LOG).table.kind == "cache"
    assert ledger(tmp_path, RECIPE).table.kind == "fits"
    with pytest.raises(InputError, match=r"--kind cach: unknown kind.*cache"):
        read(tmp_path / "facts.csv", "cach")


def test_weights_are_parameters_times_bytes(tmp_path: Path) -> None:
    """Llama-3.1-8B has 8.03 B parameters: 14.96 GiB in 16 bit, half of it on each of two devices."""
    one = scored(tmp_path, LOG, model_loading_gib="14.99")["weight_bytes"]
    assert one.predicted == pytest.approx(8.03e9 * 2, rel=2e-3)
    two = scored(tmp_path, LOG, model_loading_gib="7.5", gpus="2", tp="2")["weight_bytes"]
    assert two.predicted == pytest.approx(one.predicted / 2, rel=1e-2)


def test_room_for_cache_is_what_weights_leave_of_the_share_an_engine_takes(tmp_path: Path) -> None:
    rooms = [
        scored(tmp_path, LOG, available_kv_gib="50", gpu_memory_utilization=u)["cache_bytes"].predicted
        for u in ("0.8", "0.9")
    ]
    capacity = Catalog().get("accelerators", "a100-sxm-80gb").memory_usable
    assert capacity is not None
    assert rooms[1] - rooms[0] == pytest.approx(0.1 * capacity.si)
    assert rooms[1] < 0.9 * capacity.si - 8.03e9 * 2


def test_printed_tokens_are_compared_as_bytes(tmp_path: Path) -> None:
    """A token of Llama-3.1-8B keeps 32 layers x 8 heads x 128 x keys and values x 2 bytes: 131,072 bytes."""
    tokens = scored(tmp_path, LOG, printed_kv_tokens="400000")["cache_bytes"]
    assert tokens.measured == pytest.approx(400_000 * 131_072)
    half = scored(tmp_path, LOG, printed_kv_tokens="400000", kv_cache_dtype="fp8_e4m3")["cache_bytes"]
    assert half.measured == tokens.measured / 2
    often = scored(tmp_path, LOG, printed_max_concurrency="10")["cache_bytes"]
    assert often.measured == pytest.approx(10 * 8192 * 131_072)


def test_a_share_nobody_states_is_a_guess(tmp_path: Path) -> None:
    found = ledger(tmp_path, LOG, {"gpu_memory_utilization": "", "available_kv_gib": "50"})
    assert not found.scored and found.rows_guessed == 1


def test_what_a_log_leaves_open_is_skipped_by_name(tmp_path: Path) -> None:
    odd: dict[str, dict[str, str]] = {
        "weights and cache of a draft (mtp) beside the model's": {"speculative": "mtp 3"},
        "weights in several formats: nvfp4 + fp8": {"weights_format": "nvfp4 + fp8"},
        "format of the cache not described: riddle": {"kv_cache_dtype": "riddle"},
        "nothing printed that is predicted": {},
        "accelerator not in the catalog: Abacus": {"hardware": "Abacus"},
    }
    for reason, changes in odd.items():
        assert list(ledger(tmp_path, LOG, changes).skipped) == [reason]


@pytest.mark.parametrize(
    ("changes", "fits"),
    [
        ({}, 1.0),
        ({"hardware": "RTX-4090", "gpus_in_profile": "2"}, 0.0),  # 141 GB on 48
        ({"hardware": "RTX-5090", "gpus_in_profile": "2", "precision": "int4"}, 1.0),  # 41 GB on 64
        ({"kind": "command", "tp": "2", "max_model_len": "131072"}, 0.0),  # 141 + 43 GB on 160
        ({"kind": "command", "tp": "4", "max_model_len": "131072"}, 1.0),
        ({"hardware": "H100/A100", "kind": "command", "tp": "4"}, 1.0),
    ],
)
def test_a_checkpoint_fits_where_its_weights_and_a_sequence_do(
    tmp_path: Path, changes: dict[str, str], fits: float
) -> None:
    assert scored(tmp_path, RECIPE, **changes)["fits"].predicted == fits


def test_a_row_that_contradicts_itself_is_apart(tmp_path: Path) -> None:
    found = ledger(tmp_path, RECIPE, {"gpus_in_profile": "1", "profile_memory_gb": "80"})
    assert not found.scored
    assert list(found.reasons()) == ["its own minimum is more than the node it names has"]


def test_the_size_of_a_checkpoint_is_that_of_its_weights(tmp_path: Path) -> None:
    size = scored(tmp_path, RECIPE, checkpoint_bytes="141107412992")["weight_bytes"]
    assert size.error == pytest.approx(0, abs=0.01)
    # a round number of GB is a device to rent
    assert LedgerMetric.weight_bytes.name not in scored(tmp_path, RECIPE, checkpoint_gb_stated="160 GB")
