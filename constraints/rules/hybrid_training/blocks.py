"""Dense layers of which some have no feed-forward block, or narrower ones, and layers that mix no tokens."""

from __future__ import annotations

from constraints.algebras.maths import minimum, where
from constraints.instance import instance
from constraints.quantities import Bytes, BytesPerSecond, Count, Fraction, Seconds
from constraints.rule import rule
from constraints.rules.training.communication import cp_layer_time as ring_time


@rule(wall=2, cite="definition: each layer has two blocks, or one")
def blocks_share(
    layers: Count, mixer_share: Fraction, dense_layers: Count, ffn_share: Fraction, moe_layers: Count
) -> Fraction:
    """Blocks of a layer in the mean over layers, of the two it may have.

    >>> blocks_share(80, 1, 80, 1, 0), blocks_share(48, 1, 8, 0, 40)
    (1.0, 0.9166666666666667)
    """
    return (mixer_share + (dense_layers * ffn_share + moe_layers) / layers) / 2


@rule(
    wall=1,
    cite="definition: mean over dense layers of the share of the widest block",
    keeps="widest_ffn_time",
)
def dense_ffn_time(ffn_share: Fraction, widest_ffn_time: Seconds) -> Seconds:
    """Forward time of a dense feed-forward block, in the mean over dense layers.

    >>> dense_ffn_time(0.75, 4.0)
    3.0
    """
    return ffn_share * widest_ffn_time


@instance(dense_ffn_time, {"widest_ffn_time": "widest_activation_time"}, keeps="widest_activation_time")
def dense_activation_time() -> Seconds:
    """Forward time of the non-linearity of a dense layer, in the mean over dense layers.

    >>> dense_activation_time(0.75, 4.0)
    3.0
    """


@rule(wall=2, cite="definition: half of it goes with each block", keeps="whole_elementwise_time")
def elementwise_time(blocks_share: Fraction, whole_elementwise_time: Seconds) -> Seconds:
    """Forward time of a layer's norms, residual adds and small kernels, in the mean over layers.

    >>> elementwise_time(0.75, 4.0)
    3.0
    """
    return blocks_share * whole_elementwise_time


@instance(elementwise_time, {"whole_elementwise_time": "whole_tp_layer_time"}, keeps="whole_tp_layer_time")
def tp_layer_time() -> Seconds:
    """TP traffic of one layer's forward pass, half of it for each block, in the mean over layers.

    >>> tp_layer_time(0.75, 4.0)
    3.0
    """


@instance(ring_time, {"kv_expanded_width": "local_cache_width", "kv_ranks": "local_kv_ranks"})
def local_ring_time() -> Seconds:
    """CP traffic of the forward pass of one layer that sees a window: rings know no windows.

    >>> links = (360e9, 50e9, 0.0, 0.0)
    >>> round(local_ring_time(8192, 2048, 8, 2, 8, 16, 8, *links) * 1e3, 2)
    1.26
    """


@rule(
    wall=14, cite="Sun et al. 2024, LASP: a state goes from rank to rank, whatever the length of the sequence"
)
def state_hop_time(
    state_elements: Count,
    state_element_bytes: Bytes,
    tp: Count,
    cp: Count,
    scale_up_domain: Count,
    inner_bandwidth: BytesPerSecond,
    outer_bandwidth: BytesPerSecond,
    inner_latency: Seconds,
    outer_latency: Seconds,
) -> Seconds:
    """CP traffic of the forward pass of one layer with a state: none with CP 1.

    >>> [state_hop_time(100, 4, 2, cp, 8, 100.0, 10.0, 1.0, 5.0) for cp in (1, 4, 8)]  # 200 bytes a hop
    [0.0, 9.0, 175.0]
    """
    message = state_elements * state_element_bytes / tp
    inside = inner_latency + message / inner_bandwidth
    hop = where(tp * cp <= scale_up_domain, inside, outer_latency + message / outer_bandwidth)
    return minimum(1, cp - 1) * (cp - 1) * hop


@rule(wall=14, cite="definition: mean over layers", keeps="full_ring_time")
def cp_layer_time(
    layers: Count,
    full_layers: Count,
    full_ring_time: Seconds,
    local_layers: Count,
    local_ring_time: Seconds,
    recurrent_layers: Count,
    state_hop_time: Seconds,
) -> Seconds:
    """CP traffic of one layer's forward pass, in the mean over layers. The backward pass has twice that.

    >>> cp_layer_time(60, 15, 8.0, 0, 0, 45, 4.0)
    5.0
    """
    total = full_layers * full_ring_time + local_layers * local_ring_time + recurrent_layers * state_hop_time
    return total / layers
