"""The decisions of each job, in the order the search makes them. A decision is one line here.

The order matters for speed only: what many rules read comes first, what multiplies rows without
feeding rules comes last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from constraints.bundles import Bundle
from constraints.bundles.dataset import DECODE
from constraints.bundles.device import ELEMENT_BYTES, SPARSITY
from constraints.bundles.modes import CLIPPING, RECOMPUTE, SHARDING
from designer.documents.scenario import Workload
from designer.question.context import Context, Value
from designer.question.data_pipeline import dataset_of

# Regions that an impossible question could have besides.
CLEANEST = 3
# SI unit of each kind of quantity.
_UNITS = {
    "time": "s",
    "tokens": "token",
    "bytes": "byte",
    "bandwidth": "byte/s",
    "rate": "FLOP/s",
    "power": "W",
}


@dataclass(frozen=True)
class Decision:
    """Something the search chooses.

    `kind` is "count" (a positive integer), "choice" (a name, which becomes several numbers) or that of
    a quantity written with its unit, such as "time" or "tokens". `default` makes the domain when the
    scenario gives none; `start` is the value `evaluate` takes where neither the command nor the scenario's
    baseline says. A decision whose default is empty is made only where the scenario gives candidates of
    it: otherwise its workload says, or an assumption of the catalog. `wider` makes what an impossible
    question could have besides the default. `entries` is the kind of entry of the catalog that a choice names.
    """

    name: str
    kind: str
    title: str
    default: Callable[[Context], list[Value]]
    start: Value | None = None
    choices: tuple[str, ...] | None = None
    entries: str | None = None
    wider: Callable[[Context], list[Value]] | None = None

    @property
    def unit(self) -> str | None:
        """SI unit of the values of a decision that is a quantity."""
        return _UNITS.get(self.kind)


def _only(*values: Value) -> Callable[[Context], list[Value]]:
    return lambda _: list(values)


def divisors(n: int) -> list[int]:
    """Divisors of `n`, in order.

    >>> divisors(12)
    [1, 2, 3, 4, 6, 12]
    """
    small = [d for d in range(1, int(n**0.5) + 1) if n % d == 0]
    return small + [n // d for d in reversed(small) if d * d != n]


def _upto(n: float) -> list[Value]:
    return list(range(1, max(1, int(n)) + 1))


def _tp(c: Context) -> list[Value]:
    """Divisors of the heads up to the widest scale-up domain (but no further than 16 of a larger one)."""
    most = min(16, c.widest("scale_up_domain"))
    return sorted({d for heads in c.model_counts("heads") for d in divisors(heads) if d <= most})


def _ep(c: Context) -> list[Value]:
    return sorted({d for experts in c.model_counts("experts") for d in divisors(max(1, experts)) if d <= 64})


def _cp(c: Context) -> list[Value]:
    """Powers of two that leave a rank at least 8,192 tokens."""
    return [2**i for i in range(5) if i == 0 or c.workload_value("sequence_length") / 2**i >= 8192]


def _dp(c: Context) -> list[Value]:
    sequences = int(max(c.domain("global_batch")))
    most = c.most_devices()
    return [d for d in divisors(sequences) if d <= most]


def _clipping(c: Context) -> list[Value]:
    """Ways to clip per-sample gradients, where training is private."""
    return list(CLIPPING) if getattr(c.workload, "privacy", None) else []


def _intervals(c: Context) -> list[Value]:
    return [60.0 * m for m in (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240)]


def _precisions(c: Context) -> list[Value]:
    """What every candidate can multiply, of the usual ones."""
    usual = ("bf16", "fp8") if c.job != "training" else ("bf16",)
    found: list[Value] = [p for p in usual if c.any_device_has(p)]
    return found or [c.base_precision()]


def _batches(c: Context) -> list[Value]:
    return [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512]


def _workers(c: Context) -> list[Value]:
    """Counts up to beyond what a host has for each device, so that a shortage of cores shows."""
    return [1, 2, 4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64] if "cpu" in c.domain("decode") else [1]


def _cleanest(c: Context) -> list[Value]:
    """The regions with the least carbon in their electricity."""
    regions = [c.catalog.get("regions", r) for r in c.catalog.ids("regions")]
    return [r.id for r in sorted(regions, key=lambda r: (r.carbon_intensity.si, r.id))[:CLEANEST]]


_PRECISIONS = tuple(ELEMENT_BYTES)
# Integers have no gradients.
_TRAINABLE = ("fp32", "tf32", "bf16", "fp16", "fp8", "fp4")
_STORED = tuple(p for p in ELEMENT_BYTES if p != "tf32")
_NODES = Decision("node", "choice", "node", _only("dgx-h100", "dgx-h200", "dgx-b200"), entries="nodes")
_REGION = Decision("region", "choice", "region", _only("aws-us-east-1"), entries="regions", wider=_cleanest)

# What a device offers, decided only where a scenario leaves it open: see designer/question/specifications.py.
SPECIFICATIONS = (
    Decision("memory_bandwidth", "bandwidth", "memory bandwidth", _only()),
    Decision("compute_rate", "rate", "16-bit FLOP/s", _only()),
    Decision("scale_up_bandwidth", "bandwidth", "scale-up link", _only()),
    Decision("scale_out_bandwidth", "bandwidth", "scale-out link", _only()),
    Decision("memory_capacity", "bytes", "memory", _only()),
    Decision("stream_bandwidth", "bandwidth", "weight stream", _only()),
    Decision("storage_write_bandwidth", "bandwidth", "storage writes", _only()),
    Decision("storage_read_bandwidth", "bandwidth", "storage reads", _only()),
    Decision("dataset_bandwidth", "bandwidth", "data storage", _only()),
    Decision("device_power", "power", "device power", _only()),
)

TRAINING = (
    Decision("model", "choice", "model", _only(), entries="models"),
    _NODES,
    Decision("precision", "choice", "precision", _precisions, choices=_TRAINABLE),
    Decision("global_batch", "count", "batch (sequences)", lambda c: [c.global_batch()]),
    Decision("tp", "count", "TP", _tp, 1),
    Decision("sp", "count", "SP", _only(1), 1),
    Decision("cp", "count", "CP", _cp, 1),
    Decision("ep", "count", "EP", _ep, 1),
    Decision("micro_batch", "count", "micro-batch", _only(1, 2, 4), 1),
    Decision("recompute", "choice", "recompute", _only(*RECOMPUTE), "selective", tuple(RECOMPUTE)),
    Decision("clipping", "choice", "clipping", _clipping, "ghost", tuple(CLIPPING)),
    Decision("pp", "count", "PP", lambda c: _upto(max(c.model_counts("layers"))), 1),
    Decision("vpp", "count", "VPP", _only(1, 2, 3, 4, 6, 8), 1),
    Decision("dp", "count", "DP", _dp, 1),
    Decision("sharding", "choice", "sharding", _only("zero1", "zero2", "zero3"), "zero1", tuple(SHARDING)),
    Decision("node_count", "count", "nodes", _only(*(2**i for i in range(8)))),
    _REGION,
    Decision("checkpoint_interval", "time", "checkpoint", _intervals, 1800.0),
    Decision("dataset_tokens", "tokens", "tokens", _only()),
)

SERVING = (
    _NODES,
    Decision("engine", "choice", "engine", _only(), entries="engines"),
    Decision("precision", "choice", "precision", _precisions, choices=_PRECISIONS),
    Decision("weights", "choice", "weights", lambda c: c.domain("precision"), choices=_STORED),
    Decision("sparsity", "choice", "sparsity", _only(), "none", ("none", *SPARSITY)),
    Decision("kv", "choice", "KV", lambda c: c.domain("precision"), choices=_STORED),
    Decision("tp", "count", "TP", _tp, 1),
    Decision("pp", "count", "PP", _only(1, 2, 4), 1),
    Decision("dp", "count", "DP", lambda c: [1, 2, 4, 8] if max(c.model_counts("experts")) else [1], 1),
    Decision("ep", "count", "EP", _ep, 1),
    Decision("prefill_batch", "count", "prefill batch", _only(1), 1),
    Decision("batch", "count", "batch", _batches),
    Decision("samples", "count", "samples", _only(), 1),
    Decision("replicas", "count", "replicas", lambda c: _upto(min(64, c.most_devices()))),
    _REGION,
)

BATCH = tuple(
    Decision("prefill_batch", "count", "prefill batch", _only(1, 2, 4, 8, 16, 32, 64, 128), 1)
    if d.name == "prefill_batch"
    else d
    for d in SERVING
    if d.name != "samples"
)

# How many prompts share a pass follows from the number of users.
CONCURRENT = tuple(d for d in SERVING if d.name not in ("prefill_batch", "samples"))

# How a data set is prepared; decided where both storage and devices are known.
_FEEDING = (
    Decision("decode", "choice", "decode", _only("cpu"), "cpu", tuple(DECODE)),
    Decision("workers", "count", "workers", _workers, 8),
)
# A network known by its totals has no layers to split or to recompute.
_OF_LAYERS = ("tp", "sp", "cp", "ep", "recompute", "pp", "vpp")
_WHOLE = {
    "micro_batch": dict(default=_only(512, 256, 128, 64, 32, 16), start=64),
    "sharding": dict(
        default=_only("zero1"), choices=("zero0", "zero1", "zero2"), wider=_only("zero0", "zero1", "zero2")
    ),
}

DECISIONS = {"training": TRAINING, "serving": SERVING, "concurrent": CONCURRENT, "batch": BATCH}
DECISION_NAMES = frozenset(d.name for found in (*DECISIONS.values(), _FEEDING, SPECIFICATIONS) for d in found)


def decisions_of(workload: Workload, model: Bundle) -> tuple[Decision, ...]:
    """The decisions of one scenario: of a device, of its job as its model has them, of its data set."""
    found = list(DECISIONS[workload.job])
    if "layers" not in model:
        whole = (d for d in found if d.name not in _OF_LAYERS)
        found = [replace(d, **_WHOLE.get(d.name, {})) for d in whole]  # type: ignore[arg-type]
    if dataset_of(workload):
        at = next(i for i, d in enumerate(found) if d.name == "node_count")
        found[at + 1 : at + 1] = _FEEDING
    return (*SPECIFICATIONS, *found)
