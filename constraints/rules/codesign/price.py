"""The price of a part as a function of its specifications."""

from __future__ import annotations

from constraints.algebras.maths import where
from constraints.quantities import (
    Bytes,
    BytesPerSecond,
    Dollars,
    DollarsPerByte,
    DollarsPerBytePerSecond,
    DollarsPerFlopPerSecond,
    FlopPerSecond,
)
from constraints.rule import rule


@rule(wall=17, cite="the scenario's pricing.model: linear in what the part offers")
def purchase_price(
    part_base_price: Dollars,
    memory_bandwidth: BytesPerSecond,
    price_of_memory_bandwidth: DollarsPerBytePerSecond,
    attention_rate: FlopPerSecond,
    price_of_compute_rate: DollarsPerFlopPerSecond,
    memory_capacity: Bytes,
    price_of_memory_capacity: DollarsPerByte,
    scale_up_bandwidth: BytesPerSecond,
    price_of_scale_up_bandwidth: DollarsPerBytePerSecond,
    scale_out_bandwidth: BytesPerSecond,
    price_of_scale_out_bandwidth: DollarsPerBytePerSecond,
) -> Dollars:
    """Price of one accelerator: a base, and so much for each unit of what it offers.

    `attention_rate` is its rate in 16 bit, with which those of other precisions go along. A term that
    costs nothing may be unknown.

    >>> purchase_price(5000.0, 3e12, 2e-9, 1e15, 1e-11, 80e9, 1e-7, 450e9, 0.0, 50e9, 0.0)
    29000.0
    """

    def term(amount: BytesPerSecond, price: DollarsPerBytePerSecond) -> Dollars:
        return where(price > 0, price * amount, 0.0)

    return (
        part_base_price
        + term(memory_bandwidth, price_of_memory_bandwidth)
        + term(attention_rate, price_of_compute_rate)
        + term(memory_capacity, price_of_memory_capacity)
        + term(scale_up_bandwidth, price_of_scale_up_bandwidth)
        + term(scale_out_bandwidth, price_of_scale_out_bandwidth)
    )
