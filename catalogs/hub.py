"""Names of models on hubs: the one entry that has the shape of many published checkpoints."""

from __future__ import annotations

import re
from collections.abc import Mapping

# Words that say how a model was trained on, which changes no shape.
_TUNED = re.compile(r"[-_](instruct|chat|it|hf|base|dpo|sft|rlhf)(?=[-_]|$)")


def shape_of(name: str, known: Mapping[str, str]) -> str | None:
    """The id of the entry that a hub's `owner/model` has the shape of, or None.

    `known` are ids and aliases in lower case. Only what says how a model was trained on is left out of its
    name, `-Instruct` and the like: dates, versions and sizes are told apart.

    >>> known = {"llama-3.1-70b": "llama-3.1-70b", "google/gemma-3-4b-it": "gemma-3-4b"}
    >>> shape_of("meta-llama/Meta-Llama-3.1-70B-Instruct", known), shape_of("google/gemma-3-4b-pt", known)
    ('llama-3.1-70b', None)
    """
    owner, slash, model = name.strip().lower().partition("/")
    if not slash or not owner or not model or "/" in model:
        return None
    by_model = {k.rpartition("/")[2]: id for k, id in known.items()}
    by_plain = {_TUNED.sub("", k): id for k, id in by_model.items()}
    for plain in dict.fromkeys([model, _TUNED.sub("", model)]):
        for tried in (plain, plain.removeprefix("meta-")):
            for table in (by_model, by_plain):
                if tried in table:
                    return table[tried]
    return None
