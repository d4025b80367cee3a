"""Fits of a few run-level parameters to whole training or serving runs, in the columns of `validate`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from catalogs import Catalog
from constraints.bundles.device import base_precision
from constraints.roles import NODES
from designer.accuracy import serving, training
from designer.accuracy.conventions import measured_step_time
from designer.accuracy.deployments import Deployment, deploy, stacked
from designer.accuracy.frameworks import traits
from designer.accuracy.hardware import accelerator_of
from designer.accuracy.scoring import Skip
from designer.accuracy.table import MeasuredRow, MeasuredTable
from designer.calibrating.fitting import FitProblem, Parameter, Values
from designer.jobs.measured import MeasuredLoad
from designer.jobs.training import MEASURED


@dataclass(frozen=True)
class Place:
    """Where the catalog keeps a parameter: the entry, and the key in its `values`."""

    kind: str
    id: str
    key: str


@dataclass(frozen=True)
class Runs:
    """A table of runs as a fit: its problem, where each parameter is kept, and the rows left out."""

    problem: FitProblem
    places: Mapping[str, tuple[Place, ...]]
    sustained: Mapping[str, tuple[str, tuple[str, ...]]]  # parameter -> accelerator, dtypes
    skipped: Mapping[str, int]


# Quantity, spread of its logarithm, ends.
_TRAINING = {
    "elementwise_passes": (0.3, 2.0, 200.0),
    "network_fraction": (0.3, 0.02, 1.0),
    "host_moe_layer_time": (1.0, 1e-6, 0.1),
    "straggler_factor": (0.03, 1.0, 2.0),
}
_ENGINE = {
    "host_step_overhead": (1.0, 1e-6, 0.1),
    "prefill_overhead": (1.0, 1e-6, 1.0),
    "host_sequence_overhead": (1.0, 1e-8, 1e-3),
}
# Factors of assumptions/serving-kernels, and the numbers of a device that they multiply.
_FACTORS = {
    "sustained_compute": (0.2, 0.1, 2.0, ("compute_fraction",)),
    "graph_reduce": (0.5, 0.1, 20.0, ("collective_floor", "inner_latency")),
    "graph_launch": (0.5, 0.1, 20.0, ("launch_floor", "base_launch_floor")),
}


def training_runs(table: MeasuredTable, catalog: Catalog) -> Runs:
    """Compute that each device sustains through a step, memory passes, the network, the host and stragglers."""
    import numpy as np

    skipped: Counter[str] = Counter()
    given: list[dict[str, float]] = []
    measured: list[float] = []
    device: list[str] = []
    dtypes: dict[str, set[str]] = {}
    families: set[str] = set()
    for row in table.rows:
        one = _step(row, catalog)
        if isinstance(one, Skip):
            skipped[one.reason] += 1
            continue
        values, seconds, accelerator, precision, family = one
        given.append(values)
        measured.append(seconds)
        device.append(accelerator)
        base = base_precision(catalog.get("accelerators", accelerator))
        dtypes.setdefault(accelerator, set()).update((precision, base))
        families.add(family)
    stack = {n: np.array([g[n] for g in given], float) for n in (sorted(given[0]) if given else ())}
    of = np.array(device)
    parameters, sustained, places = [], {}, {}
    for id, count in Counter(device).most_common():
        name = f"sustained_compute of {id}"
        best = float(max(stack[c][of == id].max() for c in ("compute_fraction", "base_compute_fraction")))
        parameters.append(Parameter(name, 1.0, 0.3, 0.05, 1 / best, count))
        sustained[name] = (id, tuple(sorted(dtypes[id])))
    speaks: dict[str, Callable[[], Any]] = {
        "elementwise_passes": lambda: np.ones(len(given), bool),
        "straggler_factor": lambda: np.ones(len(given), bool),
        "network_fraction": lambda: stack[NODES] > 1,
        "host_moe_layer_time": lambda: stack["host_moe_layer_time"] * stack["experts"] > 0,
    }
    # A plan that names no framework has the default's.
    of_frameworks = ("elementwise_passes", "host_moe_layer_time")
    homes = {name: _stating(catalog, name, sorted(families)) for name in of_frameworks}
    homes["network_fraction"] = (Place("assumptions", "device", "network_fraction"),)
    prior = {}
    for name, (spread, low, high) in _TRAINING.items():
        rows = int(speaks[name]().sum()) if given else 0
        start = float(np.median(stack[name][speaks[name]()])) if rows else 1.0
        prior[name] = start
        parameters.append(Parameter(name, min(max(start, low), high), spread, low, high, rows))
        places[name] = homes.get(name) or (Place("assumptions", "training", name),)

    def predict(v: Values) -> Any:
        now: dict[str, Any] = dict(stack)
        for name, (id, _) in sustained.items():
            for c in ("compute_fraction", "base_compute_fraction"):
                now[c] = np.where(of == id, now[c] * v[name], now[c])
        for name in _TRAINING:
            now[name] = np.where(speaks[name](), stack[name] * v[name] / prior[name], stack[name])
        return np.asarray(training.run(now)[MEASURED.time])

    return Runs(FitProblem(parameters, predict, np.array(measured)), places, sustained, skipped)


def _stating(catalog: Catalog, quantity: str, families: Sequence[str]) -> tuple[Place, ...]:
    """The default framework, and those of the families that state a number other than zero."""
    stated = [f for f in families if (fact := catalog.get("frameworks", f).values.get(quantity)) and fact.si]
    return tuple(Place("frameworks", id, quantity) for id in ("default", *stated))


def _step(row: MeasuredRow, catalog: Catalog) -> tuple[dict[str, float], float, str, str, str] | Skip:
    """Numbers of a row with the settings it leaves open, its step time, accelerator, precision and family."""
    if row.text("outcome") == "oom":
        return Skip("ran out of memory")
    found = training.configure(row, catalog)
    if isinstance(found, Skip):
        return found
    seconds = measured_step_time(row, found.values)
    if not seconds:
        return Skip("no step time measured")
    values = training.chosen(found)
    acc = accelerator_of(row.text("hardware"), catalog)
    assert acc
    precision = training.precision_of(row.text("precision"), acc) or base_precision(acc)
    return values, seconds, acc.id, precision, traits(row, catalog).family


class _Names(dict[str, Any]):
    """Answers every quantity with its own name."""

    def __missing__(self, name: str) -> str:
        return name


def serving_runs(table: MeasuredTable, catalog: Catalog) -> Runs:
    """Host time of each engine, and how kernels in an engine differ from kernels timed alone."""
    import numpy as np

    skipped: Counter[str] = Counter()
    loads: dict[MeasuredLoad, list[tuple[MeasuredRow, Deployment]]] = {}
    for row in table.rows:
        found = deploy(row, catalog)
        if isinstance(found, Skip):
            skipped[found.reason] += 1
        else:
            loads.setdefault(found.load, []).append((row, found))
    # each measurement: load, row number there, quantity that answers it
    asked: list[tuple[MeasuredLoad, int, str]] = []
    measured: list[float] = []
    for load, of in loads.items():
        for i, (row, d) in enumerate(of):
            for _, quantity, value in serving.pairs(row, d, _Names()):
                if value:
                    asked.append((load, i, str(quantity)))
                    measured.append(value)
    engine_of = {load: [d.engine for _, d in of] for load, of in loads.items()}
    count = Counter(engine_of[load][i] for load, i, _ in asked)
    stacks = {load: dict(stacked([d for _, d in of])) for load, of in loads.items()}
    main = count.most_common(1)[0][0] if count else ""
    parameters, places, target = [], {}, {}
    for quantity, (spread, low, high) in _ENGINE.items():
        for engine, rows in count.most_common():
            start = catalog.get("engines", engine).values[quantity].si
            name = f"{quantity} of {engine}"
            parameters.append(Parameter(name, min(max(start, low), high), spread, low, high, rows))
            # a plan that names no engine has the one that most rows are of
            ids = dict.fromkeys((engine, "default") if engine == main else (engine,))
            places[name] = tuple(Place("engines", id, quantity) for id in ids)
            target[name] = (quantity, engine)
    factors = {f: catalog.get("assumptions", "serving-kernels").values[f].si for f in _FACTORS}
    for factor, (spread, low, high, _) in _FACTORS.items():
        parameters.append(Parameter(factor, factors[factor], spread, low, high, len(asked)))
        places[factor] = (Place("assumptions", "serving-kernels", factor),)

    def predict(v: Values) -> Any:
        answers = {}
        for load, stack in stacks.items():
            now = dict(stack)
            for name, (quantity, engine) in target.items():
                on = np.array([e == engine for e in engine_of[load]])
                now[quantity] = np.where(on, v[name], now[quantity])
            for factor, (*_, numbers) in _FACTORS.items():
                for number in numbers:
                    scaled = now[number] * v[factor] / factors[factor]
                    now[number] = np.minimum(1.0, scaled) if number.endswith("fraction") else scaled
            answers[load] = {k: np.broadcast_to(x, len(loads[load])) for k, x in
                             serving.evaluate(load, now).items() if np.ndim(x) <= 1}  # fmt: skip
        return np.array([answers[load][quantity][i] for load, i, quantity in asked])

    return Runs(FitProblem(parameters, predict, np.array(measured)), places, {}, skipped)


# What a table becomes, by the kind that it is of.
RUNS = {f.__name__.removesuffix("_runs"): f for f in (training_runs, serving_runs)}
