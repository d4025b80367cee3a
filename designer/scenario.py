"""The scenario file: a workload, what it may run on, the limits, and what to optimise.

The pydantic models below are the schema; `designer schema` prints them as JSON Schema so that an
editor completes a scenario while it is written.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from catalogs import units
from catalogs.errors import InputError

SCHEMA = "designer.scenario/1"


class Unit:
    """Annotation of a field that is written with its unit and kept as an SI float above zero."""

    def __init__(self, unit: str, example: str, *, zero: bool = False):
        self.unit, self.example, self.zero = unit, example, zero

    def read(self, text: object) -> float:
        try:
            value = units.parse(text, self.unit)
        except InputError as e:
            raise ValueError(str(e)) from None
        if value < 0 or (value == 0 and not self.zero):
            raise ValueError(f"{text!r} must be {'at least' if self.zero else 'above'} 0")
        return value

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_plain_validator_function(self.read)

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        types = "string" if self.unit else ["string", "number"]
        return {"type": types, "examples": [self.example]}


TokenCount = Annotated[float, Unit("token", "8192 token")]
TokenCountOrZero = Annotated[float, Unit("token", "0 token", zero=True)]
Rate = Annotated[float, Unit("request/s", "40 request/s")]
RequestCount = Annotated[float, Unit("request", "1e9 request")]
Time = Annotated[float, Unit("s", "30 day")]
HourlyPrice = Annotated[float, Unit("USD/h", "2.10 USD/h")]
Price = Annotated[float, Unit("USD", "30000 USD")]
EnergyPrice = Annotated[float, Unit("USD/kWh", "0.07 USD/kWh", zero=True)]
Intensity = Annotated[float, Unit("gCO2e/kWh", "429 gCO2e/kWh", zero=True)]
Water = Annotated[float, Unit("L/kWh", "1.8 L/kWh", zero=True)]
Pure = Annotated[float, Unit("", "1.1")]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Training(_Block):
    """A training run of a given number of tokens."""

    job: Literal["training"]
    model: str = Field(description="a model of the catalog: designer catalog list models")
    sequence_length: TokenCount = Field(description="tokens of one training sequence")
    dataset: TokenCount = Field(description="tokens to train on")
    global_batch: TokenCount = Field(description="tokens of one optimizer step")


class Length(_Block):
    """One kind of request in a mix."""

    share: Pure = Field(description="share of requests, up to a common factor")
    input: TokenCount = Field(description="prompt tokens")
    output: TokenCountOrZero = Field(description="generated tokens")


class Serving(_Block):
    """A fleet that answers requests as they come."""

    job: Literal["serving"]
    model: str = Field(description="a model of the catalog: designer catalog list models")
    rate: Rate = Field(description="requests per second of the whole fleet")
    lengths: tuple[Length, ...] = Field(min_length=1, description="the mix of prompt and output lengths")
    period: Time = Field(
        default=365.25 * 86400 / 12,
        description="time over which cost and carbon are counted (default: a month)",
    )


class Batch(_Block):
    """A fixed amount of inference work to finish, such as embedding a corpus."""

    job: Literal["batch"]
    model: str = Field(description="a model of the catalog: designer catalog list models")
    requests: RequestCount = Field(description="requests to work through")
    lengths: tuple[Length, ...] = Field(min_length=1, description="the mix of prompt and output lengths")


class Pricing(_Block):
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


class Site(_Block):
    """A site of your own, instead of a region of the catalog."""

    carbon_intensity: Intensity
    pue: Pure
    water_usage: Water | None = None
    electricity: EnergyPrice | None = None


Scalar = str | int | float
Domain = Scalar | list[Scalar]


class Solver(_Block):
    """How long to search."""

    time_limit: Time = Field(default=60.0, description="give up proving after this long")
    seed: int = Field(default=1, ge=0)


class Scenario(_Block):
    """A question to `designer`: which of the candidates meet the budgets, and which of these are best?"""

    model_config = ConfigDict(extra="forbid", frozen=True, title=SCHEMA)

    name: str = Field(min_length=1, max_length=80)
    description: str = ""
    workload: Training | Serving | Batch = Field(discriminator="job")
    candidates: dict[str, Domain] = Field(
        default_factory=dict,
        description="domain of each decision: one value, a list, or a range such as 1..64; the rest has defaults",
    )
    pricing: Pricing = Pricing()
    site: Site | None = None
    storage: str | None = Field(default=None, description="storage of the catalog that takes checkpoints")
    reliability: str | None = Field(default=None, description="failure record of the catalog to plan with")
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
    solver: Solver = Solver()
