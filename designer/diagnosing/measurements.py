"""What can be measured of a step, each declared once: its flag and column, unit, range and meaning."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from designer.jobs import JOBS

# Kinds of work: the phases of jobs, by the passes over the weights that a step of each makes.
PASSES = {p.work: p.passes for job in JOBS.values() for p in job.phases}


@dataclass(frozen=True)
class Measurement:
    """A number that can be measured, in `unit`; `form` is how help writes it.

    One in the unit `over` is taken over the step's own time: FLOP/s times step time is FLOP, a share of the
    step times step time is a time. It is above zero unless `zero`, and has no halves if `whole`.
    """

    help: str
    unit: str
    form: str
    over: str | None = None
    zero: bool = False
    whole: bool = False


class Given(Enum):
    """Measurements, by their names."""

    step_time = Measurement("time of one step: a training step, a prefill, a decode step", "s", "TIME")
    data_wait = Measurement(
        "of it, time the device waits for input data; 0 ms where none are loaded, as in serving",
        "s", "TIME|%", over="", zero=True,
    )  # fmt: skip
    communication = Measurement(
        "of it, time the device waits for other devices; 0 ms for a single one",
        "s", "TIME|%", over="", zero=True,
    )  # fmt: skip
    flops = Measurement(
        "the model's operations in a step on one device, or FLOP/s achieved",
        "FLOP", "FLOP|FLOP/s", over="FLOP/s", zero=True,
    )  # fmt: skip
    executed_flops = Measurement(
        "operations executed, with recomputed and padded ones", "FLOP", "FLOP|FLOP/s", over="FLOP/s"
    )
    bytes = Measurement(
        "bytes moved to and from device memory in a step, or byte/s achieved",
        "byte", "BYTES|BYTES/s", over="byte/s", zero=True,
    )  # fmt: skip
    batch = Measurement("sequences or samples in a step", "", "N", whole=True)
    tokens = Measurement("tokens of a step on one device; in decoding, the batch", "token", "TOKENS")
    busy = Measurement("share of time a kernel runs: what nvidia-smi calls utilisation", "%", "%", zero=True)
    storage_busy = Measurement("share of time the storage is busy", "%", "%", zero=True)
    host_busy = Measurement("share of time the processors that prepare data are busy", "%", "%", zero=True)
    rate = Measurement("dense peak of the device, in place of --accelerator", "FLOP/s", "FLOP/s")
    bandwidth = Measurement("memory bandwidth of the device, in place of --accelerator", "byte/s", "BYTES/s")
    parameters = Measurement("parameters of the model", "", "N")
    active_parameters = Measurement("parameters that one token is multiplied with", "", "N")

    @property
    def flag(self) -> str:
        """How it is given on the command line.

        >>> Given.data_wait.flag
        '--data-wait'
        """
        return flag(self.name)


class Named(Enum):
    """What is said of a step by name: how help writes it, and what the name is of."""

    accelerator = "NAME", "the device, by its name in the catalog"
    precision = "NAME", "precision of the products; the device's 16-bit one by default"
    model = "NAME", "the model, by its name in the catalog"
    work = "KIND", "training, prefill or decode: operations and weight traffic then follow from the model"

    def __init__(self, form: str, help: str):
        self.form = form
        self.help = help

    @property
    def flag(self) -> str:
        """How it is given on the command line."""
        return flag(self.name)


def flag(name: str) -> str:
    """A name as a flag.

    >>> flag("data_wait")
    '--data-wait'
    """
    return "--" + name.replace("_", "-")


@dataclass(frozen=True)
class Measured:
    """One run: its name, where it was read, numbers in SI and names from the catalog."""

    run: str
    place: str = ""
    numbers: dict[Given, float] = field(default_factory=dict)
    names: dict[Named, str] = field(default_factory=dict)
