"""What a deployment holds on a device: weights, room for cache, cache of a sequence; and whether it starts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from catalogs import Catalog
from constraints.graph import run
from designer.accuracy.asking import lacking, order_of
from designer.accuracy.deployments import Deployment, deploy
from designer.accuracy.scoring import Skip
from designer.accuracy.shape import catalog_model
from designer.accuracy.table import MeasuredRow
from designer.jobs.serving import PARTS

GIB = 2.0**30
# Sequences that an engine prepares to decode at once where nobody says otherwise.
SEQUENCES = 256.0
_LENGTH = re.compile(r"\d+")


def held(row: MeasuredRow, catalog: Catalog, length: float, **cells: str) -> dict[str, float] | Skip:
    """Quantities of one device, those of `PARTS.memory` among them, with a longest sequence of `length` tokens.

    `cells` say in the columns of a serving table what the row says in its own.
    """
    usual = dict(
        mode="",
        spec_decode="",
        subset="",
        config_known="",
        osl="1",
        concurrency_or_batch="1",
        scenario="server",
    )
    asked = replace(row, cells={**row.cells, **usual, "isl": f"{length - 1:.0f}", **cells})
    found = deploy(asked, catalog)
    return found if isinstance(found, Skip) else on_device(found, asked)


def on_device(d: Deployment, row: MeasuredRow) -> dict[str, float] | Skip:
    """The same of a deployment, with the settings of memory that a row states."""
    values = dict(d.values)
    values |= dict(batch=row.number("max_num_seqs") or SEQUENCES, prefill_batch=1.0)
    if chunk := row.number("max_num_batched_tokens"):
        values["prefill_chunk"] = chunk
    elif whole_prompts(row.text("framework")):
        values["prefill_chunk"] = max(values["prefill_chunk"], values["context_limit"])
    if share := row.number("gpu_memory_utilization"):
        values["memory_utilization"] = share
    if missing := lacking(PARTS.job, PARTS.memory, values):
        return missing
    run(order_of(PARTS.job, PARTS.memory, tuple(values)), values)
    return values


def whole_prompts(engine: str) -> bool:
    """Whether an engine reads a prompt in one pass whatever its length: vLLM did until 0.8 (its V0 engine).

    >>> whole_prompts("vLLM 0.6"), whole_prompts("vLLM 0.11"), whole_prompts("vLLM")
    (True, False, False)
    """
    found = re.match(r"vllm 0\.(\d+)", engine.lower())
    return found is not None and int(found[1]) < 8


def expert_ranks(row: MeasuredRow, catalog: Catalog) -> str:
    """Ranks that experts lie on: data ranks of one engine share the experts of a mixture."""
    model = catalog_model(row.text("model"), catalog)
    mixture = model is not None and model.architecture is not None and bool(model.architecture.experts)
    dp = row.count("dp") or 1
    return str(dp * (row.count("tp") or 1)) if mixture and dp > 1 else ""


def starts(values: Mapping[str, float]) -> bool:
    """Whether the weights fit, and beside them the longest sequence."""
    return values[PARTS.room] >= values[PARTS.longest] and values[PARTS.room] > 0


def cache_format(text: str, width: float = 128.0) -> str | None:
    """The serving table's name of a cache's format, None for one that is described nowhere.

    An engine that is told nothing keeps its cache in 16 bit, whatever its weights are. Formats with a scale
    for each token and head add two bytes to `width` elements.

    >>> cache_format("fp8_e4m3"), cache_format(""), cache_format("int8 per token and head"), cache_format("fp8 + bf16")
    ('fp8', 'bf16', '8.125bpw', None)
    """
    low = text.strip().lower()
    if low in ("", "auto", "bf16", "bfloat16", "fp16", "float16", "half"):
        return "bf16"
    if re.fullmatch(r"fp8(_e\dm\d)?(fn)?", low):
        return "fp8"
    if found := re.fullmatch(r"(?:int(\d)|(\d)-bit) (?:per token and head|\(turboquant\))", low):
        return f"{int(found[1] or found[2]) + 16 / width}bpw"
    return "fp8" if low == "int8" else None


def weights_format(text: str, model: str) -> str | None:
    """The serving table's name of the format of weights, None for several at once.

    >>> weights_format("int4 autoround", ""), weights_format("nvfp4 (W4A4)", ""), weights_format("nvfp4 + fp8", "")
    ('int4', 'nvfp4', None)
    """
    low = text.strip().lower()
    if re.search(r"mixed|\+|experts|any", low):
        return None
    return re.split(r"[\s(]", low)[0]


def length_of(text: str) -> float | None:
    """A context length, None where a cell is blank or holds a word or a variable."""
    return float(text) if _LENGTH.fullmatch(text.strip()) else None
