"""What optimizers keep of each parameter, beside the weights and gradients that are computed with."""

from __future__ import annotations

from constraints.instance import instance
from constraints.quantities import Bytes, BytesPerSecond, Count, Seconds, Whole
from constraints.rule import rule
from constraints.rules.library.compression import quantised_bytes


@rule(wall=2, cite="Kingma and Ba 2015: two moments; Micikevicius et al. 2018: master weights in fp32")
def adam_bytes(moment_bytes: Bytes, master_bytes: Bytes) -> Bytes:
    """Bytes of a parameter that Adam keeps: two moments, and master weights where the others are narrower.

    >>> adam_bytes(4, 4), adam_bytes(2, 0)  # mixed precision; pure bf16
    (12, 4)
    """
    return 2 * moment_bytes + master_bytes


@instance(
    quantised_bytes,
    {"weight_size": "moment_size", "group": "block", "scale_size": "constant_size"},
    fixed={"parameters": 1},
    wall=2,
    cite="Dettmers et al. 2022, 8-bit optimizers via block-wise quantization: a constant in fp32 for each block",
)
def block_moment_bytes() -> Bytes:
    """Bytes of a moment that is quantised by blocks.

    >>> block_moment_bytes(1, 256, 4), block_moment_bytes(0.5, 128, 4)  # torchao's blocks
    (1.015625, 0.53125)
    """


@rule(wall=2, cite="Shazeer and Stern 2018, Adafactor: the second moment of a matrix as its rows and columns")
def adafactor_bytes(rows: Whole, columns: Whole, factor_bytes: Bytes, moment_bytes: Bytes) -> Bytes:
    """Bytes of a parameter that Adafactor keeps; `moment_bytes` of a first moment, 0 without one.

    >>> adafactor_bytes(4096, 4096, 4, 0)
    0.001953125
    """
    return factor_bytes * (rows + columns) / (rows * columns) + moment_bytes


@rule(wall=2, cite="Jordan 2024, Muon: a momentum for matrices; AdamW for what is none")
def muon_bytes(matrix_share: Count, momentum_bytes: Bytes, adam_bytes: Bytes) -> Bytes:
    """Bytes of a parameter that Muon keeps, in the mean over a model.

    >>> muon_bytes(0.9, 4, 8)
    4.4
    """
    return matrix_share * momentum_bytes + (1 - matrix_share) * adam_bytes


@rule(wall=2, cite="Ren et al. 2021, ZeRO-Offload, section 5: gradients go to the host, weights come back")
def host_update_time(
    parameters: Count,
    gradient_bytes: Bytes,
    weight_bytes: Bytes,
    state_traffic: Bytes,
    host_link_bandwidth: BytesPerSecond,
    host_memory_bandwidth: BytesPerSecond,
) -> Seconds:
    """Time of an update whose states are in host memory, where nothing hides it.

    `parameters` are those a device's share of the host updates; `state_traffic` is what an update reads and
    writes of the host's memory for each: gradient, master weights and two moments in fp32 are 28 bytes.

    >>> round(host_update_time(1e9, 2, 2, 28, 25e9, 50e9), 3)
    0.72
    """
    link = (gradient_bytes + weight_bytes) / host_link_bandwidth
    return parameters * (link + state_traffic / host_memory_bandwidth)
