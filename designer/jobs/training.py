"""A training run: a number of tokens or samples to go through."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from catalogs import Catalog
from catalogs.schema import Model, Node
from constraints.bundles import Bundle, same, unknown
from constraints.bundles.device import (
    device_bundle,
    precision_bundle,
    stream_bundle,
    sustained,
    training_precision,
)
from constraints.bundles.fidelity import scaling_bundle
from constraints.bundles.modes import CLIPPING, NOT_CLIPPED, RECOMPUTE, SHARDING
from constraints.bundles.software import framework_bundle
from designer.fields.gives import Gives, given_by
from designer.fields.workload import DocumentBlock, Workload
from designer.fields.written import BatchSize, Pure, Samples, TokenCount
from designer.jobs.data_pipeline import FEEDING, WorkloadDataset, dataset_of, feeding_groups
from designer.jobs.measured import MeasuredStep
from designer.jobs.shared import EP, NODE, NODE_COUNT, REGION, TP, divisors, dp, pp, precision, upto
from designer.question.context import Context, Value
from designer.question.decisions import MAX_COUNT, Decision, only
from designer.question.groups import Group
from designer.question.job import Intervals, Job, Measurements, Mistake, Phase, SoftwareChoice
from designer.words.numbers import count

_EXAMPLE = "{name: imagenet-1k, epochs: 90, storage: 2 GB/s/node, decode_rate: 500 sample/s}"
# Integers have no gradients.
_TRAINABLE = ("fp32", "tf32", "bf16", "fp16", "fp8", "fp4")


class Privacy(DocumentBlock):
    """Differentially private training (DP-SGD); one sequence is one record."""

    epsilon: Pure = Field(description="privacy budget of the whole run")
    delta: Pure = Field(description="probability with which it may fail, below one over the records")
    passes: Pure = Field(default=1.0, description="times the run reads its data")


class Training(Workload):
    """A training run of a given number of tokens or samples."""

    job: Literal["training"]
    model: str | None = Field(
        default=None,
        description="a model of the catalog (designer catalog list models) or a config.json; several: candidates.model",
    )
    sequence_length: Annotated[TokenCount | None, Gives("sequence_length", demand="context")] = Field(
        default=None, description="tokens of one training sequence; of a network of images there are none"
    )
    dataset: Annotated[
        Annotated[
            Annotated[TokenCount, Tag("<tokens>")] | Annotated[WorkloadDataset, Tag("<samples>")],
            Discriminator(lambda v: "<samples>" if isinstance(v, (dict, WorkloadDataset)) else "<tokens>"),
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


def _batch(c: Context) -> list[Value]:
    return [round(c.workload.sequences)]


def _cp(c: Context) -> list[Value]:
    """Powers of two that leave a rank at least 8,192 tokens."""
    return [2**i for i in range(5) if i == 0 or c.workload.sequence_length / 2**i >= 8192]


def _dp(c: Context) -> list[Value]:
    sequences = int(max(c.domain("global_batch")))
    most = c.most_devices()
    return [d for d in divisors(sequences) if d <= most]


def _clipping(c: Context) -> list[Value]:
    """Ways to clip per-sample gradients, where training is private."""
    return list(CLIPPING) if c.workload.privacy else []


def _public(w: Training) -> str:
    return "" if w.privacy else "workload.privacy is not given"


def _intervals(_: Context) -> list[Value]:
    return [60.0 * m for m in (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240)]


_ZERO = ("zero0", "zero1", "zero2")
DECISIONS = (
    Decision("model", "choice", "model", only(), entries="models", tells="core"),
    NODE,
    Decision("framework", "choice", "framework", only(), entries="frameworks", tells="core"),
    precision(("bf16",), _TRAINABLE),
    Decision("global_batch", "count", "batch (sequences)", _batch, short="GBS", tells="detail"),
    TP,
    Decision("sp", "switch", "SP", only("on"), "on", tells="detail", of_layers=True),
    Decision("cp", "count", "CP", _cp, 1, edges=(), tells="detail", of_layers=True),
    EP,
    Decision(
        "micro_batch", "count", "micro-batch", only(1, 2, 4), 1, short="MB",
        whole=dict(default=only(512, 256, 128, 64, 32, 16), start=64),
    ),
    Decision(
        "recompute", "choice", "recompute", only(*RECOMPUTE), "selective", tuple(RECOMPUTE), of_layers=True
    ),
    Decision("clipping", "choice", "clipping", _clipping, "ghost", tuple(CLIPPING), tells="detail", unused=_public),
    pp(lambda c: upto(max(c.model_counts("layers")))),
    Decision("vpp", "count", "VPP", only(1, 2, 3, 4, 6, 8), 1, of_layers=True),
    dp(_dp),
    Decision(
        "sharding", "choice", "sharding", only("zero1", "zero2", "zero3"), "zero1", tuple(SHARDING), short="shard",
        whole=dict(default=only("zero1"), choices=_ZERO, wider=only(*_ZERO)),
    ),
    NODE_COUNT,
    *FEEDING,
    REGION,
    Decision(
        "checkpoint_interval", "ladder", "checkpoint", _intervals, 1800.0, unit="s", short="ckpt", tells="detail"
    ),
    Decision("dataset_tokens", "ladder", "tokens", only(), unit="token", tells="core"),
)  # fmt: skip


def _given(w: Training) -> Bundle:
    out = same("scenario", "the scenario's workload", given_by(w))
    if w.privacy is None:
        return out | dict.fromkeys(
            ("epsilon", "delta", "data_passes"), unknown("no workload.privacy is given")
        )
    p = w.privacy
    numbers = {"epsilon": p.epsilon, "delta": p.delta, "data_passes": p.passes}
    return out | same("scenario", "the scenario's workload.privacy", numbers)


def _assumed(domains: Mapping[str, list[Value]]) -> Bundle:
    return {} if "clipping" in domains else NOT_CLIPPED


def _device(catalog: Catalog, node: Node) -> Bundle:
    return sustained(catalog, node, None, device_bundle(catalog, node))


def _groups(catalog: Catalog, w: Training, _: str, open_: Collection[str]) -> list[Group]:
    def products(name: Value, precision: Value) -> Bundle:
        node = catalog.get("nodes", str(name))
        return sustained(catalog, node, str(precision), precision_bundle(catalog, node, str(precision)))

    def runs(name: Value, node: Value, precision: Value) -> Bundle:
        acc = catalog.get("accelerators", catalog.get("nodes", str(node)).accelerator)
        return stored(precision) | framework_bundle(catalog, str(name), acc)

    def stored(precision: Value) -> Bundle:
        return training_precision(str(precision))

    framework = "framework" in open_
    return [
        *(feeding_groups(catalog) if dataset_of(w) else []),
        *([Group("clipping", ("clipping",), lambda c: CLIPPING[str(c)])] if "clipping" in open_ else []),
        *([Group("framework", ("framework", "node", "precision"), runs)] if framework else []),
        Group("rates", ("node", "precision"), products),
        Group("stream", ("node",), lambda n: stream_bundle(catalog.get("nodes", str(n)))),
        # A framework has a say in what the optimizer keeps.
        *([] if framework else [Group("precision", ("precision",), stored)]),
        Group("recompute", ("recompute",), lambda r: RECOMPUTE[str(r)]),
        Group("sharding", ("sharding",), lambda s: SHARDING[str(s)]),
    ]


def _contradictions(w: Training, candidates: Mapping[str, Any]) -> Iterator[Mistake]:
    """The model and the tokens are given once, and a privacy budget means something."""
    for key, name in (("model", "model"), ("dataset", "dataset_tokens")):
        said, open_ = getattr(w, key) is not None, name in candidates
        if said and open_:
            message = f"give either workload.{key} or candidates.{name}, not both"
            yield Mistake(("candidates", name), message, key=True)
        elif not said and not open_:
            yield Mistake(("workload",), f"missing key {key!r}")
    if w.privacy is not None and w.privacy.delta >= 1:
        yield Mistake(("workload", "privacy", "delta"), f"{w.privacy.delta:g} must be below 1")


def _mistakes(w: Training, entry: Model, model: Bundle) -> Iterator[Mistake]:
    """A context longer than the model was made for is a mistake, not a layout; nor is half a sequence one."""
    if "max_context" not in model:
        yield from _of_network(w, entry)
        return
    length, batch, most = w.sequence_length, w.global_batch, model["max_context"].si
    if length is None:
        yield Mistake(("workload",), "missing key 'sequence_length'")
        return
    place = ("workload", "sequence_length")
    if length > most:
        message = f"{count(length)} token is longer than the context of {entry.id}: {most:,.0f} token"
        yield Mistake(place, message)
        return
    if not length.is_integer():
        yield Mistake(place, f"{count(length)} token is not a whole number of tokens")
        return
    sequences = w.sequences
    if isinstance(batch, Samples):
        batch = batch * length
    place = ("workload", "global_batch")
    if sequences > MAX_COUNT:
        message = f"{count(batch)} token is more than {MAX_COUNT:,} sequences of {count(length)}"
        yield Mistake(place, message)
    elif abs(sequences - round(sequences)) > 1e-6 or sequences < 1:
        below = max(1, math.floor(sequences)) * length
        message = (
            f"{count(batch)} token is not a whole number of sequences of {count(length)};"
            f" nearest {count(below)} token"
        )
        yield Mistake(place, message)


def _of_network(w: Training, entry: Model) -> Iterator[Mistake]:
    """A network known by its totals is trained on samples."""
    name, kind = entry.id, entry.kind
    if w.model is None:
        message = f"{name} is a {kind} known by its totals; give it as workload.model"
        yield Mistake(("candidates", "model"), message)
        return
    if w.sequence_length is not None:
        message = f"{name} is a {kind} and has no tokens; leave it out"
        yield Mistake(("workload", "sequence_length"), message, key=True)
    if not isinstance(w.global_batch, Samples):
        message = f"{name} is a {kind} and has no tokens; write it like '2048 sample'"
        yield Mistake(("workload", "global_batch"), message)
    elif not w.global_batch.is_integer() or w.global_batch > MAX_COUNT:
        message = f"{count(w.global_batch)} is not a whole number of samples up to {MAX_COUNT:,}"
        yield Mistake(("workload", "global_batch"), message)
    if not isinstance(w.dataset, WorkloadDataset):
        message = f"{name} is a {kind} and has no tokens; describe its samples, for example"
        yield Mistake(("workload", "dataset"), f"{message} {_EXAMPLE}")


MEASURED = MeasuredStep(
    job="training",
    time="step_time",
    mfu="mfu",
    allocated="device_memory",
    reserved="reserved_memory",
    usable="usable_memory",
)
JOB = Job(
    name="training",
    title="a training run over a number of tokens or samples",
    workload=Training,
    layers=("shared", "training"),
    parts=("hybrid_training", "network", "streaming", "dataset", "codesign"),
    phases=(Phase("micro-batch", "stage_time", work="training", passes=3.0),),
    decisions=DECISIONS,
    objectives=("time_to_train", "cost"),
    headline=(
        "time_to_train", "cost", "carbon", "energy", "power", "mfu", "step_time", "throughput_per_device",
        "sample_rate", "fed_share", "storage_time", "transform_time", "accelerate_time", "workers_needed",
        "goodput", "bubble_share", "step_computation_share", "step_communication_share",
        "step_coordination_share", "peak_power", "device_memory", "usable_memory", "devices_used", "idle_devices",
    ),
    columns=(
        "time_to_train", "cost", "carbon", "mfu", "fed_share", "sample_rate", "device_memory", "idle_devices",
        "power",
    ),
    placed=("time_to_train", "mfu"),
    said=(
        "model", "node", "framework", "precision", "tp", "pp", "vpp", "dp", "cp", "ep", "sp", "micro_batch",
        "global_batch", "recompute", "sharding", "decode", "workers", "node_count", "checkpoint_interval", "region",
        "dataset_tokens",
    ),
    assumptions=("operations", "training"),
    least={"sequence_length": "1 token", "dataset": "1 token", "global_batch": "1 token"},
    node_counts=tuple(2**i for i in range(8)),
    # A design that leaves more than this idle should hold fewer nodes.
    rules=("idle_share <= 25 %",),
    intervals=Intervals(
        "intervals-training",
        {"step_time": "straggler_factor"},
        "times, and all that follows from them, are upper bounds",
        by_kind=True,
    ),
    measured=Measurements(
        marks=frozenset({"seq_len", "global_batch_seqs", "step_time_s", "recompute"}),
        needs=frozenset({"model", "gpus", "seq_len"}),
        fitted="training steps",
        rows=("training_measurements", "memory_measurements"),
        called="training steps and peaks of memory",
    ),
    software=SoftwareChoice("framework", "frameworks"),
    networks=True,
    amount="dataset",
    given=_given,
    assumed=_assumed,
    model=scaling_bundle,
    device=_device,
    groups=_groups,
    contradictions=_contradictions,
    mistakes=_mistakes,
)  # fmt: skip
