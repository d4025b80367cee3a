"""Loaded weights and room for cache as engines print them at start-up."""

from __future__ import annotations

import re

from catalogs import Catalog
from designer.accuracy.held import GIB, cache_format, expert_ranks, held, weights_format
from designer.accuracy.kinds import FactsKind
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.scoring import Prediction, Skip
from designer.accuracy.table import MeasuredRow
from designer.jobs.serving import PARTS

KIND = FactsKind(
    marks=frozenset({"model_loading_gib", "available_kv_gib", "printed_kv_tokens"}),
    needs=frozenset({"model", "gpus"}),
    called="start-up logs",
)
# From this version on vLLM prints how many tokens of longest sequences fit; before, slots of its blocks.
_COUNTS_SEQUENCES = (0, 21)
_CONTEXT = 8192.0


def predict(row: MeasuredRow, catalog: Catalog) -> list[Prediction] | Skip:
    """`weight_bytes` and `cache_bytes` of one device, and `fits`, or why there are none.

    Where an engine prints tokens, the bytes of so many tokens are compared: what is counted as a token has
    changed, what is in memory has not.
    """
    if row.text("speculative"):
        return Skip(f"weights and cache of a draft ({row.text('speculative').split()[0]}) beside the model's")
    weights = weights_format(row.text("weights_format"), row.text("model"))
    if weights is None:
        return Skip(f"weights in several formats: {row.text('weights_format')}")
    cache = cache_format(row.text("kv_cache_dtype"))
    if cache is None:
        return Skip(f"format of the cache not described: {row.text('kv_cache_dtype')}")
    if "host memory" in row.text("notes"):
        return Skip("weights that stay in host memory")
    length = row.number("max_model_len")
    found = held(
        row, catalog, length or _CONTEXT, weight_precision=weights, kv_precision=cache, framework=row.text("engine"),
        ep=expert_ranks(row, catalog), notes="",
    )  # fmt: skip
    if isinstance(found, Skip):
        return found
    out = []
    loaded = row.number("model_loading_gib")
    if loaded:
        out.append(Prediction(LedgerMetric.weight_bytes, found[PARTS.weights], loaded * GIB))
    ok = row.text("outcome") in ("", "ok")
    printed = _printed_bytes(row, found, length) if ok else None
    if isinstance(printed, float) and "pinned" not in row.text("notes"):
        guessed = () if row.number("gpu_memory_utilization") else ("memory utilization",)
        out.append(Prediction(LedgerMetric.cache_bytes, found[PARTS.room], printed, guessed))
    if isinstance(printed, Skip) and not out:
        return printed
    return out or Skip("nothing printed that is predicted")


def _printed_bytes(row: MeasuredRow, values: dict[str, float], length: float | None) -> float | Skip | None:
    """Bytes of one device's cache: as printed, or those of the printed tokens."""
    stated = row.text("available_kv_gib")
    if stated:
        value = row.number("available_kv_gib") if not stated.startswith("-") else None
        return value * GIB if value else None
    longest = values[PARTS.longest]
    concurrency, tokens = row.number("printed_max_concurrency"), row.number("printed_kv_tokens")
    if concurrency and length:
        return concurrency * longest
    if not tokens:
        return None
    # where some layers keep a window or a state, a token of a short context takes more than one of a long one
    uneven = values["full_layers"] < values["layers"]
    if uneven and (not length or not _counts_sequences(row.text("engine"))):
        return Skip("printed tokens count slots of some layers or longest sequences: the log does not say")
    return tokens / (length or _CONTEXT) * longest


def _counts_sequences(engine: str) -> bool:
    """Whether an engine's printed tokens are those of longest sequences.

    >>> [_counts_sequences(e) for e in ("vLLM 0.27.1", "vLLM 0.11", "vLLM", "SGLang")]
    [True, False, False, False]
    """
    found = re.search(r"vllm (\d+)\.(\d+)", engine.lower())
    return found is not None and (int(found[1]), int(found[2])) >= _COUNTS_SEQUENCES
