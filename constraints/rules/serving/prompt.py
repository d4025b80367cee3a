"""From layers to the prefill of one prompt: its latency, what it occupies, and its moments."""

from __future__ import annotations

from constraints.algebras.maths import maximum, minimum
from constraints.quantities import Count, Fraction, Seconds, Tokens
from constraints.rule import rule


@rule(wall=14, cite="Shoeybi et al. 2019: two all-reduces a layer; overlap hides at most the products")
def prefill_dense_layer(
    prefill_projection_time: Seconds,
    prefill_ffn_time: Seconds,
    prefill_dense_elementwise_time: Seconds,
    prefill_tokens: Tokens,
    reduce_latency: Seconds,
    reduce_seconds_per_token: Seconds,
    tp_overlap: Fraction,
) -> Seconds:
    """Time of one dense layer of a prefill pass, attention itself aside.

    >>> [prefill_dense_layer(1.0, 2.0, 0.5, 100, 0.125, 0.01, overlap) for overlap in (0, 1)]
    [5.75, 3.75]
    """
    products = prefill_projection_time + prefill_ffn_time
    moved = 2 * prefill_tokens * reduce_seconds_per_token
    return (
        products
        + prefill_dense_elementwise_time
        + 2 * reduce_latency
        + moved
        - minimum(tp_overlap * moved, products)
    )


@rule(wall=14, cite="Shoeybi et al. 2019: two all-reduces a layer; overlap hides at most the products")
def prefill_moe_layer(
    prefill_projection_time: Seconds,
    prefill_expert_time: Seconds,
    prefill_moe_elementwise_time: Seconds,
    prefill_tokens: Tokens,
    reduce_latency: Seconds,
    reduce_seconds_per_token: Seconds,
    exchange_latency: Seconds,
    exchange_seconds_per_token: Seconds,
    tp_overlap: Fraction,
    ep_overlap: Fraction,
) -> Seconds:
    """Time of one mixture layer of a prefill pass, attention itself aside.

    >>> parts = (1.0, 2.0, 0.5, 100, 0.125, 0.01, 0.25, 0.02)  # products take 3, messages 4
    >>> prefill_moe_layer(*parts, 0, 0), prefill_moe_layer(*parts, 1, 1)
    (8.0, 5.0)
    """
    products = prefill_projection_time + prefill_expert_time
    reduced = 2 * prefill_tokens * reduce_seconds_per_token
    exchanged = prefill_tokens * exchange_seconds_per_token
    return (
        products
        + prefill_moe_elementwise_time
        + 2 * reduce_latency
        + exchange_latency
        + reduced
        + exchanged
        - minimum(tp_overlap * reduced + ep_overlap * exchanged, products)
    )


@rule(wall=4, cite="definition: all layers, attention included")
def prefill_stack_time(
    dense_layers: Count,
    moe_layers: Count,
    prefill_dense_layer: Seconds,
    prefill_moe_layer: Seconds,
    prefill_attention_time: Seconds,
) -> Seconds:
    """Time of all layers of a prefill pass.

    >>> prefill_stack_time(3, 58, 1.0, 2.0, 10.0)
    129.0
    """
    return dense_layers * prefill_dense_layer + moe_layers * prefill_moe_layer + prefill_attention_time


@rule(wall=4, cite="definition")
def prefill_handover_time(
    prefill_tokens: Tokens, handover_latency: Seconds, handover_seconds_per_token: Seconds
) -> Seconds:
    """Time to hand a prefill pass to the next stage: 0 with PP 1.

    >>> round(prefill_handover_time(1000, 5e-6, 1e-8) * 1e6, 3), prefill_handover_time(1000, 0.0, 0.0)
    (15.0, 0.0)
    """
    return handover_latency + prefill_tokens * handover_seconds_per_token


@rule(wall=4, cite="definition: prompts differ in length, so their kernels are launched one by one")
def prefill_launch_time(
    dense_layers: Count,
    moe_layers: Count,
    latent_layers: Count,
    host_layer_time: Seconds,
    host_moe_layer_time: Seconds,
    host_latent_time: Seconds,
) -> Seconds:
    """Time the host takes to launch a prefill pass; the device waits for it when the prompt is short.

    Latent attention adds kernels to its layers: projections down and up, two norms, rotary on a part.

    >>> prefill_launch_time(3, 58, 0, 0.5, 0.25, 1.0), prefill_launch_time(3, 58, 61, 0.5, 0.25, 1.0)
    (16.0, 77.0)
    """
    return (
        dense_layers * host_layer_time + moe_layers * host_moe_layer_time + latent_layers * host_latent_time
    )


@rule(wall=4, cite="definition: all stages in series")
def prefill_time(
    prefill_stack_time: Seconds,
    prefill_launch_time: Seconds,
    prefill_head_time: Seconds,
    prefill_handover_time: Seconds,
    pp: Count,
    prefill_overhead: Seconds,
    input_tokens: Tokens,
    prompt_seconds_per_token: Seconds,
) -> Seconds:
    """Time from the arrival of a prompt at an idle replica to its first token, in the mean over prompts.

    The host takes its time before the device starts: the server, then splitting the prompt into tokens.

    >>> round(prefill_time(0.4, 0.1, 0.01, 0.002, 4, 0.004, 1000, 0.00001), 4)
    0.43
    """
    stack = maximum(prefill_stack_time, prefill_launch_time)
    return (
        prefill_overhead
        + input_tokens * prompt_seconds_per_token
        + stack
        + prefill_head_time
        + (pp - 1) * prefill_handover_time
    )


@rule(wall=4, cite="definition: the slowest stage is the beat of a pipeline")
def prefill_occupancy(
    prefill_stack_time: Seconds,
    prefill_launch_time: Seconds,
    prefill_head_time: Seconds,
    prefill_handover_time: Seconds,
    most_layers: Count,
    last_layers: Count,
    layers: Count,
) -> Seconds:
    """Time a prefill pass keeps the slowest stage of one data rank from other work.

    >>> round(prefill_occupancy(0.4, 0.1, 0.01, 0.002, 20, 20, 80), 4)
    0.112
    """
    layer = maximum(prefill_stack_time, prefill_launch_time) / layers
    slowest = maximum(most_layers * layer, last_layers * layer + prefill_head_time)
    return slowest + prefill_handover_time


@rule(wall=7, cite="definition: second moment of a pass in proportion to the prompt's")
def prefill_square(prefill_occupancy: Seconds, input_square: Tokens, input_tokens: Tokens) -> Seconds:
    """Root of the second moment of the time a prefill pass occupies.

    The products, linear in the prompt, make up most of it, so it varies as prompts do: a little
    less where overhead counts, a little more where attention does.

    >>> prefill_square(0.1, 1500.0, 1000.0)
    0.15
    """
    return prefill_occupancy * input_square / input_tokens


@rule(wall=7, cite="definition: third moment of a pass in proportion to the prompt's")
def prefill_cube(prefill_occupancy: Seconds, input_cube: Tokens, input_tokens: Tokens) -> Seconds:
    """Root of the third moment of the time a prefill pass occupies, as `prefill_square`.

    >>> prefill_cube(0.1, 2000.0, 1000.0)
    0.2
    """
    return prefill_occupancy * input_cube / input_tokens
