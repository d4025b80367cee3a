"""What each layer is: full attention, a window, linear attention, or something no equation describes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from designer.importing.config import Config, short
from designer.importing.family import Family, Keys

FULL, WINDOW, CHUNK, LINEAR = "full", "window", "chunk", "linear"
# Words of published lists, one a layer.
_WORDS: Mapping[str | int, str] = {
    "full_attention": FULL,
    "attention": FULL,
    "global_attention": FULL,
    # the indexer that goes with it is said by keys of its own
    "deepseek_sparse_attention": FULL,
    "sliding_attention": WINDOW,
    "chunked_attention": CHUNK,
    "linear_attention": LINEAR,
}
_LISTS: Mapping[str, Mapping[str | int, str]] = {
    "layer_types": _WORDS,
    "hybrid_layer_pattern": {0: FULL, 1: WINDOW},
    "attn_type_list": {1: FULL, 0: LINEAR},
}


def read(c: Config, family: Family, keys: Keys) -> None:
    """Keys of the catalog about windows, chunks and states: how many layers are of each kind, and their sizes."""
    layers = keys["layers"]
    window, chunk = c.number("sliding_window"), c.number("attention_chunk_size")
    window = None if c.flag("use_sliding_window") is False else window
    kinds = _listed(c, family, layers) or _by_rule(c, family, layers, window)
    counts = Counter(kinds)
    # what has been said by a list may be said by other keys as well
    c.raw("full_attention_interval", "sliding_window_pattern")
    if counts[WINDOW]:
        if not window:
            c.fail("sliding_window", f"missing, though {counts[WINDOW]} layers see a window")
        keys["sliding_window"], keys["sliding_layers"] = window, counts[WINDOW]
    if counts[CHUNK]:
        if not chunk:
            c.fail("attention_chunk_size", f"missing, though {counts[CHUNK]} layers see a chunk")
        keys["attention_chunk"], keys["chunked_layers"] = chunk, counts[CHUNK]
    linear = _sizes(c)
    if counts[LINEAR]:
        if not family.linear:
            c.fail("layer_types", "linear attention of a kind that is not known for this family")
        keys["attention_blocks"] = layers - counts[LINEAR] or None
        keys |= {"linear_attention": family.linear, "linear_layers": counts[LINEAR]}
        keys |= _stated(c, linear or (_as_attention(keys) if family.linear_as_attention else {}))
    if counts[""] or (chunk and chunk != window and not counts[CHUNK]):
        keys["undescribed"]["unstated_window"] = counts[""] or layers


# Keys of the catalog, and what configurations call them: beside the others, or in a part of their own.
_SIZES = {
    "linear_heads": ("linear_num_value_heads", "linear_num_heads", "num_heads"),
    "linear_key_heads": ("linear_num_key_heads",),
    "linear_key_dim": ("linear_key_head_dim", "linear_head_dim", "head_dim"),
    "linear_value_dim": ("linear_value_head_dim",),
    "linear_conv": ("linear_conv_kernel_dim", "short_conv_kernel_size"),
}


def _sizes(c: Config) -> Keys:
    """Sizes of linear attention; values, and heads of keys, are those of keys, and of values, if not said."""
    own = c.part("linear_attn_config")
    found: Keys = {
        ours: c.number(*(n for n in names if n.startswith("linear_")))
        or (own.number(*names) if own is not None else None)
        for ours, names in _SIZES.items()
    }
    if not found["linear_heads"]:
        return {}
    if own is not None and own.flag("use_full_rank_gate"):
        found["linear_full_gate"] = True
    return {k: n for k, n in found.items() if n}


def _as_attention(keys: Keys) -> Keys:
    """Lightning attention of MiniMax has as many heads, of the same size, as its other layers have."""
    return {"linear_heads": keys["heads"], "linear_key_dim": keys["head_dim"]}


def _stated(c: Config, sizes: Keys) -> Keys:
    """Sizes that are all there, without those that say nothing new."""
    for ours in ("linear_heads", "linear_key_dim"):
        if ours not in sizes:
            c.fail(_SIZES[ours][0], "missing, though layers have linear attention")
    same = {"linear_key_heads": "linear_heads", "linear_value_dim": "linear_key_dim"}
    return {k: n for k, n in sizes.items() if k not in same or n != sizes[same[k]]}


def _listed(c: Config, family: Family, layers: int) -> list[str] | None:
    """Kinds of the layers by a list of the configuration, whatever its words."""
    for key, words in _LISTS.items():
        listed = c.items(key)
        if listed is not None:
            _complete(c, key, len(listed), layers)
            return [_kind(c, key, words, word) for word in listed]
    linear = c.part("linear_attn_config")
    if linear is not None:
        full, kda = linear.items("full_attn_layers") or [], linear.items("kda_layers") or []
        _complete(c, "linear_attn_config", len(full) + len(kda), layers)
        return [FULL] * len(full) + [LINEAR] * len(kda)
    return None


def _complete(c: Config, key: str, found: int, layers: int) -> None:
    if found != layers:
        c.fail(key, f"names {found} layers, and the model has {layers}")


def _kind(c: Config, key: str, words: Mapping[str | int, str], word: object) -> str:
    if not isinstance(word, str | int) or word not in words:
        c.fail(key, f"a kind of layer that is not known: {short(word)}")
    return words[word]


def _by_rule(c: Config, family: Family, layers: int, window: int | None) -> Iterable[str]:
    """Kinds of the layers by a period, stated or the family's own."""
    every = c.number("full_attention_interval") or family.full_every
    if every:
        last = layers if family.full_at_end else None
        return [FULL if i % every == 0 or i == last else LINEAR for i in range(1, layers + 1)]
    if not window:
        return [FULL] * layers
    every = c.number("sliding_window_pattern") or (family.windows if isinstance(family.windows, int) else 0)
    if every:
        return [FULL if (i + 1) % every == 0 else WINDOW for i in range(layers)]
    return [WINDOW if family.windows == "all" else ""] * layers
