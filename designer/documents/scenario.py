"""The scenario file: a workload, what it may run on, the limits, and what to optimise.

The pydantic models below are the schema; `designer schema` prints them as JSON Schema so that an
editor completes a scenario while it is written.
"""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
)

from designer.documents.fields import (
    BandwidthPrice,
    BatchSize,
    Capacity,
    CapacityPrice,
    Confidence,
    EnergyPrice,
    HourlyPrice,
    Intensity,
    PrepareRate,
    Price,
    PriceOrZero,
    Pure,
    Rate,
    RatePrice,
    RequestCount,
    SampleCount,
    Samples,
    SampleSize,
    Scalar,
    Share,
    Time,
    TimeOrZero,
    TokenCount,
    TokenCountOrZero,
    Water,
)
from designer.documents.gives import MOMENTS, Gives, moments

SCHEMA = "designer.documents.scenario/1"


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
    sequence_length: Annotated[TokenCount | None, Gives("sequence_length", demand="context")] = Field(
        default=None, description="tokens of one training sequence; of a network of images there are none"
    )
    dataset: Annotated[
        Annotated[
            Annotated[TokenCount, Tag("<tokens>")] | Annotated[Dataset, Tag("<samples>")],
            Discriminator(lambda v: "<samples>" if isinstance(v, (dict, Dataset)) else "<tokens>"),
        ]
        | None,
        Gives("dataset_tokens", demand="amount"),
    ] = Field(
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


Lengths = Annotated[
    tuple[Length, ...],
    Gives(
        *MOMENTS,
        demand="amount",
        of=moments,
        words="prompts of {input_tokens} and answers of {output_tokens}",
    ),
]


class _Inference(_Block):
    """What every job that runs a trained model says."""

    model: str = Field(description="a model of the catalog: designer catalog list models")
    lengths: Lengths = Field(min_length=1, description="the mix of prompt and output lengths")


class _Fleet(_Inference):
    """A job that goes on, of which some time is counted."""

    period: Annotated[Time, Gives("period")] = Field(
        default=365.25 * 86400 / 12,
        description="time over which cost and carbon are counted (default: a month)",
    )


class Serving(_Fleet):
    """A fleet that answers requests as they come."""

    job: Literal["serving"]
    rate: Annotated[Rate, Gives("answer_rate", demand="amount")] = Field(
        description="requests per second of the whole fleet"
    )
    success: Share | None = Field(
        default=None, description="share of questions that one sample answers rightly, for candidates.samples"
    )


class Concurrent(_Fleet):
    """A fleet for a number of users at once, each of whom sends a request when the last is answered."""

    job: Literal["concurrent"]
    concurrency: Annotated[RequestCount, Gives("concurrency", demand="amount")] = Field(
        description="requests in flight in the whole fleet"
    )
    rounds: Annotated[Pure, Gives("rounds")] = Field(
        default=1e9, description="requests each user sends after all began at once (default: steady state)"
    )


class Batch(_Inference):
    """A fixed amount of inference work to finish, such as embedding a corpus."""

    job: Literal["batch"]
    requests: Annotated[RequestCount, Gives("requests", demand="amount")] = Field(
        description="requests to work through"
    )


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
    engine: str | None = Field(
        default=None,
        description="serving engine of the catalog, such as vllm, whose measured overheads to plan with"
        " (default: the middle of current ones); several may be compared as candidates.engine",
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
