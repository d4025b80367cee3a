"""Speed-ups of speculation: laws of drafts, and rows read in their own columns."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from catalogs import Catalog
from constraints.rules.library.speculation import (
    accepted_of_rate,
    accepted_tokens,
    speculation_speedup,
    speculative_pass_time,
)
from designer.accuracy.frame import Ledger, validate
from designer.accuracy.table import read

ROW = {
    "id": "one", "method": "MTP", "target_model": "Llama-3.1-70B", "target_format": "fp8", "engine": "vLLM 0.19",
    "hardware": "H100-SXM-80GB", "gpus": "4", "tp": "4", "draft_tokens": "3", "batch_or_concurrency": "1",
    "context_tokens": "", "acceptance_rate": "", "acceptance_length": "2.5", "speedup": "2.0",
    "speedup_kind": "output tokens/s", "al_includes_bonus": "yes", "split": "",
}  # fmt: skip


def ledger(folder: Path, *rows: dict[str, str]) -> Ledger:
    file = folder / "drafts.csv"
    with file.open("w", newline="") as f:
        writer = csv.DictWriter(f, ROW)
        writer.writeheader()
        writer.writerows({**ROW, **r} for r in rows)
    return validate(read(file), Catalog())


def speedup(folder: Path, **changes: str) -> float:
    (one,) = ledger(folder, changes).scored
    return one.prediction.predicted


def test_accepted_tokens_are_the_mean_of_chains_that_end_at_random() -> None:
    """Chains of drafts drawn one by one, each accepted with the same chance until the first that is not."""
    draws = np.random.default_rng(7).random((200_000, 5)) < 0.7
    kept = 1 + np.cumprod(draws, axis=1).sum(axis=1)
    assert accepted_tokens(0.7, 5) == pytest.approx(kept.mean(), rel=5e-3)


def test_counters_of_an_engine_say_the_same_mean() -> None:
    """vLLM counts accepted and proposed drafts: their ratio and the length of a chain are one measurement."""
    draws = np.random.default_rng(7).random((20_000, 5)) < 0.7
    accepted = np.cumprod(draws, axis=1).sum(axis=1)
    counted = accepted.sum() / draws.size
    assert accepted_of_rate(counted, 5) == pytest.approx(1 + accepted.mean())
    assert accepted_of_rate(0.0, 5) == 1 and accepted_of_rate(1.0, 5) == 6


def test_speedup_is_that_of_a_run_passed_through_step_by_step() -> None:
    """12,000 tokens at 20 ms a step, or passes of 24 ms after three of 1 ms of the draft that keep 2.5 each."""
    one = speculative_pass_time(0.024, 3, 0.001)
    plain, drafted = 12_000 * 0.020, 12_000 / 2.5 * (0.024 + 3 * 0.001)
    assert speculation_speedup(2.5, 0.020, one) == pytest.approx(plain / drafted)
    # drafts that cost nothing and are verified in the time of a step bring what is accepted, and no more
    assert speculation_speedup(2.5, 0.020, speculative_pass_time(0.020, 3, 0.0)) == 2.5
    # where none is accepted they only cost
    assert speculation_speedup(accepted_of_rate(0.0, 3), 0.020, one) < 1


def test_drafts_pay_as_far_as_passes_read_weights(tmp_path: Path) -> None:
    """Alone, a pass over four tokens takes as long as over one; in a large batch it takes four times as long."""
    alone, many = (speedup(tmp_path, batch_or_concurrency=b) for b in ("1", "512"))
    assert 0.7 * 2.5 < alone < 2.5
    assert many < 1 < alone


def test_accepted_tokens_raise_it_in_proportion_and_drafts_lower_it(tmp_path: Path) -> None:
    usual = speedup(tmp_path)
    assert speedup(tmp_path, acceptance_length="5.0", draft_tokens="3") == pytest.approx(2 * usual)
    assert speedup(tmp_path, draft_tokens="8") < usual
    assert speedup(tmp_path, method="n-gram") > usual  # which costs no pass of a layer
    counted = speedup(tmp_path, acceptance_length="", acceptance_rate="0.5")  # 1 + 0.5 x 3
    assert counted == pytest.approx(usual)
    assert speedup(tmp_path, acceptance_length="1.5", al_includes_bonus="no") == pytest.approx(usual)


def test_what_is_missing_is_named(tmp_path: Path) -> None:
    for reason, changes in {
        "speed-up not stated": {"speedup": ""},
        "speed-up over something else than plain decoding": {"speedup_kind": "output tokens/s vs EAGLE-3"},
        "cost of a draft not described: draft model": {"method": "draft model"},
        "accepted tokens not stated": {"acceptance_length": ""},
        "draft length not stated": {"draft_tokens": ""},
        "requests in flight not stated": {"batch_or_concurrency": "QPS 1"},
        "model not in the catalog: Nobody-9B": {"target_model": "Nobody-9B"},
    }.items():
        assert list(ledger(tmp_path, changes).skipped) == [reason]
