"""Models with latent attention (MLA): DeepSeek and those that took it over."""

from designer.importing.config import Config
from designer.importing.family import Family, Keys


def _two_blocks(c: Config, keys: Keys) -> None:
    """LongCat: each layer is two of attention and a dense block, the first with experts beside that block.

    A dense block beside the experts runs for every token, as a shared expert does.
    """
    width = c.needed("ffn_hidden_size")
    keys |= {"layers": 2 * keys["layers"], "moe_every": 2, "ffn": width, "shared_experts": 1}
    keys["shared_expert_ffn"] = width if width != keys["expert_ffn"] else None


def _every_layer_compressed(c: Config, keys: Keys) -> None:
    """DeepSeek-V4: a window in every layer beside the compressed branch, so it is no layer's only sight."""
    window_only = keys["layers"] - keys["undescribed"].get("compressed_attention", 0)
    keys["undescribed"].pop("unstated_window", None)
    window = c.number("sliding_window")
    if window and window_only:
        keys["sliding_window"], keys["sliding_layers"] = window, window_only


FAMILIES = (
    Family(types=("deepseek_v2", "deepseek_v3", "deepseek_v32", "kimi_k2"), name="deepseek"),
    Family(
        types=("deepseek_v4", "deepseek_v41_text", "deepseek_ref"),
        name="deepseek_v4",
        own=_every_layer_compressed,
    ),
    Family(types=("glm_moe_dsa",), name="glm5"),
    Family(types=("glm4_moe_lite",), dense_first=1),
    Family(types=("glm5_next_text",), name="glm5_next", linear="kimi_delta_attention"),
    Family(
        types=("kimi_linear",), linear="kimi_delta_attention", full_every=4, full_at_end=True, dense_first=1
    ),
    Family(types=("mistral4", "mistral_large4_text"), name="mistral4"),
    Family(types=("longcat_flash",), expert_width=("expert_ffn_hidden_size",), own=_two_blocks),
)
