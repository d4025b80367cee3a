"""A row of a serving table as a deployment: the numbers the rules read, and how requests come."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from catalogs import Catalog
from catalogs.errors import InputError
from catalogs.schema import Accelerator, Model, Node, Source
from constraints.bundles.device import how_known
from constraints.bundles.formats import Stored, products_bundle, runs_in, stored_as, stored_bundle, with_bits
from constraints.bundles.software import software_bundle
from designer.accuracy.asking import lacking, usual_numbers
from designer.accuracy.engines import engine_of
from designer.accuracy.hardware import accelerator_of, memory_stated, node_of
from designer.accuracy.layouts import layout_of
from designer.accuracy.precisions import ASSUMED, weights_of
from designer.accuracy.scoring import Skip
from designer.accuracy.shape import catalog_model, model_numbers
from designer.accuracy.table import MeasuredRow
from designer.fields.gives import moments
from designer.jobs.concurrent import USERS
from designer.jobs.inference import Length
from designer.jobs.measured import MeasuredLoad
from designer.jobs.serving import ARRIVALS, STATIC

# Requests in flight at each replica of an offline table that keeps its engine full.
SATURATION = 2048.0
# A new request of each user for every one in the first wave: the convention of InferenceX and of vLLM's
# benchmark script, ten prompts per slot.
ROUNDS = 10.0
# Prompts of benchmarks whose tables do not print a length: (words of the row, mean tokens, mean answer).
PROMPTS: tuple[tuple[str, str, float, float], ...] = (
    ("mlperf", "gpt-j", 778.0, 69.0),  # CNN/DailyMail articles
    ("mlperf", "llama-3.1-8b", 778.0, 73.0),
    ("mlperf", "llama-3.1-405b", 9428.0, 684.0),  # LongBench, LongDataCollections, Ruler
    ("mlperf", "deepseek-r1", 1000.0, 3880.0),  # mathematics, code and general questions
    ("mlperf", "", 294.0, 294.0),  # OpenOrca
    ("lm-arena", "", 300.0, 500.0),
    ("gpqa", "", 250.0, 5000.0),
    ("sourcegraph", "", 1000.0, 250.0),
    ("batch-1", "", 32.0, 256.0),
)

# What tables mean by a format that has several readings: their integers are only stored so.
_OF_TABLES = {"int8": "int8-weights"}

_HALVED = ("memory_capacity", "memory_bandwidth", "compute_rate", "attention_rate")


@dataclass(frozen=True)
class Deployment:
    """Numbers for the rules. `load` says how requests come, `engine` which engine serves them."""

    values: dict[str, float]
    load: MeasuredLoad
    engine: str
    hardware: str  # how well it is known: measured, like a measured one, or the default
    chosen: tuple[str, ...] = ()  # settings the row leaves open
    apart: str = ""  # an assumption that its predictions rest on


def deploy(row: MeasuredRow, catalog: Catalog) -> Deployment | Skip:
    """The deployment a row describes, or why it describes none."""
    if row.text("mode") == "disaggregated":
        return Skip("prefill and decode on separate devices")
    if row.text("spec_decode") not in ("", "none"):
        return Skip(f"speculative decoding {row.text('spec_decode')}")
    if "weight-gathered" in row.text("notes"):
        return Skip("weights gathered or split over two axes, not by plain tensor parallelism")
    if row.group.startswith("mlperf") and row.text("model").lower().startswith("gpt-j"):
        return Skip("beam search of width 4 (MLPerf GPT-J)")
    acc = accelerator_of(row.text("hardware"), catalog)
    if acc is None:
        return Skip(f"accelerator not in the catalog: {row.text('hardware') or 'blank'}")
    shape = _shape(row, catalog)
    if isinstance(shape, Skip):
        return shape
    weights, assumed = weights_of(row)
    stored = stored_parts(weights, catalog_model(row.text("model"), catalog), catalog)
    if stored is None:
        return Skip(f"weight precision not known: {weights or 'blank'}")
    gpus = row.count("gpus")
    if gpus is None:
        return Skip("number of devices not stated")
    try:
        precision = runs_in(stored, acc)
    except InputError as e:
        return Skip(e.problems[0].message)
    machine = _machine_numbers(catalog, "serving", acc.id, gpus, precision)
    if isinstance(machine, Skip):
        return machine
    layout = layout_of(row, gpus)
    if isinstance(layout, Skip):
        return layout
    of_weights = stored_bundle(stored) | products_bundle(stored, precision, acc)
    own = {**shape, **layout, **{n: known.si for n, known in of_weights.items()}}
    own["kv_element_bytes"] = _cache_bytes(row.text("kv_precision"), own, catalog)
    load = _requests(row, own)
    if isinstance(load, Skip):
        return load
    machine = _machine_numbers(catalog, load.job, acc.id, gpus, precision)
    if isinstance(machine, Skip):
        return machine
    engine = engine_of(row.text("framework"))
    values = {**machine, **_engine_numbers(catalog, engine), **own}
    if "1gcd" in row.text("hardware").lower():
        values |= {name: values[name] / 2 for name in _HALVED}  # one die of a device of two
    if capacity := memory_stated(row.text("hardware"), values["memory_capacity"]):
        values["memory_capacity"] = capacity
    missing = lacking(load.job, (*load.first, *load.asked), values)
    chosen = (ASSUMED,) if assumed else ()
    return missing or Deployment(values, load, engine, how_known(catalog, acc, precision), chosen)


def stored_parts(precision: str, model: Model | None, catalog: Catalog) -> Stored | None:
    """The format of each part of a model as a table names it, None for one nobody described here.

    A table may say the bits of a weight in its own files: `q4_k_m(4.85bpw)`, `exl2 2.5bpw`. They are of a
    format that is only stored so.

    >>> known = stored_parts("exl2 2.5bpw", None, Catalog())
    >>> known["ffn"].bits.si, known["ffn"].products, known["ends"].id
    (2.5, None, 'bf16')
    """
    name = re.split(r"[\s(]", precision.strip().lower())[0]
    bits = re.search(r"(\d+(?:\.\d+)?)\s*bpw", precision.lower())
    name = _OF_TABLES.get(name, name)
    found = catalog.find("formats", name) or (catalog.find("formats", "int4") if bits else None)
    if found is None:
        return None
    parts = stored_as(catalog, model, found)
    if bits is None:
        return parts
    stated = with_bits(catalog.get("formats", found), float(bits[1]))
    return {p: stated if f.id == found else f for p, f in parts.items()}


def _cache_bytes(precision: str, own: Mapping[str, float], catalog: Catalog) -> float:
    """Bytes of a cached element: as stated, else 8 bit beside weights that are mostly in 8 bit or fewer."""
    found = catalog.find("formats", precision.lower()) if precision else None
    if found:
        return catalog.get("formats", found).bits.si / 8
    narrow = min(own[n] for n in ("projection_weight_bytes", "weight_bytes", "expert_weight_bytes"))
    return 1.0 if narrow <= 1.01 else 2.0


def _shape(row: MeasuredRow, catalog: Catalog) -> dict[str, float] | Skip:
    """Numbers of the model; a served model that is not in the catalog needs its shape in the row."""
    if catalog_model(row.text("model"), catalog) is None and not row.text("layers"):
        return Skip(f"model not in the catalog: {row.text('model') or 'blank'}")
    found = model_numbers(row, catalog)
    return found if isinstance(found, Skip) else found[0]


@lru_cache(maxsize=4096)
def _machine_numbers(
    catalog: Catalog, job: str, name: str, gpus: int, runs_in: str
) -> dict[str, float] | Skip:
    """What a deployment on a machine is given, with its settings where nobody changes them."""
    acc = catalog.get("accelerators", name)
    node = node_of(acc, None, catalog)
    if node is not None and gpus:
        return _machine_numbers(catalog, job, name, 0, runs_in)  # the same however many there are
    try:
        return usual_numbers(catalog, job, node or _board(acc, gpus), runs_in)
    except InputError as e:
        return Skip(e.problems[0].message)


def _board(acc: Accelerator, devices: int) -> Node:
    """Devices of a kind no machine of the catalog holds, on one board."""
    return Node.model_construct(
        id=acc.id, name=acc.name, kind="system", accelerator=acc.id, accelerators=devices, nic=None, power=None,
        scale_up_domain=min(devices, acc.scale_up.domain) if acc.scale_up else 1,
        source=Source.model_construct(ref="a bare board", date=acc.released),
    )  # fmt: skip


@lru_cache(maxsize=64)
def _engine_numbers(catalog: Catalog, engine: str) -> dict[str, float]:
    return {name: known.si for name, known in software_bundle(catalog, "engines", engine).items()}


def _requests(row: MeasuredRow, values: dict[str, float]) -> MeasuredLoad | Skip:
    """Lengths and number of requests, added to `values`."""
    notes, scenario = row.text("notes").lower(), row.text("scenario")
    prompt, answer = _lengths(row, notes)
    if prompt is None or answer is None:
        return Skip("prompt or answer length not stated")
    values |= moments([Length.model_construct(share=1.0, input=prompt, output=answer, reasoning=0.0)])
    flight = row.number("concurrency_or_batch")
    replicas = values["replicas"]
    rate = row.number("requests_per_s")
    if flight and scenario in ("offline", "latency"):
        each = flight / replicas
        values |= dict(batch=max(1.0, each), prefill_batch=max(1.0, each / values["dp"]))
        return STATIC
    if scenario == "server" and not flight and rate and "open-loop" in notes:
        values |= dict(request_rate=rate, batch=256.0, prefill_batch=1.0)
        return ARRIVALS
    if not flight and scenario not in ("offline", "max-throughput", "server", "interactive"):
        return Skip("requests in flight not stated")
    values["concurrency"] = flight or SATURATION * replicas
    values["stated_users"] = (flight or 0.0) / replicas
    values["rounds"] = ROUNDS
    return USERS


def _lengths(row: MeasuredRow, notes: str) -> tuple[float | None, float | None]:
    prompt, answer = row.number("isl"), row.number("osl")
    share = 0.9 if "mean 0.9" in notes else 1.0
    if prompt and answer:
        return prompt * share, answer * share
    text = f"{notes} {row.text('framework')} {row.text('group')}".lower()
    model = row.text("model").lower()
    for word, of, mean_prompt, mean_answer in PROMPTS:
        if word in text and of in model:
            return prompt or mean_prompt, answer or mean_answer
    return prompt, answer


def stacked(deployments: list[Deployment]) -> Mapping[str, Any]:
    """Deployments as one array per quantity, NaN where one lacks it."""
    import numpy as np

    names = {n for d in deployments for n in d.values}
    return {n: np.array([float(d.values.get(n, np.nan)) for d in deployments]) for n in sorted(names)}
