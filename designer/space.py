"""The decisions of each job, in the order the search makes them. A decision is one line here.

The order matters for speed only: what many rules read comes first, what multiplies rows without
feeding rules comes last.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from constraints.bundles.device import ELEMENT_BYTES
from constraints.bundles.modes import RECOMPUTE, SHARDING
from designer.context import Context, Value


@dataclass(frozen=True)
class Decision:
    """Something the search chooses.

    `kind` is "count" (a positive integer), "time" (written with a unit) or "choice" (a name, which
    becomes several numbers). `default` makes the domain when the scenario gives none; `start` is the
    value `evaluate` takes where neither the command nor the scenario's baseline says.
    """

    name: str
    kind: str
    title: str
    default: Callable[[Context], list[Value]]
    start: Value | None = None
    choices: tuple[str, ...] | None = None


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
    return [d for d in divisors(c.model_count("heads")) if d <= min(16, c.widest("scale_up_domain"))]


def _ep(c: Context) -> list[Value]:
    experts = c.model_count("experts")
    return [d for d in divisors(experts) if d <= 64] if experts else [1]


def _cp(c: Context) -> list[Value]:
    """Powers of two that leave a rank at least 8,192 tokens."""
    return [2**i for i in range(5) if i == 0 or c.workload_value("sequence_length") / 2**i >= 8192]


def _dp(c: Context) -> list[Value]:
    sequences = int(max(c.domain("global_batch")))
    most = c.most_devices()
    return [d for d in divisors(sequences) if d <= most]


def _intervals(c: Context) -> list[Value]:
    return [60.0 * m for m in (5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240)]


def _precisions(c: Context) -> list[Value]:
    """What every candidate can multiply, of the usual ones."""
    usual = ("bf16", "fp8") if c.job != "training" else ("bf16",)
    found: list[Value] = [p for p in usual if c.any_device_has(p)]
    return found or [c.base_precision()]


def _batches(c: Context) -> list[Value]:
    return [1, 2, 4, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512]


_PRECISIONS = tuple(ELEMENT_BYTES)
# Integers have no gradients.
_TRAINABLE = ("fp32", "tf32", "bf16", "fp16", "fp8", "fp4")
_STORED = tuple(p for p in ELEMENT_BYTES if p != "tf32")
_NODES = Decision("node", "choice", "node", _only("dgx-h100", "dgx-h200", "dgx-b200"))
_REGION = Decision("region", "choice", "region", _only("aws-us-east-1"))

TRAINING = (
    _NODES,
    Decision("precision", "choice", "precision", _precisions, choices=_TRAINABLE),
    Decision("global_batch", "count", "batch (sequences)", lambda c: [c.global_batch()]),
    Decision("tp", "count", "TP", _tp, 1),
    Decision("sp", "count", "SP", _only(1), 1),
    Decision("cp", "count", "CP", _cp, 1),
    Decision("ep", "count", "EP", _ep, 1),
    Decision("micro_batch", "count", "micro-batch", _only(1, 2, 4), 1),
    Decision("recompute", "choice", "recompute", _only(*RECOMPUTE), "selective", tuple(RECOMPUTE)),
    Decision("pp", "count", "PP", lambda c: _upto(c.model_count("layers")), 1),
    Decision("vpp", "count", "VPP", _only(1, 2, 3, 4, 6, 8), 1),
    Decision("dp", "count", "DP", _dp, 1),
    Decision("sharding", "choice", "sharding", _only("zero1", "zero2", "zero3"), "zero1", tuple(SHARDING)),
    Decision("node_count", "count", "nodes", _only(*(2**i for i in range(8)))),
    _REGION,
    Decision("checkpoint_interval", "time", "checkpoint", _intervals, 1800.0),
)

SERVING = (
    _NODES,
    Decision("precision", "choice", "precision", _precisions, choices=_PRECISIONS),
    Decision("weights", "choice", "weights", lambda c: c.domain("precision"), choices=_STORED),
    Decision("kv", "choice", "KV", lambda c: c.domain("precision"), choices=_STORED),
    Decision("tp", "count", "TP", _tp, 1),
    Decision("pp", "count", "PP", _only(1, 2, 4), 1),
    Decision("dp", "count", "DP", lambda c: [1, 2, 4, 8] if c.model_count("experts") else [1], 1),
    Decision("ep", "count", "EP", _ep, 1),
    Decision("prefill_batch", "count", "prefill batch", _only(1), 1),
    Decision("batch", "count", "batch", _batches),
    Decision("replicas", "count", "replicas", lambda c: _upto(min(64, c.most_devices()))),
    _REGION,
)

BATCH = tuple(
    Decision("prefill_batch", "count", "prefill batch", _only(1, 2, 4, 8, 16, 32, 64, 128), 1)
    if d.name == "prefill_batch"
    else d
    for d in SERVING
)

DECISIONS = {"training": TRAINING, "serving": SERVING, "batch": BATCH}
