"""Fit what an inference engine adds to kernels, to a table of measured serving runs.

    python tools/fit_serving.py TABLE.csv [--write]

Every parameter is in the catalog (`engines/*.yaml`, `assumptions/serving-kernels.yaml`). Rows are
taken through the rules that plan, the logarithm of predicted over measured is made small, and each
parameter is drawn to its prior: an engine's to that of `default`, a factor's to 1. Two errors are
reported beside that of the fit: of each model on one device and engine predicted by a fit without it,
and of each source predicted by a fit without it. Deterministic.
"""

from __future__ import annotations

import argparse
import csv
import re
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from zlib import crc32

import numpy as np
from scipy.optimize import least_squares

from catalogs import default_catalog
from catalogs.store import SHIPPED
from designer.accuracy import serving, table
from designer.accuracy.deployments import Deployment, deploy, stacked
from designer.accuracy.scoring import Skip
from designer.jobs.measured import MeasuredLoad

CATALOGS = Path(SHIPPED)
ENGINE = (
    "host_step_overhead",
    "host_sequence_overhead",
    "prefill_overhead",
    "overhead_per_request",
    "loaded_overhead",
    "host_layer_time",
)
# What only a server has: other requests to handle.
SERVED = ("overhead_per_request", "loaded_overhead")
# Engines whose tables send text to a server, which splits it into tokens; others feed tokens.
SERVERS = ("default", "sglang", "tensorrt-llm-pytorch", "vllm", "vllm-early")
# What all engines share: text of a server, and what mixtures and latent attention add to a layer's launches.
SHARED = ("prompt_seconds_per_token", "host_moe_layer_time", "host_latent_time")
# A factor of assumptions/serving-kernels and the numbers it multiplies; the last is a share, at most 1.
FACTORS: dict[str, tuple[str, ...]] = {
    "graph_launch": ("launch_floor", "base_launch_floor"),
    "graph_attention": ("decode_attention_floor",),
    "graph_experts": ("expert_floor",),
    "graph_expert_each": ("expert_each_floor",),
    "graph_expert_width": ("expert_half_width",),
    "graph_reduce": ("collective_floor", "inner_latency"),
    "sustained_compute": ("compute_fraction",),
    "sustained_experts": ("expert_compute_fraction",),
    "streamed_experts": ("expert_bandwidth_fraction",),
}
# What an engine's host takes, before any row is looked at: orders of magnitude from profiles.
PRIOR = {
    "host_step_overhead": 0.7e-3,
    "host_sequence_overhead": 10e-6,
    "prefill_overhead": 4e-3,
    "overhead_per_request": 0.5e-3,
    "loaded_overhead": 40e-3,
    "host_layer_time": 0.3e-3,
    "host_moe_layer_time": 0.8e-3,
    "prompt_seconds_per_token": 5e-6,
    "host_latent_time": 0.5e-3,
}
# The same of an engine that is called in its own process: no server, no text, and launches from C++.
IN_PROCESS = {"prefill_overhead": 4e-3, "host_layer_time": 0.15e-3}
# An earlier generation is drawn to the later one of the same engine, others to the default.
LATER = {"vllm-early": "vllm"}
# Rows that their own source calls so are scored and not fitted.
EXPERIMENTAL = "experimental"
WEIGHT = {"tpot": 1.0, "throughput": 0.8, "ttft": 0.4}
RIDGE_ENGINE, RIDGE_FACTOR, RIDGE_DEFAULT, RIDGE_TOKEN = 0.35, 1.5, 0.5, 2.0
# A request alone costs a server an exchange over HTTP, its text and a schedule: milliseconds, whatever loaded runs
# would make of it. What others in flight add differs little among servers, so a new one is near their mean.
RIDGE_SERVER = 4.0


Error = tuple[str, table.MeasuredRow, Deployment, float]
FOLDS = 8


@dataclass
class Rows:
    """Rows of one kind of load, stacked, with what was measured."""

    load: MeasuredLoad
    rows: list[table.MeasuredRow]
    deployments: list[Deployment]
    metrics: list[list[tuple[str, str, float]]] = field(default_factory=list)


def read(path: str) -> dict[MeasuredLoad, Rows]:
    """Core rows of a table by kind of load."""
    catalog = default_catalog()
    out: dict[MeasuredLoad, Rows] = {}
    for row in table.read(path, "serving").rows:
        if row.text("subset") not in ("", "core"):
            continue
        found = deploy(row, catalog)
        if isinstance(found, Skip):
            continue
        r = out.setdefault(found.load, Rows(found.load, [], []))
        r.rows.append(row)
        r.deployments.append(found)
    return out


class Problem:
    """Residuals as a function of the parameters' logarithms."""

    def __init__(self, data: dict[MeasuredLoad, Rows]):
        catalog = default_catalog()
        self.data = data
        self.engines = sorted({d.engine for r in data.values() for d in r.deployments} - {"default"})
        self.factors = {f: catalog.get("assumptions", "serving-kernels").values[f].si for f in FACTORS}
        self.default = PRIOR
        self.names = [("default", p) for p in (*ENGINE, *SHARED)] + [("factor", f) for f in FACTORS]
        self.names += [(e, p) for e in self.engines for p in ENGINE if e in SERVERS or p not in SERVED]
        self.stacks: dict[MeasuredLoad, dict[str, Any]] = {}
        self.pairs: dict[MeasuredLoad, list[tuple[str, str, np.ndarray, np.ndarray]]] = {}
        for load, r in data.items():
            self.stacks[load] = dict(stacked(r.deployments))
            self.pairs[load] = self._measured(r)
        self.measured = [
            (metric, data[load].rows[i], data[load].deployments[i])
            for load, pairs in self.pairs.items()
            for metric, _, at, _ in pairs
            for i in at
        ]
        size = Counter(row.group for _, row, _ in self.measured)
        self.weight = np.array(
            [
                0.0 if EXPERIMENTAL in row.text("notes") else WEIGHT[m] * size[row.group] ** -0.12 * 2
                for m, row, _ in self.measured
            ]
        )

    def _measured(self, r: Rows) -> list[tuple[str, str, np.ndarray, np.ndarray]]:
        """(metric, quantity, row numbers, measured): which quantity answers each measurement."""
        found: dict[tuple[str, str], tuple[list[int], list[float]]] = {}
        for i, (row, d) in enumerate(zip(r.rows, r.deployments, strict=True)):
            for metric, quantity, measured in serving.pairs(row, d, _Names()):
                if measured:
                    at, of = found.setdefault((metric.name, str(quantity)), ([], []))
                    at.append(i)
                    of.append(measured)
        return [(m, q, np.array(a), np.array(b)) for (m, q), (a, b) in sorted(found.items())]

    def parameters(self, x: np.ndarray) -> dict[tuple[str, str], float]:
        value = dict(zip(self.names, np.exp(x), strict=True))
        out: dict[tuple[str, str], float] = {("factor", f): value["factor", f] for f in FACTORS}
        for p in ENGINE:
            out["default", p] = self.default[p] * value["default", p]
            for e in sorted(self.engines, key=lambda e: e in LATER):
                served = e in SERVERS or p not in SERVED
                out[e, p] = self.base(e, p, out) * value.get((e, p), 1.0) if served else 0.0
        for p in SHARED:
            shared = PRIOR[p] * value["default", p]
            for e in ("default", *self.engines):
                out[e, p] = 0.0 if p == "prompt_seconds_per_token" and e not in SERVERS else shared
        return out

    @staticmethod
    def base(engine: str, name: str, values: dict[tuple[str, str], float]) -> float:
        """What an engine's number is drawn to: that of the default engine, which is a server."""
        if engine not in SERVERS and name in IN_PROCESS:
            return IN_PROCESS[name]
        return values[LATER.get(engine, "default"), name]

    def stored(self) -> np.ndarray:
        """Logarithms of what the catalog holds: where a fit begins."""
        catalog = default_catalog()

        held = {
            (e, p): catalog.get("engines", e).values[p].si
            for e in ("default", *self.engines)
            for p in (*ENGINE, *SHARED)
        }

        def of(who: str, name: str) -> float:
            if who == "factor":
                return self.factors[name]
            return held[who, name] / (PRIOR[name] if who == "default" else self.base(who, name, held))

        return np.log([of(*n) for n in self.names])

    def predict(self, x: np.ndarray, load: MeasuredLoad) -> dict[str, Any]:
        given = dict(self.stacks[load])
        value = self.parameters(x)
        engines = [d.engine for d in self.data[load].deployments]
        for p in PRIOR:
            given[p] = np.array([value[e, p] for e in engines])
        for f, names in FACTORS.items():
            for n in names:
                scaled = given[n] * value["factor", f] / self.factors[f]
                given[n] = np.minimum(1.0, scaled) if n.endswith("fraction") else scaled
        return serving.evaluate(load, given)

    def errors(self, x: np.ndarray) -> np.ndarray:
        """Logarithm of predicted over measured of every measurement, in the order of `measured`."""
        found = []
        for load, pairs in self.pairs.items():
            values, n = self.predict(x, load), len(self.data[load].rows)
            found += [np.log(np.broadcast_to(values[q], n)[at] / measured) for _, q, at, measured in pairs]
        return np.concatenate(found)

    def logs(self, x: np.ndarray) -> list[Error]:
        """The same with the metric, row and deployment each belongs to."""
        return [(*m, float(e)) for m, e in zip(self.measured, self.errors(x), strict=True)]

    def solve(self, start: np.ndarray, held: np.ndarray | None = None, most: int = 20) -> np.ndarray:
        """Parameters that fit all measurements but those held out."""
        weight = self.weight if held is None else np.where(held, 0.0, self.weight)
        ridge = np.array([_ridge(who, name) for who, name in self.names])

        def residuals(x: np.ndarray) -> np.ndarray:
            e = self.errors(x)
            rho = np.sign(e) * np.sqrt(2 * (np.sqrt(1 + (e / 0.15) ** 2) - 1)) * 0.15  # soft |e|
            return np.concatenate([weight * rho, ridge * x])

        found = least_squares(
            residuals, start, bounds=(-5, 4), max_nfev=most, diff_step=1e-3, x_scale=0.5
        )  # fmt: skip
        return np.asarray(found.x)

    def cross_validated(self, x: np.ndarray, part: np.ndarray) -> list[Error]:
        """Every measurement predicted by a fit without the part it belongs to."""
        errors = np.empty(len(part))
        for name in np.unique(part):
            held = part == name
            errors[held] = self.errors(self.solve(x, held, 4))[held]
        return [(*m, float(e)) for m, e in zip(self.measured, errors, strict=True)]

    def sources(self) -> np.ndarray:
        return np.array([row.group for _, row, _ in self.measured])

    def blocks(self) -> np.ndarray:
        """One of FOLDS parts, a model of a source on one device and engine never in two of them."""
        return np.array(
            [
                crc32(f"{row.group} {_family(row.text('model'))} {row.text('hardware')} {d.engine}".encode())
                % FOLDS
                for _, row, d in self.measured
            ]
        )


def _family(model: str) -> str:
    """A model's name less its release: rows of one shape are measurements of the same thing."""
    return model.rpartition("-")[0] if model.startswith("DeepSeek") else model


def _ridge(who: str, name: str) -> float:
    """How strongly a parameter is drawn to what is expected of it."""
    if name == "prompt_seconds_per_token":
        return RIDGE_TOKEN
    if (name == "prefill_overhead" and who in SERVERS) or (name == "loaded_overhead" and who != "default"):
        return RIDGE_SERVER
    if who in ("default", "factor"):
        return RIDGE_DEFAULT if who == "default" else RIDGE_FACTOR
    return RIDGE_ENGINE


# Columns of the source table that no prediction reads.
UNUSED = ("split", "source_kind", "memory_gb", "power_w", "energy_j_per_token")


class _Names(dict[str, Any]):
    """Answers every quantity with its own name."""

    def __missing__(self, name: str) -> str:
        return name


def table_of(title: str, errors: list[Error]) -> None:
    print(title)
    for metric in WEIGHT:
        by: dict[str, list[float]] = {}
        for m, row, _, e in errors:
            if m == metric:
                by.setdefault(row.group, []).append(abs(np.exp(e) - 1))
        pooled = np.concatenate([np.array(v) for v in by.values()])
        groups = [(np.median(v), np.quantile(v, 0.9)) for v in by.values()]
        print(
            f"  {metric:11s} n {len(pooled):5d}  pooled {_pc(pooled)}   mean of {len(groups)} groups "
            f"{100 * np.mean([g[0] for g in groups]):5.1f} / {100 * np.mean([g[1] for g in groups]):5.1f} %"
        )
        for g, v in sorted(by.items()):
            print(f"      {g:18s} n {len(v):5d}  {_pc(np.array(v))}")


def _pc(v: np.ndarray) -> str:
    return f"{100 * np.median(v):5.1f} / {100 * np.quantile(v, 0.9):6.1f} %"


def write(values: dict[tuple[str, str], float], engines: list[str]) -> None:
    """Put the fitted values into the catalog, in place."""
    for who in ["default", *engines]:
        path = CATALOGS / "engines" / f"{who}.yaml"
        text = path.read_text(encoding="utf-8")
        for p in PRIOR:
            text = re.sub(rf"(  {p}: {{value: )[^,]+,", rf"\g<1>{values[who, p] * 1e6:.3g} us,", text)
        path.write_text(text, encoding="utf-8")
    path = CATALOGS / "assumptions" / "serving-kernels.yaml"
    text = path.read_text(encoding="utf-8")
    for f in FACTORS:
        text = re.sub(rf"(  {f}: {{value: )[^,]+,", rf'\g<1>"{values["factor", f]:.3g}",', text)
    path.write_text(text, encoding="utf-8")


def intervals(problem: Problem, held: list[Error]) -> dict[str, tuple[float, float, int]]:
    """10 and 90 % quantiles of measured over predicted, by metric and by how well the device is known.

    A kind with fewer than 30 rows takes the quantiles of all rows of its metric.
    """
    out = {}
    for metric in WEIGHT:
        for known in ("measured", "like", "default"):
            e = np.array([-v for m, _, d, v in held if m == metric and d.hardware == known])
            if len(e) < 30:  # too few rows to have tails of their own: those of all rows
                e = np.array([-v for m, _, _, v in held if m == metric])
            low, high = np.quantile(e, [0.1, 0.9])
            out[f"{metric}_{known}"] = (float(np.exp(low)), float(np.exp(high)), len(e))
    return out


def write_intervals(spans: dict[str, tuple[float, float, int]]) -> None:
    """The quantiles as catalog facts."""
    lines = [
        "id: intervals-serving",
        "name: How far measured serving lies from predicted, 10 and 90 % quantiles of their ratio",
        "sources:",
        '  rows: {ref: "cross-validated residuals of published serving runs, whole sources held out '
        '(tools/fit_serving.py)", date: 2026-11}',
        "values:",
    ]
    for name, (low, high, n) in spans.items():
        for end, v in (("low", low), ("high", high)):
            lines.append(f'  {name}_{end}: {{value: "{v:.3f}", kind: fitted, source: rows, note: {n} rows}}')
    path = CATALOGS / "assumptions" / "intervals-serving.yaml"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_ledger(problem: Problem, held: list[Error]) -> None:
    """Every eighth row, with the ratio of predicted to measured by a fit without its source."""
    ratios = {(r.id, m): f"{np.exp(e):.4f}" for m, r, _, e in held}
    rows = sorted((row for r in problem.data.values() for row in r.rows), key=lambda r: (r.group, r.id))
    kept = [c for c in rows[0].cells if c not in UNUSED] + [f"held_out_{m}" for m in WEIGHT]
    with (CATALOGS / "ledger" / "serving.csv").open("w", newline="", encoding="utf-8") as f:
        writer = csv.DictWriter(f, kept, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        for row in rows[::8]:
            writer.writerow(row.cells | {f"held_out_{m}": ratios.get((row.id, m), "") for m in WEIGHT})


def write_count(measurements: int) -> None:
    """How many measurements the fit rests on, for the catalog to state."""
    path = CATALOGS / "assumptions" / "calibration.yaml"
    text = path.read_text(encoding="utf-8")
    new = re.sub(r'(serving_measurements: \{value: )"\d+"', rf'\g<1>"{measurements}"', text)
    path.write_text(new, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("file", help="a table of serving measurements")
    parser.add_argument("--write", action="store_true", help="put the fit into the catalog")
    parser.add_argument("--no-cross", action="store_true", help="leave the cross-validation out")
    options = parser.parse_args()
    np.seterr(all="ignore")
    problem = Problem(read(options.file))
    x = problem.solve(problem.stored())
    fit = problem.logs(x)
    table_of(
        f"fit, {len(problem.names)} parameters, {sum(len(r.rows) for r in problem.data.values())} rows", fit
    )
    values = problem.parameters(x)
    for (who, name), v in values.items():
        print(f"    {who:22s} {name:26s} {v:.4g}")
    if not options.no_cross:
        near = problem.cross_validated(x, problem.blocks())
        table_of("cross-validated: each model on a device and engine by a fit without it", near)
        held = problem.cross_validated(x, problem.sources())
        table_of("cross-validated: each source predicted by a fit without it", held)
        spans = intervals(problem, held)
        for name, (low, high, n) in spans.items():
            print(f"    {name:28s} {low:.3f} to {high:.3f}  ({n} rows)")
    if options.write:
        write(values, problem.engines)
        write_count(len(fit))
        if not options.no_cross:
            write_intervals(spans)
            write_ledger(problem, held)


if __name__ == "__main__":
    main()
