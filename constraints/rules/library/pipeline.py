"""Pipeline parallelism: the bubble."""

from __future__ import annotations

from constraints.quantities import Count, Fraction
from constraints.rule import rule


@rule(wall=14, cite="Narayanan et al. 2021, Efficient large-scale language model training, section 2.2")
def pipeline_bubble(stages: Count, microbatches: Count, virtual_stages: Count) -> Fraction:
    """Share of a pipelined step in which a device waits, for equal stages.

    `virtual_stages` model chunks per device (interleaved 1F1B) shorten the fill by that factor.

    >>> [round(100 * pipeline_bubble(*x), 1) for x in ((4, 16, 1), (4, 16, 2), (8, 32, 1), (16, 16, 1))]
    [15.8, 8.6, 17.9, 48.4]
    """
    return (stages - 1) / (virtual_stages * microbatches + stages - 1)
