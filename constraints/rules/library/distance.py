"""Moving data from one place to another: latency, bandwidth and the speed of light."""

from __future__ import annotations

from constraints.quantities import Bytes, BytesPerSecond, Metres, MetresPerSecond, Seconds
from constraints.rule import rule


@rule(wall=14, cite="Hockney 1994, The communication challenge for MPP: the alpha-beta model")
def transfer_time(message: Bytes, bandwidth: BytesPerSecond, latency: Seconds) -> Seconds:
    """Time of one message between two places: `latency` one way, then the bytes.

    A ping is a round trip, twice this latency.

    >>> round(transfer_time(1e3, 1.25e9, 5e-3) * 1e3, 4), round(transfer_time(1e9, 1.25e9, 5e-3) * 1e3)  # ms
    (5.0008, 805)
    """
    return latency + message / bandwidth


@rule(wall=14, cite="Hockney 1994: n-half, the size at which half of the bandwidth is reached")
def half_bandwidth_size(bandwidth: BytesPerSecond, latency: Seconds) -> Bytes:
    """Size of a message that takes as long for its latency as for its bytes.

    Smaller messages are bound by latency, larger ones by bandwidth.

    >>> half_bandwidth_size(50e9, 2e-6)
    100000.0
    """
    return bandwidth * latency


@rule(wall=14, cite="definition: there and back at the speed of the signal")
def round_trip_time(distance: Metres, signal_speed: MetresPerSecond) -> Seconds:
    """Least time of a question and its answer over a distance.

    Light in fibre covers about 2e8 m/s, two thirds of its speed in vacuum. Real routes are longer than
    the distance and add switching. Inside a data centre it is microseconds: a round trip of 1 ms
    there is 100 km of fibre, or software.

    >>> [round(round_trip_time(km * 1e3, 2e8) * 1e3, 1) for km in (4000, 5570, 8280, 1)]  # ms
    [40.0, 55.7, 82.8, 0.0]
    """
    return 2 * distance / signal_speed
