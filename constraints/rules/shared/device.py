"""What one device offers to a job."""

from __future__ import annotations

from constraints.quantities import FlopPerSecond, Truth
from constraints.rule import rule


@rule(wall=1, cite="definition: an absent rate is not a number, and fails every comparison")
def precision_supported(compute_rate: FlopPerSecond) -> Truth:
    """The device multiplies in the precision chosen.

    >>> precision_supported(989e12), precision_supported(float("nan"))
    (True, False)
    """
    return compute_rate > 0
