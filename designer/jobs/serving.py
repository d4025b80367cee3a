"""A fleet that answers requests as they come."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from catalogs.schema import Model
from constraints.bundles import Bundle
from designer.fields.gives import Gives
from designer.fields.written import Pure, Rate, Share
from designer.jobs.inference import COMMON, DECISIONS, REQUESTS, Ongoing, mistakes
from designer.jobs.measured import MeasuredLoad
from designer.question.job import Apart, Job, Measurements, Mistake, Pool


class Serving(Ongoing):
    """A fleet that answers requests as they come."""

    job: Literal["serving"]
    rate: Annotated[Rate, Gives("answer_rate", demand="amount")] = Field(
        description="requests per second of the whole fleet"
    )
    success: Share | None = Field(
        default=None, description="share of questions that one sample answers rightly, for candidates.samples"
    )
    success_concentration: Pure | None = Field(
        default=None,
        description="how alike questions are in success, a + b of its Beta law (default: of a published study)",
    )
    pools: Literal["shared", "apart"] = Field(
        default="shared", description="whether prompts and answers have machines of their own"
    )


_MACHINES = ("node", "engine", "precision", "weights", "sparsity", "tp", "pp", "dp", "ep")
APART = Apart(
    pools=(
        # What an answer waits for its cache is no prefill of this pool.
        Pool(
            "decode",
            decides=(*_MACHINES, "batch", "replicas"),
            after=("decode_pool",),
            fixed={"prefill_batch": 1.0, "prefill_share": 0.0, "prefill_rate": 0.0},
            lacks=("waiting",),
        ),
        # A prompt alone is a request for one token.
        Pool(
            "prefill",
            decides=(*_MACHINES, "prefill_batch", "replicas"),
            layers=("prefill_pool",),
            fixed={"output_tokens": 1.0, "reasoning_tokens": 0.0},
            lacks=("output",),
        ),
    ),
    layers=("pool",),
    whole=("decode_pool", "apart"),
    headline=(
        "cost_per_token", "carbon_per_token", "ttft", "ttft_p50", "ttft_p90", "ttft_p99", "tpot", "tpot_p50",
        "tpot_p90", "tpot_p99", "kv_transfer_time", "prefill_transfer_load", "decode_transfer_load",
        "decode_communication_share", "tokens_per_second_per_device", "fleet_capacity", "serving_load",
        "prefill_serving_load", "decode_serving_load", "prefill_device_memory", "prefill_usable_memory",
        "decode_device_memory", "decode_usable_memory", "devices", "prefill_devices", "decode_devices",
        "devices_used", "idle_devices", "power", "peak_power", "cost", "carbon",
    ),
    columns=(
        "accuracy_loss", "cost_per_token", "carbon_per_token", "ttft_p99", "tpot_p99", "devices",
        "prefill_devices", "decode_devices", "prefill_device_memory", "decode_device_memory",
    ),
)  # fmt: skip


# A batch that is handed over at once, prompts first.


def _mistakes(w: Serving, entry: Model, model: Bundle) -> Iterator[Mistake]:
    """Besides what no request may be, none that a pool of its own for answers has nothing to do for."""
    yield from mistakes(w, entry, model)
    if w.pools == "apart" and all(length.generated <= 1 for length in w.lengths):
        message = (
            "the first token of an answer comes out of its prefill: there is nothing left for pools apart"
        )
        yield Mistake(("workload", "pools"), message)


STATIC = MeasuredLoad(
    job="serving",
    ttft="prefill_time",
    tpot="decode_step_time",
    throughput="static_batch_throughput",
    prompts="static_prompt_throughput",
)
# Requests that come by themselves; how many tokens are put out says no more than how many come.
ARRIVALS = MeasuredLoad(job="serving", ttft="ttft", tpot="tpot", rate="request_rate", most="capacity")
JOB = Job(
    name="serving",
    title="a fleet that answers requests as they come",
    workload=Serving,
    least={**REQUESTS, "rate": "1 request/s"},
    layers=("shared", "serving"),
    parts=("hybrid_serving", "bounds", "queue_bounds", "codesign"),
    decisions=DECISIONS,
    objectives=("cost_per_token", "tpot_p99"),
    headline=(
        "cost_per_token", "carbon_per_token", "ttft", "ttft_p50", "ttft_p90", "ttft_p99", "tpot", "tpot_p50",
        "tpot_p90", "tpot_p99", "decode_communication_share", "tokens_per_second_per_device", "capacity",
        "serving_load", "device_memory", "usable_memory", "devices", "devices_used", "idle_devices", "power",
        "peak_power", "cost", "carbon",
    ),
    columns=(
        "accuracy_loss", "cost_per_token", "carbon_per_token", "ttft_p99", "tpot_p99", "devices", "device_memory",
    ),
    placed=("ttft_p99", "tpot_p99", "kv_transfer_time"),
    apart=APART,
    measured=Measurements(
        marks=frozenset({"ttft_ms", "tpot_ms", "isl", "osl"}),
        needs=frozenset({"model", "gpus"}),
        fitted="serving runs",
        rows=("serving_measurements",),
        called="measurements of serving runs",
    ),
    **{**COMMON, "mistakes": _mistakes},
)  # fmt: skip
