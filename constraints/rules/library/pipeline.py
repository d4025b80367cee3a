"""Pipeline parallelism: the bubble."""

from __future__ import annotations

from typing import Any

from constraints.algebras.maths import ceil, maximum, minimum
from constraints.quantities import Count, Fraction, Whole
from constraints.rule import rule


@rule(wall=14, cite="Narayanan et al. 2021, Efficient large-scale language model training, section 2.2")
def pipeline_bubble(stages: Whole, microbatches: Whole, virtual_stages: Whole) -> Fraction:
    """Share of a pipelined step in which a device waits, for equal stages.

    It ignores hand-overs between stages and their unequal times.
    `virtual_stages` model chunks per device (interleaved 1F1B) shorten the fill by that factor.

    >>> [round(100 * pipeline_bubble(*x), 1) for x in ((4, 16, 1), (4, 16, 2), (8, 32, 1), (16, 16, 1))]
    [15.8, 8.6, 17.9, 48.4]
    """
    return (stages - 1) / (virtual_stages * microbatches + stages - 1)


@rule(
    wall=14,
    cite="Narayanan et al. 2021, section 2.2, solved for the micro-batches",
    where={"or no number is enough": lambda bubble: bubble > 0},
)
def least_microbatches(stages: Whole, virtual_stages: Whole, bubble: Fraction) -> Count:
    """Micro-batches a step needs so that its pipeline bubble is no larger than `bubble`.

    >>> least_microbatches(4, 1, 0.05), least_microbatches(4, 2, 0.05)  # 19 (stages - 1), half of it interleaved
    (57, 29)
    """
    return ceil((stages - 1) * (1 - bubble) / (virtual_stages * bubble))


def heaviest_run(stage_layers: Any, dense_layers: Any, moe_layers: Any, dense: Any, mixture: Any) -> Any:
    """What the costliest `stage_layers` layers of a model take, if a dense one takes `dense`.

    In whatever `dense` and `mixture` are measured in: either kind may be the costlier, so both
    packings are tried.

    >>> heaviest_run(4, 3, 58, 1, 2), heaviest_run(4, 3, 58, 5, 2), heaviest_run(61, 3, 58, 1, 2)
    (8, 17, 119)
    """
    most_mixture = minimum(stage_layers, moe_layers)
    most_dense = minimum(stage_layers, dense_layers)
    return maximum(
        most_mixture * mixture + (stage_layers - most_mixture) * dense,
        most_dense * dense + (stage_layers - most_dense) * mixture,
    )
