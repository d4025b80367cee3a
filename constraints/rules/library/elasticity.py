"""Sensitivity between two points: what an elasticity is, and what it says about a larger change.

The elasticity of any rule to each of its inputs at one point is `constraints.sensitivity`, on the command
line `designer calc RULE ... --sensitivity`.
"""

from __future__ import annotations

from constraints.algebras.maths import log
from constraints.quantities import Count, Real
from constraints.rule import rule


@rule(
    wall=21,
    cite="definition: arc elasticity in logarithms",
    where={
        "as logarithms are of positive ratios, and no change of the input has no elasticity": (
            lambda result_ratio, input_ratio: (result_ratio > 0) & (input_ratio > 0) & (input_ratio != 1)
        )
    },
)
def arc_elasticity(result_ratio: Count, input_ratio: Count) -> Real:
    """Percent a result moves for a percent of an input, between two measurements of both.

    Each ratio is after over before. It is the elasticity at every point between them only where the
    result is a power of the input.

    >>> round(arc_elasticity(1.6, 2.0), 3)  # twice the devices, 1.6 times the throughput
    0.678
    """
    return log(result_ratio) / log(input_ratio)


@rule(wall=21, cite="definition: a power law through one point, exact where the elasticity is constant")
def extrapolated_ratio(input_ratio: Count, elasticity: Real) -> Count:
    """Factor by which a result changes when an input changes by a factor, its elasticity staying what it is.

    Right for small changes; a maximum that switches, or a term that fades, makes a large one differ.

    >>> round(extrapolated_ratio(2.0, -0.56), 3)
    0.678
    """
    return input_ratio**elasticity
