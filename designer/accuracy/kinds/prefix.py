"""Prefix caches: hit rates, and latencies of runs that are known to find nothing in one."""

from __future__ import annotations

import re
from dataclasses import replace

from catalogs import Catalog
from constraints.rules.library.prefixes import shared_prefix_hit_rate
from designer.accuracy import serving
from designer.accuracy.held import weights_format
from designer.accuracy.kinds import FactsKind
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.scoring import Prediction, Skip
from designer.accuracy.table import MeasuredRow

KIND = FactsKind(
    marks=frozenset({"hit_rate", "hit_kind", "shared_prefix_tokens"}),
    needs=frozenset({"model", "hit_rate"}),
    called="prefix caches",
)


def predict(row: MeasuredRow, catalog: Catalog) -> list[Prediction] | Skip:
    """`hit_rate`, and `ttft`, `tpot` and `throughput` without hits, or why there are none.

    What a hit saves where prompts queue, and what loading one takes, is not described; such rows are skipped.
    """
    stated = row.text("hit_rate")
    if not stated:
        return Skip("latencies of a cache whose hit rate is not stated")
    if re.fullmatch(r"0(\.0*)?", stated):
        return _cold(row, catalog)
    measured = row.number("hit_rate")
    if measured is None:
        return Skip("hit rate stated as a bound")
    shared, prompt = row.number("shared_prefix_tokens"), row.number("isl")
    groups, room = row.number("groups_or_sessions"), row.number("hbm_kv_tokens_per_instance")
    if not shared or not prompt or not groups or not room or "round" in row.text("hit_kind"):
        return Skip("what prompts share, or what the cache holds, not stated")
    if row.text("cache_tiers") not in ("", "HBM") or row.text("hit_kind") == "request":
        return Skip("tiers below device memory, or hits counted by request")
    affine = re.search(r"affinity|precise|aware", row.text("arm").lower())
    instances = row.number("instances") if row.text("instances").isdigit() else None
    held = room * (instances or 1) if affine else room
    rate = float(shared_prefix_hit_rate(shared, prompt, groups, held))
    return [Prediction(LedgerMetric.hit_rate, rate, measured)]


def _cold(row: MeasuredRow, catalog: Catalog) -> list[Prediction] | Skip:
    """A run without hits is one without a cache."""
    if not row.text("model"):
        return Skip("model not stated")
    if re.search(r"p9|tail", row.text("ttft_stat").lower()):
        return Skip("a tail, not a mean or a median")
    alone = "single request" in row.text("workload")
    tp = row.text("tp") or "1"
    cells = dict(
        weight_precision=weights_format(row.text("weights_format"), row.text("model")) or "",
        framework=row.text("engine"),
        kv_precision="", gpus=tp if alone else row.text("gpus"), tp=tp, osl=row.text("osl") or ("2" if alone else ""),
        concurrency_or_batch="1" if alone else row.text("concurrency"), scenario="latency" if alone else "server",
        notes="" if row.number("concurrency") else "open-loop", mode="", spec_decode="none", subset="", dp="",
        tokens_per_s_total=row.text("output_tokens_per_s"), requests_per_s=row.text("request_rate"),
    )  # fmt: skip
    if re.search(r"\d[PD]", row.text("instances")) and not alone:
        return Skip("prefill and decode on separate devices")
    return serving.predict(replace(row, cells={**row.cells, **cells}), catalog)
