"""What the rules predict of a row of a serving table: latency of tokens, throughput."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from catalogs import Catalog
from constraints.algebras.maths import maximum, minimum
from constraints.graph import run
from designer.accuracy.asking import order_of
from designer.accuracy.deployments import Deployment, deploy
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.plausible import served
from designer.accuracy.precisions import ASSUMED
from designer.accuracy.scoring import Prediction, Skip
from designer.accuracy.table import MeasuredRow
from designer.evaluating.intervals import serving_factors
from designer.jobs.measured import MeasuredLoad

# Sequences a deployment that was worth measuring holds at least.
LEAST_RESIDENT = 16.0


def predict(row: MeasuredRow, catalog: Catalog) -> list[Prediction] | Skip:
    """Predictions of `ttft`, `tpot` (seconds) and `throughput` (tokens/s) of one row, or why there are none.

    A prediction that had to choose a setting the row leaves open names it in `guessed`. Raises
    InputError, with file and line, for a cell that cannot be read.
    """
    found = deploy(row, catalog)
    if isinstance(found, Skip):
        return found
    users = row.number("concurrency_or_batch")
    times = [_seconds(row, c) for c in ("ttft_ms", "tpot_ms")]
    if ASSUMED in found.chosen and served(found.values, users, *times):
        # too fast for 16 bit: its weights must be narrower
        found = deploy(replace(row, cells={**row.cells, "weight_precision": "fp8"}), catalog)
        if isinstance(found, Skip):
            return found
        found = replace(found, chosen=(ASSUMED,))
    values = evaluate(found.load, found.values)
    # a table that had settings guessed by whoever collected it says so
    of_table = () if row.text("subset") in ("", "core") else (row.text("config_known") or "extended",)
    guessed: tuple[str, ...] = (*of_table, *found.chosen)
    # a contradiction after a guess contradicts the guess
    apart = found.apart or ("" if guessed else served(found.values, users, *times))
    out = []
    for metric, answer, measured in pairs(row, found, values):
        if measured:
            low, high = serving_factors(catalog, metric.name, found.hardware)
            out.append(Prediction(metric, answer, measured, guessed, low * answer, high * answer, apart))
    return out or Skip("nothing measured that is predicted")


def evaluate(load: MeasuredLoad, values: Mapping[str, Any]) -> dict[str, Any]:
    """The answers for a deployment, as floats, or as arrays for many of one kind of load."""
    given = dict(values)
    if load.room:
        # an engine holds as many sequences as its memory allows, and at least one a rank
        given["batch"] = given["concurrency"] / given["replicas"]
        room = _made(load.job, load.first, given)[load.room]
        # a deployment somebody measured held a good part of the users it names, however tight it looks from here
        room = maximum(room, minimum(given["batch"], given["stated_users"]) / 4)
        room = maximum(room, LEAST_RESIDENT)
        given["batch"] = maximum(given["dp"], minimum(given["batch"], room))
    if load.most:
        # one that was measured kept up with its arrivals
        most = _made(load.job, load.first, given)[load.most]
        given[load.rate] = minimum(given[load.rate], 0.95 * most * given["replicas"])
    return _made(load.job, load.asked, given)


def _made(job: str, asked: tuple[str, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(given)
    run(order_of(job, asked, tuple(given)), values)
    return values


def pairs(
    row: MeasuredRow, d: Deployment, values: Mapping[str, Any]
) -> list[tuple[LedgerMetric, Any, float | None]]:
    """Metric, prediction and measurement of everything the row measures."""
    load, tokens = d.load, row.number("tokens_per_s_total")
    ttft, tpot = (_seconds(row, c) for c in ("ttft_ms", "tpot_ms"))
    interval = load.median if load.median and "ITL" in row.text("latency_stat") else load.tpot
    latencies: list[tuple[LedgerMetric, Any, float | None]] = [
        (LedgerMetric.ttft, values[load.ttft], ttft),
        (LedgerMetric.tpot, values[interval], tpot),
    ]
    if load.prompts and row.text("tokens_kind") == "input":
        return [*latencies, (LedgerMetric.throughput, values[load.prompts], tokens)]
    if not load.throughput:
        return latencies
    throughput = values[load.throughput]
    if load.room and not row.number("concurrency_or_batch"):
        # kept full or at its limit: latency depends on a load that is not stated, throughput does not
        return [(LedgerMetric.throughput, throughput, tokens)]
    # one stream's tokens a second are its time per token over again, and Little's law makes the throughput
    # of a closed loop out of its latencies
    return [*latencies, (LedgerMetric.throughput, throughput, None if tpot else tokens)]


def _seconds(row: MeasuredRow, column: str) -> float | None:
    value = row.number(column)
    return value / 1e3 if value else None
