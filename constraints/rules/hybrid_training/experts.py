"""Routed experts that work in a latent dimension, in training."""

from __future__ import annotations

from constraints.instance import instance
from constraints.quantities import Seconds, Tokens
from constraints.rules.hybrid_serving.experts import decode_expert_time, decode_latent_projection


@instance(
    decode_latent_projection,
    {"decode_tokens": "microbatch_tokens", "weight_bytes": "operand_bytes"},
    fixed={"ffn_speed": 1},
)
def latent_projection_time(microbatch_tokens: Tokens) -> Seconds:
    """Forward time of the projections into and out of the experts' latent dimension; none without one.

    >>> latent_projection_time(1, 100, 20, 1, 0, 1e30, 1e3, 1.0, 1, 1, 1)  # 4 kB of weights, 0.12 of operands
    6.12
    """


@instance(
    decode_expert_time,
    {"decode_experts_alone": "experts_alone_time", "decode_latent_projection": "latent_projection_time"},
    keeps="experts_alone_time",
)
def expert_ffn_time() -> Seconds:
    """Forward time of a mixture layer's routed and shared experts, projections of latent ones included.

    >>> expert_ffn_time(3.0, 0.5)
    3.5
    """
