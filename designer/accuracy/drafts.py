"""How methods of speculation draft and verify, as their implementations do unless told otherwise."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from constraints.graph import run
from constraints.rules.library.speculation import (
    accepted_of_rate,
    speculation_speedup,
    speculative_pass_time,
)
from designer.accuracy.asking import order_of
from designer.fields.gives import MOMENTS
from designer.jobs.serving import PARTS

# What is assumed of heads that predict the next token but one where nobody says how many are right.
MTP_ACCEPTANCE = 0.85
MTP_ASSUMED = "MTP: one draft, of which 85 % are assumed to be accepted (DeepSeek-V3, section 5.4.3)"


@dataclass(frozen=True)
class Draft:
    """One method.

    `words` of its name; `body` is what drafts: a layer of the model, a model of its own, or nothing. Drafts
    come in as many passes as there are tokens if `sequential`, else in one. `tokens` are drafted and
    `verified` in a pass where a table does not say: trees verify more than their depth.
    """

    words: str
    body: str
    sequential: bool
    tokens: float | None
    verified: float | None
    source: str


METHODS: tuple[Draft, ...] = (
    Draft(r"eagle-?3", "layer", True, 7, 60, "EAGLE@main ea_model.py, from_pretrained: depth 7, total_token 60"),
    Draft(r"eagle-?2", "layer", True, 5, 60, "EAGLE-2 (2024), section 5: 60 tokens, depth 5 or 6"),
    Draft(r"eagle", "layer", True, 5, 26, "EAGLE@v1 eagle/model/choices.py: mc_sim_7b_63, depth 5"),
    Draft(r"mtp|nextn", "layer", True, None, None, "DeepSeek-V3 (2024), section 2.2: a layer for each token"),
    Draft(r"dflash|dfly|dspark|block", "layer", False, None, None, "one pass of a small stack over a block"),
    Draft(r"medusa", "head", False, 4, 64, "Medusa@main medusa_choices.py: mc_sim_7b_63, four heads"),
    Draft(r"hydra", "head", True, 4, 64, "Hydra@main hydra_choices.py: mc_sim_7b_63, four heads in turn"),
    Draft(r"n-?gram|prompt lookup|suffix", "none", False, 10, 10, "Spec-Bench@02afedb: ten tokens looked up"),
    Draft(r"recycling", "none", False, 6, 80, "Token Recycling (2024): a tree of 80 tokens"),
    Draft(r"\brest\b", "none", False, 10, 64, "REST@main: 64 draft tokens from a datastore"),
    Draft(r"lookahead", "none", False, 4, 56, "Spec-Bench@02afedb eval.sh: level 5, window 7, guess 7"),
)  # fmt: skip


def method_of(name: str) -> Draft | None:
    """The method of a name, None for one that is described nowhere, as drafts by models of their own.

    >>> [d and d.body for d in map(method_of, ("EAGLE-3", "MTP", "draft model", "n-gram (prompt lookup)"))]
    ['layer', 'layer', None, 'none']
    """
    low = name.lower()
    return next((d for d in METHODS if re.search(d.words, low)), None)


def assumed_mtp_speedup(values: Mapping[str, float], users: float) -> float:
    """Speed-up of one MTP draft that is accepted as often as is assumed."""
    draft = method_of("MTP")
    assert draft is not None
    return speedup(values, users, draft, float(accepted_of_rate(MTP_ACCEPTANCE, 1)), 1, 1)


def speedup(
    values: Mapping[str, float], users: float, draft: Draft, accepted: float, tokens: float, verified: float
) -> float:
    """Predicted ratio of token rates: `accepted` tokens a pass that drafts `tokens` and verifies `verified`."""
    plain = _step(values, users, 1.0)
    verify = _step(values, users, verified + 1)
    passes = {"none": 0.0, "head": 1.0, "layer": tokens if draft.sequential else 1.0}[draft.body]
    mixture = values["experts"] > 0
    layer = plain[PARTS.moe_layer if mixture else PARTS.dense_layer] if draft.body == "layer" else 0.0
    each = layer + plain[PARTS.head] + values["host_step_overhead"]
    whole = speculative_pass_time(verify[PARTS.step], passes, each)
    return float(speculation_speedup(accepted, plain[PARTS.step], whole))


def _step(given: Mapping[str, float], users: float, tokens: float) -> dict[str, float]:
    """A step in which each user has so many tokens; they share one reading of the user's cache."""
    values = dict(given) | dict(batch=users * tokens)
    for length in values.keys() & set(MOMENTS):
        values[length] = given[length] / tokens
    run(order_of(PARTS.job, PARTS.layers, tuple(values)), values)
    return values
