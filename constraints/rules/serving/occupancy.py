"""How many sequences a replica is decoding at once, in the mean and in the tail.

The engine puts prefills first and lets a sequence join the batch at any step. A step takes
`fixed + variable n / batch` with n sequences.
"""

from __future__ import annotations

from constraints.algebras.maths import guarded, minimum, sqrt
from constraints.quantities import Count, Requests, RequestsPerSecond, Seconds, Tokens, Truth
from constraints.rule import rule
from constraints.rules.library.tails import tail
from constraints.rules.serving.interval import NINETIETH, NINETY_NINTH


@rule(wall=7, cite="Little 1961: n = rate x time to decode, in steps a sequence shares with n others")
def occupancy(
    request_rate_per_replica: RequestsPerSecond,
    decode_steps: Tokens,
    decode_step_fixed: Seconds,
    decode_step_variable: Seconds,
    batch: Count,
    prefill_stretch: Count,
    prefill_backlog: Seconds,
) -> Requests:
    """Mean sequences a replica is decoding; meaningless where the load is 1 or more.

    Solved for n from `n = rate (steps (fixed + variable (n + 1) / batch) + backlog) stretch`.

    >>> round(occupancy(2.0, 199, 0.018, 0.006, 32, 1.25, 0.0), 3)
    9.979
    """
    rate = request_rate_per_replica * prefill_stretch
    slope = decode_step_variable / batch
    work = decode_steps * (decode_step_fixed + slope) + minimum(1, decode_steps) * prefill_backlog
    return rate * work / guarded(1 - rate * decode_steps * slope)


@rule(wall=7, cite="Kelly 1979, ch. 3: symmetric queue, insensitive to answer length; linear noise")
def occupancy_deviation(
    occupancy: Requests,
    decode_step_fixed: Seconds,
    decode_step_variable: Seconds,
    batch: Count,
    prefill_burstiness: Count,
) -> Requests:
    """Standard deviation of the number of sequences being decoded.

    Poisson were the step constant and prefill short. As the step grows with the number, so does the
    time to recover from a burst, which multiplies the variance by `step(n) / fixed`.

    >>> [round(occupancy_deviation(16.0, 0.02, v, 32, 1.0), 3) for v in (0.0, 0.02)]
    [4.0, 4.899]
    """
    growth = 1 + decode_step_variable / decode_step_fixed * occupancy / batch
    return sqrt(occupancy * growth * prefill_burstiness)


@rule(wall=7, cite="gamma with the mean and deviation; Wilson & Hilferty 1931")
def occupancy_p50(occupancy: Requests, occupancy_deviation: Requests) -> Requests:
    """Median of the sequences being decoded.

    >>> round(occupancy_p50(100.0, 10.0), 1)  # Poisson: 100
    99.7
    """
    return tail(guarded(occupancy), occupancy_deviation, 0)


@rule(wall=7, cite="gamma with the mean and deviation; Wilson & Hilferty 1931")
def occupancy_p90(occupancy: Requests, occupancy_deviation: Requests) -> Requests:
    """90th percentile of the sequences being decoded, were slots unlimited.

    >>> round(occupancy_p90(100.0, 10.0), 1)  # Poisson: 113
    113.0
    """
    return tail(guarded(occupancy), occupancy_deviation, NINETIETH)


@rule(wall=7, cite="gamma with the mean and deviation; Wilson & Hilferty 1931")
def occupancy_p99(occupancy: Requests, occupancy_deviation: Requests) -> Requests:
    """99th percentile of the sequences being decoded, were slots unlimited.

    >>> round(occupancy_p99(100.0, 10.0), 1)  # Poisson: 124
    124.7
    """
    return tail(guarded(occupancy), occupancy_deviation, NINETY_NINTH)


@rule(
    wall=7,
    cite="definition: beyond its slots a replica makes requests wait, and first tokens with them",
)
def slots_suffice(occupancy_p99: Requests, batch: Count) -> Truth:
    """All but one in a hundred times a request finds a free slot.

    >>> slots_suffice(31.5, 32), slots_suffice(32.5, 32)
    (True, False)
    """
    return occupancy_p99 <= batch
