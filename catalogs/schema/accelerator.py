"""Accelerators: what one device can do at best, and what was measured on it."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, field_validator

from catalogs.errors import InputError, nearest
from catalogs.schema.entry import Block, Entry
from catalogs.schema.fact import (
    Bytes,
    BytesPerSecond,
    Count,
    Fact,
    FlopPerSecond,
    Fraction,
    Number,
    Seconds,
    Text,
    Tokens,
    Watts,
)

Dtype = Literal[
    "fp64", "fp64_matrix", "fp32", "tf32", "bf16", "fp16", "fp8", "fp6", "fp4", "int8", "int4"
]  # fmt: skip


class Compute(Block):
    """Dense peak rates; an absent one is a rate the device does not have."""

    fp64: FlopPerSecond | None = None
    fp64_matrix: FlopPerSecond | None = None
    fp32: FlopPerSecond | None = None
    tf32: FlopPerSecond | None = None
    bf16: FlopPerSecond | None = None
    fp16: FlopPerSecond | None = None
    fp8: FlopPerSecond | None = None
    fp6: FlopPerSecond | None = None
    fp4: FlopPerSecond | None = None
    int8: FlopPerSecond | None = None
    int4: FlopPerSecond | None = None

    def rates(self) -> dict[str, Fact]:
        """The rates the device has, by dtype."""
        found = ((name, getattr(self, name)) for name in type(self).model_fields)
        return {name: fact for name, fact in found if fact is not None}


class ScaleUp(Block):
    """The fabric between devices that share one fast domain; bandwidths are per direction per device."""

    kind: Text
    bandwidth: BytesPerSecond
    pair_bandwidth: BytesPerSecond | None = None
    domain: Count


class HostLink(Block):
    """The link to the host, per direction."""

    kind: Text | None = None
    bandwidth: BytesPerSecond


class Efficiency(Block):
    """Fitted GEMM time: floor + ((F / compute)^p + (B / bandwidth)^p)^(1/p), p being the corner."""

    launch_floor: Seconds
    compute_fraction: Fraction
    bandwidth_fraction: Fraction
    corner: Number


class Collective(Block):
    """Fitted all-reduce time: latency + per_rank_latency * (n - 2) + wire time / bandwidth_fraction."""

    latency: Seconds
    per_rank_latency: Seconds
    bandwidth_fraction: Fraction


class Attention(Block):
    """Fitted attention kernels.

    Prefill: the compute fraction it tends to, and the length that reaches half of it. Decode: its
    floor, and the share of memory bandwidth at which it reads the cache.
    """

    compute_fraction: Fraction
    half_length: Tokens
    decode_floor: Seconds | None = None
    decode_fraction: Fraction | None = None


class Experts(Block):
    """Fitted grouped products of a mixture layer: floor + F / compute + B / bandwidth."""

    floor: Seconds
    compute_fraction: Fraction
    bandwidth_fraction: Fraction


class Accelerator(Entry):
    """One accelerator device."""

    vendor: Text
    architecture: Text
    released: Text = Field(pattern=r"^\d{4}(-\d\d)?$")
    device_class: Literal["datacenter", "workstation", "desktop", "edge", "microcontroller", "wafer"] = Field(
        alias="class"
    )
    memory: Bytes
    memory_usable: Bytes | None = None
    memory_kind: Text
    memory_bandwidth: BytesPerSecond
    sram: Bytes | None = None
    power: Watts | None = None  # at its limit
    idle_power: Watts | None = None  # with the driver loaded and no work
    compute: Compute
    scale_up: ScaleUp | None = None
    host_link: HostLink | None = None
    kernels_like: Text | None = None  # the measured device whose kernels this one runs as well as
    efficiency: dict[Dtype, Efficiency] = Field(default_factory=dict)
    attention: dict[Dtype, Attention] = Field(default_factory=dict)
    experts: dict[Dtype, Experts] = Field(default_factory=dict)
    collective: Collective | None = None
    structured_sparsity: Number | None = None  # how many times faster 2:4 sparse products are at their peak
    engine_reduce: Collective | None = None
    # share of the fitted compute fraction that is kept up through whole training steps at the power limit
    sustained: dict[Dtype, Fraction] = Field(default_factory=dict)
    measured_best: dict[Dtype, FlopPerSecond] = Field(default_factory=dict)

    @field_validator("released", mode="before")
    @classmethod
    def _year_is_text(cls, value: object) -> object:
        return str(value) if isinstance(value, int) else value

    def peak(self, dtype: str) -> float:
        """Dense peak FLOP/s of a dtype; raises InputError when the device does not have it."""
        rates = self.compute.rates()
        if dtype not in rates:
            has = ", ".join(rates)
            raise InputError(f"{self.id} has no {dtype} rate{nearest(dtype, rates)} (has: {has})")
        return rates[dtype].si
