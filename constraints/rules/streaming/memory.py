"""Memory where weights are streamed: activations on the device, weights and optimizer outside."""

from __future__ import annotations

from constraints.algebras.maths import maximum, minimum, where
from constraints.quantities import Bytes, Count
from constraints.rule import rule


@rule(wall=6, cite="definition: the layer at work and the one coming in")
def streamed_weights(
    dense_layers: Count,
    dense_layer_parameters: Count,
    moe_layers: Count,
    moe_layer_fixed_parameters: Count,
    experts: Count,
    expert_parameters: Count,
    parameter_bytes: Bytes,
) -> Bytes:
    """Weights on a device that streams them: two of the largest layers.

    >>> streamed_weights(4, 100, 0, 50, 8, 10, 2), streamed_weights(0, 100, 4, 50, 8, 10, 2)
    (400, 520)
    """
    mixture = minimum(1, moe_layers) * (moe_layer_fixed_parameters + experts * expert_parameters)
    return 2 * parameter_bytes * maximum(minimum(1, dense_layers) * dense_layer_parameters, mixture)


@rule(
    wall=6,
    cite="definition: what is kept for the backward pass stays on the device",
    keeps="resident_device_memory",
)
def device_memory(
    streamed: Count,
    first_stage_activations: Bytes,
    logits_memory: Bytes,
    recompute_workspace: Bytes,
    streamed_weights: Bytes,
    resident_device_memory: Bytes,
) -> Bytes:
    """Memory the fullest device needs, without the reserve.

    >>> device_memory(1, 10, 2, 1, 4, 90), device_memory(0, 10, 2, 1, 4, 90)
    (17, 90)
    """
    own = first_stage_activations + logits_memory + recompute_workspace + streamed_weights
    return where(streamed > 0, own, resident_device_memory)


@rule(wall=6, cite="definition: weights, gradients and optimizer of the whole model, once")
def outside_memory(
    streamed: Count, parameters: Count, parameter_bytes: Bytes, gradient_bytes: Bytes, optimizer_bytes: Bytes
) -> Bytes:
    """Memory outside the devices that holds what is streamed; none where devices hold it.

    >>> outside_memory(1, 13e9, 2, 4, 12) / 1e9, outside_memory(0, 13e9, 2, 4, 12)
    (234.0, 0)
    """
    return where(streamed > 0, parameters * (parameter_bytes + gradient_bytes + optimizer_bytes), 0)
