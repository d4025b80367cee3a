"""What one device offers to a job."""

from __future__ import annotations

from constraints.quantities import Bytes, FlopPerSecond, Fraction, Truth
from constraints.rule import rule


@rule(
    wall=2,
    cite="definition: allocator fragmentation, driver context and NCCL buffers take the reserve",
    head="memory\nleft",
)
def usable_memory(memory_capacity: Bytes, memory_reserve: Fraction) -> Bytes:
    """Memory left for the model after the reserve.

    >>> usable_memory(80e9, 0.0625)
    75000000000.0
    """
    return memory_capacity * (1 - memory_reserve)


@rule(wall=1, cite="definition: an absent rate is not a number, and fails every comparison")
def precision_supported(compute_rate: FlopPerSecond) -> Truth:
    """The device multiplies in the precision chosen.

    >>> precision_supported(989e12), precision_supported(float("nan"))
    (True, False)
    """
    return compute_rate > 0
