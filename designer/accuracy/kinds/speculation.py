"""Speed-ups of speculative decoding against plain decoding of the same model on the same devices."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from catalogs import Catalog
from constraints.graph import run
from constraints.rules.library.speculation import (
    accepted_of_rate,
    speculation_speedup,
    speculative_pass_time,
)
from designer.accuracy.asking import order_of
from designer.accuracy.deployments import Deployment, deploy
from designer.accuracy.drafts import Draft, method_of
from designer.accuracy.held import weights_format
from designer.accuracy.kinds import FactsKind
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.scoring import Prediction, Skip
from designer.accuracy.table import MeasuredRow
from designer.fields.gives import MOMENTS

KIND = FactsKind(
    marks=frozenset({"acceptance_length", "draft_tokens", "target_model"}),
    needs=frozenset({"target_model", "speedup"}),
    called="speed-ups of speculation",
)
# Context of a benchmark whose table does not say one: questions of a few hundred tokens and their answers.
_CONTEXT = 512.0
_ASKED = ("decode_step_time", "decode_dense_layer", "decode_moe_layer", "decode_head_time")


def predict(row: MeasuredRow, catalog: Catalog) -> list[Prediction] | Skip:
    """`speedup` from how many tokens a pass keeps, and what drafting and verifying cost on the devices."""
    if not row.text("speedup"):
        return Skip("speed-up not stated")
    against = re.search(r"\bvs (?!autoregressive)(?:no )?([\w-]+)", row.text("speedup_kind").lower())
    if against or "at equal throughput" in row.text("speedup_kind"):
        return Skip("speed-up over something else than plain decoding")
    draft = method_of(row.text("method"))
    if draft is None:
        return Skip(f"cost of a draft not described: {row.text('method')}")
    accepted = accepted_by(row)
    if accepted is None:
        return Skip("accepted tokens not stated")
    tokens = row.number("draft_tokens") or draft.tokens
    if tokens is None:
        return Skip("draft length not stated")
    users = re.match(r"\d+", row.text("batch_or_concurrency"))
    if not users or "per rank" in row.text("batch_or_concurrency"):
        return Skip("requests in flight not stated")
    weights = weights_format(row.text("target_format"), row.text("target_model"))
    cells = dict(
        model=row.text("target_model"), weight_precision=weights or "", kv_precision="bf16",
        framework=row.text("engine"),
        isl=str(row.text("context_tokens") or int(_CONTEXT)), osl="2", concurrency_or_batch=users[0],
        scenario="latency", mode="", spec_decode="", notes="", layers="", subset="",
    )  # fmt: skip
    found = deploy(replace(row, cells={**row.cells, **cells}), catalog)
    if isinstance(found, Skip):
        return found
    # a tree verifies more tokens than it is deep; a row that states its drafts says what is verified
    verified = tokens if row.number("draft_tokens") else draft.verified or tokens
    ratio = speedup(found, draft, accepted, tokens, verified)
    measured = row.number("speedup")
    return (
        [Prediction(LedgerMetric.speedup, ratio, measured, found.chosen)] if measured else Skip("no speed-up")
    )


def accepted_by(row: MeasuredRow) -> float | None:
    """Tokens a pass keeps, with the model's own; drafts accepted one by one make them where no mean is printed."""
    stated = row.number("acceptance_length")
    if stated:
        return stated + (row.text("al_includes_bonus") == "no")
    rate, tokens = row.number("acceptance_rate"), row.number("draft_tokens")
    return float(accepted_of_rate(rate, tokens)) if rate and tokens else None


def speedup(d: Deployment, draft: Draft, accepted: float, tokens: float, verified: float) -> float:
    """Predicted ratio of token rates: `accepted` tokens a pass that drafts `tokens` and verifies `verified`."""
    users = d.values["batch"]
    plain = _step(d.values, users, 1.0)
    verify = _step(d.values, users, verified + 1)
    passes = {"none": 0.0, "head": 1.0, "layer": tokens if draft.sequential else 1.0}[draft.body]
    mixture = d.values["experts"] > 0
    layer = plain["decode_moe_layer" if mixture else "decode_dense_layer"] if draft.body == "layer" else 0.0
    each = layer + plain["decode_head_time"] + d.values["host_step_overhead"]
    whole = speculative_pass_time(verify["decode_step_time"], passes, each)
    return float(speculation_speedup(accepted, plain["decode_step_time"], whole))


def _step(given: Mapping[str, float], users: float, tokens: float) -> dict[str, float]:
    """A step in which each user has so many tokens; they share one reading of the user's cache."""
    values = dict(given) | dict(batch=users * tokens)
    for length in values.keys() & set(MOMENTS):
        values[length] = given[length] / tokens
    run(order_of("serving", _ASKED, tuple(values)), values)
    return values
