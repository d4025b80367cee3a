"""What every serving engine says in its own words: formats, layout, batch and chunk, as decisions."""

from __future__ import annotations

import re
from collections.abc import Mapping

from catalogs.errors import InputError
from designer.jobs.inference import PREFILL_BATCH
from designer.launching.options import Words
from designer.launching.stated import Reading
from designer.question.context import Value

_VARIABLE = re.compile(r"[A-Z][A-Z0-9_]*=")


def devices_named(before: list[str]) -> int | None:
    """How many devices a command is shown by CUDA_VISIBLE_DEVICES; None where it does not say.

    >>> devices_named(["CUDA_VISIBLE_DEVICES=0,1,2,3", "vllm"]), devices_named(["vllm"])
    (4, None)
    """
    for word in before:
        if found := re.fullmatch(r"(?:CUDA|HIP|ROCR)_VISIBLE_DEVICES=(\d+(?:,\d+)*)", word):
            return len(found[1].split(","))
    return None


def model_name(words: Words, option: str) -> str:
    """The model that a line serves; raises InputError where it says none."""
    if option in words:
        return _told(" ".join(words.given[option]), words)
    named = [w for w in words.alone if not _VARIABLE.match(w)]
    if not named:
        raise InputError(f"{words.grammar.title}: the line names no model")
    return _told(named[0], words)


def _told(name: str, words: Words) -> str:
    """The name of a model; of a folder that only a shell could find, its last part says enough."""
    if "$" in (last := name.rstrip("/").rpartition("/")[2]) or not last:
        raise InputError(f"{words.grammar.title}: model {name} is known only when it runs; write its name")
    return name.rpartition("/")[2] if "$" in name else name


def options_of(words: Words) -> dict[str, str]:
    """Every option with its value, as the launcher names them."""
    return {
        **{n: " ".join(v) or "on" for n, v in words.given.items()},
        **{n: " ".join(v) for n, v in words.unknown.items()},
    }


def check_devices(stated: Reading, shown: int | None) -> None:
    """Raise InputError where fewer devices are shown than a replica takes."""
    d = stated.decisions
    needs = int(d["tp"]) * int(d["pp"]) * int(d["dp"])
    if shown is not None and shown < needs:
        raise InputError(
            f"CUDA_VISIBLE_DEVICES shows {shown} devices, and a replica takes tp * pp * dp = {needs}"
        )


def sequences(count: int, embeds: bool) -> dict[str, Value]:
    """The most sequences at once as decisions: where nothing is generated, prompts share a pass.

    >>> sequences(64, True), sequences(64, False)
    ({'prefill_batch': 64, 'batch': 1}, {'batch': 64})
    """
    return {PREFILL_BATCH.name: count, "batch": 1} if embeds else {"batch": count}


def because(words: Words, names: Mapping[str, str]) -> dict[str, str]:
    """Which words gave each decision, of those that the line says."""
    return {decision: words.written[option] for decision, option in names.items() if option in words}
