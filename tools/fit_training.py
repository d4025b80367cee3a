"""Fit the training parameters of the catalog to a table of measured steps, holding out whole sources.

    python tools/fit_training.py TABLE.csv [--write]

Deterministic: Powell's method from the stated starts, no random numbers. Needs scipy (the `fit`
extra). Every parameter has a meaning and applies to a family of frameworks or a device, never to
a source. The loss is a smooth absolute error of log time in which a source counts as the square root of its
rows, plus a penalty for leaving what is expected of each parameter without the table: rows decide
where they speak, and a parameter whose only source is held out falls back on the expectation.
Prints the parameters, their number per row, and errors of the fit beside cross-validated ones;
`--write` puts the parameters, the intervals and the shipped sample into the catalog's files.
"""

from __future__ import annotations

import argparse
import csv
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy.optimize import minimize

from catalogs import default_catalog
from catalogs.store import SHIPPED
from constraints.bundles.device import how_known
from designer.accuracy import training
from designer.accuracy.conventions import measured_step_time
from designer.accuracy.frameworks import traits
from designer.accuracy.hardware import accelerator_of
from designer.accuracy.scoring import Skip, Statistics, mean_of_groups, statistics
from designer.accuracy.table import MeasuredRow, read
from designer.jobs.training import MEASURED


@dataclass(frozen=True)
class Parameter:
    """One number to fit: the quantity it gives, the rows it is for, and where the catalog keeps it."""

    name: str
    quantity: str
    expected: float  # from what is known without the table; the fit is drawn towards it
    low: float
    high: float
    places: tuple[str, ...]
    families: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    scale: bool = False  # multiplies the device's own number instead of replacing it
    unit: str = ""
    spread: float = 0.3  # of its logarithm about what is expected


F = "frameworks/"
PASSES = "elementwise_passes"
PARAMETERS = (
    Parameter(
        "passes of fused layers", PASSES, 30, 5, 60, (F + "recipe", F + "megatron", F + "xla", F + "default"),
        ("recipe", "megatron", "xla"),
    ),
    Parameter("passes of PyTorch modules", PASSES, 40, 5, 90, (F + "fsdp", F + "eager"), ("fsdp", "eager")),
    Parameter("passes of early Megatron", PASSES, 20, 5, 60, (F + "classic",), ("classic",)),
    Parameter(
        "older attention kernels", "attention_kernel_share", 0.47, 0.2, 1, (F + "fsdp", F + "eager"),
        ("fsdp", "eager"),
    ),
    Parameter("attention backward", "attention_backward_ratio", 3.2, 2.5, 5, ("assumptions/training",)),
    Parameter("logit traffic", "logit_traffic_bytes", 20, 8, 80, ("assumptions/training",), unit=" byte"),
    Parameter("TP overlap of recipes", "tp_overlap", 0.6, 0.01, 1, (F + "recipe",), ("recipe",)),
    Parameter("token permutation", "permutation_passes", 15, 2, 40, (F + "default",)),
    Parameter(
        "host time of a mixture layer", "host_moe_layer_time", 0.002, 1e-4, 1e-2,
        (F + "recipe", F + "megatron", F + "default"), ("recipe", "megatron"), unit=" s",
    ),
    Parameter("grouped products", "grouped_share", 0.8, 0.4, 1, ("assumptions/training",)),
    Parameter("EP overlap of recipes", "ep_overlap", 0.4, 0.01, 1, (F + "recipe",), ("recipe",)),
    Parameter("stragglers", "straggler_factor", 1.02, 1.0, 1.1, ("assumptions/training",), spread=0.01),
    Parameter(
        "Blackwell in 16 bit", "sustained", 0.75, 0.5, 1, ("accelerators/b200-sxm",),
        devices=("b200-sxm", "gb200", "b300-sxm", "gb300"),
    ),
    Parameter(
        "TPU v5e products", "compute_fraction", 0.85, 0.5, 0.98, ("accelerators/tpu-v5e",),
        devices=("tpu-v5e", "tpu-v4", "tpu-v5p", "tpu-v3"),
    ),
    Parameter(
        "TPU v6e products", "compute_fraction", 0.7, 0.5, 0.98, ("accelerators/tpu-v6e",),
        devices=("tpu-v6e", "tpu-v7x"),
    ),
)  # fmt: skip


class Rows:
    """Measured rows as arrays, with the settings a row leaves open chosen under the catalog's parameters."""

    def __init__(self, table: str) -> None:
        catalog = default_catalog()
        self.rows: list[MeasuredRow] = []
        given: list[dict[str, float]] = []
        measured: list[float] = []
        family: list[str] = []
        device: list[str] = []
        known: list[str] = []
        for row in read(table).rows:
            use = row.text("judge_use")
            if (
                not use.startswith("time")
                or "repeat" in use
                or "incomplete" in use
                or row.text("outcome") == "oom"
            ):
                continue
            found = training.configure(row, catalog)
            if isinstance(found, Skip) or found.chosen:
                continue
            seconds = measured_step_time(row, found.values)
            if not seconds:
                continue
            given.append(training.chosen(found))
            self.rows.append(row)
            measured.append(seconds)
            family.append(traits(row, catalog).family)
            acc = accelerator_of(row.text("hardware"), catalog)
            assert acc
            device.append(acc.id)
            known.append(how_known(catalog, acc, training.precision_of(row.text("precision"), acc) or ""))
        names = sorted(given[0])
        self.values = {n: np.array([g[n] for g in given], float) for n in names}
        self.measured = np.array(measured)
        self.family, self.device = np.array(family), np.array(device)
        self.group = np.array([r.group for r in self.rows])
        # rows whose attention kernels are made for another device
        self.older = self.values["attention_kernel_share"] < 1
        self.graph = self.values["host_moe_layer_time"] == 0
        self.whole_graph = self.values["ep_overlap"] == 1
        self.wide = self.values["operand_bytes"] >= 2
        mixture = np.where(self.values["experts"] > 0, "mixture", "dense")
        self.kind = np.array([f"{m}_{k}" for m, k in zip(mixture, known, strict=True)])
        weight = np.array([1 / np.sqrt((self.group == g).sum()) for g in self.group])
        self.weight = weight / weight.sum()

    def mask(self, p: Parameter) -> np.ndarray:
        of = np.ones(len(self.rows), bool)
        if p.families:
            of &= np.isin(self.family, p.families)
        if p.devices:
            of &= np.isin(self.device, p.devices)
        if p.quantity == "attention_kernel_share":
            of &= self.older
        if p.quantity == "host_moe_layer_time":
            of &= ~self.graph
        if p.quantity in ("permutation_passes", "ep_overlap"):
            of &= ~self.whole_graph
        return of

    def ratio(self, x: np.ndarray) -> np.ndarray:
        """Predicted over measured step time."""
        v = dict(self.values)
        for p, value in zip(PARAMETERS, np.exp(x), strict=True):
            on = self.mask(p)
            if p.quantity == "sustained":
                shipped = np.exp(START[PARAMETERS.index(p)])
                v["base_compute_fraction"] = np.where(
                    on, v["base_compute_fraction"] * value / shipped, v["base_compute_fraction"]
                )
                on = on & self.wide
                v["compute_fraction"] = np.where(
                    on, v["compute_fraction"] * value / shipped, v["compute_fraction"]
                )
            elif p.quantity == "compute_fraction":
                v["compute_fraction"] = np.where(on, value, v["compute_fraction"])
                v["base_compute_fraction"] = np.where(on, value, v["base_compute_fraction"])
            else:
                v[p.quantity] = np.where(on, value, v[p.quantity])
        return training.run(v)[MEASURED.time] / self.measured

    def loss(self, x: np.ndarray, on: np.ndarray) -> float:
        low, high = np.log([p.low for p in PARAMETERS]), np.log([p.high for p in PARAMETERS])
        outside = np.maximum(0, low - x) + np.maximum(0, x - high)
        r = np.log(self.ratio(np.clip(x, low, high)))
        smooth = np.sqrt(r * r + 0.05**2) - 0.05
        drawn = PULL * (((x - EXPECTED) / SPREAD) ** 2).sum()
        return float((self.weight * smooth)[on].sum() / self.weight[on].sum() + outside.sum() + drawn)

    def fit(self, on: np.ndarray, start: np.ndarray) -> np.ndarray:
        x = start
        for _ in range(2):
            options = dict(maxfev=2500, xtol=1e-3, ftol=1e-5)
            x = minimize(self.loss, x, args=(on,), method="Powell", options=options).x
        return np.clip(x, np.log([p.low for p in PARAMETERS]), np.log([p.high for p in PARAMETERS]))

    def cross_validated(self, start: np.ndarray) -> np.ndarray:
        """Each source's ratio under parameters fitted to all other sources."""
        out = np.empty(len(self.rows))
        for g in sorted(set(self.group)):
            held = self.group == g
            out[held] = self.ratio(self.fit(~held, start))[held]
        return out


def stored(p: Parameter) -> float:
    """The value the catalog holds."""
    catalog = default_catalog()
    kind, _, name = p.places[0].partition("/")
    if kind == "assumptions":
        return float(catalog.get("assumptions", name).values[p.quantity].si)
    acc = catalog.get("accelerators", name)
    return float(
        acc.sustained["bf16"].si if p.quantity == "sustained" else acc.efficiency["bf16"].compute_fraction.si
    )


EXPECTED = np.log([p.expected for p in PARAMETERS])
SPREAD = np.array([p.spread for p in PARAMETERS])
PULL = 0.003  # what one spread costs, beside a mean error of about a tenth
START = np.log([stored(p) for p in PARAMETERS])


def write(p: Parameter, value: float) -> None:
    """Put a fitted value where the catalog keeps it, leaving the rest of the line as it is."""
    for place in p.places:
        path = Path(SHIPPED) / f"{place}.yaml"
        key = "bf16" if p.quantity == "sustained" else p.quantity
        text = path.read_text(encoding="utf-8")
        quote = "" if place.startswith("accelerators") or p.unit else '"'
        pattern = rf"(^ +{key}: \{{value: )[^,]*(, kind: fitted, source: rows)"
        new, n = re.subn(pattern, rf"\g<1>{quote}{value:.3g}{p.unit}{quote}\g<2>", text, flags=re.MULTILINE)
        if not n:
            raise SystemExit(f"{path}: no fitted {key} to write")
        path.write_text(new, encoding="utf-8")


def table(rows: Rows, fit: np.ndarray, held: np.ndarray) -> None:
    """Errors of the fit and cross-validated ones, by source and over all."""

    def line(name: str, a: Statistics, b: Statistics) -> None:
        fitted, crossed = f"{a.median:10.3f} {a.p90:6.3f}", f"{b.median:10.3f} {b.p90:6.3f}  {b.bias:+.3f}"
        print(f"{name:28s} {a.n:4d}  {fitted}  {crossed}")

    print(f"{'source':28s} rows  fit median    p90   cv median    p90    bias")
    of = []
    for g in sorted(set(rows.group)):
        on = rows.group == g
        of.append(tuple(statistics((r[on] - 1).tolist()) for r in (fit, held)))
        line(g, *of[-1])
    line("all rows", *(statistics((r - 1).tolist()) for r in (fit, held)))
    line("mean over sources", *(mean_of_groups(x) for x in zip(*of, strict=True)))


def default_ratio(rows: Rows, x: np.ndarray) -> np.ndarray:
    """Ratios as if nobody had measured any device: the documented default instead of each one's own."""
    default = default_catalog().get("assumptions", "device").values
    saved = dict(rows.values)
    for name in ("launch_floor", "compute_fraction", "bandwidth_fraction", "corner"):
        for prefix in ("", "base_"):
            rows.values[prefix + name] = np.full(len(rows.rows), default[name].si)
    for name in ("attention_fraction", "attention_half_length", "collective_floor", "inner_latency"):
        rows.values[name] = np.full(len(rows.rows), default[name].si)
    # device parameters are what is not known
    plain = [START[i] if p.devices and p.quantity == "sustained" else x[i] for i, p in enumerate(PARAMETERS)]
    on = np.array([np.log(default["compute_fraction"].si) if p.quantity == "compute_fraction" else v
                   for p, v in zip(PARAMETERS, plain, strict=True)])  # fmt: skip
    out = rows.ratio(on)
    rows.values = saved
    return out


def intervals(rows: Rows, held: np.ndarray, unmeasured: np.ndarray) -> dict[str, tuple[float, float, int]]:
    """10 and 90 % quantiles of measured over predicted, by kind of workload and knowledge of the device.

    A row counts as the inverse root of its source's size, so that one large source does not set them.
    """
    out = {}
    for kind in ("dense", "mixture"):
        for known in ("measured", "like"):
            on = rows.kind == f"{kind}_{known}"
            out[f"{kind}_{known}"] = (*weighted(1 / held[on], rows.weight[on]), int(on.sum()))
        on = np.char.startswith(rows.kind, kind)
        out[f"{kind}_default"] = (*weighted(1 / unmeasured[on], rows.weight[on]), int(on.sum()))
    return out


def weighted(values: np.ndarray, weight: np.ndarray) -> tuple[float, float]:
    """10 and 90 % quantiles of weighted values."""
    order = np.argsort(values)
    share = (np.cumsum(weight[order]) - weight[order] / 2) / weight.sum()
    low, high = np.interp([0.1, 0.9], share, values[order])
    return float(low), float(high)


def coverage(rows: Rows, held: np.ndarray, unmeasured: np.ndarray) -> float:
    """Share of rows inside the 80 % interval that all other sources give."""
    inside = np.zeros(len(held), bool)
    for g in sorted(set(rows.group)):
        out = rows.group == g
        whole = rows.weight
        rows.weight = np.where(out, 1e-12, whole)
        found = intervals(rows, held, unmeasured)
        rows.weight = whole
        low = np.array([found[k][0] for k in rows.kind[out]])
        high = np.array([found[k][1] for k in rows.kind[out]])
        inside[out] = (1 / held[out] >= low) & (1 / held[out] <= high)
    return float(inside.mean())


KEPT = (
    "id", "source", "date", "model", "params_b", "active_params_b", "layers", "hidden", "ffn", "heads", "kv_heads",
    "vocab", "seq_len", "global_batch_seqs", "micro_batch", "hardware", "gpus", "gpus_per_node", "interconnect", "tp",
    "pp", "vpp", "dp", "cp", "ep", "zero_stage_or_fsdp", "recompute", "precision", "framework", "step_time_s",
    "tokens_per_s_per_gpu", "tflops_per_gpu", "mfu", "mem_gib_per_gpu", "group", "outcome", "flops_kind",
    "step_time_s_derived", "check_convention", "flags", "judge_use",
)  # fmt: skip
PER_SOURCE = 60


def write_ledger(rows: Rows, held: np.ndarray) -> Path:
    """The sample that ships: of each source the same number of rows at most, evenly spaced."""
    path = Path(SHIPPED) / "ledger" / "training.csv"
    path.parent.mkdir(exist_ok=True)
    with path.open("w", newline="", encoding="utf-8") as f:
        out = csv.writer(f, lineterminator="\n")
        out.writerow([*KEPT, "notes", "held_out_ratio"])
        for g in sorted(set(rows.group)):
            of = np.flatnonzero(rows.group == g)
            for i in of[np.unique(np.linspace(0, len(of) - 1, min(len(of), PER_SOURCE)).round().astype(int))]:
                row = rows.rows[i]
                # only what a note says of the measurement is read
                said = row.text("notes").lower()
                note = next((w for w in ("allocated", *training.ON_DEVICE) if w in said), "")
                out.writerow([*(row.text(c) for c in KEPT), note, f"{held[i]:.4f}"])
    return path


def write_intervals(found: dict[str, tuple[float, float, int]]) -> None:
    """The interval facts of the catalog."""
    lines = [
        "id: intervals-training",
        "name: How far measured training steps lie from predicted ones, 10 and 90 % quantiles of their ratio",
        "sources:",
        '  rows: {ref: "cross-validated residuals of published training steps, whole sources held out '
        '(tools/fit_training.py)", date: 2026-11}',
        '  unmeasured: {ref: "residuals of the same rows with the default efficiency in place of each device\'s own", '
        "date: 2026-11}",
        "values:",
    ]
    for kind, (low, high, n) in found.items():
        source = "unmeasured" if kind.endswith("default") else "rows"
        for end, value in (("low", low), ("high", high)):
            lines.append(
                f'  {kind}_{end}: {{value: "{value:.3f}", kind: fitted, source: {source}, note: {n} rows}}'
            )
    (Path(SHIPPED) / "assumptions" / "intervals-training.yaml").write_text(
        "\n".join(lines) + "\n", encoding="utf-8"
    )


def write_count(name: str, measurements: int) -> None:
    """How many measurements the fit rests on, for the catalog to state."""
    path = Path(SHIPPED) / "assumptions" / "calibration.yaml"
    text = path.read_text(encoding="utf-8")
    new = re.sub(rf'({name}: \{{value: )"\d+"', rf'\g<1>"{measurements}"', text)
    path.write_text(new, encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("table")
    parser.add_argument("--write", action="store_true", help="put the parameters into the catalog")
    args = parser.parse_args()
    rows = Rows(args.table)
    everything = np.ones(len(rows.rows), bool)
    x = rows.fit(everything, START)
    print(
        f"{len(rows.rows)} rows, {len(PARAMETERS)} parameters: one for {len(rows.rows) // len(PARAMETERS)} rows"
    )
    for p, value in zip(PARAMETERS, np.exp(x), strict=True):
        print(f"  {p.name:30s} {value:.4g}{p.unit}  ({rows.mask(p).sum()} rows)")
        if args.write:
            write(p, float(value))
    held = rows.cross_validated(x)
    table(rows, rows.ratio(x), held)
    unmeasured = default_ratio(rows, x)
    found = intervals(rows, held, unmeasured)
    for kind, (low, high, n) in found.items():
        print(f"  measured / predicted, {kind:18s} {low:.3f} to {high:.3f}  ({n} rows)")
    print(
        f"80 % intervals from all other sources cover {100 * coverage(rows, held, unmeasured):.1f} % of rows"
    )
    if args.write:
        write_intervals(found)
        write_count("training_measurements", len(rows.rows))
        print(f"wrote {write_ledger(rows, held)}")


if __name__ == "__main__":
    main()
