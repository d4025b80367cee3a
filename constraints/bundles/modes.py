"""Training modes as numbers: recomputation, sharding, clipping. One line adds a mode."""

from __future__ import annotations

from constraints.bundles import Bundle, plain

# What is kept for the backward pass (1) or repeated in it: Megatron-Core's modules for recomputation. Inputs of
# products stay, but for those that norms and the non-linearity of experts make again; Megatron has no module
# for that of a dense layer or a shared expert alone.
RECOMPUTE: dict[str, Bundle] = {
    "none": plain(
        "definition: everything is kept",
        keep_products=1, keep_cheap=1, keep_scores=1, forward_repeats=0, cheap_repeats=0, core_repeats=0,
    ),
    "core_attn": plain(
        "Megatron-Core --recompute-activations: module core_attn, the whole core of attention",
        keep_products=1, keep_cheap=1, keep_scores=0, forward_repeats=0, cheap_repeats=0, core_repeats=1,
    ),
    "selective": plain(
        "Megatron-Core --recompute-modules layernorm moe_act, and core_attn where scores are kept",
        keep_products=1, keep_cheap=0, keep_scores=0, forward_repeats=0, cheap_repeats=1, core_repeats=0,
    ),
    "full": plain(
        "Chen et al. 2016: only layer inputs are kept",
        keep_products=0, keep_cheap=0, keep_scores=0, forward_repeats=1, cheap_repeats=0, core_repeats=0,
    ),
}  # fmt: skip

# How DP-SGD clips the gradient of each sample: extra backward passes, whether each gradient is kept.
CLIPPING: dict[str, Bundle] = {
    "ghost": plain(
        "Li et al. 2022, ghost clipping: a second backward pass, for the norms",
        norm_passes=1, samples_kept=0,
    ),
    "per_sample": plain(
        "Abadi et al. 2016: the gradient of every sample of a micro-batch is kept",
        norm_passes=0, samples_kept=1,
    ),
}  # fmt: skip
NOT_CLIPPED = plain("definition: gradients are not clipped by sample", norm_passes=0, samples_kept=0)

# ZeRO stages: which states are split over data-parallel ranks.
_ZERO = "Rajbhandari et al. 2020, ZeRO"
SHARDING: dict[str, Bundle] = {
    "zero0": plain(_ZERO, shard_optimizer=0, shard_gradients=0, shard_weights=0),
    "zero1": plain(_ZERO, shard_optimizer=1, shard_gradients=0, shard_weights=0),
    "zero2": plain(_ZERO, shard_optimizer=1, shard_gradients=1, shard_weights=0),
    "zero3": plain(_ZERO, shard_optimizer=1, shard_gradients=1, shard_weights=1),
}
