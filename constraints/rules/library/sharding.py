"""ZeRO: what a parameter costs a device when its states are split over data ranks."""

from __future__ import annotations

from constraints.quantities import Bytes, Count, Whole
from constraints.rule import rule


@rule(wall=2, cite="Rajbhandari et al. 2020, ZeRO: each state is split over data ranks from its stage on")
def sharded_state_bytes(
    ranks: Whole,
    parameter_bytes: Bytes,
    gradient_bytes: Bytes,
    optimizer_bytes: Bytes,
    shard_weights: Count,
    shard_gradients: Count,
    shard_optimizer: Count,
) -> Bytes:
    """Bytes one device keeps per parameter; 1 marks a state that is split over `ranks`, 0 one that is not.

    >>> [sharded_state_bytes(4, 2, 4, 12, *z) for z in ((0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 1))]
    [18.0, 9.0, 6.0, 4.5]
    """
    return (
        parameter_bytes / (1 + shard_weights * (ranks - 1))
        + gradient_bytes / (1 + shard_gradients * (ranks - 1))
        + optimizer_bytes / (1 + shard_optimizer * (ranks - 1))
    )
