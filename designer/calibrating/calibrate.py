"""From a table of measurements to fits, and from fits to an overlay of the catalog."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from catalogs import Catalog
from catalogs.errors import InputError, Problem, nearest
from constraints.bundles.device import kin, rate_bundle
from designer.accuracy.table import records
from designer.accuracy.table import table as table_of
from designer.calibrating import fitting, operations
from designer.calibrating.fitting import ROWS_EACH, Fit
from designer.calibrating.measured import is_operations
from designer.calibrating.measured import operations as operations_of
from designer.calibrating.overlay import Key, Overlay
from designer.calibrating.runs import RUNS, Runs

UNITS = {
    "launch_floor": "s", "collective_floor": "s", "inner_latency": "s", "host_moe_layer_time": "s",
    "host_step_overhead": "s", "prefill_overhead": "s", "loaded_overhead": "s",
    "host_sequence_overhead": "s",
}  # fmt: skip
_COLLECTIVE = {
    "collective_floor": "latency", "inner_latency": "per_rank_latency", "collective_fraction": "bandwidth_fraction",
}  # fmt: skip


@dataclass(frozen=True)
class Calibrated:
    """One fit and what it is of: an accelerator and dtype, its collectives, or whole runs."""

    name: str
    fit: Fit
    prior: Mapping[str, float]


@dataclass(frozen=True)
class Calibration:
    """Every fit of a table, the rows it could not use, and the entries that change."""

    file: str
    rows: int
    fits: tuple[Calibrated, ...]
    overlay: Overlay
    skipped: Mapping[str, int] = field(default_factory=dict)


def calibrate(
    path: str | Path, catalog: Catalog, date: str, only: Sequence[str] = (), kind: str | None = None
) -> Calibration:
    """Fit the parameters that a table of measurements supports.

    `date` is that of the measurements; `only` names parameters that must be fitted. Raises InputError for
    a table that cannot be read, and when the rows support none of the parameters or not one of `only`.
    """
    fitting.scipy_optimize()
    found = records(path)
    overlay = Overlay(catalog, date)
    skipped: Mapping[str, int] = Counter()
    if is_operations(found.columns):
        fits = _operations(operations.parts(operations_of(found), catalog), overlay, found.file, only)
    else:
        table = table_of(found, kind)
        runs = RUNS[table.kind](table, catalog)
        skipped = dict(runs.skipped)
        if not len(runs.problem.measured):
            reasons = "; ".join(f"{n} {reason}" for reason, n in skipped.items())
            raise InputError(Problem(f"no run can be predicted ({reasons})", found.file))
        fits = [_runs(runs, table.kind, overlay, found.file, only)]
    if not any(c.fit.values for c in fits):
        why = {k: reason for c in fits for k, reason in c.fit.kept.items()}
        name, reason = next(iter(why.items()))
        raise InputError(
            Problem(f"{len(found.rows)} rows support no parameter; {name}: {reason}", found.file)
        )
    return Calibration(found.file, len(found.rows), tuple(fits), overlay, skipped)


def _wanted(only: Sequence[str], known: Sequence[str]) -> list[str]:
    """Parameters named by their full name or by the quantity alone."""
    out = []
    for name in only:
        of = [k for k in known if name in (k, k.partition(" of ")[0])]
        if not of:
            raise InputError(
                f"--fit {name}: no such parameter{nearest(name, known)} (has: {', '.join(known)})"
            )
        out += of
    return out


def _operations(
    parts: Sequence[operations.OperationPart], overlay: Overlay, file: str, only: Sequence[str]
) -> list[Calibrated]:
    known = [p.name for part in parts for p in part.problem.parameters]
    wanted = set(_wanted(only, list(dict.fromkeys(known))))
    fits = []
    for part in parts:
        mine = [p.name for p in part.problem.parameters if p.name in wanted]
        if only and not mine:
            continue
        found = fitting.fit(part.problem, mine)
        fits.append(Calibrated(part.name, found, part.prior))
        if not found.values:
            continue
        ref = reference(file, found, part.dtype or "all-reduce")
        for how in ("fitted", "assumed"):
            _set_part(overlay, part, found, ref, how)
    return fits


def _set_part(overlay: Overlay, part: operations.OperationPart, found: Fit, ref: str, how: str) -> None:
    """Fitted values; and, where the entry has none of its own, what they go with."""
    acc = part.accelerator
    own = acc.efficiency.get(part.dtype) if part.dtype else acc.collective  # type: ignore[call-overload]
    if how == "fitted":
        values: Mapping[str, float] = found.values
    else:
        values = {} if own else {n: v for n, v in part.prior.items() if n not in found.values}
    place: Key = ("efficiency", part.dtype) if part.dtype else ("collective",)
    keys = {(*place, _COLLECTIVE.get(n, n)): written(n, v) for n, v in values.items()}
    if keys:
        overlay.set("accelerators", acc.id, keys, ref, how)


def _runs(runs: Runs, kind: str, overlay: Overlay, file: str, only: Sequence[str]) -> Calibrated:
    known = [p.name for p in runs.problem.parameters]
    found = fitting.fit(runs.problem, _wanted(only, known))
    ref = reference(file, found, f"{kind} runs") if found.values else ""
    prior = {p.name: p.prior for p in runs.problem.parameters}
    for name, value in found.values.items():
        if name in runs.sustained:
            id, dtypes = runs.sustained[name]
            overlay.set("accelerators", id, _sustained(overlay.catalog, id, dtypes, value), ref)
        for place in runs.places.get(name, ()):
            quantity = place.key
            overlay.set(place.kind, place.id, {("values", quantity): written(quantity, value)}, ref)
    return Calibrated(f"{kind} runs", found, prior)


def _sustained(catalog: Catalog, id: str, dtypes: Sequence[str], factor: float) -> dict[Key, str]:
    """The share of its kernels' rate a device keeps up; what would be above 1 goes to the kernels' own rate."""
    acc = catalog.get("accelerators", id)
    out: dict[Key, str] = {}
    for dtype in dtypes:
        known_of = (a.sustained.get(dtype) for a in kin(catalog, acc))  # type: ignore[call-overload]
        now = next((share for share in known_of if share), None)
        share = (now.si if now else 1.0) * factor
        out["sustained", dtype] = written("sustained", min(1.0, share))
        if share > 1:
            known = rate_bundle(catalog, acc, dtype)
            for n in operations.KERNELS:
                value = known[n].si * (share if n == "compute_fraction" else 1)
                out["efficiency", dtype, n] = written(n, value)
    return out


def reference(file: str, found: Fit, what: str) -> str:
    """What the overlay says of where a value comes from."""
    assert found.after and found.held_out
    return (
        f"designer calibrate: fit of {len(found.values)} parameters to {found.rows} rows ({what}) of "
        f"{Path(file).name}; error median {100 * found.after.median:.1f} %, "
        f"held out {100 * found.held_out.median:.1f} %"
    )


def written(name: str, value: float) -> str:
    """A value as the catalog writes it.

    >>> written("compute_fraction", 0.70004), written("launch_floor", 2.84e-6)
    ('0.7', '2.84 us')
    """
    if UNITS.get(name) == "s":
        return f"{value * 1e6:.4g} us"
    return f"{value:.4g}"


__all__ = ["ROWS_EACH", "Calibrated", "Calibration", "calibrate"]
