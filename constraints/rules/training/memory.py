"""Memory of one device in training: weights, gradients, optimizer, activations, logits, reserve."""

from __future__ import annotations

from constraints.algebras.maths import maximum, minimum, where
from constraints.instance import instance
from constraints.quantities import Bytes, BytesPerToken, Count, Fraction, Tokens
from constraints.rule import rule
from constraints.rules.library.pipeline import heaviest_run
from constraints.rules.library.sharding import sharded_state_bytes


@rule(wall=2, cite="Rajbhandari et al. 2020, ZeRO: each state is split over data ranks from its stage on")
def dense_state_bytes(
    dp: Count,
    cp: Count,
    parameter_bytes: Bytes,
    gradient_bytes: Bytes,
    optimizer_bytes: Bytes,
    shard_weights: Count,
    shard_gradients: Count,
    shard_optimizer: Count,
) -> Bytes:
    """Bytes one device keeps per parameter outside the experts: 18 without sharding, in bf16.

    >>> dense_state_bytes(1, 1, 2, 4, 12, 0, 0, 1), dense_state_bytes(4, 1, 2, 4, 12, 0, 0, 1)
    (18.0, 9.0)
    >>> dense_state_bytes(2, 2, 2, 4, 12, 1, 1, 1)  # ZeRO 3 over 4 ranks: 18 / 4
    4.5
    """
    return sharded_state_bytes(
        dp * cp, parameter_bytes, gradient_bytes, optimizer_bytes, shard_weights, shard_gradients,
        shard_optimizer,
    )  # fmt: skip


@rule(wall=2, cite="Megatron-LM theoretical memory usage: experts are split over their own data ranks")
def expert_state_bytes(
    dp: Count,
    cp: Count,
    ep: Count,
    parameter_bytes: Bytes,
    gradient_bytes: Bytes,
    optimizer_bytes: Bytes,
    shard_weights: Count,
    shard_gradients: Count,
    shard_optimizer: Count,
) -> Bytes:
    """Bytes one device keeps per expert parameter it holds: data ranks of experts are DP x CP / EP.

    >>> [expert_state_bytes(dp, 1, 8, 2, 4, 12, 1, 1, 1) for dp in (8, 32)]  # ZeRO 3 over 1 and 4 ranks
    [18.0, 4.5]
    """
    return sharded_state_bytes(
        dp * cp / ep, parameter_bytes, gradient_bytes, optimizer_bytes, shard_weights, shard_gradients,
        shard_optimizer,
    )  # fmt: skip


@rule(wall=2, cite="definition: the stage with the most mixture layers, which are the larger ones")
def stage_state(
    stage_layers: Count,
    end_parameters: Count,
    dense_layer_parameters: Count,
    moe_layers: Count,
    moe_layer_fixed_parameters: Count,
    experts: Count,
    expert_parameters: Count,
    tp: Count,
    ep: Count,
    dense_state_bytes: Bytes,
    expert_state_bytes: Bytes,
) -> Bytes:
    """Weights, gradients and optimizer of one device of a stage.

    `end_parameters` are those of the embedding or output projection, if the stage has it.

    >>> stage_state(10, 500, 100, 0, 0, 0, 0, 2, 1, 18, 18)  # 18 (1000 + 500) / TP 2
    13500.0
    >>> stage_state(4, 0, 100, 4, 50, 8, 10, 1, 2, 18, 18)  # 18 (200 + 4 x 80 / EP 2)
    6480.0
    """
    mixture = minimum(stage_layers, moe_layers)
    fixed = mixture * moe_layer_fixed_parameters + (stage_layers - mixture) * dense_layer_parameters
    return dense_state_bytes * (fixed + end_parameters) / tp + expert_state_bytes * (
        mixture * experts * expert_parameters / (tp * ep)
    )


@rule(wall=2, cite="definition: the stage with the most expensive packing of layers")
def stage_activations(
    stage_layers: Count,
    in_flight: Count,
    microbatch_tokens: Tokens,
    dense_layers: Count,
    moe_layers: Count,
    dense_layer_activation_bytes: BytesPerToken,
    moe_layer_activation_bytes: BytesPerToken,
    pipeline_buffers: Count,
    layer_input_bytes: BytesPerToken,
) -> Bytes:
    """Activations a stage keeps for the micro-batches it has begun and not finished.

    `pipeline_buffers` counts what a pipeline engine holds of each beside its layers, such as the
    received input and the output that was sent, each as large as a layer's input.

    >>> stage_activations(10, 4, 100, 80, 0, 3, 0, 0, 1), stage_activations(4, 1, 1, 3, 58, 1, 2, 0, 1)
    (12000, 8)
    >>> stage_activations(10, 4, 100, 80, 0, 3, 0, 2, 1)
    12800
    """
    per_token = heaviest_run(
        stage_layers, dense_layers, moe_layers, dense_layer_activation_bytes, moe_layer_activation_bytes
    )
    return in_flight * microbatch_tokens * (per_token + pipeline_buffers * layer_input_bytes)


@rule(
    wall=2,
    cite="Narayanan et al. 2021: 1F1B keeps PP, interleaving PP + (PP-1)/v micro-batches on the first stage",
)
def first_in_flight(pp: Count, vpp: Count, microbatches: Count, schedule_in_flight: Count) -> Count:
    """Micro-batches whose activations the first stage holds at once.

    `schedule_in_flight` is how many times those of 1F1B a schedule holds; only a pipeline has a schedule.

    >>> first_in_flight(16, 1, 16, 1), first_in_flight(16, 4, 64, 1), first_in_flight(8, 1, 64, 2)
    (16, 19.75, 16)
    """
    return minimum(microbatches, schedule_in_flight * where(vpp > 1, pp + (pp - 1) / vpp, pp))


@rule(wall=2, cite="Narayanan et al. 2021: each later stage holds fewer")
def inner_in_flight(pp: Count, vpp: Count, microbatches: Count, schedule_in_flight: Count) -> Count:
    """Micro-batches the second stage holds: the first one that may have a spare layer.

    >>> [inner_in_flight(16, *x) for x in ((1, 64, 1), (4, 64, 1), (1, 8, 1), (1, 64, 2))]
    [15, 19.25, 8, 30]
    """
    one = where(vpp > 1, (2 * (pp - 2) + (vpp - 1) * pp + 1) / vpp, maximum(1, pp - 1))
    return minimum(microbatches, schedule_in_flight * one)


@rule(wall=2, cite="Narayanan et al. 2021: the last stage finishes each micro-batch at once, chunks aside")
def last_in_flight(pp: Count, vpp: Count, microbatches: Count) -> Count:
    """Micro-batches the last stage holds; with interleaving its first chunks run ahead.

    >>> last_in_flight(16, 1, 64), last_in_flight(4, 2, 64), last_in_flight(1, 1, 8)
    (1, 2.5, 1)
    """
    return minimum(microbatches, where(vpp > 1, ((vpp - 1) * pp + 1) / vpp, 1))


@rule(wall=2, cite="definition: 16-bit logits, their fp32 softmax")
def logits_memory(microbatch_tokens: Tokens, vocab: Count, tp: Count, logit_bytes: Bytes) -> Bytes:
    """Logits of one micro-batch on the last stage.

    >>> logits_memory(8192, 128_256, 8, 6) / 1e6
    788.004864
    """
    return microbatch_tokens * vocab / tp * logit_bytes


@rule(wall=2, cite="Zhao et al. 2023, PyTorch FSDP: two layers gathered at once")
def gathered_weights(
    shard_weights: Count,
    dense_layer_parameters: Count,
    moe_layer_fixed_parameters: Count,
    moe_layers: Count,
    experts: Count,
    expert_parameters: Count,
    tp: Count,
    cp: Count,
    dp: Count,
    ep: Count,
    parameter_bytes: Bytes,
) -> Bytes:
    """Whole layers present for a moment where weights are sharded over data ranks (ZeRO 3, FSDP).

    A single data rank has nothing to gather.

    >>> [round(gathered_weights(z, 3_187_703_808, 0, 0, 0, 0, 8, 1, 2, 1, 2) / 1e9, 2) for z in (0, 1)]  # 405B
    [0.0, 1.59]
    >>> gathered_weights(1, 0, 50, 58, 8, 10, 1, 1, 4, 2, 2)  # two layers of 50 + 8 x 10 / EP 2, 2 bytes each
    360.0
    """
    mixture = minimum(1, moe_layers) * (moe_layer_fixed_parameters + experts * expert_parameters / ep)
    layers = 2 * shard_weights * minimum(1, dp * cp - 1)
    return layers * maximum(dense_layer_parameters, mixture) / tp * parameter_bytes


@rule(wall=2, cite="definition")
def first_stage_state(
    first_layers: Count,
    embedding_parameters: Count,
    dense_layer_parameters: Count,
    moe_layers: Count,
    moe_layer_fixed_parameters: Count,
    experts: Count,
    expert_parameters: Count,
    tp: Count,
    ep: Count,
    dense_state_bytes: Bytes,
    expert_state_bytes: Bytes,
    pp: Count,
    head_parameters: Count,
) -> Bytes:
    """States of the first stage; without a pipeline it has the output projection too.

    >>> [first_stage_state(10, 500, 100, 0, 0, 0, 0, 1, 1, 18, 18, pp, 400) for pp in (1, 2)]
    [34200.0, 27000.0]
    """
    return stage_state(
        stage_layers=first_layers,
        end_parameters=embedding_parameters + where(pp == 1, head_parameters, 0),
        dense_layer_parameters=dense_layer_parameters,
        moe_layers=moe_layers,
        moe_layer_fixed_parameters=moe_layer_fixed_parameters,
        experts=experts,
        expert_parameters=expert_parameters,
        tp=tp,
        ep=ep,
        dense_state_bytes=dense_state_bytes,
        expert_state_bytes=expert_state_bytes,
    )


@instance(
    stage_state, {"stage_layers": "most_layers"}, fixed={"end_parameters": 0}, wall=2, cite="definition"
)
def inner_stage_state() -> Bytes:
    """States of the fullest inner stage.

    >>> inner_stage_state(10, 100, 0, 0, 0, 0, 1, 1, 18, 18)
    18000.0
    """


@rule(wall=2, cite="definition: a tied output projection is stored again on the last stage of a pipeline")
def last_stage_state(
    last_layers: Count,
    vocab: Count,
    hidden: Count,
    dense_layer_parameters: Count,
    moe_layers: Count,
    moe_layer_fixed_parameters: Count,
    experts: Count,
    expert_parameters: Count,
    tp: Count,
    ep: Count,
    dense_state_bytes: Bytes,
    expert_state_bytes: Bytes,
) -> Bytes:
    """States of the last stage, with the output projection.

    >>> last_stage_state(10, 50, 8, 100, 0, 0, 0, 0, 1, 1, 18, 18)
    25200.0
    """
    return stage_state(
        stage_layers=last_layers,
        end_parameters=vocab * hidden,
        dense_layer_parameters=dense_layer_parameters,
        moe_layers=moe_layers,
        moe_layer_fixed_parameters=moe_layer_fixed_parameters,
        experts=experts,
        expert_parameters=expert_parameters,
        tp=tp,
        ep=ep,
        dense_state_bytes=dense_state_bytes,
        expert_state_bytes=expert_state_bytes,
    )


@instance(
    stage_activations,
    {"stage_layers": "first_layers", "in_flight": "first_in_flight"},
    wall=2,
    cite="definition",
)
def first_stage_activations() -> Bytes:
    """Activations of the first stage.

    >>> first_stage_activations(7, 16, 100, 126, 0, 3, 0, 0, 1)
    33600
    """


@instance(
    stage_activations,
    {"stage_layers": "most_layers", "in_flight": "inner_in_flight"},
    wall=2,
    cite="definition",
)
def inner_stage_activations() -> Bytes:
    """Activations of the fullest inner stage.

    >>> inner_stage_activations(8, 15, 100, 126, 0, 3, 0, 0, 1)
    36000
    """


@instance(
    stage_activations,
    {"stage_layers": "last_layers", "in_flight": "last_in_flight"},
    wall=2,
    cite="definition",
)
def last_stage_activations() -> Bytes:
    """Activations of the last stage.

    >>> last_stage_activations(7, 1, 100, 126, 0, 3, 0, 0, 1)
    2100
    """


@rule(
    wall=2,
    cite="definition: the fullest of the first, an inner and the last stage",
    head="memory",
    share_of="usable_memory",
)
def device_memory(
    first_stage_state: Bytes,
    first_stage_activations: Bytes,
    inner_stage_state: Bytes,
    inner_stage_activations: Bytes,
    last_stage_state: Bytes,
    last_stage_activations: Bytes,
    logits_memory: Bytes,
    gathered_weights: Bytes,
    recompute_workspace: Bytes,
    sample_gradient_memory: Bytes,
    pp: Count,
) -> Bytes:
    """Memory the fullest device needs, without the reserve.

    >>> [device_memory(10, 5, 14, 8, 16, 1, 3, 1, 2, 0, pp) for pp in (1, 2, 3)]  # first, last, an inner one
    [21, 23, 25]
    """
    first = first_stage_state + first_stage_activations + where(pp == 1, logits_memory, 0)
    inner = where(pp > 2, inner_stage_state + inner_stage_activations, 0)
    last = where(pp > 1, last_stage_state + last_stage_activations + logits_memory, 0)
    return maximum(first, inner, last) + gathered_weights + recompute_workspace + sample_gradient_memory


@rule(
    wall=2,
    cite="PyTorch caching allocator: freed blocks are kept, and not all of them fit what is asked for next",
)
def reserved_memory(device_memory: Bytes, allocator_slack: Fraction) -> Bytes:
    """Memory the framework's allocator holds at the peak, as monitoring tools show it.

    >>> reserved_memory(100e9, 0.0625)
    106250000000.0
    """
    return device_memory * (1 + allocator_slack)
