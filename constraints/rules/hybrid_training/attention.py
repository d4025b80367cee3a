"""What mixes tokens in the layers of a hybrid: operations and forward time, and those of the mean layer."""

from __future__ import annotations

from constraints.algebras.maths import minimum
from constraints.instance import instance
from constraints.quantities import Count, FlopPerToken, Seconds, Tokens
from constraints.rule import rule
from constraints.rules.library.recurrence import chunked_recurrence_time, recurrence_flops
from constraints.rules.library.spans import local_pairs, window_pairs
from constraints.rules.training.compute import fused_attention_time as fused_time


@rule(wall=11, cite="definition: mean over the tokens of a sequence")
def local_mean_span(sequence_length: Tokens, window: Tokens, chunked: Count, causal_share: Count) -> Tokens:
    """Tokens each one attends to in a layer that sees a window, or the chunk it is in.

    >>> [local_mean_span(s, 2048, 0, 0.5) for s in (1024, 2048, 4096)]  # W (1 - W / 2 S) beyond W
    [512.0, 1024.0, 1536.0]
    """
    pairs = local_pairs(sequence_length, sequence_length, window, chunked, causal_share)
    return pairs / sequence_length


@rule(wall=11, cite="definition: mean over the tokens of a sequence; DeepSeek-V3.2 (2025), sec. 2.1")
def chosen_mean_span(sequence_length: Tokens, chosen_tokens: Tokens, causal_share: Count) -> Tokens:
    """Tokens each one attends to where an indexer chooses them, if there are more to choose from.

    >>> chosen_mean_span(4096, 2048, 0.5), chosen_mean_span(1024, 2048, 0.5)
    (1536.0, 512.0)
    """
    return window_pairs(sequence_length, sequence_length, chosen_tokens, causal_share) / sequence_length


@rule(wall=11, cite="DeepSeek-V2 (2024), sec. 2.1: latent vectors serve as keys and as values of every head")
def chosen_width(
    latent: Count, kv_cache_width: Count, kv_up_in: Count, qk_width: Count, v_width: Count
) -> Count:
    """Width of keys and values of one head where tokens are chosen: that of latent vectors, if there are any.

    >>> chosen_width(1, 576, 512, 192, 128), chosen_width(0, 1024, 6144, 128, 128)
    (1088, 256)
    """
    return latent * (kv_cache_width + kv_up_in) + (1 - latent) * (qk_width + v_width)


@instance(recurrence_flops)
def recurrent_flops() -> FlopPerToken:
    """Operations of one token in one layer with a state, forward.

    >>> recurrent_flops(3, 64 * 128 * 128, 64, 64 * 5 * 128)
    11534336
    """


@rule(wall=11, cite="Chowdhery et al. 2022, PaLM appendix B, with the causal half; sum over kinds of layers")
def attention_flops_per_token(
    attention_span: Tokens,
    full_layers: Count,
    heads: Count,
    qk_width: Count,
    v_width: Count,
    sparse_layers: Count,
    chosen_mean_span: Tokens,
    index_layers: Count,
    index_query: Count,
    local_layers: Count,
    local_mean_span: Tokens,
    local_heads: Count,
    local_qk_width: Count,
    local_v_width: Count,
    recurrent_layers: Count,
    recurrent_flops: FlopPerToken,
) -> FlopPerToken:
    """Operations of what mixes tokens for one token, forward, in all layers.

    >>> none = (0, 0, 0, 0)
    >>> attention_flops_per_token(1024, 1, 1, 64, 64, *none, 1, 448, 1, 64, 64, 0, 0)  # 256 x (1024 + 448)
    376832
    >>> attention_flops_per_token(1024, 2, 1, 64, 64, 1, 256, 1, 32, 0, 0, 1, 1, 1, 3, 1e5)
    693216.0
    """
    seen = (full_layers - sparse_layers) * attention_span + sparse_layers * chosen_mean_span
    pairs = (
        seen * heads * (qk_width + v_width)
        + index_layers * attention_span * index_query
        + local_layers * local_mean_span * local_heads * (local_qk_width + local_v_width)
    )
    return 2 * pairs + recurrent_layers * recurrent_flops


@instance(
    fused_time,
    {
        "attention_span": "local_mean_span",
        "heads": "local_heads",
        "qk_width": "local_qk_width",
        "v_width": "local_v_width",
    },
)
def local_core_time() -> Seconds:
    """Forward time of scores and values of one layer that sees a window.

    >>> round(local_core_time(8192, 4096, 64, 128, 128, 8, 989e12, 1, 1, 0, 8192, 0.0) * 1e6)  # 137 GFLOP
    139
    """


@instance(
    fused_time, {"attention_span": "chosen_mean_span", "qk_width": "chosen_width"}, fixed={"v_width": 0}
)
def chosen_core_time() -> Seconds:
    """Forward time of scores and values of one layer whose tokens are chosen, the choice aside.

    >>> round(chosen_core_time(8192, 2048, 64, 256, 8, 989e12, 1, 1, 0, 8192, 0.0) * 1e6)  # 69 GFLOP
    69
    """


@instance(
    fused_time,
    {"heads": "index_query"},
    fixed={"qk_width": 1, "v_width": 0, "tp": 1},
    cite="DeepSeek-V3.2 (2025), sec. 2.1: every pair is scored, on every tensor rank",
)
def index_core_time() -> Seconds:
    """Forward time of the scores of one indexer.

    >>> round(index_core_time(8192, 4096, 8192, 989e12, 1, 1, 0, 8192, 0.0) * 1e6)  # 550 GFLOP
    556
    """


@instance(chunked_recurrence_time, {"tokens": "microbatch_tokens"})
def recurrent_core_time() -> Seconds:
    """Forward time of one layer's recurrence.

    >>> recurrent_core_time(10, 3, 100, 4, 20, 1, 2, 760.0, 0.5, 180.0, 1.0, 1.0)
    34.0
    """


@rule(wall=2, cite="definition: mean over layers", keeps="full_core_time")
def fused_attention_time(
    layers: Count,
    full_layers: Count,
    full_core_time: Seconds,
    sparse_layers: Count,
    chosen_core_time: Seconds,
    index_layers: Count,
    index_core_time: Seconds,
    local_layers: Count,
    local_core_time: Seconds,
    recurrent_layers: Count,
    recurrent_core_time: Seconds,
) -> Seconds:
    """Forward time of what mixes tokens in a layer, in the mean over layers, scores being in no memory.

    Where it takes less to attend to all tokens than to those chosen, kernels do that.

    >>> fused_attention_time(60, 15, 8.0, 0, 0, 0, 0, 0, 0, 45, 4.0)
    5.0
    >>> fused_attention_time(4, 4, 8.0, 4, 6.0, 2, 1.0, 0, 0, 0, 0)
    6.5
    """
    total = (
        (full_layers - sparse_layers) * full_core_time
        + sparse_layers * minimum(full_core_time, chosen_core_time)
        + index_layers * index_core_time
        + local_layers * local_core_time
        + recurrent_layers * recurrent_core_time
    )
    return total / layers


@rule(
    wall=2,
    cite="definition: mean over layers; kernels one by one compute the whole square",
    keeps="full_unfused_time",
)
def unfused_attention_time(
    layers: Count,
    full_layers: Count,
    local_layers: Count,
    full_unfused_time: Seconds,
    recurrent_layers: Count,
    recurrent_core_time: Seconds,
) -> Seconds:
    """The same where scores go through memory: a window saves nothing then.

    >>> unfused_attention_time(8, 2, 2, 8.0, 4, 2.0)
    5.0
    """
    square = (full_layers + local_layers) * full_unfused_time
    return (square + recurrent_layers * recurrent_core_time) / layers
