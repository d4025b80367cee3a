"""What each layer is: full attention, a window, linear attention, or something no equation describes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from designer.importing.config import Config, short
from designer.importing.family import Family, Keys

FULL, WINDOW, LINEAR = "full", "window", "linear"
# Words of published lists, one a layer.
_WORDS: Mapping[str | int, str] = {
    "full_attention": FULL,
    "attention": FULL,
    "global_attention": FULL,
    # the indexer that goes with it is said by keys of its own
    "deepseek_sparse_attention": FULL,
    "sliding_attention": WINDOW,
    "chunked_attention": WINDOW,
    "linear_attention": LINEAR,
}
_LISTS: Mapping[str, Mapping[str | int, str]] = {
    "layer_types": _WORDS,
    "hybrid_layer_pattern": {0: FULL, 1: WINDOW},
    "attn_type_list": {1: FULL, 0: LINEAR},
}


def read(c: Config, family: Family, keys: Keys) -> None:
    """Keys of the catalog about windows, and how many layers are of each kind no equation describes."""
    layers = keys["layers"]
    window = c.number("sliding_window", "attention_chunk_size")
    window = None if c.flag("use_sliding_window") is False else window
    kinds = _listed(c, family, layers) or _by_rule(c, family, layers, window)
    counts = Counter(kinds)
    # what has been said by a list may be said by other keys as well
    c.raw("full_attention_interval", "sliding_window_pattern", "linear_attn_config")
    c.raw("linear_num_heads", "linear_head_dim", "linear_conv_kernel_dim")
    if counts[WINDOW]:
        if not window:
            c.fail("sliding_window", f"missing, though {counts[WINDOW]} layers see a window")
        keys["sliding_window"], keys["sliding_layers"] = window, counts[WINDOW]
    if counts[LINEAR]:
        if not family.linear:
            c.fail("layer_types", "linear attention of a kind that is not known for this family")
        keys["undescribed"][family.linear] = counts[LINEAR]
    if counts[""]:
        keys["undescribed"]["unstated_window"] = counts[""]
    if counts[LINEAR]:
        keys["attention_blocks"] = layers - counts[LINEAR] or None


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
