"""Wall 6 in a training plan: layers wait for their weights or compute, whichever takes longer."""

from __future__ import annotations

from constraints.algebras.maths import maximum, minimum, where
from constraints.quantities import Bytes, BytesPerSecond, Count, Seconds, Truth
from constraints.rule import rule
from constraints.rules.library.streaming import (
    streamed_layer_time,
    streamed_pass_time,
    weight_injection_time,
)

_CITE = "Lie 2023, Cerebras architecture deep dive, IEEE Micro 43(3): weight streaming"


@rule(wall=6, cite=_CITE, form=True)
def streams_whole_layers(streamed: Count, tp: Count, pp: Count, cp: Count, ep: Count) -> Truth:
    """A device that streams weights runs whole layers: it is replicated, never split.

    >>> streams_whole_layers(1, 1, 1, 1, 1), streams_whole_layers(1, 2, 1, 1, 1), streams_whole_layers(0, 8, 4, 1, 1)
    (True, False, True)
    """
    return (streamed == 0) | (tp * pp * cp * ep == 1)


@rule(wall=6, cite=_CITE)
def dense_injection_time(
    dense_layer_parameters: Count, parameter_bytes: Bytes, stream_bandwidth: BytesPerSecond
) -> Seconds:
    """Time to stream in the weights of a dense layer, once for each pass of each micro-batch.

    >>> round(dense_injection_time(300e6, 2, 150e9) * 1e3, 3)
    4.0
    """
    return weight_injection_time(dense_layer_parameters * parameter_bytes, stream_bandwidth)


@rule(wall=6, cite=_CITE)
def moe_injection_time(
    moe_layer_fixed_parameters: Count,
    experts: Count,
    expert_parameters: Count,
    parameter_bytes: Bytes,
    stream_bandwidth: BytesPerSecond,
) -> Seconds:
    """Time to stream in the weights of a mixture layer: all of its experts, as a batch uses all of them.

    >>> round(moe_injection_time(100e6, 8, 100e6, 2, 150e9) * 1e3, 3)
    12.0
    """
    layer = moe_layer_fixed_parameters + experts * expert_parameters
    return weight_injection_time(layer * parameter_bytes, stream_bandwidth)


@rule(wall=6, cite="definition: gradients leave by the other direction of the link that weights come in by")
def dense_gradient_time(
    dense_injection_time: Seconds, gradient_traffic_bytes: Bytes, parameter_bytes: Bytes
) -> Seconds:
    """Time to send the gradients of a dense layer out, once for each micro-batch.

    >>> dense_gradient_time(4.0, 4, 2)
    8.0
    """
    return dense_injection_time * gradient_traffic_bytes / parameter_bytes


@rule(wall=6, cite="definition: gradients leave by the other direction of the link that weights come in by")
def moe_gradient_time(
    moe_injection_time: Seconds, gradient_traffic_bytes: Bytes, parameter_bytes: Bytes
) -> Seconds:
    """Time to send the gradients of a mixture layer out, once for each micro-batch.

    >>> moe_gradient_time(4.0, 2, 2)
    4.0
    """
    return moe_injection_time * gradient_traffic_bytes / parameter_bytes


@rule(wall=6, cite=_CITE)
def streamed_forward(
    dense_layers: Count,
    moe_layers: Count,
    dense_injection_time: Seconds,
    moe_injection_time: Seconds,
    dense_layer_forward: Seconds,
    moe_layer_forward: Seconds,
) -> Seconds:
    """Forward time of one micro-batch: a layer's weights come in while the one before computes.

    >>> [streamed_forward(4, 0, injection, 0.0, 10.0, 0.0) for injection in (1.0, 30.0)]
    [41.0, 130.0]
    """
    return minimum(1, dense_layers) * streamed_pass_time(
        maximum(1, dense_layers), dense_injection_time, dense_layer_forward
    ) + minimum(1, moe_layers) * streamed_pass_time(
        maximum(1, moe_layers), moe_injection_time, moe_layer_forward
    )


@rule(wall=6, cite=_CITE)
def streamed_backward(
    dense_layers: Count,
    moe_layers: Count,
    dense_injection_time: Seconds,
    moe_injection_time: Seconds,
    dense_gradient_time: Seconds,
    moe_gradient_time: Seconds,
    dense_layer_backward: Seconds,
    moe_layer_backward: Seconds,
) -> Seconds:
    """Backward time of one micro-batch: weights come in again, gradients leave, kernels run.

    >>> [streamed_backward(4, 0, 1.0, 0.0, out, 0.0, 20.0, 0.0) for out in (2.0, 25.0)]
    [81.0, 101.0]
    """
    return minimum(1, dense_layers) * streamed_pass_time(
        maximum(1, dense_layers), dense_injection_time, maximum(dense_gradient_time, dense_layer_backward)
    ) + minimum(1, moe_layers) * streamed_pass_time(
        maximum(1, moe_layers), moe_injection_time, maximum(moe_gradient_time, moe_layer_backward)
    )


@rule(wall=6, cite=_CITE)
def streamed_head(
    vocab: Count, hidden: Count, parameter_bytes: Bytes, stream_bandwidth: BytesPerSecond, head_time: Seconds
) -> Seconds:
    """Time of the output projection, both passes, while its weights stream in. The embedding is not counted.

    >>> streamed_head(32_000, 5120, 2, 150e9, 0.01), streamed_head(32_000, 5120, 2, 15e9, 0.01) > 0.02
    (0.01, True)
    """
    weights = weight_injection_time(vocab * hidden * parameter_bytes, stream_bandwidth)
    return streamed_layer_time(weights, head_time)


@rule(wall=6, cite="definition")
def streamed_time(streamed_forward: Seconds, streamed_backward: Seconds, streamed_head: Seconds) -> Seconds:
    """Time of one micro-batch, both passes, on a device that streams its weights in.

    >>> streamed_time(41.0, 81.0, 3.0)
    125.0
    """
    return streamed_forward + streamed_backward + streamed_head


@rule(wall=6, cite="definition", keeps="resident_stage_time")
def stage_time(streamed: Count, streamed_time: Seconds, resident_stage_time: Seconds) -> Seconds:
    """Time of one micro-batch on the slowest stage, or on a device that streams its weights in.

    `resident_stage_time` is that of devices that hold their weights.

    >>> stage_time(1, 3.0, 2.0), stage_time(0, 3.0, 2.0)
    (3.0, 2.0)
    """
    return where(streamed > 0, streamed_time, resident_stage_time)


@rule(
    cite=_CITE + "; gradients are added up on their way, at the rate of the link",
    keeps="resident_gradient_exposed",
)
def gradient_exposed(streamed: Count, resident_gradient_exposed: Seconds) -> Seconds:
    """Data-parallel traffic of a step's backward passes that shows; streamed gradients are in `streamed_time`.

    >>> gradient_exposed(1, 2.0), gradient_exposed(0, 2.0)
    (0, 2.0)
    """
    return where(streamed > 0, 0, resident_gradient_exposed)


@rule(cite=_CITE, keeps="resident_gather_exposed")
def gather_exposed(streamed: Count, resident_gather_exposed: Seconds) -> Seconds:
    """Weight gathering of a step that shows; streamed weights are in `streamed_time`.

    >>> gather_exposed(1, 2.0), gather_exposed(0, 2.0)
    (0, 2.0)
    """
    return where(streamed > 0, 0, resident_gather_exposed)


@rule(
    cite=_CITE + "; the outside memory updates weights as gradients arrive", keeps="resident_optimizer_time"
)
def optimizer_time(streamed: Count, resident_optimizer_time: Seconds) -> Seconds:
    """Time of the optimizer step on the devices; the outside memory's own is taken to be hidden.

    >>> optimizer_time(1, 2.0), optimizer_time(0, 2.0)
    (0, 2.0)
    """
    return where(streamed > 0, 0, resident_optimizer_time)
