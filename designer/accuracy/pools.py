"""Prompts and answers on workers of their own, in a closed loop of users: what each pool takes, and their balance."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from catalogs import Catalog
from constraints.graph import run
from designer.accuracy.asking import order_of
from designer.accuracy.deployments import deploy
from designer.accuracy.scoring import Skip
from designer.accuracy.table import MeasuredRow
from designer.jobs.serving import PARTS

_NOTE = re.compile(
    r"disagg prefill (\d+)x\(tp(\d+),dp(\d+),ep(\d+)\S*\) decode (\d+)x\(tp(\d+),dp(\d+),ep(\d+),",
    re.IGNORECASE,
)
_ROUNDS = 200


@dataclass(frozen=True)
class Workers:
    """Workers of a pool and how each lies on its devices."""

    count: int
    devices: int
    tp: int
    pp: int
    dp: int
    ep: int


@dataclass(frozen=True)
class Balance:
    """What users of both pools see, in seconds, and how many answers end a second."""

    ttft: float
    tpot: float
    requests: float


def workers_of(row: MeasuredRow, pool: str) -> Workers | None:
    """The workers of `prefill` or `decode` as columns, or a note, state them; None where they do not."""
    count, devices = row.count(f"{pool}_workers"), row.count(f"{pool}_gpus_per_worker")
    if count and devices:
        tp, pp, dp, ep = (row.count(f"{pool}_{d}") or 1 for d in ("tp", "pp", "dp", "ep"))
        return Workers(count, devices, min(tp, devices), pp, dp, ep)
    found = _NOTE.search(row.text("notes"))
    if not found:
        return None
    n, tp, dp, ep = (
        (int(x) for x in found.groups()[:4] if x) if pool == "prefill" else map(int, found.groups()[4:])
    )
    return Workers(n, tp * dp, tp, 1, dp, ep)


def balance(row: MeasuredRow, catalog: Catalog, **cells: str) -> Balance | Skip:
    """Prefill and decode of a closed loop of users, or why they cannot be told."""
    users = row.number("concurrency") or row.number("concurrency_or_batch")
    if not users:
        return Skip("requests in flight not stated")
    made = []
    for pool in ("prefill", "decode"):
        workers = workers_of(row, pool)
        if workers is None:
            return Skip("layout of the pools not stated")
        values = _worker(row, catalog, workers, users, pool, cells)
        if isinstance(values, Skip):
            return values
        made.append((workers, values))
    (readers, read), (writers, written) = made
    stated = row.count("gpus") or row.count("gpus_total")
    if stated and stated != readers.count * readers.devices + writers.count * writers.devices:
        return Skip("the pools do not make the number of devices")
    most = max(1.0, read["prefill_chunk"] // read["input_tokens"])
    whole = _read(read, most)
    each = (whole - read[PARTS.prompts]) / (most - 1) if most > 1 else read[PARTS.prompts]
    pp = readers.pp
    prompts = Prompts(read[PARTS.prompts] / pp, each / pp, readers.dp, most * readers.dp)
    steps = (written[PARTS.fixed], written[PARTS.variable], written[PARTS.steps])
    return closed(users, prompts, readers.count * pp, *steps, read["prefill_overhead"])


@dataclass(frozen=True)
class Prompts:
    """Passes that read prompts: seconds of one, of each more prompt of a rank, ranks, and prompts it takes at most."""

    one: float
    more: float
    ranks: float = 1.0
    most: float = 1.0

    def seconds(self, prompts: float) -> float:
        """Time of a pass with so many prompts, spread over its ranks."""
        return self.one + max(0.0, prompts / self.ranks - 1) * self.more


def closed(
    users: float,
    prompts: Prompts,
    servers: float,
    fixed: float,
    variable: float,
    steps: float,
    latency: float,
) -> Balance:
    """A loop of prompts that queue for servers and of answers whose steps grow with the users in them.

    A step takes `fixed` and `variable` with all users in it. Mean value analysis: a request finds the others of
    the loop as they are in the mean (Schweitzer 1979), waits for half of the pass that is under way if there is
    one, and for the passes of those before it, which share them as far as they have room; `latency` is its own.

    >>> alone = closed(1, Prompts(0.5, 0.5), 2, 0.01, 0.0, 100, 0.0)
    >>> round(alone.ttft, 6), alone.tpot, round(alone.requests, 6)  # 0.5 s and 100 steps of 10 ms
    (0.5, 0.01, 0.666667)
    >>> round(closed(1000, Prompts(0.5, 0.5), 2, 0.01, 0.0, 100, 0.0).requests, 2)  # two servers of half a second
    4.0
    >>> 31 < closed(1000, Prompts(0.5, 0.0, 1, 8), 2, 0.01, 0.0, 100, 0.0).requests < 32  # eight prompts a pass
    True
    """
    waiting, decoding = 0.0, users
    for _ in range(_ROUNDS):
        found = waiting * (users - 1) / users / servers
        shared = min(prompts.most, max(1.0, found))
        taken = prompts.seconds(shared)
        ttft = latency + taken * (1 + min(1.0, found) / 2 + max(0.0, found - shared) / shared)
        step = fixed + variable * min(1.0, decoding / users)
        rate = min(users / (ttft + steps * step), servers * prompts.most / prompts.seconds(prompts.most))
        waiting += (users - rate * (steps * step + latency) - waiting) / 2
        decoding += (rate * steps * step - decoding) / 2
    return Balance(users / rate - steps * step, step, rate)


def _read(values: Mapping[str, float], prompts: float) -> float:
    """Seconds of a pass with so many prompts."""
    made = dict(values) | dict(prefill_batch=prompts)
    for name in PARTS.loop:
        made.pop(name)
    run(order_of(PARTS.job, (PARTS.prompts,), tuple(made)), made)
    return made[PARTS.prompts]


def _worker(
    row: MeasuredRow, catalog: Catalog, workers: Workers, users: float, pool: str, cells: Mapping[str, str]
) -> dict[str, float] | Skip:
    """Quantities of one worker; that of decoding has its share of all users."""
    hardware = row.text(f"hardware_{pool}") or row.text("hardware")
    share = max(1.0, users / workers.count) if pool == "decode" else 1.0
    # data ranks of one worker share the experts of a mixture, however a table counts its ranks
    experts = max(workers.ep, workers.dp * workers.tp) if workers.dp > 1 else workers.ep
    own = dict(
        hardware=hardware, gpus=str(workers.devices), tp=str(workers.tp), pp=str(workers.pp), dp=str(workers.dp),
        ep=str(experts), mode="", spec_decode="", scenario="latency", concurrency_or_batch=f"{share:.6f}",
    )  # fmt: skip
    found = deploy(replace(row, cells={**row.cells, **cells, **own}), catalog)
    if isinstance(found, Skip):
        return found
    values = dict(found.values) | dict(prefill_batch=1.0)
    made = dict(values)
    run(order_of(PARTS.job, PARTS.loop, tuple(made)), made)
    return values | {name: made[name] for name in PARTS.loop}
