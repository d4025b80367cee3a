"""Time to read prompts: products by the roofline, attention by the square of the prompt length."""

from __future__ import annotations

from constraints.algebras.maths import guarded
from constraints.instance import instance
from constraints.quantities import Count, FlopPerSecond, Fraction, Seconds, Tokens
from constraints.rule import rule
from constraints.rules.serving.decode import (
    decode_dense_elementwise_time,
    decode_ffn_time,
    decode_head_time,
    decode_projection_time,
)
from constraints.rules.serving.experts import decode_expert_time, decode_moe_elementwise_time


@rule(
    wall=4,
    cite="definition: a data rank reads its own prompts, so a replica reads `dp` times as many at once",
)
def prefill_tokens(prefill_batch: Count, input_tokens: Tokens) -> Tokens:
    """Tokens of one prefill pass on one data rank.

    >>> prefill_tokens(2, 1000)
    2000
    """
    return prefill_batch * input_tokens


@rule(wall=4, cite="definition: with EP the tokens of all data ranks meet")
def prefill_group_tokens(prefill_tokens: Tokens, expert_sources: Count) -> Tokens:
    """Tokens that reach one group of experts in a prefill pass.

    >>> prefill_group_tokens(2000, 32)
    64000
    """
    return prefill_tokens * expert_sources


@instance(
    decode_projection_time,
    {"decode_tokens": "prefill_tokens"},
    wall=4,
    cite="roofline of each projection; Shoeybi et al. 2019 for the TP split",
)
def prefill_projection_time(prefill_tokens: Tokens) -> Seconds:
    """Time of one layer's projections into and out of attention in a prefill pass.

    >>> layer = (8192, 0, 8192, 8192, 8192, 2048, 8192, 0, 1)  # Llama-3-70B, 8192 tokens: 2.47 TFLOP
    >>> round(prefill_projection_time(8192, *layer, 2, 2, 2, 989e12, 1, 1e30, 0, 1, 1, 1) * 1e3, 3)
    2.501
    """


@instance(
    decode_ffn_time,
    {"decode_tokens": "prefill_tokens"},
    wall=4,
    cite="roofline of both projections; Shoeybi et al. 2019 for the TP split",
)
def prefill_ffn_time(prefill_tokens: Tokens) -> Seconds:
    """Time of a dense feed-forward block in a prefill pass.

    >>> device = (989e12, 1, 1e30, 0, 1, 1, 1)  # arithmetic alone: 2 x 8192 x 705e6 FLOP
    >>> [round(prefill_ffn_time(8192, 8192, 28_672, 3, tp, 2, 2, 2, *device) * 1e3, 3) for tp in (1, 8)]
    [11.673, 1.459]
    """


@instance(
    decode_expert_time,
    {"decode_tokens": "prefill_tokens", "decode_group_tokens": "prefill_group_tokens"},
    wall=4,
    cite="grouped products; active parameters compute, the experts touched are read",
)
def prefill_expert_time(prefill_tokens: Tokens, prefill_group_tokens: Tokens) -> Seconds:
    """Time of a mixture layer's feed-forward part in a prefill pass.

    >>> layer, device = (7168, 7168, 256, 8, 1, 2048, 2048, 3, 1, 1, 1, 1, 1, 1, 2), (989e12, 1, 1, 1e30, 0, 1, 1, 1)
    >>> round(prefill_expert_time(4096, 4096, *layer, *device, 0, 1, 1, 1, 0, 0) * 1e3, 3)  # 2 x 4096 x 9 x 44e6 FLOP
    3.283
    """


@rule(wall=4, cite="Dao et al. 2023, FlashAttention-2: efficiency grows with the sequence a kernel sees")
def prefill_attention_time(
    prefill_batch: Count,
    input_tokens: Tokens,
    input_square: Tokens,
    causal_share: Count,
    layers: Count,
    heads: Count,
    qk_width: Count,
    v_width: Count,
    tp: Count,
    attention_rate: FlopPerSecond,
    attention_fraction: Fraction,
    attention_half_length: Tokens,
    base_launch_floor: Seconds,
) -> Seconds:
    """Time of score and value products of all layers in a prefill pass, in the mean over prompt lengths.

    Quadratic in the prompt, so it takes the second moment of the mix. At length s a kernel reaches
    `1 / (1 + half / s)` of its best, which adds `half` times the first moment.

    >>> mix = (1000.0, 1000.0, .5, 80, 64, 128, 128, 1, 989e12, .588, 917.0, 0.0)
    >>> round(prefill_attention_time(1, *mix) * 1e3, 2)
    4.32
    """
    seen = layers * (causal_share * input_square**2)
    flops = 2 * prefill_batch * seen * heads / tp * (qk_width + v_width)
    slow_down = 1 + attention_half_length * input_tokens / guarded(input_square**2)
    return layers * base_launch_floor + flops * slow_down / (attention_rate * attention_fraction)


@instance(
    decode_dense_elementwise_time,
    {"decode_tokens": "prefill_tokens"},
    wall=4,
    cite="Ivanov et al. 2021: norms, residuals, rotary and the non-linearity are memory bound",
)
def prefill_dense_elementwise_time(prefill_tokens: Tokens) -> Seconds:
    """Time of a dense layer's small kernels in a prefill pass.

    >>> t = prefill_dense_elementwise_time(1000, 1000, 1, 5, 4000, 3, 4, 2, 2e12, 1, 1e-6)
    >>> round(t * 1e6, 3)  # 2 + 6 MB and five launches
    9.0
    """


@instance(
    decode_moe_elementwise_time,
    {"decode_tokens": "prefill_tokens"},
    wall=4,
    cite="Ivanov et al. 2021; Megatron-Core MoE for copying tokens to experts and back",
)
def prefill_moe_elementwise_time(prefill_tokens: Tokens) -> Seconds:
    """Time of a mixture layer's small kernels in a prefill pass.

    >>> t = prefill_moe_elementwise_time(1000, 1000, 1, 5, 1000, 500, 3, 2, 1, 1, 2, 2e12, 1, 1e-6)
    >>> round(t * 1e6, 3)  # 2 + 25 MB and five launches
    18.5
    """


@instance(
    decode_head_time,
    {"decode_tokens": "prefill_batch"},
    wall=4,
    cite="definition: only the last token of a prompt needs logits",
)
def prefill_head_time() -> Seconds:
    """Time of the logits of a prefill pass, which give the first token of each answer.

    >>> t = prefill_head_time(1, 128_256, 8192, 1, 2, 2, 4, 1e30, 3.35e12, 0, 1, 1, 1)
    >>> round(t * 1e3, 2)  # 2.1 GB of weights
    0.63
    """
