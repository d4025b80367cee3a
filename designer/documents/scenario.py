"""The scenario file: a workload, what it may run on, the limits, and what to optimise.

The pydantic models below are the schema; `designer schema` prints them as JSON Schema so that an
editor completes a scenario while it is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, Union

from pydantic import ConfigDict, Field

from designer.fields.workload import DocumentBlock, Workload
from designer.fields.written import (
    BandwidthPrice,
    CapacityPrice,
    Confidence,
    EnergyPrice,
    HourlyPrice,
    Intensity,
    Price,
    PriceOrZero,
    Pure,
    RatePrice,
    Scalar,
    Time,
    Water,
)
from designer.jobs import JOBS

SCHEMA = "designer.scenario/1"


if TYPE_CHECKING:
    AnyWorkload = Workload
else:
    AnyWorkload = Union[tuple(job.workload for job in JOBS.values())]  # noqa: UP007 - made of what is found


class PriceModel(DocumentBlock):
    """What one accelerator costs by what it offers: a base and so much for each unit."""

    base: PriceOrZero = Field(default=0.0, description="price of a part that offers nothing")
    memory_bandwidth: BandwidthPrice = Field(default=0.0, description="for example 2000 USD per TB/s")
    compute_rate: RatePrice = Field(default=0.0, description="for each 16-bit FLOP/s: 8 USD per TFLOP/s")
    memory_capacity: CapacityPrice = Field(default=0.0, description="for example 20 USD per GB")
    scale_up_bandwidth: BandwidthPrice = Field(default=0.0, description="of the link of one device")
    scale_out_bandwidth: BandwidthPrice = Field(default=0.0, description="of the network port of one device")


class Pricing(DocumentBlock):
    """How the hardware is paid. What is not given comes from the catalog's price lists."""

    tenure: Literal["on_demand", "reserved_1y", "reserved_3y", "spot", "capacity_block", "owned"] = (
        "on_demand"
    )
    provider: str | None = Field(
        default=None, description="a provider of the price lists; default: the cheapest"
    )
    price: HourlyPrice | None = Field(default=None, description="USD per accelerator-hour, host included")
    purchase: Price | None = Field(default=None, description="USD per accelerator, when owned")
    electricity: EnergyPrice | None = Field(default=None, description="USD per kWh, when owned")
    model: PriceModel | None = Field(
        default=None, description="price of an accelerator by its specifications, when owned: a co-design"
    )


class Site(DocumentBlock):
    """A site of your own, instead of a region of the catalog."""

    carbon_intensity: Intensity
    pue: Pure
    water_usage: Water | None = None
    electricity: EnergyPrice | None = None


Domain = Scalar | list[Scalar]


class Solver(DocumentBlock):
    """How long to search."""

    time_limit: Time = Field(default=60.0, description="give up proving after this long")
    seed: int = Field(default=1, ge=0)


class Scenario(DocumentBlock):
    """A question to `designer`: which of the candidates meet the budgets, and which of these are best?"""

    model_config = ConfigDict(extra="forbid", frozen=True, title=SCHEMA)

    name: str = Field(min_length=1, max_length=80)
    description: str = ""
    workload: AnyWorkload = Field(discriminator="job")
    candidates: dict[str, Domain] = Field(
        default_factory=dict,
        description="domain of each decision: one value, a list, or a range such as 1..64; the rest has defaults",
    )
    pricing: Pricing = Pricing()
    site: Site | None = None
    engine: str | None = Field(
        default=None,
        description="serving engine of the catalog, such as vllm, whose measured overheads to plan with"
        " (default: the middle of current ones); several may be compared as candidates.engine",
    )
    framework: str | None = Field(
        default=None,
        description="training framework of the catalog, such as fsdp, whose kernels, overlap and memory to plan"
        " with (default: Megatron-Core); several may be compared as candidates.framework",
    )
    storage: str | None = Field(default=None, description="storage of the catalog that takes checkpoints")
    reliability: str | None = Field(default=None, description="failure record of the catalog to plan with")
    scaling: str = Field(
        default="besiroglu-2024",
        description="law of the catalog for the loss of a model trained from scratch",
    )
    benchmark: str = Field(
        default="openllm-v1", description="benchmark of the catalog's scores that accuracy_loss is taken on"
    )
    budgets: dict[str, Scalar] | list[str] = Field(
        default_factory=dict, description="bounds on quantities, for example time_to_train: 60 day"
    )
    rules: list[str] = Field(default_factory=list, description="site rules, for example tp * pp <= 64")
    objectives: list[str] = Field(
        default_factory=list,
        max_length=4,
        description="quantities made small, or large where that is better (mfu); 'min NAME' and 'max NAME' say which",
    )
    baseline: dict[str, Scalar] = Field(
        default_factory=dict, description="a design that `evaluate` starts from for decisions it is not told"
    )
    assume: dict[str, Scalar] = Field(
        default_factory=dict, description="assumptions to replace, for example dp_overlap: 0.8"
    )
    repair_weights: dict[str, Pure] = Field(
        default_factory=dict,
        description="how much a relative change of a budget, demand or list of candidates counts in a repair"
        " of an impossible scenario, for example cost: 3 (default 1)",
    )
    confidence: Confidence | None = Field(
        default=None,
        description="hold budgets against bounds that this share of comparable published runs stays within",
    )
    solver: Solver = Solver()
