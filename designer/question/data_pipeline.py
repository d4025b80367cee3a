"""What a scenario's data set adds to a training question: numbers, choices, and checks of both."""

from __future__ import annotations

from catalogs import Catalog
from catalogs.errors import InputError
from constraints.bundles import Bundle, Known, same, unknown
from designer.documents.fields import BytesPerSecond
from designer.documents.scenario import Dataset, Training, Workload

WHERE = "the scenario's workload.dataset"


def dataset_of(workload: Workload) -> Dataset | None:
    """The data set a job is fed from, if it has one."""
    found = workload.dataset if isinstance(workload, Training) else None
    return found if isinstance(found, Dataset) else None


def dataset_bundle(catalog: Catalog, d: Dataset) -> Bundle:
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


def _samples(catalog: Catalog, d: Dataset) -> Bundle:
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
