"""What a data set that must be read and prepared adds to a job: its fields, choices and numbers."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from catalogs import Catalog
from catalogs.errors import InputError
from constraints.bundles import Bundle, Known, same, unknown
from constraints.bundles.dataset import DECODE, host_bundle
from designer.fields.workload import DocumentBlock, Workload
from designer.fields.written import (
    BytesPerSecond,
    Capacity,
    PrepareRate,
    Pure,
    SampleCount,
    SampleSize,
    TimeOrZero,
)
from designer.question.context import Context, Value
from designer.question.decisions import Decision
from designer.question.groups import Group

WHERE = "the scenario's workload.dataset"


class WorkloadDataset(DocumentBlock):
    """Samples, where they are read and who prepares them. A sample is one image or one sequence."""

    name: str | None = Field(
        default=None, description="a data set of the catalog, instead of samples and sample_size"
    )
    samples: SampleCount | None = Field(default=None, description="samples of one epoch")
    sample_size: SampleSize | None = Field(default=None, description="mean bytes of a sample as it is stored")
    epochs: Pure = Field(default=1.0, description="times the run goes through all samples")
    storage: str = Field(
        description="a storage of the catalog, or a read bandwidth: 20 GB/s of all nodes together, 2 GB/s/node of each"
    )
    drives: int | None = Field(
        default=None, ge=1, description="drives a node has, where the storage is one drive"
    )
    capacity: Capacity | None = Field(
        default=None, description="provisioned capacity, where the storage is sold by capacity"
    )
    cache: Literal["ram", "none"] = Field(
        default="ram", description="whether nodes keep in memory what they have read, if all of it fits"
    )
    decode_rate: PrepareRate = Field(
        description="what one worker (a core) decodes: 500 sample/s, or 250 MB/s of stored bytes"
    )
    augment_time: TimeOrZero = Field(
        default=0.0, description="time a worker takes to crop, flip and normalise one sample"
    )
    device_decode_rate: PrepareRate | None = Field(
        default=None, description="what one device decodes and augments, doing nothing else"
    )


def dataset_of(workload: Workload) -> WorkloadDataset | None:
    """The data set a job is fed from, if it has one."""
    found = getattr(workload, "dataset", None)
    return found if isinstance(found, WorkloadDataset) else None


def _decode(c: Context) -> list[Value]:
    return ["cpu"] if dataset_of(c.workload) else []


def _workers(c: Context) -> list[Value]:
    """Counts up to beyond what a host has for each device, so that a shortage of cores shows."""
    if not dataset_of(c.workload):
        return []
    return [1, 2, 4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64] if "cpu" in c.domain("decode") else [1]


def _unused(workload: Workload) -> str:
    return "" if dataset_of(workload) else "workload.dataset describes no samples to prepare"


# How a data set is prepared; decided where both storage and devices are known.
FEEDING = (
    Decision("decode", "choice", "decode", _decode, "cpu", tuple(DECODE), unused=_unused),
    Decision("workers", "count", "workers", _workers, 8, tells="core", edges=("largest",), unused=_unused),
)


def feeding_groups(catalog: Catalog) -> list[Group]:
    """The host that prepares samples, and who decodes them."""
    return [
        Group("host", ("node",), lambda n: host_bundle(catalog.get("nodes", str(n)))),
        Group("decode", ("decode",), lambda d: DECODE[str(d)]),
    ]


def dataset_bundle(catalog: Catalog, d: WorkloadDataset) -> Bundle:
    """A data set and who prepares it as numbers.

    Raises InputError for an unknown name and for samples of which too little is said.
    """
    out = _samples(catalog, d)
    size = out["sample_size"].si
    given = {
        "epochs": d.epochs,
        "augment_time": d.augment_time,
        "decode_rate": _samples_of(d.decode_rate, size),
    }
    out |= same("scenario", WHERE, given)
    if d.device_decode_rate is None:
        out["device_decode_rate"] = unknown(f"{WHERE}: no device_decode_rate")
    else:
        rate = _samples_of(d.device_decode_rate, size)
        out["device_decode_rate"] = Known(rate, "scenario", WHERE)
    for name, fact in catalog.get("assumptions", "dataset").values.items():
        out[name] = Known.of(fact, "assumptions/dataset")
    if d.cache == "none":
        out["cache_size"] = Known(0.0, "scenario", f"{WHERE}.cache: none")
    return out


def _samples(catalog: Catalog, d: WorkloadDataset) -> Bundle:
    if d.name is None:
        if d.samples is None or d.sample_size is None:
            absent = "samples" if d.samples is None else "sample_size"
            raise InputError(f"missing key {absent!r}; or give the name of a data set of the catalog")
        return same("scenario", WHERE, {"dataset_samples": d.samples, "sample_size": d.sample_size})
    entry = catalog.get("datasets", d.name)
    where = f"datasets/{entry.id}"
    out = {"dataset_samples": Known.of(entry.samples, where)}
    mean = entry.size.si / entry.samples.si
    out["sample_size"] = Known(mean, entry.size.kind, f"{where}: {entry.size.text} / {entry.samples.si:,.0f}")
    # What is said here wins, as for a copy that was resized or thinned out.
    said = {"dataset_samples": d.samples, "sample_size": d.sample_size}
    return out | same("scenario", WHERE, {n: v for n, v in said.items() if v is not None})


def _samples_of(rate: float, sample_size: float) -> float:
    """Samples per second of a rate that may be in bytes per second."""
    return rate / sample_size if isinstance(rate, BytesPerSecond) else rate
