"""Products of one layer, for any number of tokens: what prefill and decode have in common.

`product` is `gemm_time` on some device: the time of an (m x k)(k x n) product from m, n and k.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from constraints.algebras.maths import guarded, where

# Time of a product from its three sizes.
Product = Callable[..., Any]


def projections(
    tokens: Any,
    hidden: Any,
    compressed: Any,
    *,
    query_in: Any,
    query: Any,
    kv_in: Any,
    kv: Any,
    attention: Any,
    latent: Any,
    product: Product,
    joined: Product,
) -> Any:
    """Time of a layer's projections into and out of attention.

    Queries, keys and values of plain attention are one product and share a launch: `joined` is a product
    that has its own launch in a latent attention only.
    """
    return (
        latent * product(tokens, compressed, hidden)
        + product(tokens, query, query_in)
        + joined(tokens, kv, kv_in)
        + product(tokens, hidden, attention)
    )


def feed_forward(tokens: Any, hidden: Any, width: Any, matrices: Any, product: Product) -> Any:
    """Time of a feed-forward block of `width` columns; gate and up projections are one product."""
    return product(tokens, (matrices - 1) * width, hidden) + product(tokens, hidden, width)


def touched(tokens: Any, experts: Any, experts_per_token: Any, ep: Any) -> Any:
    """Experts of one device that `tokens` reach, in expectation, with balanced routing.

    >>> touched(1, 256, 8, 1), touched(1e6, 256, 8, 8), touched(1, 0, 0, 1)
    (8.0, 32.0, 0.0)
    """
    return experts / ep * (1 - (1 - experts_per_token / guarded(experts, 1)) ** tokens)


def routed(
    group_tokens: Any,
    hidden: Any,
    matrices: Any,
    *,
    experts: Any,
    per_token: Any,
    width: Any,
    ep: Any,
    imbalance: Any,
    each_floor: Any,
    product: Product,
) -> Any:
    """Time of a mixture layer's routed experts on the busiest expert rank.

    Each expert that is touched has its weights read once; active parameters compute. `imbalance` is the
    time of the busiest expert rank over the mean one, `each_floor` that of an expert with hardly a token.
    """
    busiest = where(ep > 1, imbalance, 1)
    hit = touched(group_tokens, experts, per_token, ep)
    each = guarded(group_tokens * per_token / ep) / guarded(hit)
    return busiest * hit * (each_floor + feed_forward(each, hidden, width, matrices, product))
