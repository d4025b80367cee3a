"""Synthesis: the roofline turned around, from a wanted time to the hardware that gives it."""

from __future__ import annotations

from constraints.algebras.maths import ceil, maximum
from constraints.quantities import (
    Bytes,
    BytesPerSecond,
    BytesPerToken,
    Count,
    Flop,
    FlopPerSecond,
    Fraction,
    Seconds,
    Tokens,
)
from constraints.rule import rule
from constraints.rules.library.inference import kv_cache_size

_USED = {"or nothing of it arrives": lambda fraction: fraction > 0}
_TIME = {"or no hardware is fast enough": lambda target: target > 0}


@rule(wall=22, cite="Williams, Waterman & Patterson 2009, Roofline, inverted", where=_USED | _TIME)
def required_bandwidth(traffic: Bytes, target: Seconds, fraction: Fraction) -> BytesPerSecond:
    """Memory bandwidth that moves `traffic` in the target time, `fraction` of it being reached.

    It says nothing of capacity: one device of 3.35 TB/s meets 2.8 TB/s, and 140 GB still need two of 80 GB.

    >>> required_bandwidth(140e9, 0.05, 1.0) / 1e12
    2.8
    """
    return traffic / (target * fraction)


@rule(wall=22, cite="Williams, Waterman & Patterson 2009, Roofline, inverted", where=_USED | _TIME)
def required_rate(flops: Flop, target: Seconds, fraction: Fraction) -> FlopPerSecond:
    """Peak arithmetic that does `flops` in the target time, `fraction` of it being reached.

    >>> round(required_rate(2 * 70e9 * 2048, 1.0, 0.5) / 1e12, 1)  # a prompt of 2,048 tokens in a second
    573.4
    """
    return flops / (target * fraction)


@rule(wall=22, cite="definition: weights, and keys and values of every sequence under way")
def required_capacity(weights: Bytes, per_token: BytesPerToken, sequences: Count, context: Tokens) -> Bytes:
    """Memory that holds a model and the sequences it works on at once.

    `sequences` follows from arrivals and time in the system by `littles_law`. Activations and what the
    framework keeps, some 5 to 10 %, come on top.

    >>> round(required_capacity(140e9, 327_680, 32, 4096) / 1e9, 1)  # GB
    182.9
    """
    return weights + kv_cache_size(per_token, sequences, context)


@rule(wall=22, cite="definition: what does not fit on one device is split over several")
def required_devices(
    capacity: Bytes,
    bandwidth: BytesPerSecond,
    rate: FlopPerSecond,
    device_memory: Bytes,
    device_bandwidth: BytesPerSecond,
    device_rate: FlopPerSecond,
) -> Count:
    """Least number of devices with the memory, the bandwidth and the arithmetic asked for together.

    A lower bound: splitting is taken to cost nothing.

    >>> required_devices(140e9, 2.8e12, 1e12, 80e9, 3.35e12, 989e12)  # capacity decides
    2
    >>> required_devices(140e9, 9e12, 1e12, 141e9, 4.8e12, 989e12)  # bandwidth decides
    2
    """
    return ceil(maximum(capacity / device_memory, bandwidth / device_bandwidth, rate / device_rate))
