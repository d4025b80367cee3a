"""A fixed amount of inference work to finish, such as embedding a corpus."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Literal

from pydantic import Field

from designer.fields.gives import Gives
from designer.fields.written import RequestCount
from designer.jobs.inference import COMMON, DECISIONS, PREFILL_BATCH, REQUESTS, Inference, refused
from designer.question.decisions import only
from designer.question.job import Job

_PROMPTS = replace(PREFILL_BATCH, default=only(1, 2, 4, 8, 16, 32, 64, 128))


class Batch(Inference):
    """A fixed amount of inference work to finish, such as embedding a corpus."""

    job: Literal["batch"]
    requests: Annotated[RequestCount, Gives("requests", demand="amount")] = Field(
        description="requests to work through"
    )


def _refused(w: Batch) -> dict[str, str]:
    """Nobody waits for a request either."""
    return refused(w) | {"waiting": "a batch job, whose requests wait their turn"}


JOB = Job(
    name="batch",
    title="a fixed amount of inference work to finish",
    workload=Batch,
    least={**REQUESTS, "requests": "1 request"},
    layers=("shared", "serving", "batch"),
    parts=("hybrid_serving", "bounds", "queue_bounds", "codesign"),
    decisions=tuple(_PROMPTS if d is PREFILL_BATCH else d for d in DECISIONS if d.name != "samples"),
    objectives=("time_to_complete", "cost"),
    headline=(
        "time_to_complete", "cost", "carbon", "energy", "power", "peak_power", "cost_per_token",
        "tokens_per_second_per_device", "device_memory", "usable_memory", "devices", "devices_used", "idle_devices",
    ),
    columns=("time_to_complete", "cost", "carbon", "devices", "device_memory"),
    placed=("time_to_complete",),
    amount="requests",
    **{**COMMON, "refused": _refused},
)  # fmt: skip
