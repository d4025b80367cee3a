"""Fits of a device's kernels and links to single operations."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalogs import Catalog
from catalogs.errors import InputError, Problem, nearest
from catalogs.schema import Accelerator
from constraints.bundles import Bundle
from constraints.bundles.device import ELEMENT_BYTES, base_precision, has_rate, link_bandwidth, rate_bundle
from constraints.rules.library.collectives import measured_all_reduce_time
from constraints.rules.library.roofline import copy_time, gemm_time
from designer.accuracy.hardware import accelerator_of
from designer.calibrating import fitting
from designer.calibrating.fitting import Parameter
from designer.calibrating.measured import Timed

# In the order in which few rows are spent on them, with the spread of each logarithm among devices and
# the ends a value may have.
KERNELS: dict[str, tuple[float, float, float]] = {
    "compute_fraction": (0.3, 0.01, 1.0),
    "bandwidth_fraction": (0.3, 0.01, 1.0),
    "launch_floor": (1.0, 1e-8, 1e-2),
    "corner": (0.4, 1.0, 8.0),
}
LINKS: dict[str, tuple[float, float, float]] = {
    "collective_fraction": (0.4, 0.01, 1.0),
    "collective_floor": (1.0, 1e-7, 1e-2),
    "inner_latency": (1.0, 1e-8, 1e-2),
}


@dataclass(frozen=True)
class OperationPart:
    """One fit to make: an accelerator's kernels in one dtype, or its collectives (`dtype` empty)."""

    accelerator: Accelerator
    dtype: str
    problem: fitting.FitProblem
    prior: Mapping[str, float]

    @property
    def name(self) -> str:
        return f"{self.accelerator.id} {self.dtype or 'all-reduce'}"


def parts(timed: Sequence[Timed], catalog: Catalog) -> list[OperationPart]:
    """The fits that a table asks for. Raises InputError, with file and line, for unknown hardware or dtypes."""
    kernels: dict[tuple[str, str], list[Timed]] = {}
    links: dict[str, list[Timed]] = {}
    for t in timed:
        acc = _accelerator(t, catalog)
        if t.operation.kind == "all_reduce":
            links.setdefault(acc.id, []).append(t)
            continue
        # a copy says what plain kernels do: those of the precision in which nothing is quantised
        dtype = t.operation.dtype if t.operation.kind == "gemm" else base_precision(acc)
        if not has_rate(acc, dtype):
            has = ", ".join(acc.compute.rates())
            message = f"dtype: {acc.id} has no {dtype} rate{nearest(dtype, acc.compute.rates())} (has: {has})"
            raise InputError(_at(t, message))
        kernels.setdefault((acc.id, dtype), []).append(t)
    out = [_kernels(catalog, catalog.get("accelerators", i), d, of) for (i, d), of in sorted(kernels.items())]
    return out + [_links(catalog, catalog.get("accelerators", i), of) for i, of in sorted(links.items())]


def gemm_predictor(
    dtype: str, rate: float, bandwidth: float, m: Any, n: Any, k: Any
) -> Callable[[Mapping[str, float]], Any]:
    """Times of products as a function of the four kernel parameters."""
    element = ELEMENT_BYTES[dtype]
    result = max(2.0, element)

    def predict(v: Mapping[str, float]) -> Any:
        return gemm_time(m, n, k, element, element, result, rate, bandwidth, **{p: v[p] for p in KERNELS})

    return predict


def parameters(
    ranges: Mapping[str, tuple[float, float, float]], prior: Mapping[str, float], rows: Mapping[str, int]
) -> list[Parameter]:
    """Parameters of a fit, with the catalog's values as their priors."""
    return [
        Parameter(name, min(max(prior[name], low), high), spread, low, high, rows[name])
        for name, (spread, low, high) in ranges.items()
    ]


def _kernels(catalog: Catalog, acc: Accelerator, dtype: str, of: Sequence[Timed]) -> OperationPart:
    import numpy as np

    known = rate_bundle(catalog, acc, dtype)
    rate, bandwidth = known["compute_rate"].si, acc.memory_bandwidth.si
    products = [t for t in of if t.operation.kind == "gemm"]
    copies = [t for t in of if t.operation.kind == "copy"]
    m, n, k = (np.array([getattr(t.operation, c) for t in products], float) for c in "mnk")
    size = np.array([t.operation.size for t in copies], float)
    gemm = gemm_predictor(dtype, rate, bandwidth, m, n, k)

    def predict(v: Mapping[str, float]) -> Any:
        copied = copy_time(size, bandwidth, v["launch_floor"], v["bandwidth_fraction"])
        return np.concatenate([gemm(v), copied])

    rows = {name: len(of) for name in KERNELS} | dict.fromkeys(("compute_fraction", "corner"), len(products))
    prior = {name: known[name].si for name in KERNELS}
    measured = np.array([t.seconds for t in (*products, *copies)])
    return OperationPart(
        acc, dtype, fitting.FitProblem(parameters(KERNELS, prior, rows), predict, measured), prior
    )


def _links(catalog: Catalog, acc: Accelerator, of: Sequence[Timed]) -> OperationPart:
    import numpy as np

    link = link_bandwidth(acc)
    if link is None:
        raise InputError(_at(of[0], f"hardware: the catalog states no link between devices of {acc.id}"))
    prior = _collective(catalog, acc)
    size, ranks = (np.array([getattr(t.operation, c) for t in of], float) for c in ("size", "ranks"))

    def predict(v: Mapping[str, float]) -> Any:
        return measured_all_reduce_time(size, ranks, link.si, **{p: v[p] for p in LINKS})

    rows = dict.fromkeys(LINKS, len(of)) | {"inner_latency": int((ranks > 2).sum())}
    measured = np.array([t.seconds for t in of])
    return OperationPart(
        acc, "", fitting.FitProblem(parameters(LINKS, prior, rows), predict, measured), prior
    )


def _collective(catalog: Catalog, acc: Accelerator) -> dict[str, float]:
    """What the catalog says of the device's collectives: its own, those of the like device, or the default."""
    from constraints.bundles.device import collective_bundle

    known: Bundle = collective_bundle(catalog, acc)
    return {name: known[name].si for name in LINKS}


def _accelerator(t: Timed, catalog: Catalog) -> Accelerator:
    found = accelerator_of(t.hardware, catalog)
    if found is None:
        close = nearest(t.hardware, catalog.names("accelerators"))
        message = (
            f"hardware: no accelerator {t.hardware!r} in the catalog{close}; --catalog can hold one of yours"
        )
        raise InputError(_at(t, message))
    return found


def _at(t: Timed, message: str) -> Problem:
    return Problem(message, t.row.file, t.row.line) if t.row else Problem(message)
