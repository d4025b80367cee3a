"""A configuration as the shape of the catalog: every concept read, everything else named."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalogs.schema import Architecture
from designer.importing import attention, ends, feed_forward, foreign, keys, layers
from designer.importing.checkpoints import checkpoint_of
from designer.importing.config import MAX_LAYERS, read
from designer.importing.family import Keys, family_of
from designer.importing.formats import stored_format
from designer.importing.wrapper import language_model, left_out


@dataclass(frozen=True)
class Shape:
    """What a configuration says of a model, in the words of the catalog."""

    file: str
    family: str
    attention: str
    # Keys of the catalog's `architecture`, in its order.
    architecture: dict[str, Any]
    # The format weights are stored in.
    weights: str
    # An item of `checkpoints` of the catalog, where that format is known there.
    checkpoint: dict[str, Any] | None = None
    # What stands beside the language model.
    left_out: tuple[str, ...] = ()
    # Keys that nothing was read from.
    unread: tuple[str, ...] = field(default=(), repr=False)


def read_shape(path: str | Path) -> Shape:
    """The shape in a config.json; raises InputError for one that is not known or not understood."""
    whole = read(path)
    text = language_model(whole)
    type_, family = family_of(text, whole)
    found: Keys = {"undescribed": {}}
    ends.size(text, found)
    if found["layers"] > MAX_LAYERS:
        text.fail("num_hidden_layers", f"{found['layers']:,} layers are more than any model has")
    attention.read(text, family, found)
    feed_forward.read(text, family, found)
    layers.read(text, family, found)
    ends.read(text, whole, family, found)
    foreign.read(text, found)
    if family.own is not None:
        family.own(text, found)
    if not found.get("ffn") and not found.get("experts"):
        text.needed(*family.width)
    out = left_out(whole, text)
    weights = stored_format(whole, text)
    return Shape(
        file=str(path),
        family=family.name or type_,
        attention=_attention(found),
        architecture=_ordered(found),
        weights=weights,
        checkpoint=checkpoint_of(whole, text, _parts(found)),
        left_out=tuple(out),
        unread=tuple(keys.unread(text)),
    )


def _parts(found: Keys) -> list[str]:
    """The parts a model has, as formats cover them."""
    ffn = not found.get("experts") or bool(found.get("dense_layers") or found.get("shared_experts"))
    return ["attention", *(["ffn"] if ffn else []), *(["experts"] if found.get("experts") else [])]


def _attention(found: Keys) -> str:
    if found.get("attention_blocks") or found.get("mamba_blocks"):
        return "hybrid"
    if found.get("kv_lora_rank"):
        return "mla"
    return "mqa" if found["kv_heads"] == 1 else "mha" if found["kv_heads"] == found["heads"] else "gqa"


def _ordered(found: Keys) -> dict[str, Any]:
    """Keys with a value, in the order of the schema."""
    return {k: found[k] for k in Architecture.model_fields if found.get(k) not in (None, {})}
