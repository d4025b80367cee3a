"""Memory of one device that holds a whole network and its share of the optimizer."""

from __future__ import annotations

from constraints.quantities import Bytes, Count, Samples
from constraints.rule import rule


@rule(cite="definition: weights, gradients and optimizer, split over data ranks as the sharding says")
def first_stage_state(dense_state_bytes: Bytes, parameters: Count) -> Bytes:
    """Weights, gradients and optimizer state on one device.

    >>> first_stage_state(18, 25_557_000)
    460026000
    """
    return dense_state_bytes * parameters


@rule(cite="definition: what the forward pass keeps for the backward pass")
def network_activations(micro_samples: Samples, kept_activations: Count, activation_bytes: Bytes) -> Bytes:
    """Activations of one micro-batch, none recomputed.

    >>> network_activations(256, 22.2e6, 2) / 1e9
    11.3664
    """
    return micro_samples * kept_activations * activation_bytes


@rule(cite="definition")
def device_memory(first_stage_state: Bytes, network_activations: Bytes) -> Bytes:
    """Memory a device needs, without the reserve. Workspaces of convolution kernels are in the reserve.

    >>> device_memory(0.46e9, 11.4e9)
    11860000000.0
    """
    return first_stage_state + network_activations
