"""What compression costs in answers: the worsening of a published score."""

from __future__ import annotations

from constraints.instance import instance
from constraints.quantities import Fraction
from constraints.rules.library.compression import score_loss


@instance(
    score_loss,
    wall=13,
    cite="published scores, see `designer catalog list fidelity`; unknown pairs stay unknown",
    head="score\nloss",
)
def accuracy_loss() -> Fraction:
    """Share of the score on the scenario's benchmark that compression costs; 0 in 16 bit.

    >>> round(accuracy_loss(1.0, 0.989, 1), 6)
    0.011
    """
