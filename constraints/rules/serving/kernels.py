"""Products of one layer, for any number of tokens: what prefill and decode have in common.

`sizes` are the bytes of a weight, an operand and a result; `device` the rate, memory bandwidth,
launch floor, achieved fractions and corner that `gemm_time` takes.
"""

from __future__ import annotations

from typing import Any

from constraints.algebras.maths import guarded, minimum, where
from constraints.rules.library.roofline import gemm_time


def projections(tokens: Any, widths: tuple[Any, ...], sizes: tuple[Any, ...], device: tuple[Any, ...]) -> Any:
    """Time of a layer's projections into and out of attention.

    Queries, keys and values of plain attention are one product and share a launch.
    """
    hidden, compressed, query_in, query, kv_in, kv, attention, latent = widths
    rate, bandwidth, launch, *fit = device
    merged = (rate, bandwidth, latent * launch, *fit)
    return (
        latent * gemm_time(tokens, compressed, hidden, *sizes, *device)
        + gemm_time(tokens, query, query_in, *sizes, *device)
        + gemm_time(tokens, kv, kv_in, *sizes, *merged)
        + gemm_time(tokens, hidden, attention, *sizes, *device)
    )


def feed_forward(
    tokens: Any, hidden: Any, width: Any, matrices: Any, sizes: tuple[Any, ...], device: tuple[Any, ...]
) -> Any:
    """Time of a feed-forward block of `width` columns; gate and up projections are one product."""
    return gemm_time(tokens, (matrices - 1) * width, hidden, *sizes, *device) + gemm_time(
        tokens, hidden, width, *sizes, *device
    )


def touched(tokens: Any, experts: Any, experts_per_token: Any, ep: Any) -> Any:
    """Experts of one device that `tokens` reach, in expectation, with balanced routing.

    >>> touched(1, 256, 8, 1), touched(1e6, 256, 8, 8), touched(1, 0, 0, 1)
    (8.0, 32.0, 0.0)
    """
    return experts / ep * (1 - (1 - experts_per_token / guarded(experts, 1)) ** tokens)


def mixture(
    tokens: Any,
    group_tokens: Any,
    experts: tuple[Any, ...],
    hidden: Any,
    shared_width: Any,
    matrices: Any,
    sizes: tuple[Any, ...],
    device: tuple[Any, ...],
    grouped: tuple[Any, ...],
) -> Any:
    """Time of a mixture layer's routed experts, shared experts and router.

    Each expert that is touched has its weights read once; active parameters compute. The experts
    of a device are one grouped product: `grouped` is its floor (router, sorting and all launches),
    the shares of peak it reaches, the time of the busiest expert rank over the mean one, the time of
    an expert with hardly a token, and the expert width that reaches half of the best.
    """
    count, per_token, width, ep = experts
    rate, bandwidth, launch, *_ = device
    floor, compute, streaming, imbalance, each_floor, half_width = grouped
    columns = guarded(width, 1)
    rated = compute * columns / (columns + half_width)
    quiet = (rate, bandwidth, 0 * launch, rated, streaming, 1)
    busiest = where(ep > 1, imbalance, 1)
    hit = touched(group_tokens, count, per_token, ep)
    each = guarded(group_tokens * per_token / ep) / guarded(hit)
    return (
        floor
        + busiest * hit * (each_floor + feed_forward(each, hidden, width, matrices, sizes, quiet))
        + minimum(1, shared_width) * feed_forward(tokens, hidden, shared_width, matrices, sizes, device)
    )
