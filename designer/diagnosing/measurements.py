"""What can be measured of a step: the names, units and meanings that flags and CSV columns share."""

from __future__ import annotations

from dataclasses import dataclass, field

# A number in another unit is taken over the step's own time: FLOP/s times step time is FLOP.
QUANTITIES: dict[str, tuple[str, str]] = {
    "step_time": ("s", "time of one step: a training step, a prefill, a decode step"),
    "data_wait": (
        "s",
        "of it, time the device waits for input data; 0 ms where none are loaded, as in serving",
    ),
    "communication": ("s", "of it, time the device waits for other devices; 0 ms for a single one"),
    "flops": ("FLOP", "the model's operations in a step on one device, or FLOP/s achieved"),
    "executed_flops": ("FLOP", "operations executed, with recomputed and padded ones"),
    "bytes": ("byte", "bytes moved to and from device memory in a step, or byte/s achieved"),
    "batch": ("", "sequences or samples in a step"),
    "tokens": ("token", "tokens of a step on one device; in decoding, the batch"),
    "busy": ("%", "share of time a kernel runs: what nvidia-smi calls utilisation"),
    "storage_busy": ("%", "share of time the storage is busy"),
    "host_busy": ("%", "share of time the processors that prepare data are busy"),
    "rate": ("FLOP/s", "dense peak of the device, in place of --accelerator"),
    "bandwidth": ("byte/s", "memory bandwidth of the device, in place of --accelerator"),
    "parameters": ("", "parameters of the model"),
    "active_parameters": ("", "parameters that one token is multiplied with"),
}
NAMES: dict[str, str] = {
    "accelerator": "the device, by its name in the catalog",
    "precision": "precision of the products; the device's 16-bit one by default",
    "model": "the model, by its name in the catalog",
    "work": "training, prefill or decode: operations and weight traffic then follow from the model",
}
RATES = {"flops": "FLOP/s", "executed_flops": "FLOP/s", "bytes": "byte/s"}
SHARES = ("data_wait", "communication")
PASSES = {"training": 3.0, "prefill": 1.0, "decode": 1.0}


def flag(name: str) -> str:
    """How a measurement is given on the command line.

    >>> flag("data_wait")
    '--data-wait'
    """
    return "--" + name.replace("_", "-")


@dataclass(frozen=True)
class Measured:
    """One run: its name, where it was read, numbers in SI and names from the catalog."""

    run: str
    place: str = ""
    numbers: dict[str, float] = field(default_factory=dict)
    names: dict[str, str] = field(default_factory=dict)
