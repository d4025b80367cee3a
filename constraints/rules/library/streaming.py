"""Weight streaming: weights flow in from outside layer by layer, activations stay on the device."""

from __future__ import annotations

from constraints.algebras.maths import maximum
from constraints.quantities import Bytes, BytesPerSecond, Count, Flop, FlopPerSecond, Fraction, Seconds, Whole
from constraints.rule import rule

_CITE = "Lie 2023, Cerebras architecture deep dive, IEEE Micro 43(3): weight streaming"


@rule(wall=6, cite=_CITE)
def weight_injection_time(layer_bytes: Bytes, injection_bandwidth: BytesPerSecond) -> Seconds:
    """Time to stream one layer's weights onto the device.

    The whole device takes in `injection_bandwidth`; no copy is kept, so every pass pays it again.

    >>> round(weight_injection_time(150e9 / 96, 150e9) * 1e3, 2)  # ms
    10.42
    """
    return layer_bytes / injection_bandwidth


@rule(wall=6, cite=_CITE)
def streamed_layer_time(injection_time: Seconds, compute_time: Seconds) -> Seconds:
    """Time of one layer when its weights stream in while the layer before it is computed.

    The slower of the two sets the pace: not device memory, whose bandwidth on such a device is out of
    reach of either. It ignores activations, which must fit on the device.

    >>> streamed_layer_time(10.0, 4.0), streamed_layer_time(10.0, 40.0)
    (10.0, 40.0)
    """
    return maximum(injection_time, compute_time)


@rule(wall=6, cite=_CITE)
def streamed_pass_time(layer_count: Whole, injection_time: Seconds, compute_time: Seconds) -> Seconds:
    """Time of a pass through equal layers: the first injection and the last computation have nothing beside them.

    >>> streamed_pass_time(4, 10.0, 4.0), streamed_pass_time(1, 10.0, 4.0)
    (44.0, 14.0)
    """
    return (
        injection_time + (layer_count - 1) * streamed_layer_time(injection_time, compute_time) + compute_time
    )


@rule(wall=6, cite="injection and computation of a layer set equal")
def streaming_balance_batch(
    layer_bytes: Bytes,
    injection_bandwidth: BytesPerSecond,
    layer_flops: Flop,
    rate: FlopPerSecond,
    compute_fraction: Fraction,
) -> Count:
    """Batch at which injecting a layer takes as long as computing it; smaller ones wait for weights.

    `layer_flops` are those of one sample (or of one token, if the batch counts tokens).

    >>> round(streaming_balance_batch(2e9, 150e9, 2e9, 10e15, 0.5))  # 1e9 weights of 2 bytes, 2 FLOP each
    33333
    """
    return weight_injection_time(layer_bytes, injection_bandwidth) * rate * compute_fraction / layer_flops
