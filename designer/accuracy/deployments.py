"""A row of a serving table as a deployment: the numbers the rules read, and how requests come."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from catalogs import Catalog
from catalogs.errors import InputError
from catalogs.schema import Accelerator, Node, Source
from constraints.bundles.device import ELEMENT_BYTES, how_known
from constraints.bundles.software import software_bundle
from designer.accuracy.asking import lacking, usual_numbers
from designer.accuracy.engines import engine_of
from designer.accuracy.hardware import accelerator_of, node_of
from designer.accuracy.scoring import Skip
from designer.accuracy.shape import catalog_model, model_numbers
from designer.accuracy.table import MeasuredRow
from designer.jobs.concurrent import USERS
from designer.jobs.measured import MeasuredLoad
from designer.jobs.serving import ARRIVALS, STATIC

# Formats that store more than their nominal width: scales and zero points ride along.
STORED_BYTES = {"nvfp4": 0.5625, "fp4": 0.5625, "mxfp4": 0.53125, "int4": 0.53125}
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

_HALVED = ("memory_capacity", "memory_bandwidth", "compute_rate", "attention_rate")


@dataclass(frozen=True)
class Deployment:
    """Numbers for the rules. `load` says how requests come, `engine` which engine serves them."""

    values: dict[str, float]
    load: MeasuredLoad
    engine: str
    hardware: str  # how well it is known: measured, like a measured one, or the default


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
    weights = row.text("weight_precision").lower()
    stored = stored_bytes(weights)
    if stored is None:
        return Skip(f"weight precision not known: {weights or 'blank'}")
    gpus = row.count("gpus")
    if gpus is None:
        return Skip("number of devices not stated")
    runs_in = product_precision(weights, acc)
    if runs_in is None:
        return Skip(f"{acc.id} has no rate for its products")
    machine = _machine_numbers(catalog, "serving", acc.id, gpus, runs_in)
    if isinstance(machine, Skip):
        return machine
    layout = _layout(row, gpus)
    if isinstance(layout, Skip):
        return layout
    own = {**shape, **layout, "weight_bytes": stored}
    own["kv_element_bytes"] = stored_bytes(row.text("kv_precision")) or (1.0 if stored <= 1 else 2.0)
    load = _requests(row, own)
    if isinstance(load, Skip):
        return load
    machine = _machine_numbers(catalog, load.job, acc.id, gpus, runs_in)
    if isinstance(machine, Skip):
        return machine
    engine = engine_of(row.text("framework"))
    values = {**machine, **_engine_numbers(catalog, engine), **own}
    if "1gcd" in row.text("hardware").lower():
        values |= {name: values[name] / 2 for name in _HALVED}  # one die of a device of two
    missing = lacking(load.job, (*load.first, *load.asked), values)
    return missing or Deployment(values, load, engine, how_known(catalog, acc, runs_in))


def stored_bytes(precision: str) -> float | None:
    """Bytes of one stored weight, None for a format nobody described here.

    >>> stored_bytes("fp8"), stored_bytes("q4_k_m(4.85bpw)"), stored_bytes("nvfp4"), stored_bytes("")
    (1.0, 0.60625, 0.5625, None)
    """
    name = precision.strip().lower()
    bits = re.search(r"(\d+(?:\.\d+)?)\s*bpw", name)
    return float(bits[1]) / 8 if bits else STORED_BYTES.get(name, ELEMENT_BYTES.get(name))


def product_precision(weights: str, acc: Accelerator) -> str | None:
    """Precision the products run in: the weights' own where the device has it, else a wider one.

    Integer and bits-per-weight formats keep weights small and multiply in 16 bit.
    """
    rates = acc.compute.rates()
    name = {"nvfp4": "fp4", "mxfp4": "fp4"}.get(weights, weights)
    narrow = {"fp4": ("fp4", "fp8"), "fp8": ("fp8",), "fp16": ("fp16",), "fp32": ("fp32",)}.get(name, ())
    return next((p for p in (*narrow, "bf16", "fp16") if p in rates), None)


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


def _layout(row: MeasuredRow, gpus: int) -> dict[str, float] | Skip:
    tp, pp = row.count("tp") or 1, row.count("pp") or 1
    dp, ep = row.count("dp") or 1, row.count("ep") or 1
    if "layer split" in row.text("notes"):
        tp, pp = 1, gpus
    if tp * pp > gpus:
        return Skip("the layout does not make the number of devices")
    if ep > 1 and tp * pp * dp < gpus and gpus % pp == 0:
        tp, dp = gpus // pp, 1  # expert ranks over all devices, attention split over them too
    if ep == 1:
        dp = 1  # ranks that share nothing are replicas
    replicas = max(1, gpus // (tp * pp * dp))
    return dict(tp=tp, pp=pp, dp=dp, ep=ep, replicas=replicas)


def _requests(row: MeasuredRow, values: dict[str, float]) -> MeasuredLoad | Skip:
    """Lengths and number of requests, added to `values`."""
    notes, scenario = row.text("notes").lower(), row.text("scenario")
    prompt, answer = _lengths(row, notes)
    if prompt is None or answer is None:
        return Skip("prompt or answer length not stated")
    values |= dict(
        input_tokens=prompt, input_square=prompt, input_cube=prompt, output_tokens=answer,
        context_limit=prompt + answer,
    )  # fmt: skip
    flight = row.number("concurrency_or_batch")
    replicas = values["replicas"]
    rate = row.number("requests_per_s")
    # equal lengths keep all users in step: prompts come together, and then all answers
    in_step = "fixed lengths" in notes
    if flight and (scenario in ("offline", "latency") or in_step):
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
