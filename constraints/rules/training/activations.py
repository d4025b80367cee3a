"""Activations one layer keeps per token for its backward pass, by recompute mode."""

from __future__ import annotations

from typing import Any

from constraints.algebras.maths import maximum, minimum
from constraints.quantities import Bytes, BytesPerToken, Count, Fraction, Tokens
from constraints.rule import rule


def kept_bytes(always: Any, products: Any, keep_products: Any, cheap: Any, keep_cheap: Any) -> Any:
    """Activations kept of a layer of either kind: its input, and the parts that the recompute mode keeps."""
    return always + keep_products * products + keep_cheap * cheap


@rule(wall=2, cite="definition")
def sequence_share(sp: Count, tp: Count) -> Fraction:
    """Share of the norm and residual activations a TP rank keeps: 1/TP with sequence parallelism.

    >>> sequence_share(1, 8), sequence_share(0, 8)
    (0.125, 1.0)
    """
    return sp / tp + 1 - sp


@rule(
    wall=2,
    cite="Korthikanti et al. 2022, section 4, with keys and values of grouped heads counted as they are",
)
def attention_activation_bytes(
    hidden: Count,
    query_width: Count,
    kv_expanded_width: Count,
    attention_width: Count,
    query_down: Count,
    kv_down: Count,
    kv_ranks: Count,
    tp: Count,
    sequence_share: Fraction,
    activation_bytes: Bytes,
    operand_bytes: Bytes,
) -> BytesPerToken:
    """What attention must keep for its backward pass per token of a layer, without scores.

    Query, keys, values, the attention output in the precision of the product it goes into, the
    latent projections if any, and the residual stream after it. The fused kernel recomputes scores.

    >>> attention_activation_bytes(8192, 64 * 128, 2 * 8192, 8192, 0, 0, 8, 8, 1 / 8, 2, 2)  # 10 hidden / TP
    10240.0
    >>> attention_activation_bytes(10, 6, 12, 8, 4, 5, 1, 2, 0.5, 2, 1)  # 2 (12 + 6 / 2 + 19 / 2) + 8 / 2
    53.0
    """
    kept = query_width / tp + kv_expanded_width / kv_ranks
    kept = kept + (hidden + query_down + kv_down) * sequence_share
    return activation_bytes * kept + operand_bytes * attention_width / tp


@rule(wall=2, cite="Korthikanti et al. 2022, eq. 2: softmax, its mask and its output, 5 bytes a score")
def score_activation_bytes(
    unfused_attention: Count,
    heads: Count,
    sequence_length: Tokens,
    cp: Count,
    tp: Count,
    activation_bytes: Bytes,
) -> BytesPerToken:
    """Attention scores kept per token of a layer where attention is not a fused kernel.

    Two copies of every score and a mask of half an activation: 2 + 2 + 1 bytes in 16 bit.

    >>> score_activation_bytes(1, 64, 2048, 1, 8, 2)
    81920.0
    """
    return unfused_attention * 2.5 * activation_bytes * heads * sequence_length / (cp * tp)


@rule(
    wall=2, cite="Korthikanti et al. 2022, section 4: the inputs of the second matrix product's non-linearity"
)
def dense_ffn_activation_bytes(
    ffn_matrices: Count, ffn: Count, tp: Count, activation_bytes: Bytes
) -> BytesPerToken:
    """Outputs of the first feed-forward projections, per token of a dense layer.

    >>> dense_ffn_activation_bytes(3, 28_672, 8, 2), dense_ffn_activation_bytes(2, 28_672, 8, 2)
    (14336.0, 7168.0)
    """
    return activation_bytes * (ffn_matrices - 1) * ffn / tp


@rule(wall=2, cite="Megatron-Core MoE: permuted inputs and first projections are kept for backward")
def moe_ffn_activation_bytes(
    ffn_matrices: Count,
    experts_per_token: Count,
    shared_experts: Count,
    expert_ffn: Count,
    expert_hidden: Count,
    tp: Count,
    sequence_share: Fraction,
    activation_bytes: Bytes,
    operand_bytes: Bytes,
) -> BytesPerToken:
    """The same for a mixture layer: each token is copied to its experts first.

    Routing is taken as balanced.

    >>> moe_ffn_activation_bytes(3, 8, 1, 2048, 7168, 1, 1, 2, 2)  # DeepSeek-V3: 2 (2 x 9 x 2048 + 8 x 7168)
    188416.0
    """
    projected = (ffn_matrices - 1) * (experts_per_token + shared_experts) * expert_ffn / tp
    return activation_bytes * projected + operand_bytes * experts_per_token * expert_hidden * sequence_share


@rule(
    wall=2, cite="Megatron-Core selective recompute: norms and the activation function cost no matrix product"
)
def dense_cheap_activation_bytes(
    hidden: Count, ffn: Count, tp: Count, sequence_share: Fraction, operand_bytes: Bytes
) -> BytesPerToken:
    """Activations of a dense layer that are cheap to recompute: norm outputs, non-linearity output.

    All are inputs of products, and kept in the precision of these.

    >>> dense_cheap_activation_bytes(8192, 28_672, 8, 1 / 8, 2)  # 2 (2 x 1024 + 3584)
    11264.0
    """
    return operand_bytes * (2 * hidden * sequence_share + ffn / tp)


@rule(
    wall=2, cite="Megatron-Core selective recompute: norms and the activation function cost no matrix product"
)
def moe_cheap_activation_bytes(
    hidden: Count,
    experts_per_token: Count,
    shared_experts: Count,
    expert_ffn: Count,
    tp: Count,
    sequence_share: Fraction,
    operand_bytes: Bytes,
) -> BytesPerToken:
    """Activations of a mixture layer that are cheap to recompute: norm and non-linearity outputs.

    Expert outputs are not kept: router weights multiply the non-linearity inside the expert.

    >>> moe_cheap_activation_bytes(7168, 8, 1, 2048, 1, 1, 2)  # 2 (2 x 7168 + 9 x 2048)
    65536.0
    """
    return operand_bytes * (
        2 * hidden * sequence_share + (experts_per_token + shared_experts) * expert_ffn / tp
    )


@rule(wall=2, cite="definition: a layer's input is kept in every recompute mode")
def layer_input_bytes(hidden: Count, sequence_share: Fraction, activation_bytes: Bytes) -> BytesPerToken:
    """The input of a layer, per token.

    >>> layer_input_bytes(8192, 1 / 8, 2), layer_input_bytes(8192, 1, 2)
    (2048.0, 16384)
    """
    return activation_bytes * hidden * sequence_share


@rule(wall=2, cite="Korthikanti et al. 2022, section 5: stored by recompute mode")
def dense_layer_activation_bytes(
    layer_input_bytes: BytesPerToken,
    attention_activation_bytes: BytesPerToken,
    score_activation_bytes: BytesPerToken,
    dense_ffn_activation_bytes: BytesPerToken,
    dense_cheap_activation_bytes: BytesPerToken,
    keep_products: Count,
    keep_cheap: Count,
) -> BytesPerToken:
    """Activations kept per token of a dense layer. The recompute mode says which parts are kept.

    >>> [dense_layer_activation_bytes(1, 10, 100, 20, 5, *kept) for kept in ((0, 0), (1, 0), (1, 1))]
    [1, 31, 136]
    """
    return kept_bytes(
        layer_input_bytes, attention_activation_bytes + dense_ffn_activation_bytes, keep_products,
        dense_cheap_activation_bytes + score_activation_bytes, keep_cheap,
    )  # fmt: skip


@rule(wall=2, cite="Korthikanti et al. 2022, section 5: stored by recompute mode")
def moe_layer_activation_bytes(
    layer_input_bytes: BytesPerToken,
    attention_activation_bytes: BytesPerToken,
    score_activation_bytes: BytesPerToken,
    moe_ffn_activation_bytes: BytesPerToken,
    moe_cheap_activation_bytes: BytesPerToken,
    keep_products: Count,
    keep_cheap: Count,
) -> BytesPerToken:
    """Activations kept per token of a mixture layer.

    >>> [moe_layer_activation_bytes(2, 10, 100, 30, 8, *kept) for kept in ((0, 0), (1, 0), (1, 1))]
    [2, 42, 150]
    """
    return kept_bytes(
        layer_input_bytes, attention_activation_bytes + moe_ffn_activation_bytes, keep_products,
        moe_cheap_activation_bytes + score_activation_bytes, keep_cheap,
    )  # fmt: skip


@rule(wall=2, cite="definition: the layer being recomputed is whole in memory")
def recompute_workspace(
    microbatch_tokens: Tokens,
    attention_activation_bytes: BytesPerToken,
    score_activation_bytes: BytesPerToken,
    dense_ffn_activation_bytes: BytesPerToken,
    dense_cheap_activation_bytes: BytesPerToken,
    moe_ffn_activation_bytes: BytesPerToken,
    moe_cheap_activation_bytes: BytesPerToken,
    dense_layers: Count,
    moe_layers: Count,
    keep_products: Count,
    keep_cheap: Count,
) -> Bytes:
    """What is repeated of a forward pass, for the one layer it is being repeated for.

    >>> layer = (100, 10, 0, 20, 5, 50, 8)
    >>> [recompute_workspace(*layer, *x) for x in ((3, 58, 0, 0), (80, 0, 0, 0), (80, 0, 1, 0), (80, 0, 1, 1))]
    [6800, 3500, 500, 0]
    """
    products, cheap = 1 - keep_products, 1 - keep_cheap
    dense = products * (attention_activation_bytes + dense_ffn_activation_bytes) + cheap * (
        dense_cheap_activation_bytes + score_activation_bytes
    )
    mixture = products * (attention_activation_bytes + moe_ffn_activation_bytes) + cheap * (
        moe_cheap_activation_bytes + score_activation_bytes
    )
    return microbatch_tokens * maximum(dense * minimum(1, dense_layers), mixture * minimum(1, moe_layers))
