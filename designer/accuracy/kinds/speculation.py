"""Speed-ups of speculative decoding against plain decoding of the same model on the same devices."""

from __future__ import annotations

import re
from dataclasses import replace

from catalogs import Catalog
from constraints.rules.library.speculation import accepted_of_rate
from designer.accuracy.deployments import deploy
from designer.accuracy.drafts import method_of, speedup
from designer.accuracy.held import weights_format
from designer.accuracy.kinds import FactsKind
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.scoring import Prediction, Skip
from designer.accuracy.table import MeasuredRow

KIND = FactsKind(
    marks=frozenset({"acceptance_length", "draft_tokens", "target_model"}),
    needs=frozenset({"target_model", "speedup"}),
    called="speed-ups of speculation",
)
# Context of a benchmark whose table does not say one: questions of a few hundred tokens and their answers.
_CONTEXT = 512.0


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
    ratio = speedup(found.values, found.values["batch"], draft, accepted, tokens, verified)
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
