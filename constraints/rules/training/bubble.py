"""The bubble of a pipeline: how long stages wait for it to fill and to drain."""

from __future__ import annotations

from constraints.algebras.maths import maximum
from constraints.quantities import Count, Fraction, Seconds
from constraints.rule import rule


@rule(
    wall=14,
    cite="Narayanan et al. 2021, section 2.2, with uneven stages: fill and drain take the other stages' time",
)
def bubble_time(
    traversal_time: Seconds, stage_time: Seconds, vpp: Count, schedule_bubble: Fraction
) -> Seconds:
    """Time of a step in which the slowest stage waits for the pipeline to fill and to drain.

    With equal stages this is `(PP - 1) stage_time / VPP`. `schedule_bubble` is the share of it that a
    schedule leaves: all in 1F1B, none where weight gradients fill it (zero bubble).

    >>> bubble_time(16 * 12.0, 12.0, 1, 1), bubble_time(16 * 12.0, 12.0, 4, 1), bubble_time(12.0, 12.0, 1, 1)
    (180.0, 45.0, 0.0)
    >>> bubble_time(16 * 12.0, 12.0, 1, 0)
    0.0
    """
    return schedule_bubble * maximum(0, traversal_time - stage_time) / vpp


@rule(wall=14, cite="definition", head="bubble", wasted="{} of a step is the bubble of the pipeline")
def bubble_share(bubble_time: Seconds, pipeline_time: Seconds) -> Fraction:
    """Share of the passes in which the slowest stage waits.

    >>> round(bubble_share(180.0, 948.0), 4), round(15 / (64 + 15), 4)  # PP 16, 64 micro-batches
    (0.1899, 0.1899)
    """
    return bubble_time / pipeline_time
