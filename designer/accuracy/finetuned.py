"""A fine-tuning run as a training configuration: what stays frozen, what is trained, and what the optimizer keeps."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

from catalogs import Catalog
from constraints.bundles.modes import SHARDING
from constraints.counting import parameters
from constraints.rules.library.compression import quantised_bytes
from constraints.rules.library.finetuning import adapter_parameters, layer_widths
from constraints.rules.library.optimizers import adam_bytes
from designer.accuracy.precisions import named_format
from designer.accuracy.scoring import Skip
from designer.accuracy.settings import keeps_no_logits, words
from designer.accuracy.table import MeasuredRow
from designer.accuracy.training import Configuration, configure, evaluate

# NF4 (Dettmers et al. 2023, QLoRA): a constant for each 64 parameters, in fp32, or in 8 bit with one in fp32 for
# each 256 of them.
_NF4 = quantised_bytes(1, 4 / 8, 64, 4)
_NF4_TWICE = quantised_bytes(1, 4 / 8, 64, quantised_bytes(1, 8 / 8, 256, 4))
# Memory does not hang on the device; a row that names none is taken to have this one.
_ANY = "A100-SXM-80GB"


def configured(row: MeasuredRow, catalog: Catalog, **cells: str) -> Configuration | Skip:
    """The run's configuration with one rank of data for each device; PyTorch modules under a sharded optimizer.

    What it lacks is named: a length, a micro-batch, a model of the catalog.
    """
    for column, said in (("seq_len", "sequence length"), ("micro_batch", "micro-batch")):
        if not row.number(column):
            return Skip(f"{said} not stated")
    loose = row.text("packed") == "no" or "unpacked" in row.text("notes")
    if loose and "longest" not in row.text("notes"):
        return Skip("samples of unequal lengths are not packed: how long they are is not stated")
    gpus, micro = row.count("gpus") or 1, row.count("micro_batch") or 1
    checkpointing = {"yes": "full"}.get(row.text("activation_checkpointing").lower(), "none")
    own = dict(
        tp="1", pp="1", cp="1", dp=str(gpus), gpus=str(gpus), global_batch_seqs=str(gpus * micro), precision="bf16",
        framework="PyTorch FSDP", recompute=checkpointing, zero_stage_or_fsdp="FSDP" if gpus > 1 else "none",
        interconnect="", date="2025", gpus_per_node="",
    )  # fmt: skip
    asked = replace(row, cells={**row.cells, **own, **cells})
    found = configure(asked, catalog)
    if isinstance(found, Skip) and found.reason.startswith("accelerator not in the catalog"):
        found = configure(replace(asked, cells={**asked.cells, "hardware": _ANY}), catalog)
    if isinstance(found, Skip):
        return found
    if "before it" in row.text("notes"):
        found.chosen.append("settings of the rows before it")
    weights = 2 * parameters(found.values).total
    if gpus > 1 and weights < 0.75 * found.values["memory_capacity"]:
        found.chosen.append("sharding of the weights")
        found.values |= {k: v.si for k, v in SHARDING["zero2"].items()}
    # nothing is trained with states but what the caller says
    found.values |= dict(gradient_bytes=0.0, optimizer_bytes=0.0)
    if keeps_no_logits(words(row)):
        found.values["logit_bytes"] = 0.0
    return found


def trained(
    found: Configuration, parameter_bytes: float, gradients: float, states: float
) -> dict[str, float]:
    """Every quantity of the run, with bytes of a stored weight, of its gradient and of what the optimizer keeps."""
    found.values |= dict(parameter_bytes=parameter_bytes, gradient_bytes=gradients, optimizer_bytes=states)
    return evaluate(found)


def frozen_bytes(text: str, values: Mapping[str, float]) -> float | None:
    """Bytes of a stored weight in the mean: embedding and head stay in 16 bit where layers are narrower."""
    low = text.strip().lower()
    if low in ("", "bf16", "bfloat16", "fp16", "16 bit", "float16"):
        return 2.0
    if low in ("fp32", "float32", "32 bit"):
        return 4.0
    twice = "double" in low
    narrow = {"nf4": _NF4_TWICE if twice else _NF4, "4": _NF4}.get(low.split()[0])
    if narrow is None and named_format(low) in ("int8", "fp8"):
        narrow = 1.0
    if narrow is None:
        return None
    counted = parameters(values)
    ends = counted.embedding * (1 + values["untied"])
    return float((narrow * (counted.total - ends) + 2 * ends) / counted.total)


def state_bytes(states: str, optimizer: str) -> float | None:
    """Bytes of a parameter that an optimizer keeps on the device, None for one that is described nowhere.

    >>> [state_bytes(*x) for x in (("bf16 m and v", "AdamW"), ("8-bit m and v", ""), ("fp32 master, m, v", "Adam"))]
    [4.0, 2.03125, 12.0]
    >>> state_bytes("", "AdamW 4-bit (torchao)"), state_bytes("", "SGD"), state_bytes("", "lion")
    (1.0625, 0.0, None)
    """
    said = f"{states} {optimizer}".lower()
    narrow = re.search(r"\b([48])-? ?bit", said)
    if "lion" in said or "galore" in said or "apollo" in said:
        return None
    if "master" in said:
        return float(adam_bytes(4, 4))
    if narrow:
        bits = int(narrow[1])
        return float(adam_bytes(quantised_bytes(1, bits / 8, 256 if bits == 8 else 128, 4), 0))
    if "fp8" in said:
        return float(adam_bytes(quantised_bytes(1, 1, 256, 4), 0))
    if "bf16" in said or "16 bit" in said or "follow" in said:
        return float(adam_bytes(2, 0))
    if "fp32" in said or "32 bit" in said:
        return float(adam_bytes(4, 0))
    return 0.0 if "sgd" in said else None


def adapted_widths(values: Mapping[str, float], targets: str) -> float:
    """In and out of the products that an adapter is put on, summed over the layers; queries and values by default."""
    hidden, query = values["hidden"], values["heads"] * values["qk_width"]
    key = values["kv_heads"] * values["v_width"]
    of = {
        "q": hidden + query, "k": hidden + key, "v": hidden + key, "o": query + hidden,
        "gate": hidden + values["ffn"], "up": hidden + values["ffn"], "down": hidden + values["ffn"],
    }  # fmt: skip
    low = targets.lower()
    if "all" in low:
        each = layer_widths(hidden, query, key, values["ffn"], values["ffn_matrices"])
    else:
        each = sum(w for n, w in of.items() if re.search(rf"\b{n}(_proj)?\b", low)) or of["q"] + of["v"]
    return float(adapter_parameters(1, each * values["layers"]))
