"""How methods of speculation draft and verify, as their implementations do unless told otherwise."""

from __future__ import annotations

import re
from dataclasses import dataclass


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
