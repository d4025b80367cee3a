"""What the fuller or the poorer of two pools settles for the whole service."""

from __future__ import annotations

from constraints.algebras.maths import maximum, minimum
from constraints.quantities import Fraction, RequestsPerSecond
from constraints.rule import rule


@rule(wall=7, cite="definition: every request passes through both pools")
def fleet_capacity(
    prefill_fleet_capacity: RequestsPerSecond, decode_fleet_capacity: RequestsPerSecond
) -> RequestsPerSecond:
    """Requests a second that both pools can sustain.

    >>> fleet_capacity(50.0, 40.0)
    40.0
    """
    return minimum(prefill_fleet_capacity, decode_fleet_capacity)


@rule(wall=7, cite="definition: every request passes through both pools")
def serving_load(prefill_serving_load: Fraction, decode_serving_load: Fraction) -> Fraction:
    """Rate over capacity of the fuller pool.

    >>> serving_load(0.5, 0.8)
    0.8
    """
    return maximum(prefill_serving_load, decode_serving_load)


@rule(wall=13, cite="bound: what compression costs in the pool where it costs more")
def accuracy_loss(prefill_accuracy_loss: Fraction, decode_accuracy_loss: Fraction) -> Fraction:
    """Share of the score on the scenario's benchmark that compression costs in the pool where it costs more.

    >>> accuracy_loss(0.0, 0.011)
    0.011
    """
    return maximum(prefill_accuracy_loss, decode_accuracy_loss)
