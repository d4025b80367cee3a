"""Prompts of a hybrid: operations of the pairs of tokens that attend to each other, and recurrences."""

from __future__ import annotations

from constraints.algebras.maths import guarded, minimum
from constraints.instance import instance
from constraints.quantities import Count, Flop, FlopPerSecond, Fraction, Seconds, Tokens
from constraints.rule import rule
from constraints.rules.library.recurrence import chunked_recurrence_time
from constraints.rules.library.spans import local_pairs, window_pairs


@rule(
    wall=4,
    cite="definition: each pair of tokens of each head; DeepSeek-V3.2 (2025), sec. 2.1 for chosen ones",
)
def prefill_score_flops(
    prefill_batch: Count,
    input_tokens: Tokens,
    input_square: Tokens,
    causal_share: Count,
    full_layers: Count,
    heads: Count,
    qk_width: Count,
    v_width: Count,
    sparse_layers: Count,
    chosen_tokens: Tokens,
    latent: Count,
    kv_cache_width: Count,
    kv_up_in: Count,
    index_layers: Count,
    index_query: Count,
    local_layers: Count,
    window: Tokens,
    chunked: Count,
    local_heads: Count,
    local_qk_width: Count,
    local_v_width: Count,
    tp: Count,
) -> Flop:
    """Operations of scores and values of all layers on one device in a prefill pass, those of indexers included.

    Attention to chosen tokens reads the latent vectors themselves, which are wider than a head; a short
    prompt is cheaper as if all tokens were chosen. Every tensor rank scores all pairs for the indexer.

    >>> none, local = (0, 1, 0, 0, 0, 0, 0), (0, 1, 0, 1, 0, 0)
    >>> prefill_score_flops(1, 1e3, 1e3, 0.5, 1, 4, 1, 1, *none, 1, 100, 0, 4, 1, 1, 2)  # 8 (5e5 + 1e5 - 5e3)
    4760000.0
    >>> index = (1, 100, 1, 6, 4, 1, 3)  # 4 heads x 10 x (1e5 - 5e3), and 3 x 5e5
    >>> prefill_score_flops(1, 1e3, 1e3, 0.5, 1, 4, 3, 2, *index, *local, 1)
    10600000.0
    """
    every = causal_share * input_square**2
    dense = heads * (qk_width + v_width) * every
    width = latent * (kv_cache_width + kv_up_in) + (1 - latent) * (qk_width + v_width)
    chosen = heads * width * window_pairs(input_tokens, input_square, chosen_tokens, causal_share)
    near = local_pairs(input_tokens, input_square, window, chunked, causal_share)
    split = (
        (full_layers - sparse_layers) * dense
        + sparse_layers * minimum(dense, chosen)
        + local_layers * local_heads * (local_qk_width + local_v_width) * near
    )
    return 2 * prefill_batch * (split / tp + index_layers * index_query * every)


@instance(chunked_recurrence_time, {"tokens": "prefill_tokens"})
def prefill_state_time() -> Seconds:
    """Time of one layer's recurrence in a prefill pass.

    >>> prefill_state_time(10, 3, 100, 4, 20, 1, 2, 760.0, 0.5, 180.0, 1.0, 1.0)
    34.0
    """


@rule(wall=4, cite="Dao et al. 2023, FlashAttention-2: efficiency grows with the sequence a kernel sees")
def prefill_attention_time(
    prefill_score_flops: Flop,
    input_tokens: Tokens,
    input_square: Tokens,
    full_layers: Count,
    index_layers: Count,
    local_layers: Count,
    attention_rate: FlopPerSecond,
    attention_fraction: Fraction,
    attention_half_length: Tokens,
    base_launch_floor: Seconds,
    recurrent_layers: Count,
    prefill_state_time: Seconds,
) -> Seconds:
    """Time of what mixes tokens in all layers of a prefill pass, in the mean over prompt lengths.

    >>> prefill_attention_time(4e6, 1e3, 1e3, 1, 0, 1, 1e6, 1, 0, 0.5, 3, 2.0)
    11.0
    """
    slow_down = 1 + attention_half_length * input_tokens / guarded(input_square**2)
    return (
        (full_layers + index_layers + local_layers) * base_launch_floor
        + prefill_score_flops * slow_down / (attention_rate * attention_fraction)
        + recurrent_layers * prefill_state_time
    )
