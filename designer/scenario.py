"""The scenario file: a workload, what it may run on, the limits, and what to optimise.

The pydantic models below are the schema; `designer schema` prints them as JSON Schema so that an
editor completes a scenario while it is written.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeAlias

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    Tag,
)
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


class PriceOf(Unit):
    """A price of each unit of something, where 'per' stands before the whole of it: 2000 USD per TB/s."""

    def read(self, text: object) -> float:
        plain = text
        if isinstance(text, str):
            # "USD per TB/s" is USD s / TB: what divides after "per" multiplies.
            plain = re.sub(r"\s*USD\s+per\s+([^/\s]+)\s*/\s*(\S+)\s*$", r" USD*\2/\1", text)
            plain = re.sub(r"\s+per\s+", "/", plain)
        try:
            return super().read(plain)
        except ValueError:
            raise ValueError(f"{text!r}: write it like '{self.example}'") from None


class Samples(float):
    """A number written in samples where tokens may stand too."""


class TokensOrSamples(Unit):
    """A number of tokens, or of samples: the text says which."""

    def __init__(self, example: str):
        super().__init__("token", example)

    def read(self, text: object) -> float:
        if isinstance(text, str) and _is_sample(text):
            return Samples(Unit("sample", self.example).read(text))
        if isinstance(text, (int, float)) and not isinstance(text, bool):
            raise ValueError(f"{text} has no unit; write it like '{text} token' or '{text} sample'")
        return super().read(text)


class SampleRate(Unit):
    """Samples per second, or bytes per second, which the size of a sample turns into samples."""

    def read(self, text: object) -> float:
        if isinstance(text, str) and units.dimension_of(text) == units.dimension("byte/s"):
            return BytesPerSecond(Unit("byte/s", self.example).read(text))
        return super().read(text)


class BytesPerSecond(float):
    """A rate written in bytes where samples may stand too."""


def _is_sample(text: str) -> bool:
    return re.search(r"(sample|image)s?\s*$", text) is not None


def _at_most_all(share: float) -> float:
    if share > 1:
        raise ValueError(f"{100 * share:g} % is more than all of it")
    return share


TokenCount = Annotated[float, Unit("token", "8192 token")]
TokenCountOrZero = Annotated[float, Unit("token", "0 token", zero=True)]
Rate = Annotated[float, Unit("request/s", "40 request/s")]
RequestCount = Annotated[float, Unit("request", "1e9 request")]
Time = Annotated[float, Unit("s", "30 day")]
HourlyPrice = Annotated[float, Unit("USD/h", "2.10 USD/h")]
Price = Annotated[float, Unit("USD", "30000 USD")]
PriceOrZero = Annotated[float, Unit("USD", "5000 USD", zero=True)]
BandwidthPrice = Annotated[float, PriceOf("USD*s/byte", "2000 USD per TB/s", zero=True)]
RatePrice = Annotated[float, PriceOf("USD*s/FLOP", "8 USD per TFLOP/s", zero=True)]
CapacityPrice = Annotated[float, PriceOf("USD/byte", "20 USD per GB", zero=True)]
EnergyPrice = Annotated[float, Unit("USD/kWh", "0.07 USD/kWh", zero=True)]
Intensity = Annotated[float, Unit("gCO2e/kWh", "429 gCO2e/kWh", zero=True)]
Water = Annotated[float, Unit("L/kWh", "1.8 L/kWh", zero=True)]
Pure = Annotated[float, Unit("", "1.1")]
SampleCount = Annotated[float, Unit("sample", "1.28e6 sample")]
SampleSize = Annotated[float, Unit("byte/sample", "110 KB")]
Capacity = Annotated[float, Unit("byte", "100 TiB")]
PrepareRate = Annotated[float, SampleRate("sample/s", "500 sample/s")]
TimeOrZero = Annotated[float, Unit("s", "2 ms", zero=True)]
BatchSize = Annotated[float, TokensOrSamples("4194304 token")]
Share = Annotated[float, Unit("%", "40 %"), AfterValidator(_at_most_all)]


class _Block(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Dataset(_Block):
    """Samples, where they are read and who prepares them. A sample is one image or one sequence."""

    name: str | None = Field(
        default=None, description="a data set of the catalog, instead of samples and sample_size"
    )
    samples: SampleCount | None = Field(default=None, description="samples of one epoch")
    sample_size: SampleSize | None = Field(default=None, description="mean bytes of a sample as it is stored")
    epochs: Pure = Field(default=1.0, description="times the run goes through all samples")
    storage: str = Field(
        description="a storage of the catalog, or a read bandwidth: 20 GB/s of all nodes together, 2 GB/s/node of each"
    )
    drives: int | None = Field(
        default=None, ge=1, description="drives a node has, where the storage is one drive"
    )
    capacity: Capacity | None = Field(
        default=None, description="provisioned capacity, where the storage is sold by capacity"
    )
    cache: Literal["ram", "none"] = Field(
        default="ram", description="whether nodes keep in memory what they have read, if all of it fits"
    )
    decode_rate: PrepareRate = Field(
        description="what one worker (a core) decodes: 500 sample/s, or 250 MB/s of stored bytes"
    )
    augment_time: TimeOrZero = Field(
        default=0.0, description="time a worker takes to crop, flip and normalise one sample"
    )
    device_decode_rate: PrepareRate | None = Field(
        default=None, description="what one device decodes and augments, doing nothing else"
    )


class Privacy(_Block):
    """Differentially private training (DP-SGD); one sequence is one record."""

    epsilon: Pure = Field(description="privacy budget of the whole run")
    delta: Pure = Field(description="probability with which it may fail, below one over the records")
    passes: Pure = Field(default=1.0, description="times the run reads its data")


class Training(_Block):
    """A training run of a given number of tokens or samples."""

    job: Literal["training"]
    model: str | None = Field(
        default=None,
        description="a model of the catalog: designer catalog list models; or give several as candidates.model",
    )
    sequence_length: TokenCount | None = Field(
        default=None, description="tokens of one training sequence; of a network of images there are none"
    )
    dataset: (
        Annotated[
            Annotated[TokenCount, Tag("<tokens>")] | Annotated[Dataset, Tag("<samples>")],
            Discriminator(lambda v: "<samples>" if isinstance(v, (dict, Dataset)) else "<tokens>"),
        ]
        | None
    ) = Field(
        default=None,
        description="tokens to train on, at hand when they are needed; or a data set that must be read and"
        " prepared; or leave the tokens open as candidates.dataset_tokens",
    )
    global_batch: BatchSize = Field(description="tokens or samples of one optimizer step")
    privacy: Privacy | None = Field(default=None, description="train with differential privacy")

    @property
    def sequences(self) -> float:
        """Sequences, or samples, of one optimizer step."""
        if isinstance(self.global_batch, Samples) or not self.sequence_length:
            return float(self.global_batch)
        return self.global_batch / self.sequence_length


class Length(_Block):
    """One kind of request in a mix."""

    share: Pure = Field(description="share of requests, up to a common factor")
    input: TokenCount = Field(description="prompt tokens")
    output: TokenCountOrZero = Field(description="generated tokens that the user sees")
    reasoning: TokenCountOrZero = Field(
        default=0.0, description="tokens generated before them that the user does not see"
    )

    @property
    def generated(self) -> float:
        """Tokens generated, seen or not."""
        return self.reasoning + self.output


class Serving(_Block):
    """A fleet that answers requests as they come."""

    job: Literal["serving"]
    model: str = Field(description="a model of the catalog: designer catalog list models")
    rate: Rate = Field(description="requests per second of the whole fleet")
    lengths: tuple[Length, ...] = Field(min_length=1, description="the mix of prompt and output lengths")
    success: Share | None = Field(
        default=None, description="share of questions that one sample answers rightly, for candidates.samples"
    )
    period: Time = Field(
        default=365.25 * 86400 / 12,
        description="time over which cost and carbon are counted (default: a month)",
    )


class Concurrent(_Block):
    """A fleet for a number of users at once, each of whom sends a request when the last is answered."""

    job: Literal["concurrent"]
    model: str = Field(description="a model of the catalog: designer catalog list models")
    concurrency: RequestCount = Field(description="requests in flight in the whole fleet")
    lengths: tuple[Length, ...] = Field(min_length=1, description="the mix of prompt and output lengths")
    rounds: Pure = Field(
        default=1e9, description="requests each user sends after all began at once (default: steady state)"
    )
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


Workload: TypeAlias = Training | Serving | Concurrent | Batch


class PriceModel(_Block):
    """What one accelerator costs by what it offers: a base and so much for each unit."""

    base: PriceOrZero = Field(default=0.0, description="price of a part that offers nothing")
    memory_bandwidth: BandwidthPrice = Field(default=0.0, description="for example 2000 USD per TB/s")
    compute_rate: RatePrice = Field(default=0.0, description="for each 16-bit FLOP/s: 8 USD per TFLOP/s")
    memory_capacity: CapacityPrice = Field(default=0.0, description="for example 20 USD per GB")
    scale_up_bandwidth: BandwidthPrice = Field(default=0.0, description="of the link of one device")
    scale_out_bandwidth: BandwidthPrice = Field(default=0.0, description="of the network port of one device")


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
    model: PriceModel | None = Field(
        default=None, description="price of an accelerator by its specifications, when owned: a co-design"
    )


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
    workload: Workload = Field(discriminator="job")
    candidates: dict[str, Domain] = Field(
        default_factory=dict,
        description="domain of each decision: one value, a list, or a range such as 1..64; the rest has defaults",
    )
    pricing: Pricing = Pricing()
    site: Site | None = None
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
    confidence: float | None = Field(
        default=None,
        ge=0.5,
        lt=1,
        description="hold budgets against bounds that this share of comparable published runs stays within",
    )
    solver: Solver = Solver()
