"""The ends of a model: vocabulary, positions, embeddings, norms."""

from __future__ import annotations

from designer.importing.config import Config
from designer.importing.family import Family, Keys

_CONTEXT = ("max_position_embeddings", "n_positions", "max_sequence_length", "seq_length", "max_seq_len")
_LAYERS = ("num_hidden_layers", "n_layer", "n_layers", "num_layers")
# Models without positions of their own (ALiBi) state none, and were trained on this many.
_UNSTATED_CONTEXT = 2048


def size(c: Config, keys: Keys) -> None:
    """Layers and the width of the residual stream."""
    listed = c.items("layers_block_type")
    layers = c.number(*_LAYERS) or (len(listed) if listed else c.needed(*_LAYERS))
    keys["layers"] = layers
    keys["hidden"] = c.needed("hidden_size", "n_embd", "n_embed", "d_model")


def read(c: Config, outer: Config, family: Family, keys: Keys) -> None:
    """Keys of the catalog about the ends; a wrapper may say alone whether embeddings are tied."""
    keys["vocab"] = c.needed("vocab_size", "padded_vocab_size")
    keys["max_context"] = c.number(*_CONTEXT) or _UNSTATED_CONTEXT
    tied = c.flag("tie_word_embeddings")
    if tied is None:
        tied = outer.flag("tie_word_embeddings")
    keys["tied_embeddings"] = family.tied if tied is None else tied
    if family.positions_above is not None:
        keys["position_embeddings"] = keys["max_context"] + family.positions_above
    keys["norm"] = family.norm
    keys["parallel_blocks"] = family.parallel
