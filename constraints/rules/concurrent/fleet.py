"""What a closed loop changes for the fleet: its rate follows from its users, and it is never overloaded."""

from __future__ import annotations

from constraints.algebras.maths import maximum
from constraints.quantities import Count, Fraction, Requests, RequestsPerSecond, Seconds, Truth
from constraints.rule import rule
from constraints.rules.library.queueing import SecondsCubed


@rule(wall=7, cite="definition: users send as fast as they are answered")
def request_rate(users_rate: RequestsPerSecond, replicas: Count) -> RequestsPerSecond:
    """Requests a second of the whole fleet.

    >>> request_rate(2.5, 4)
    10.0
    """
    return users_rate * replicas


@rule(wall=7, cite="definition")
def occupancy(decoding: Requests) -> Requests:
    """Mean sequences a replica is decoding.

    >>> occupancy(12.0)
    12.0
    """
    return 1 * decoding


@rule(wall=7, cite="definition: what a time to first token has beside the prompt's own prefill")
def prefill_wait(ttft: Seconds, prefill_time: Seconds, crowd_delay: Seconds) -> Seconds:
    """Mean wait of a prompt for the prompts before it, or for a slot.

    >>> prefill_wait(0.5, 0.25, 0.25), prefill_wait(0.75, 0.25, 0.25)
    (0, 0.25)
    """
    return maximum(0, ttft - prefill_time - crowd_delay)


@rule(wall=7, cite="bound: a wait for one of many equals varies as its mean, as an exponential one does")
def prefill_sojourn_deviation(prefill_wait: Seconds) -> Seconds:
    """Standard deviation of a prompt's wait and prefill together.

    >>> prefill_sojourn_deviation(0.25)
    0.25
    """
    return 1 * prefill_wait


@rule(wall=7, cite="definition: of an exponential, twice the cube of its mean")
def prefill_sojourn_third(prefill_wait: Seconds) -> SecondsCubed:
    """Third central moment of a prompt's wait and prefill together.

    >>> prefill_sojourn_third(0.5)
    0.25
    """
    return 2 * prefill_wait**3


@rule(wall=7, cite="definition: of an even wait, twice its mean")
def prefill_remaining(prefill_wait: Seconds) -> Seconds:
    """Time that the prefills of others under way take at most.

    >>> prefill_remaining(0.05)
    0.1
    """
    return 2 * prefill_wait


@rule(wall=7, cite="definition: merged passes advance the sequences, too")
def prefill_stretch(tpot: Seconds, shared_step: Seconds) -> Count:
    """How much longer decoding takes for the prefills in between.

    >>> prefill_stretch(0.03, 0.02)
    1.5
    """
    return tpot / shared_step


@rule(wall=7, cite="definition: every user finds a slot")
def slots_suffice(users_per_replica: Requests, batch: Count) -> Truth:
    """No user waits for a slot.

    >>> slots_suffice(32.0, 32), slots_suffice(32.5, 32)
    (True, False)
    """
    return users_per_replica <= batch


@rule(wall=7, cite="definition: users wait for their answers, so nothing piles up")
def load_below_one(prefill_load: Fraction) -> Truth:
    """Prompts leave time to decode.

    >>> load_below_one(0.5)
    True
    """
    return prefill_load < 1
