"""Deployments with prompts and answers on pools of their own, and the joint ones beside them."""

from __future__ import annotations

import re
from dataclasses import replace

from catalogs import Catalog
from designer.accuracy import serving
from designer.accuracy.held import cache_format, weights_format
from designer.accuracy.kinds import FactsKind
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.pools import Balance, balance, workers_of
from designer.accuracy.scoring import Prediction, Skip
from designer.accuracy.table import MeasuredRow

KIND = FactsKind(
    marks=frozenset({"prefill_workers", "decode_workers", "kv_transfer"}),
    needs=frozenset({"model", "hardware"}),
    called="deployments with pools",
)


def predict(row: MeasuredRow, catalog: Catalog) -> list[Prediction] | Skip:
    """`ttft`, `tpot` and `throughput` of a deployment, or why there are none."""
    drafts = row.text("speculative").lower()
    if drafts not in ("", "none"):
        return Skip(f"speculative decoding {drafts.split()[0]}")
    hit = row.text("prefix_hit_rate")
    cached = (hit and float(hit) > 0) if re.fullmatch(r"[\d.]*", hit) else True
    if cached or "prefixes" in row.text("workload") or "agentic" in row.text("workload"):
        return Skip("prompts whose prefixes come from a cache")
    weights = weights_format(row.text("weights_format"), row.text("model"))
    if weights is None:
        return Skip(f"weights in several formats: {row.text('weights_format')}")
    mean = "mean 0.9" if "0.8 L to L" in row.text("workload") else ""
    cells = dict(
        weight_precision=weights, framework=row.text("engine"), subset="", notes=mean,
        kv_precision=cache_format(row.text("kv_format")) or "" if row.text("kv_format") else "",
    )  # fmt: skip
    mode = row.text("mode")
    if mode == "aggregated":
        return _joint(row, catalog, cells)
    if mode != "disaggregated":
        return Skip(f"one pool alone: {mode}")
    if not row.number("isl") or not row.number("osl"):
        return Skip("prompt or answer length not stated")
    found = balance(row, catalog, **cells)
    if isinstance(found, Skip):
        return found
    return scored(row, found) or Skip("nothing measured that is predicted")


def scored(row: MeasuredRow, found: Balance) -> list[Prediction]:
    """Predictions beside what a row measures; tails are no means."""
    out = []
    for metric, value in ((LedgerMetric.ttft, found.ttft), (LedgerMetric.tpot, found.tpot)):
        measured = row.number(f"{metric.name}_ms")
        stat = row.text(f"{metric.name}_stat").lower()
        if measured and not re.match(r"p9", stat):
            out.append(Prediction(metric, value, measured / 1e3))
    rate, answer = row.number("output_tokens_per_s"), row.number("osl")
    if rate and answer:
        out.append(Prediction(LedgerMetric.throughput, found.requests * answer, rate))
    return out


def _joint(row: MeasuredRow, catalog: Catalog, cells: dict[str, str]) -> list[Prediction] | Skip:
    """The same of a deployment whose workers do both, which the table writes as decoding ones."""
    workers = workers_of(row, "decode")
    if workers is None:
        return Skip("layout of the deployment not stated")
    own = dict(
        gpus=str(workers.count * workers.devices), tp=str(workers.tp), pp=str(workers.pp), dp=str(workers.dp),
        ep=str(workers.ep), mode="", spec_decode="none", scenario="server",
        concurrency_or_batch=row.text("concurrency"), tokens_per_s_total=row.text("output_tokens_per_s"),
        latency_stat=row.text("tpot_stat"),
    )  # fmt: skip
    return serving.predict(replace(row, cells={**row.cells, **cells, **own}), catalog)
