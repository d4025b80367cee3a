"""Routed experts that work in a latent dimension: the way into it and back, once a token."""

from __future__ import annotations

from functools import partial

from constraints.algebras.maths import minimum
from constraints.instance import instance
from constraints.quantities import Bytes, BytesPerSecond, Count, FlopPerSecond, Fraction, Seconds, Tokens
from constraints.rule import rule
from constraints.rules.library.roofline import gemm_time


@rule(wall=2, cite="NVIDIA 2025, Nemotron 3, sec. 2: latent MoE; every tensor rank has both projections")
def decode_latent_projection(
    decode_tokens: Count,
    hidden: Count,
    expert_latent: Count,
    weight_bytes: Bytes,
    operand_bytes: Bytes,
    activation_bytes: Bytes,
    compute_rate: FlopPerSecond,
    ffn_speed: Count,
    memory_bandwidth: BytesPerSecond,
    launch_floor: Seconds,
    compute_fraction: Fraction,
    bandwidth_fraction: Fraction,
    corner: Count,
) -> Seconds:
    """Time of the projections into and out of the experts' latent dimension in a decode step; none without one.

    >>> device = (1, 0, 0, 1e30, 1, 1e3, 1.0, 1, 1, 1)
    >>> [decode_latent_projection(1, 100, n, *device) for n in (0, 20)]  # 4 kB, two launches
    [0.0, 6.0]
    """
    product = partial(
        gemm_time,
        weight_bytes=weight_bytes,
        operand_bytes=operand_bytes,
        result_bytes=activation_bytes,
        rate=compute_rate * ffn_speed,
        bandwidth=memory_bandwidth,
        launch_floor=launch_floor,
        compute_fraction=compute_fraction,
        bandwidth_fraction=bandwidth_fraction,
        corner=corner,
    )
    both = product(decode_tokens, expert_latent, hidden) + product(decode_tokens, hidden, expert_latent)
    return minimum(1, expert_latent) * both


@rule(wall=2, cite="definition", keeps="decode_experts_alone")
def decode_expert_time(decode_experts_alone: Seconds, decode_latent_projection: Seconds) -> Seconds:
    """Time of a mixture layer's feed-forward part in a decode step, projections of latent experts included.

    >>> decode_expert_time(3.0, 0.5)
    3.5
    """
    return decode_experts_alone + decode_latent_projection


@instance(decode_latent_projection, {"decode_tokens": "prefill_tokens"})
def prefill_latent_projection(prefill_tokens: Tokens) -> Seconds:
    """Time of the projections into and out of the experts' latent dimension in a prefill pass.

    >>> prefill_latent_projection(1, 100, 20, 1, 0, 0, 1e30, 1, 1e3, 1.0, 1, 1, 1)
    6.0
    """


@instance(
    decode_expert_time,
    {
        "decode_experts_alone": "prefill_experts_alone",
        "decode_latent_projection": "prefill_latent_projection",
    },
    keeps="prefill_experts_alone",
)
def prefill_expert_time() -> Seconds:
    """Time of a mixture layer's feed-forward part in a prefill pass, projections of latent experts included.

    >>> prefill_expert_time(3.0, 0.5)
    3.5
    """
