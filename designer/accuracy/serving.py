"""What the rules predict of a row of a serving table: latency of tokens, throughput."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from catalogs import Catalog
from constraints.algebras.maths import maximum, minimum
from constraints.graph import run
from designer.accuracy.asking import order_of
from designer.accuracy.deployments import ASKED, FIRST, Deployment, Load, deploy
from designer.accuracy.scoring import Prediction, Skip
from designer.accuracy.table import Row
from designer.evaluating.intervals import serving_factors

# Sequences a deployment that was worth measuring holds at least.
LEAST_RESIDENT = 16.0


def predict(row: Row, catalog: Catalog) -> list[Prediction] | Skip:
    """Predictions of `ttft`, `tpot` (seconds) and `throughput` (tokens/s) of one row, or why there are none.

    A prediction that had to choose a setting the row leaves open names it in `guessed`. Raises
    InputError, with file and line, for a cell that cannot be read.
    """
    found = deploy(row, catalog)
    if isinstance(found, Skip):
        return found
    values = evaluate(found.load, found.values)
    # a table that had settings guessed by whoever collected it says so
    guessed = () if row.text("subset") in ("", "core") else (row.text("config_known") or "extended",)
    out = []
    for metric, answer, measured in pairs(row, found, values):
        if measured:
            low, high = serving_factors(catalog, metric, found.hardware)
            out.append(Prediction(metric, answer, measured, guessed, low * answer, high * answer))
    return out or Skip("nothing measured that is predicted")


def evaluate(load: Load, values: Mapping[str, Any]) -> dict[str, Any]:
    """The answers for a deployment, as floats, or as arrays for many of one kind of load."""
    given = dict(values)
    job, asked = ASKED[load]
    if load == "users":
        # an engine holds as many sequences as its memory allows, and at least one a rank
        given["batch"] = given["concurrency"] / given["replicas"]
        room = _made(job, FIRST[load], given)["resident_sequences"]
        # a deployment somebody measured held a good part of the users it names, however tight it looks from here
        room = maximum(room, minimum(given["batch"], given["stated_users"]) / 4)
        room = maximum(room, LEAST_RESIDENT)
        given["batch"] = maximum(given["dp"], minimum(given["batch"], room))
    if load == "arrivals":
        # one that was measured kept up with its arrivals
        most = _made(job, FIRST[load], given)["capacity"]
        given["request_rate"] = minimum(given["request_rate"], 0.95 * most * given["replicas"])
    return _made(job, asked, given)


def _made(job: str, asked: tuple[str, ...], given: Mapping[str, Any]) -> dict[str, Any]:
    values = dict(given)
    run(order_of(job, asked, tuple(given)), values)
    return values


def pairs(row: Row, d: Deployment, values: Mapping[str, Any]) -> list[tuple[str, Any, float | None]]:
    """Metric, prediction and measurement of everything the row measures."""
    ttft, tpot = (_seconds(row, c) for c in ("ttft_ms", "tpot_ms"))
    tokens = row.number("tokens_per_s_total")
    if d.load == "static":
        pairs = [("ttft", values["prefill_time"], ttft), ("tpot", values["decode_step_time"], tpot)]
        if row.text("tokens_kind") == "input":
            return [*pairs, ("throughput", values["static_prompt_throughput"], tokens)]
        # one stream's tokens a second are its time per token over again
        return [*pairs, ("throughput", values["static_batch_throughput"], None if tpot else tokens)]
    if d.load == "arrivals":
        return [("ttft", values["ttft"], ttft), ("tpot", values["tpot"], tpot)]
    interval = values["median_token_interval" if "ITL" in row.text("latency_stat") else "tpot"]
    if not row.number("concurrency_or_batch"):
        # kept full or at its limit: latency depends on a load that is not stated, throughput does not
        return [("throughput", values["user_token_rate"], tokens)]
    latencies: list[tuple[str, Any, float | None]] = [
        ("ttft", values["ttft"], ttft),
        ("tpot", interval, tpot),
    ]
    # Little's law makes the throughput of a closed loop out of its latencies
    return [*latencies, ("throughput", values["user_token_rate"], None if tpot else tokens)]


def _seconds(row: Row, column: str) -> float | None:
    value = row.number(column)
    return value / 1e3 if value else None
