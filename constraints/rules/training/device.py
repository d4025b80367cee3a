"""What a device offers to a training run."""

from __future__ import annotations

from constraints.quantities import Bytes, Fraction
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
