"""A fleet for a number of users at once, each of whom sends a request when the last is answered."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from designer.fields.gives import Gives
from designer.fields.written import Pure, RequestCount
from designer.jobs.inference import COMMON, DECISIONS, REQUESTS, Ongoing
from designer.jobs.measured import MeasuredLoad
from designer.question.job import Job


class Concurrent(Ongoing):
    """A fleet for a number of users at once, each of whom sends a request when the last is answered."""

    job: Literal["concurrent"]
    concurrency: Annotated[RequestCount, Gives("concurrency", demand="amount")] = Field(
        description="requests in flight in the whole fleet"
    )
    rounds: Annotated[Pure, Gives("rounds")] = Field(
        default=1e9, description="requests each user sends after all began at once (default: steady state)"
    )


# Users who wait for each answer.
USERS = MeasuredLoad(
    job="concurrent",
    ttft="ttft",
    tpot="tpot",
    median="median_token_interval",
    throughput="user_token_rate",
    room="kv_capacity_sequences",
)
JOB = Job(
    name="concurrent",
    title="a fleet for a number of users, each of whom sends a request when the last is answered",
    workload=Concurrent,
    least={**REQUESTS, "concurrency": "1 request"},
    layers=("shared", "serving", "concurrent"),
    parts=("hybrid_serving", "bounds", "codesign"),
    # How many prompts share a pass follows from the number of users.
    decisions=tuple(d for d in DECISIONS if d.name not in ("prefill_batch", "samples")),
    objectives=("cost_per_token", "tpot"),
    headline=(
        "cost_per_token", "carbon_per_token", "ttft", "ttft_p99", "tpot", "tpot_p99", "median_token_interval",
        "user_token_rate", "request_rate", "tokens_per_second_per_device", "device_memory", "usable_memory",
        "devices", "devices_used", "idle_devices", "power", "peak_power", "cost", "carbon",
    ),
    columns=("cost_per_token", "carbon_per_token", "ttft", "tpot", "devices", "device_memory"),
    placed=("ttft", "tpot"),
    **COMMON,
)  # fmt: skip
