"""What a request rate does to a replica: how full it is, and the time between tokens.

The engine puts prefills first and lets a sequence join the batch at any step. A step takes
`fixed + variable n / batch` with n sequences, and prefills take a share of the device's time.
"""

from __future__ import annotations

from constraints.maths import maximum, minimum, sqrt
from constraints.quantities import Count, Fraction, Requests, RequestsPerSecond, Seconds, Tokens, Truth
from constraints.rule import rule

NINETIETH = 1.2816  # standard normal quantiles; that of the median is 0
NINETY_NINTH = 2.3263


@rule(wall=7, cite="definition: requests are spread evenly")
def request_rate_per_replica(request_rate: RequestsPerSecond, replicas: Count) -> RequestsPerSecond:
    """Requests a second that one replica gets."""
    return request_rate / replicas


@rule(cite="definition: the first token of an answer comes out of its prefill")
def decode_steps(output_tokens: Tokens) -> Tokens:
    """Decode steps of a request.

    >>> decode_steps(200), decode_steps(0)
    (199, 0)
    """
    return maximum(0, output_tokens - 1)


@rule(wall=7, cite="definition: data ranks read their prompts side by side")
def prefill_share(prefill_occupancy: Seconds, prefill_batch: Count, dp: Count) -> Seconds:
    """Time of a replica one prompt takes."""
    return prefill_occupancy / (prefill_batch * dp)


@rule(wall=7, cite="definition: offered work per unit of time")
def prefill_load(request_rate_per_replica: RequestsPerSecond, prefill_share: Seconds) -> Fraction:
    """Share of a replica's time that prefills take.

    >>> prefill_load(2.0, 0.1)
    0.2
    """
    return request_rate_per_replica * prefill_share


@rule(wall=7, cite="definition: prefill and decode share the device; a full batch shares a step")
def capacity(
    prefill_share: Seconds, decode_steps: Tokens, decode_step_time: Seconds, batch: Count
) -> RequestsPerSecond:
    """Requests a second one replica can sustain with every slot taken.

    >>> round(capacity(0.1, 199, 0.02, 32), 3)
    4.457
    """
    return 1 / (prefill_share + decode_steps * decode_step_time / batch)


@rule(wall=7, cite="definition")
def serving_load(request_rate_per_replica: RequestsPerSecond, capacity: RequestsPerSecond) -> Fraction:
    """Rate over capacity of a replica."""
    return request_rate_per_replica / capacity


@rule(wall=7, cite="definition: a queue offered more than it can do grows without bound")
def load_below_one(serving_load: Fraction) -> Truth:
    """A replica can do what it is asked."""
    return serving_load < 1


@rule(wall=7, cite="Little 1961: n = rate x steps x step(n + 1), a sequence shares its step with n others")
def occupancy(
    request_rate_per_replica: RequestsPerSecond,
    decode_steps: Tokens,
    decode_step_fixed: Seconds,
    decode_step_variable: Seconds,
    batch: Count,
    prefill_load: Fraction,
) -> Requests:
    """Mean sequences a replica is decoding; meaningless where the load is 1 or more.

    >>> round(occupancy(2.0, 199, 0.018, 0.006, 32, 0.2), 3)
    9.979
    """
    # Seconds of steps each sequence in the batch asks for, per second; decoding gets what prefill leaves.
    asked = request_rate_per_replica * decode_steps / maximum(1e-9, 1 - prefill_load)
    slope = decode_step_variable / batch
    return asked * (decode_step_fixed + slope) / maximum(1e-9, 1 - asked * slope)


@rule(wall=7, cite="Kelly 1979, ch. 3: symmetric queue, insensitive to answer length; linear noise")
def occupancy_deviation(
    occupancy: Requests, decode_step_fixed: Seconds, decode_step_variable: Seconds, batch: Count
) -> Requests:
    """Standard deviation of the number of sequences being decoded.

    Poisson were the step constant. As it grows with the number, so does the time to recover from
    a burst, which multiplies the variance by `step(n) / fixed`.

    >>> occupancy_deviation(16.0, 0.02, 0.0, 32), round(occupancy_deviation(16.0, 0.02, 0.02, 32), 3)
    (4.0, 4.899)
    """
    return sqrt(occupancy * (1 + decode_step_variable / decode_step_fixed * occupancy / batch))


@rule(wall=7, cite="normal quantile")
def occupancy_p50(occupancy: Requests) -> Requests:
    """Median of the sequences being decoded."""
    return 1 * occupancy


@rule(wall=7, cite="normal quantile")
def occupancy_p90(occupancy: Requests, occupancy_deviation: Requests) -> Requests:
    """90th percentile of the sequences being decoded, were slots unlimited."""
    return occupancy + NINETIETH * occupancy_deviation


@rule(wall=7, cite="normal quantile")
def occupancy_p99(occupancy: Requests, occupancy_deviation: Requests) -> Requests:
    """99th percentile of the sequences being decoded, were slots unlimited.

    >>> round(occupancy_p99(16.0, 4.0), 2)
    25.31
    """
    return occupancy + NINETY_NINTH * occupancy_deviation


@rule(wall=7, cite="definition: beyond its slots a replica makes requests wait, and first tokens with them")
def slots_suffice(occupancy_p99: Requests, batch: Count) -> Truth:
    """All but one in a hundred times a request finds a free slot."""
    return occupancy_p99 <= batch


def token_interval(
    others: Requests,
    decode_step_fixed: Seconds,
    decode_step_variable: Seconds,
    batch: Count,
    prefill_load: Fraction,
) -> Seconds:
    """Time between two tokens of a sequence with so many others in the batch, prefills in between.

    >>> round(token_interval(0, 0.018, 0.006, 1, 0.0), 3), round(token_interval(99, 0.018, 0.006, 32, 0.2), 3)
    (0.024, 0.03)
    """
    there = minimum(batch, others + 1)
    step = decode_step_fixed + decode_step_variable * there / batch
    return step / maximum(1e-9, 1 - prefill_load)


@rule(wall=6, cite="definition: the step at the mean number of sequences")
def tpot(
    occupancy: Requests,
    decode_step_fixed: Seconds,
    decode_step_variable: Seconds,
    batch: Count,
    prefill_load: Fraction,
) -> Seconds:
    """Mean time per output token after the first.

    By Little's law `occupancy = rate x steps x tpot`.
    """
    return token_interval(occupancy, decode_step_fixed, decode_step_variable, batch, prefill_load)


@rule(wall=6, cite="the step at that quantile of sequences; a long answer averages over it")
def tpot_p50(
    occupancy_p50: Requests,
    decode_step_fixed: Seconds,
    decode_step_variable: Seconds,
    batch: Count,
    prefill_load: Fraction,
) -> Seconds:
    """Median of the time per output token."""
    return token_interval(occupancy_p50, decode_step_fixed, decode_step_variable, batch, prefill_load)


@rule(wall=6, cite="the step at that quantile of sequences; a long answer averages over it")
def tpot_p90(
    occupancy_p90: Requests,
    decode_step_fixed: Seconds,
    decode_step_variable: Seconds,
    batch: Count,
    prefill_load: Fraction,
) -> Seconds:
    """90th percentile of the time per output token."""
    return token_interval(occupancy_p90, decode_step_fixed, decode_step_variable, batch, prefill_load)


@rule(wall=6, cite="the step at that quantile of sequences; a long answer averages over it")
def tpot_p99(
    occupancy_p99: Requests,
    decode_step_fixed: Seconds,
    decode_step_variable: Seconds,
    batch: Count,
    prefill_load: Fraction,
) -> Seconds:
    """99th percentile of the time per output token."""
    return token_interval(occupancy_p99, decode_step_fixed, decode_step_variable, batch, prefill_load)
