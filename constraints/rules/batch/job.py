"""How long a fleet takes for a given number of requests."""

from __future__ import annotations

from constraints.quantities import Count, Fraction, Ratio, Requests, RequestsPerSecond, Seconds, Truth
from constraints.rule import rule


@rule(
    wall=7,
    cite="definition: every slot of every replica is kept full, or a stated share of that",
    better="more",
)
def job_rate(replicas: Count, capacity: RequestsPerSecond, batch_job_load: Fraction) -> RequestsPerSecond:
    """Requests a second the fleet works off.

    >>> job_rate(4, 2.5, 1)
    10.0
    """
    return replicas * capacity * batch_job_load


@rule(cite="definition: a batch job brings its requests as fast as they are worked off")
def request_rate(job_rate: RequestsPerSecond) -> RequestsPerSecond:
    """Requests a second of the whole fleet.

    >>> request_rate(10.0)
    10.0
    """
    return 1 * job_rate


@rule(cite="definition", head="time", phrase="{} to complete")
def time_to_complete(requests: Requests, job_rate: RequestsPerSecond) -> Seconds:
    """Time from the first prompt to the last answer.

    >>> time_to_complete(36_000, 10.0)
    3600.0
    """
    return requests / job_rate


@rule(cite="definition: the fleet is held until the job is done")
def duration(time_to_complete: Seconds) -> Seconds:
    """Time the fleet is held.

    >>> duration(3600.0)
    3600.0
    """
    return 1 * time_to_complete


@rule(wall=18, cite="definition: no replica waits for requests")
def busy_share(batch_job_load: Fraction, devices_used: Count, devices: Count) -> Fraction:
    """Share of the time a device of the fleet is at work, in the mean.

    >>> busy_share(1, 6, 8)
    0.75
    """
    return batch_job_load * devices_used / devices


@rule(wall=7, cite="definition: a batch job brings no more than can be worked off")
def load_below_one(serving_load: Ratio) -> Truth:
    """A replica can do what it is asked; a full one can.

    >>> load_below_one(1.0), load_below_one(1.01)
    (True, False)
    """
    return serving_load <= 1 + 1e-9


@rule(wall=7, cite="definition: requests of a batch job wait their turn, and nobody waits for an answer")
def slots_suffice(batch: Count) -> Truth:
    """A replica has a slot; it is never left empty while requests remain.

    >>> slots_suffice(1), slots_suffice(0)
    (True, False)
    """
    return batch >= 1
