"""Mixtures whose `intermediate_size` is the width of an expert, and those with blocks of their own."""

from designer.importing.config import Config
from designer.importing.family import Family, Keys


def _llama4(c: Config, keys: Keys) -> None:
    """Three of four layers see only their chunk of the sequence, where no list says which."""
    layers = keys["layers"]
    if keys["undescribed"].pop("unstated_window", None):
        keys["attention_chunk"], keys["chunked_layers"] = (
            c.needed("attention_chunk_size"),
            layers - layers // 4,
        )


def _window_heads(c: Config, keys: Keys) -> None:
    """MiMo-V2: heads of the window layers are counted by keys of their own."""
    for theirs, ours in {
        "swa_num_attention_heads": "heads", "swa_num_key_value_heads": "kv_heads", "swa_head_dim": "head_dim",
        "swa_v_head_dim": "v_dim",
    }.items():  # fmt: skip
        n = c.number(theirs)
        keys[f"local_{ours}"] = n if n not in (None, keys.get(ours) or keys["head_dim"]) else None
    c.number("sliding_window_size")


FAMILIES = (
    Family(types=("mixtral",), expert_width=("intermediate_size",), windows="all"),
    Family(
        types=("phimoe",), expert_width=("intermediate_size",), norm="layernorm", bias="qkvo", windows="all"
    ),
    Family(types=("gpt_oss",), expert_width=("intermediate_size",), bias="qkvo", mlp_bias=True, windows=2),
    Family(types=("granitemoe", "olmoe"), expert_width=("intermediate_size",)),
    Family(
        types=("minimax_m2",), expert_width=("intermediate_size",), linear="lightning_attention",
        linear_as_attention=True,
    ),
    Family(
        types=("minimax", "minimax_m1", "minimax_text_01"), name="minimax_text_01",
        expert_width=("intermediate_size",), linear="lightning_attention", linear_as_attention=True,
    ),
    Family(
        types=("minimax_m3", "minimax_m3_vl"), name="minimax_m3", width=("dense_intermediate_size",),
        expert_width=("moe_intermediate_size", "intermediate_size"),
    ),
    Family(
        types=("llama4", "llama4_text"), name="llama4", width=("intermediate_size_mlp", "intermediate_size"),
        expert_width=("intermediate_size",), shared=1, own=_llama4,
    ),
    Family(types=("glm4_moe", "glm4v_moe_text"), name="glm4_moe", biased="qkv"),
    Family(types=("ernie4_5_moe", "dots1"), dense_first=1),
    Family(types=("mimo_v2_flash",), own=_window_heads),
    Family(types=("step3p7",)),
    Family(types=("laguna",), dense_first=1),
)  # fmt: skip
