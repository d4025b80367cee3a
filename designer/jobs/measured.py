"""Which quantities of a job answer what is published of its runs; each job names its own."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class MeasuredStep:
    """Quantities of a training step: its time, its MFU, and memory.

    Of memory: what tensors take, what the allocator keeps for them, and what there is for it to take.
    """

    job: str
    time: str
    mfu: str
    allocated: str
    reserved: str
    usable: str

    @property
    def asked(self) -> tuple[str, ...]:
        """All of them."""
        return self.time, self.mfu, self.allocated, self.reserved, self.usable


@dataclass(frozen=True)
class MeasuredLoad:
    """A way that requests come, and the quantities of what is measured of it.

    `median` is the time per token where the median of intervals is published, `throughput` tokens put out in
    a second and `prompts` those that are taken in. `room` says how many sequences are held at once; of requests
    that come at a `rate`, `most` says how many could.
    """

    job: str
    ttft: str
    tpot: str
    median: str = ""
    throughput: str = ""
    prompts: str = ""
    room: str = ""
    rate: str = ""
    most: str = ""

    @property
    def asked(self) -> tuple[str, ...]:
        """What answers its metrics."""
        return tuple(filter(None, (self.ttft, self.tpot, self.median, self.throughput, self.prompts)))

    @property
    def first(self) -> tuple[str, ...]:
        """What has to be known beforehand."""
        return tuple(filter(None, (self.room, self.most)))


@dataclass(frozen=True)
class MeasuredParts:
    """Quantities of one replica that answer facts beside whole runs.

    On a device: `weights`, `workspace` of a pass, the `room` for cache and the `longest` sequence's cache. Of a
    decode step: the whole of it, a layer without and with experts, its head, and the part that is `fixed` and
    the one that is `variable` with the batch; `steps` of an answer. `prompts`: a pass that reads them.
    """

    job: str
    weights: str
    workspace: str
    room: str
    longest: str
    step: str
    dense_layer: str
    moe_layer: str
    head: str
    fixed: str
    variable: str
    steps: str
    prompts: str

    @property
    def memory(self) -> tuple[str, ...]:
        """What is on a device."""
        return self.weights, self.workspace, self.room, self.longest

    @property
    def layers(self) -> tuple[str, ...]:
        """A decode step and what it is made of."""
        return self.step, self.dense_layer, self.moe_layer, self.head

    @property
    def loop(self) -> tuple[str, ...]:
        """What a request takes, pass by pass."""
        return self.prompts, self.fixed, self.variable, self.steps
