"""Attention: heads, their sizes and biases, latent keys and values, the indexer of sparse attention."""

from __future__ import annotations

from designer.importing.config import Config, short
from designer.importing.family import Family, Keys

_HEADS = ("num_attention_heads", "n_head", "n_heads", "num_heads")
_KV_HEADS = ("num_key_value_heads", "num_kv_heads", "multi_query_group_num")
_BIAS = ("attention_bias", "use_bias", "bias", "qkv_bias", "use_qkv_bias", "add_qkv_bias")


def read(c: Config, family: Family, keys: Keys) -> None:
    """Keys of the catalog about attention."""
    heads = c.needed(*_HEADS)
    keys["heads"] = heads
    keys["kv_heads"] = c.number(*_KV_HEADS) or heads
    latent = c.number("kv_lora_rank")
    if latent:
        _latent(c, keys, latent)
    else:
        keys["head_dim"] = (
            c.number("head_dim", "kv_channels", "attention_head_dim") or keys["hidden"] // heads
        )
        keys["q_lora_rank"] = c.number("q_lora_rank")
        c.number("qk_rope_head_dim")
        _values(c, keys)
    _bias(c, family, keys)
    index = c.number("index_n_heads")
    if index:
        keys["index_heads"], keys["index_head_dim"] = index, c.needed("index_head_dim")
        keys["index_topk"] = c.needed("index_topk")
        kinds = c.items("indexer_types") or []
        own = len(kinds) - kinds.count("shared")
        keys["index_layers"] = own if own < len(kinds) else None
    _blocks(c, keys)
    _gate(c, keys)


def _latent(c: Config, keys: Keys, rank: int) -> None:
    """Multi-head latent attention; `head_dim` of such a configuration may be any part of a head."""
    nope, rope = c.needed("qk_nope_head_dim"), c.number("qk_rope_head_dim", zero=True) or 0
    keys["head_dim"] = nope + rope
    keys["q_lora_rank"] = c.number("q_lora_rank")
    keys |= {"kv_lora_rank": rank, "rope_dim": rope, "nope_dim": nope, "v_dim": c.needed("v_head_dim")}
    c.number("head_dim", zero=True)
    c.number("qk_head_dim", zero=True)


def _values(c: Config, keys: Keys) -> None:
    values = c.number("v_head_dim")
    keys["v_dim"] = values if values != keys["head_dim"] else None


def _blocks(c: Config, keys: Keys) -> None:
    """MiniMax-M3: an indexer that chooses blocks of tokens, for each group of heads one choice."""
    chosen = c.part("sparse_attention_config")
    if chosen is None or chosen.flag("use_sparse_attention") is False:
        return
    layers = chosen.items("sparse_attention_freq") or [1] * keys["layers"]
    if sum(map(bool, layers)):
        keys["index_heads"] = chosen.needed("sparse_num_index_heads")
        keys["index_head_dim"] = chosen.needed("sparse_index_dim")
        keys["index_topk"] = chosen.needed("sparse_topk_blocks") * chosen.needed("sparse_block_size")
        sparse = sum(map(bool, layers))
        keys["sparse_layers"] = sparse if sparse < keys["layers"] else None


def _gate(c: Config, keys: Keys) -> None:
    """A gate on the output of attention: a number for each of its channels, or for each head."""
    if c.flag("attn_output_gate", "attention_output_gate", "mla_use_output_gate"):
        keys["output_gate"] = "channel"
    key, gating = c.raw("gating")
    if gating not in (None, False):
        if gating not in (True, "per-head", "per-channel"):
            c.fail(key, f"a gate that is not known: {short(gating)}")
        keys["output_gate"] = "channel" if gating == "per-channel" else "head"


def _bias(c: Config, family: Family, keys: Keys) -> None:
    said = c.flag(*_BIAS)
    keys["attention_bias"] = family.bias if said is None else family.biased if said else "none"
