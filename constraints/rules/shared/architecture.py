"""Parameters and operations of a transformer, from its architecture.

One set of equations covers multi-head, grouped-query and latent (MLA) attention: each is given as
up to five projections. A plain attention has no `query_down` and `kv_down` (width 0); a latent one
compresses first. Absent parts have width 0, so no rule asks which kind of model it is.
"""

from __future__ import annotations

from typing import Any

from constraints.instance import instance
from constraints.quantities import Count, Fraction
from constraints.rule import rule


def feed_forward_parameters(matrices: Any, hidden: Any, width: Any, bias: Any) -> Any:
    """Parameters of a feed-forward block of any width, dense or an expert's."""
    return matrices * hidden * width + bias


@rule(wall=11, cite="Vaswani et al. 2017; DeepSeek-V2 (2024) eqs. 9-16 for latent attention")
def attention_parameters(
    hidden: Count,
    query_down: Count,
    query_up_in: Count,
    query_width: Count,
    kv_down: Count,
    kv_up_in: Count,
    kv_width: Count,
    attention_width: Count,
    attention_extra: Count,
) -> Count:
    """Parameters of one attention block.

    `attention_extra` counts biases and the norms inside the block.

    >>> attention_parameters(8192, 0, 8192, 64 * 128, 0, 8192, 2 * 8 * 128, 64 * 128, 0)  # Llama-3-70B
    150994944
    >>> attention_parameters(7168, 1536, 1536, 24_576, 576, 512, 32_768, 16_384, 2048)  # DeepSeek-V3
    187107328
    """
    return (
        hidden * query_down
        + query_up_in * query_width
        + hidden * kv_down
        + kv_up_in * kv_width
        + attention_width * hidden
        + attention_extra
    )


@rule(wall=11, cite="Shazeer 2020, GLU variants improve transformer: 3 matrices, else 2")
def dense_ffn_parameters(
    ffn_matrices: Count, hidden: Count, ffn: Count, ffn_bias: Count, ffn_share: Fraction
) -> Count:
    """Parameters of the feed-forward block of a dense layer.

    `ffn_share` is the mean width of the blocks over that of the widest, 1 where all are alike.

    >>> dense_ffn_parameters(3, 8192, 28672, 0, 1), dense_ffn_parameters(2, 8192, 32_768, 0, 0.5)
    (704643072, 268435456.0)
    """
    return ffn_share * feed_forward_parameters(ffn_matrices, hidden, ffn, ffn_bias)


@instance(
    feed_forward_parameters,
    {"matrices": "ffn_matrices", "hidden": "expert_hidden", "width": "expert_ffn", "bias": "expert_bias"},
    wall=11,
    cite="Fedus et al. 2021, Switch transformers; NVIDIA 2025, Nemotron 3, sec. 2: experts in a latent dimension",
)
def expert_parameters(
    ffn_matrices: Count, expert_hidden: Count, expert_ffn: Count, expert_bias: Count
) -> Count:
    """Parameters of one routed expert, which may work in a narrower dimension than the residual stream.

    >>> expert_parameters(3, 7168, 2048, 0)
    44040192
    """


@rule(wall=11, cite="DeepSeekMoE (Dai et al. 2024): shared experts run for every token")
def moe_fixed_parameters(
    shared_experts: Count,
    ffn_matrices: Count,
    hidden: Count,
    expert_ffn: Count,
    expert_bias: Count,
    experts: Count,
    router_bias: Count,
    expert_latent: Count,
) -> Count:
    """Parameters of a mixture layer's feed-forward part that every token uses.

    Shared experts, which work in the whole residual stream, the router, and the projections into and out of
    the latent dimension of the routed experts, where there is one.

    >>> moe_fixed_parameters(1, 3, 7168, 2048, 0, 256, 256, 0)  # DeepSeek-V3
    45875456
    >>> moe_fixed_parameters(2, 2, 4096, 2688, 0, 512, 0, 1024)  # Nemotron-3-Super: 44 + 2.1 + 8.4 M
    54525952
    """
    shared = shared_experts * feed_forward_parameters(ffn_matrices, hidden, expert_ffn, expert_bias)
    return shared + hidden * experts + router_bias + 2 * hidden * expert_latent


@rule(wall=11, cite="definition: sum over layers")
def dense_layer_parameters(
    mixer_parameters: Count, dense_ffn_parameters: Count, norm_parameters: Count
) -> Count:
    """Parameters of one layer with a dense feed-forward block.

    >>> dense_layer_parameters(150_994_944, 704_643_072, 2 * 8192)  # Llama-3-70B
    855654400
    """
    return mixer_parameters + dense_ffn_parameters + norm_parameters


@rule(wall=11, cite="definition: sum over layers")
def moe_layer_fixed_parameters(
    mixer_parameters: Count, moe_fixed_parameters: Count, norm_parameters: Count
) -> Count:
    """Parameters of one mixture layer without its routed experts.

    >>> moe_layer_fixed_parameters(187_107_328, 45_875_456, 2 * 7168)  # DeepSeek-V3
    232997120
    """
    return mixer_parameters + moe_fixed_parameters + norm_parameters


@rule(wall=11, cite="Press & Wolf 2017: a tied output shares the input embedding")
def embedding_parameters(
    vocab: Count, hidden: Count, position_embeddings: Count, embedding_extra: Count
) -> Count:
    """Parameters before the first layer.

    >>> embedding_parameters(50_257, 768, 1024, 0)  # GPT-2
    39383808
    """
    return (vocab + position_embeddings) * hidden + embedding_extra


@rule(wall=11, cite="Press & Wolf 2017: a tied output shares the input embedding")
def head_parameters(vocab: Count, hidden: Count, untied: Count) -> Count:
    """Parameters of the output projection that are not shared with the input embedding.

    >>> head_parameters(128_256, 8192, 1), head_parameters(50_257, 768, 0)
    (1050673152, 0)
    """
    return untied * vocab * hidden


@rule(wall=11, cite="definition: everything that is stored", head="params", scale=1e9)
def parameters(
    dense_layers: Count,
    dense_layer_parameters: Count,
    moe_layers: Count,
    moe_layer_fixed_parameters: Count,
    experts: Count,
    expert_parameters: Count,
    embedding_parameters: Count,
    head_parameters: Count,
    final_norm_parameters: Count,
    extra_parameters: Count,
) -> Count:
    """All parameters of the model.

    `extra_parameters` is what the catalog states for parts outside the transformer stack, such as a
    vision encoder.

    >>> ends = 128_256 * 16_384
    >>> parameters(126, 3_187_703_808, 0, 0, 0, 0, ends, ends, 16_384, 0)  # Llama-3.1-405B
    405853388800
    >>> parameters(0, 0, 32, 41_984_000, 8, 176_160_768, 131_072_000, 131_072_000, 4096, 0)  # Mixtral-8x7B
    46702792704
    """
    return (
        dense_layers * dense_layer_parameters
        + moe_layers * (moe_layer_fixed_parameters + experts * expert_parameters)
        + embedding_parameters
        + head_parameters
        + final_norm_parameters
        + extra_parameters
    )


@rule(wall=11, cite="Kaplan et al. 2020, section 2.1: parameters that multiply each token, logits included")
def active_parameters(
    dense_layers: Count,
    dense_layer_parameters: Count,
    moe_layers: Count,
    moe_layer_fixed_parameters: Count,
    experts_per_token: Count,
    expert_parameters: Count,
    vocab: Count,
    hidden: Count,
) -> Count:
    """Parameters one token is multiplied with: routed experts by top-k, the input embedding not.

    The output projection multiplies every token whether tied or not.

    >>> active_parameters(0, 0, 32, 41_984_000, 2, 3 * 4096 * 14_336, 32_000, 4096)  # Mixtral-8x7B
    12748849152
    """
    return (
        dense_layers * dense_layer_parameters
        + moe_layers * (moe_layer_fixed_parameters + experts_per_token * expert_parameters)
        + vocab * hidden
    )
