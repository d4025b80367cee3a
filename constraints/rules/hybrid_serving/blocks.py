"""Dense layers of which some have no feed-forward block, or narrower ones, and layers that mix no tokens."""

from __future__ import annotations

from constraints.instance import instance
from constraints.quantities import Fraction, Seconds
from constraints.rule import rule


@rule(
    wall=2,
    cite="definition: mean over dense layers of the share of the widest block",
    keeps="widest_decode_ffn_time",
)
def decode_ffn_time(ffn_share: Fraction, widest_decode_ffn_time: Seconds) -> Seconds:
    """Time of a dense layer's feed-forward block in a decode step, in the mean over dense layers.

    >>> decode_ffn_time(0.75, 4.0)
    3.0
    """
    return ffn_share * widest_decode_ffn_time


@instance(
    decode_ffn_time, {"widest_decode_ffn_time": "widest_prefill_ffn_time"}, keeps="widest_prefill_ffn_time"
)
def prefill_ffn_time() -> Seconds:
    """Time of a dense layer's feed-forward block in a prefill pass, in the mean over dense layers.

    >>> prefill_ffn_time(0.75, 4.0)
    3.0
    """


@rule(wall=2, cite="definition: half of it goes with each block", keeps="whole_decode_elementwise_time")
def decode_dense_elementwise_time(
    mixer_share: Fraction, ffn_share: Fraction, whole_decode_elementwise_time: Seconds
) -> Seconds:
    """Time of a dense layer's small kernels in a decode step, in the mean over dense layers.

    >>> decode_dense_elementwise_time(1, 0.5, 4.0)
    3.0
    """
    return (mixer_share + ffn_share) / 2 * whole_decode_elementwise_time


@instance(
    decode_dense_elementwise_time,
    {"whole_decode_elementwise_time": "whole_prefill_elementwise_time"},
    keeps="whole_prefill_elementwise_time",
)
def prefill_dense_elementwise_time() -> Seconds:
    """Time of a dense layer's small kernels in a prefill pass, in the mean over dense layers.

    >>> prefill_dense_elementwise_time(1, 0.5, 4.0)
    3.0
    """
