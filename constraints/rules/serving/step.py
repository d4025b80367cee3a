"""From layers to a decode step, and its split into a fixed part and one that grows with the batch."""

from __future__ import annotations

from typing import Any

from constraints.algebras.maths import maximum, minimum, where
from constraints.quantities import Bytes, BytesPerSecond, Count, Fraction, Seconds
from constraints.rule import rule


def cycle(pp: Any, most: Any, last: Any, layer: Any, head: Any, handover: Any) -> Any:
    """Time in which every stage works once on every group of sequences: PP turns of the slowest stage.

    >>> cycle(1, 80, 80, 1.0, 2.0, 0.0), cycle(4, 16, 15, 1.0, 2.0, 0.5)
    (82.0, 70.0)
    """
    return pp * (maximum(most * layer, last * layer + head) + handover)


@rule(wall=14, cite="Shoeybi et al. 2019: two all-reduces a layer")
def decode_dense_layer(
    decode_projection_time: Seconds,
    decode_attention_time: Seconds,
    decode_ffn_time: Seconds,
    decode_dense_elementwise_time: Seconds,
    decode_tokens: Count,
    reduce_latency: Seconds,
    reduce_seconds_per_token: Seconds,
) -> Seconds:
    """Time of one dense layer in a decode step; nothing hides an all-reduce there.

    >>> decode_dense_layer(1.0, 2.0, 3.0, 0.5, 100, 0.125, 0.01)
    8.75
    """
    return (
        decode_projection_time
        + decode_attention_time
        + decode_ffn_time
        + decode_dense_elementwise_time
        + 2 * (reduce_latency + decode_tokens * reduce_seconds_per_token)
    )


@rule(wall=14, cite="Shoeybi et al. 2019: two all-reduces a layer; overlap hides at most the expert products")
def decode_moe_layer(
    decode_projection_time: Seconds,
    decode_attention_time: Seconds,
    decode_expert_time: Seconds,
    decode_moe_elementwise_time: Seconds,
    decode_tokens: Count,
    reduce_latency: Seconds,
    reduce_seconds_per_token: Seconds,
    exchange_latency: Seconds,
    exchange_seconds_per_token: Seconds,
    ep_overlap: Fraction,
) -> Seconds:
    """Time of one mixture layer in a decode step; overlap hides bytes of an exchange, not its latency.

    >>> [decode_moe_layer(1.0, 2.0, 3.0, 0.5, 100, 0.125, 0.01, 0.25, 0.02, overlap) for overlap in (0, 1)]
    [11.0, 9.0]
    """
    moved = decode_tokens * exchange_seconds_per_token
    return (
        decode_projection_time
        + decode_attention_time
        + decode_expert_time
        + decode_moe_elementwise_time
        + 2 * (reduce_latency + decode_tokens * reduce_seconds_per_token)
        + exchange_latency
        + moved
        - minimum(ep_overlap * moved, decode_expert_time)
    )


@rule(wall=2, cite="definition: every stage busy with a group of sequences, the slowest sets the beat")
def decode_full_step(
    pp: Count,
    most_layers: Count,
    last_layers: Count,
    layers: Count,
    dense_layers: Count,
    moe_layers: Count,
    decode_dense_layer: Seconds,
    decode_moe_layer: Seconds,
    decode_head_time: Seconds,
    decode_tokens: Count,
    handover_latency: Seconds,
    handover_seconds_per_token: Seconds,
    host_step_overhead: Seconds,
    host_sequence_overhead: Seconds,
) -> Seconds:
    """Sum of the parts of a decode step at a full batch, before the split.

    The host prepares a step and then handles each sequence's token: sampling, stop checks, streaming.

    >>> decode_full_step(1, 80, 80, 80, 30, 50, 1.0, 2.0, 2.0, 8, 0.0, 0.0, 0.5, 0.0)  # 30 + 100 + 2 + 0.5
    132.5
    >>> decode_full_step(4, 20, 20, 80, 80, 0, 1.0, 0.0, 2.0, 8, 0.5, 0.125, 0.5, 0.25)  # 4 (20 + 2 + 1.5) + 8.5
    102.5
    """
    layer = (dense_layers * decode_dense_layer + moe_layers * decode_moe_layer) / layers
    handover = handover_latency + decode_tokens * handover_seconds_per_token
    host = host_step_overhead + pp * decode_tokens * host_sequence_overhead
    return cycle(pp, most_layers, last_layers, layer, decode_head_time, handover) + host


@rule(wall=2, cite="definition: weights stream at the achieved bandwidth, kernels start, collectives begin")
def decode_dense_layer_fixed(
    attention_device_bytes: Bytes,
    dense_block_device_bytes: Bytes,
    memory_bandwidth: BytesPerSecond,
    bandwidth_fraction: Fraction,
    latent: Count,
    launch_floor: Seconds,
    elementwise_kernels: Count,
    base_launch_floor: Seconds,
    decode_attention_floor: Seconds,
    reduce_latency: Seconds,
) -> Seconds:
    """Time of a dense layer with hardly a token to work on.

    >>> t = decode_dense_layer_fixed(8e8, 12e8, 4e12, 0.5, 1, 1e-6, 10, 1e-6, 2e-6, 5e-6)
    >>> round(t * 1e6, 3)  # 2 GB of weights, 6 + 10 launches, attention, two empty all-reduces
    1028.0
    """
    return (
        (attention_device_bytes + dense_block_device_bytes) / (memory_bandwidth * bandwidth_fraction)
        + (4 + 2 * latent) * launch_floor
        + elementwise_kernels * base_launch_floor
        + decode_attention_floor
        + 2 * reduce_latency
    )


@rule(wall=2, cite="definition; the experts a full batch touches, as their number grows fast and then stays")
def decode_moe_layer_fixed(
    attention_device_bytes: Bytes,
    moe_block_device_bytes: Bytes,
    experts_touched: Count,
    expert_device_parameters: Count,
    shared_experts: Count,
    ep: Count,
    expert_weight_bytes: Bytes,
    memory_bandwidth: BytesPerSecond,
    bandwidth_fraction: Fraction,
    latent: Count,
    launch_floor: Seconds,
    elementwise_kernels: Count,
    base_launch_floor: Seconds,
    decode_attention_floor: Seconds,
    expert_floor: Seconds,
    expert_bandwidth_fraction: Fraction,
    expert_imbalance: Count,
    expert_each_floor: Seconds,
    reduce_latency: Seconds,
    exchange_latency: Seconds,
) -> Seconds:
    """Time of a mixture layer with hardly a token to work on but all experts of a full batch read.

    A straight line from here to the full batch lies on or above the step at any smaller batch.

    >>> fixed = (1e-6, 10, 1e-6, 2e-6, 4e-6, 0.5, 1, 0.0, 5e-6, 4e-6)
    >>> t = decode_moe_layer_fixed(1e8, 3e8, 8, 1e8, 1, 1, 2, 4e12, 0.5, 1, *fixed)
    >>> round(t * 1e6, 3)  # 2 GB of weights, 6 + 10 launches, attention, experts, empty collectives
    1036.0
    """
    busiest = where(ep > 1, expert_imbalance, 1)
    streamed = (
        (attention_device_bytes + moe_block_device_bytes) / bandwidth_fraction
        + busiest
        * experts_touched
        * expert_device_parameters
        * expert_weight_bytes
        / expert_bandwidth_fraction
    )
    return (
        streamed / memory_bandwidth
        + (2 + 2 * latent + 2 * minimum(1, shared_experts)) * launch_floor
        + elementwise_kernels * base_launch_floor
        + decode_attention_floor
        + expert_floor
        + busiest * experts_touched * expert_each_floor
        + 2 * reduce_latency
        + exchange_latency
    )


@rule(wall=2, cite="definition: what a step takes however few sequences there are")
def decode_step_fixed(
    pp: Count,
    most_layers: Count,
    last_layers: Count,
    layers: Count,
    dense_layers: Count,
    moe_layers: Count,
    decode_dense_layer_fixed: Seconds,
    decode_moe_layer_fixed: Seconds,
    vocab: Count,
    hidden: Count,
    tp: Count,
    end_weight_bytes: Bytes,
    memory_bandwidth: BytesPerSecond,
    base_bandwidth_fraction: Fraction,
    base_launch_floor: Seconds,
    handover_latency: Seconds,
    host_step_overhead: Seconds,
) -> Seconds:
    """Part of a decode step that does not grow with the batch: weights, launches, latencies, host.

    >>> step = [(pp, 80 / pp, 80 / pp, 80, 30, 50, 1.0, 2.0, 100, 10, 2, 4, 1e3, 1, 0.25) for pp in (1, 4)]
    >>> decode_step_fixed(*step[0], 0.0, 0.5), decode_step_fixed(*step[1], 0.5, 0.5)  # logits: 2 + 0.25
    (132.75, 141.5)
    """
    layer = (dense_layers * decode_dense_layer_fixed + moe_layers * decode_moe_layer_fixed) / layers
    logits = vocab * hidden / tp * end_weight_bytes / (memory_bandwidth * base_bandwidth_fraction)
    head = base_launch_floor + logits
    return cycle(pp, most_layers, last_layers, layer, head, handover_latency) + host_step_overhead


@rule(wall=2, cite="definition")
def decode_step_variable(decode_full_step: Seconds, decode_step_fixed: Seconds) -> Seconds:
    """Part of a decode step that grows with the batch: cache, arithmetic, messages.

    >>> decode_step_variable(0.025, 0.020) > 0, decode_step_variable(0.02, 0.02)
    (True, 0)
    """
    return maximum(0, decode_full_step - decode_step_fixed)


@rule(wall=2, cite="definition; never below the time the weights stream")
def decode_step_time(decode_step_fixed: Seconds, decode_step_variable: Seconds) -> Seconds:
    """Time between two tokens of a sequence at a full batch, without prefills in between.

    >>> round(decode_step_time(0.018, 0.006), 3)
    0.024
    """
    return decode_step_fixed + decode_step_variable
