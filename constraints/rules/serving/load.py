"""What a request rate asks of a replica, and what a replica can do."""

from __future__ import annotations

from typing import Any

from constraints.algebras.maths import guarded, maximum
from constraints.instance import instance
from constraints.quantities import Count, Fraction, Ratio, RequestsPerSecond, Seconds, Tokens, Truth
from constraints.rule import rule


def crowded_overhead(others: Any, loaded: Any, each: Any) -> Any:
    """What other requests in flight make a server's host take longer for one: soon most of `loaded`, then `each`.

    >>> crowded_overhead(0, 0.05, 0.001), crowded_overhead(4, 0.05, 0.001)
    (0.0, 0.044)
    """
    return loaded * others / (1 + others) + each * others


@rule(wall=7, cite="definition: requests are spread evenly")
def request_rate_per_replica(request_rate: RequestsPerSecond, replicas: Count) -> RequestsPerSecond:
    """Requests a second that one replica gets.

    >>> request_rate_per_replica(10.0, 4)
    2.5
    """
    return request_rate / replicas


@rule(wall=4, cite="definition: the first token of an answer comes out of its prefill")
def decode_steps(output_tokens: Tokens) -> Tokens:
    """Decode steps of a request.

    >>> decode_steps(200), decode_steps(0)
    (199, 0)
    """
    return maximum(0, output_tokens - 1)


@rule(wall=4, cite="definition: what each request has once is spread over its own steps")
def steps_harmonic(answer_harmonic: Tokens) -> Tokens:
    """Decode steps over which a request spreads what it meets once, in the mean of that over requests.

    `answer_harmonic` is the harmonic mean of answers.

    >>> steps_harmonic(200), steps_harmonic(0)
    (199, 0)
    """
    return maximum(0, answer_harmonic - 1)


@instance(steps_harmonic, {"answer_harmonic": "answer_harmonic_square"})
def steps_harmonic_square() -> Tokens:
    """The same for the square of what it meets, from the root of the harmonic mean of squares.

    >>> steps_harmonic_square(200)
    199
    """


@rule(wall=7, cite="definition: data ranks read their prompts side by side")
def prefill_share(prefill_occupancy: Seconds, prefill_batch: Count, dp: Count) -> Seconds:
    """Time of a replica one prompt takes.

    >>> prefill_share(0.2, 2, 2)
    0.05
    """
    return prefill_occupancy / (prefill_batch * dp)


@rule(wall=7, cite="definition: offered work per unit of time")
def prefill_load(request_rate_per_replica: RequestsPerSecond, prefill_share: Seconds) -> Fraction:
    """Share of a replica's time that prefills take.

    >>> prefill_load(2.0, 0.1)
    0.2
    """
    return request_rate_per_replica * prefill_share


@rule(
    wall=7,
    cite="definition: prefill and decode share the device; a full batch shares a step",
    better="more",
    follows="throughput",
    head="capacity",
)
def capacity(
    prefill_share: Seconds, decode_steps: Tokens, decode_step_time: Seconds, batch: Count
) -> RequestsPerSecond:
    """Requests a second one replica can sustain with every slot taken.

    >>> round(capacity(0.1, 199, 0.02, 32), 3)
    4.457
    >>> capacity(0.0, 0, 0.02, 32) > 1e6  # nothing to do
    True
    """
    return 1 / guarded(prefill_share + decode_steps * decode_step_time / batch, 1e-9 * decode_step_time)


@rule(wall=7, cite="definition", head="load")
def serving_load(request_rate_per_replica: RequestsPerSecond, capacity: RequestsPerSecond) -> Fraction:
    """Rate over capacity of a replica.

    >>> serving_load(2.0, 4.0)
    0.5
    """
    return request_rate_per_replica / capacity


@rule(
    wall=7,
    cite="definition: a queue offered more than it can do grows without bound",
    voids="request_rate_per_replica",
)
def load_below_one(serving_load: Ratio) -> Truth:
    """A replica can do what it is asked.

    >>> load_below_one(0.99), load_below_one(1.0)
    (True, False)
    """
    return serving_load < 1
