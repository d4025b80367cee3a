"""How many pairs of tokens attend to each other where a token does not see all of those before it.

`square` is the root of the mean square of the lengths: that of a mix of lengths is above their mean.
"""

from __future__ import annotations

from constraints.algebras.maths import floor, minimum
from constraints.quantities import Count, Tokens
from constraints.rule import rule


@rule(wall=11, cite="Beltagy et al. 2020, Longformer; definition: token i of a sequence sees min(i, window)")
def window_pairs(tokens: Tokens, square: Tokens, window: Tokens, causal_share: Count) -> Count:
    """Pairs of a sequence where each token sees those before it, back to `window` tokens: W S - W^2 / 2.

    Without causality (`causal_share` 1) a token sees `window` on both sides together. It also counts those
    of attention to the `window` tokens that an indexer chooses.

    >>> window_pairs(4096, 4096, 2048, 0.5) / 4096, window_pairs(1000, 1000, 2048, 0.5) / 1000  # W (1 - W / 2 S)
    (1536.0, 500.0)
    """
    within = window * tokens - (1 - causal_share) * minimum(window, tokens) ** 2
    return minimum(causal_share * square**2, within)


@rule(
    wall=11,
    cite="Meta 2025, Llama 4: chunked attention; definition: a token sees those of its chunk before it",
)
def chunk_pairs(tokens: Tokens, square: Tokens, chunk: Tokens, causal_share: Count) -> Count:
    """Pairs of a sequence that attends within chunks: whole chunks, and what is left of the last one.

    Lengths that vary within a chunk have more pairs than their mean has, and never more than whole chunks.

    >>> [chunk_pairs(s, s, 8192, 0.5) / s for s in (8192, 16_384, 12_288)]  # C / 2, C / 2, less
    [4096.0, 4096.0, 3413.3333333333335]
    """
    whole = floor(tokens / chunk)
    pairs = causal_share * (whole * chunk**2 + (tokens - whole * chunk) ** 2)
    return minimum(causal_share * chunk * tokens, pairs * (square / tokens) ** 2)


@rule(wall=11, cite="definition: a model has windows or chunks, not both")
def local_pairs(tokens: Tokens, square: Tokens, window: Tokens, chunked: Count, causal_share: Count) -> Count:
    """Pairs of a sequence in a layer that sees a window (`chunked` 0) or its chunk (`chunked` 1).

    >>> [local_pairs(4096, 4096, 2048, chunked, 0.5) / 4096 for chunked in (0, 1)]
    [1536.0, 1024.0]
    """
    return (1 - chunked) * window_pairs(tokens, square, window, causal_share) + chunked * chunk_pairs(
        tokens, square, window, causal_share
    )
