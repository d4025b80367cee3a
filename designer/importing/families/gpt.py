"""Models of GPT's layout: LayerNorm and a block of two matrices, most of them with biases."""

from designer.importing.config import Config
from designer.importing.family import Family, Keys


def _falcon(c: Config, keys: Keys) -> None:
    """Falcon counts its key-value heads by three keys, and one norm feeds both blocks of the first ones."""
    new = c.flag("new_decoder_architecture")
    if not new:
        keys["kv_heads"] = keys["heads"] if c.flag("multi_query") is False else 1
    keys["parallel_blocks"] = c.flag("parallel_attn") is not False and not new


def _one_kv_head(c: Config, keys: Keys) -> None:
    if c.flag("multi_query"):
        keys["kv_heads"] = 1


def _mpt(c: Config, keys: Keys) -> None:
    attention = c.part("attn_config")
    if attention is not None:
        keys["kv_heads"] = attention.number("kv_n_heads") or keys["kv_heads"]
    ratio = c.number("expansion_ratio")
    if ratio:
        keys["ffn"] = ratio * keys["hidden"]


FAMILIES = (
    Family(
        types=("gpt2",), matrices=2, times=4, norm="layernorm", tied=True, bias="qkvo", mlp_bias=True, positions_above=0
    ),
    Family(
        types=("gpt_bigcode",), matrices=2, times=4, norm="layernorm", tied=True, bias="qkvo", mlp_bias=True,
        positions_above=0, own=_one_kv_head,
    ),
    Family(
        types=("opt",), matrices=2, times=4, norm="layernorm", tied=True, bias="qkvo", mlp_bias=True, positions_above=2
    ),
    Family(types=("bloom",), matrices=2, times=4, norm="layernorm", tied=True, bias="qkvo", mlp_bias=True),
    # its parallel residual keeps two norms
    Family(types=("gpt_neox",), name="neox", matrices=2, times=4, norm="layernorm", bias="qkvo", mlp_bias=True),
    Family(types=("gptj",), matrices=2, times=4, norm="layernorm", mlp_bias=True, parallel=True),
    Family(types=("phi",), matrices=2, norm="layernorm", bias="qkvo", mlp_bias=True, parallel=True),
    Family(types=("starcoder2",), matrices=2, norm="layernorm", tied=True, bias="qkvo", mlp_bias=True, windows="all"),
    Family(types=("falcon",), matrices=2, times=4, norm="layernorm", tied=True, own=_falcon),
    Family(types=("mpt",), matrices=2, times=4, norm="layernorm_nobias", tied=True, own=_mpt),
    Family(types=("nemotron",), matrices=2, norm="layernorm"),
    Family(types=("cohere", "cohere2"), name="cohere", norm="layernorm_nobias", tied=True, parallel=True, windows=4),
)  # fmt: skip
