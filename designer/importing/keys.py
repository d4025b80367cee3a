"""Keys that nothing was read from: those that sound like the shape of a model are not passed over."""

from __future__ import annotations

import re

from catalogs.errors import InputError, Problem
from designer.importing.config import Config, short

# Words of keys that say what layers a model has and how large they are.
_SHAPE = re.compile(
    r"layer|head|attn|attention|expert|moe|ffn|mlp|intermediate|hidden|window|latent|lora|rank|(^|_)kv(_|$)"
    r"|ssm|mamba|recurren|sparse|compress|vocab|embed|block|memory"
)
# Keys with such words that change neither the shape nor the operations of a plan.
_HARMLESS = re.compile(
    r".*(dropout|_act|activation|_eps|epsilon|_token_id|_token_index|_theta|_note|_beta|_limit|_norm(_type)?|_dtype"
    r"|_scale|_freq_scale|softcapping|_loss_coef|_jitter_noise|_initializer|_plan|_scaling_factor|_router_bias)"
    r"|output_\w+|hidden_act|mlp_hidden_act|max_window_layers|num_hash_layers|router_\w+|topk_\w+|n_group"
    r"|norm_topk_prob|num_expert_group|use_\w+_kernels|use_cache|head_dim_note|cross_attention_hidden_size"
    r"|add_cross_attention|attention_value_scale|add_\w+_sink_bias|moe_renormalize|moe_router_activation_func"
    r"|moe_shared_expert_overlap|moe_apply_router_weight_on_input|enable_moe_fp32_combine|latent_moe_use_norm"
    r"|chunk_size_feed_forward|mamba_(proj|conv)_bias|mamba_chunk_size|layernorm_\w+_(alpha|beta)|shared_moe_mode"
    r"|(full_attn|linear_attn|mlp)_(alpha|beta)_factor|block_size|position_embedding_type|mtp_use_dedicated_embeddings|dspark_\w+|engram_\w+|candidate_\w+|vocab_size_per_layer_input|projector_\w+"
    r"|index_\w+|linear_lower_bound|no_rope_layers?|use_bidirectional_attention|image_\w+|vision_\w+"
    r"|embedding_multiplier|residual_multiplier|attention_multiplier|logits_scaling|qk_layernorm|layer_rope_theta"
)


def unread(c: Config) -> list[str]:
    """Keys that nothing was read from; raises InputError for those that may change the shape."""
    rest = [k for k in c.data if k not in c.read]
    matter = [k for k in rest if _matters(k, c.data[k])]
    if matter:
        names = ", ".join(short(k) for k in matter[:8]) + (" ..." if len(matter) > 8 else "")
        raise InputError(
            Problem(
                f"what {names} {'mean' if len(matter) > 1 else 'means'} for the shape is not known", c.file
            )
        )
    return [k if k.isprintable() and len(k) <= 60 else short(k) for k in rest]


def _matters(key: str, value: object) -> bool:
    """Whether a key may say something of the shape: it sounds so, and its value is not nothing.

    >>> _matters("num_memory_layers", 4), _matters("num_memory_layers", 0), _matters("rms_norm_eps", 1e-6)
    (True, False, False)
    """
    if value in (None, False, 0, 1, "", [], {}):
        return False
    return bool(_SHAPE.search(key)) and not _HARMLESS.fullmatch(key)
