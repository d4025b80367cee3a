"""A row of a training table as a configuration, and what the rules predict of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

from catalogs import Catalog
from catalogs.schema import Accelerator, Node
from constraints import graph
from constraints.bundles.device import has_rate, how_known
from constraints.bundles.modes import RECOMPUTE, SHARDING
from constraints.bundles.software import trails
from designer.accuracy.asking import lacking, order_of, usual_numbers
from designer.accuracy.conventions import flops_per_token, measured_step_time, source_mfu
from designer.accuracy.frameworks import traits
from designer.accuracy.hardware import accelerator_of, memory_stated, nic_bandwidth, node_of
from designer.accuracy.metrics import LedgerMetric
from designer.accuracy.plausible import misread, trained
from designer.accuracy.scoring import Prediction, Skip
from designer.accuracy.settings import (
    keeps_no_logits,
    kernels_of_the_device,
    offloaded_layers,
    offloaded_optimizer,
    through_the_host,
    words,
)
from designer.accuracy.shape import model_numbers
from designer.accuracy.table import MeasuredRow
from designer.evaluating.intervals import step_time_factors
from designer.jobs.training import MEASURED

# What a row may leave open.
SETTINGS = ("micro_batch", "vpp", *RECOMPUTE["none"])
GIB = 2.0**30
# Notes of a table whose memory is that of the device, as monitoring tools show it.
ON_DEVICE = ("gb on node", "nvidia-smi")
_PRECISIONS = {
    "bf16": "bf16", "fp16": "fp16", "fp32": "fp32", "tf32": "tf32", "fp8": "fp8", "mxfp8": "fp8", "nvfp4": "fp4",
    "mxfp4": "fp4", "fp4": "fp4", "int8": "int8",
}  # fmt: skip


# What some tables say of expert tensor parallelism.
_EXPERT_TP = re.compile(r"expert TP ?= ?(\d+)", re.IGNORECASE)


@dataclass
class Configuration:
    """Everything the rules need for one row, and the settings that had to be chosen."""

    values: dict[str, float]
    recompute: str | None
    micro_batch: int | None
    vpp: int | None
    dp: int
    known: str
    chosen: list[str] = field(default_factory=list)


def predict(row: MeasuredRow, catalog: Catalog) -> list[Prediction] | Skip:
    """Predictions of step time, MFU by the source's convention, peak memory and whether it fits.

    Rows are taken as their `judge_use` says: time, memory or both; a row without that column counts for
    whatever it measures. Raises InputError, with file and line, for a cell that cannot be read.
    """
    use = row.text("judge_use")
    if "repeat-measurement" in use:
        return Skip("repeat of a configuration with older software")
    if use == "context":
        return Skip("context only (averages of whole runs)")
    found = configure(row, catalog)
    if isinstance(found, Skip):
        return found
    values = evaluate(found)
    guessed = tuple(found.chosen) or (("incomplete configuration",) if "incomplete" in use else ())
    out: list[Prediction] = []
    measured = measured_step_time(row, found.values)
    oom = row.text("outcome") == "oom"
    if measured and not oom and (not use or "time" in use):
        time = values[MEASURED.time]
        low, high = step_time_factors(catalog, found.known, values["experts"] > 0)
        tokens = values["global_batch"] * values["sequence_length"]
        operations = flops_per_token("half", values) * tokens
        apart = trained(operations, measured, row.number("gpus") or 1, values["compute_rate"])
        step = Prediction(LedgerMetric.step_time, time, measured, guessed, low * time, high * time, apart)
        out.append(step)
        mfu = source_mfu(row, found.values, time)
        if mfu:
            out.append(Prediction(LedgerMetric.mfu, *mfu, guessed))
    memory = row.number("mem_gib_per_gpu")
    if memory and not oom and (not use or "memory" in use):
        apart = misread(values[MEASURED.allocated], values["memory_capacity"])
        peak = reported_memory(row, values) / GIB
        out.append(Prediction(LedgerMetric.peak_memory, peak, memory, guessed, apart=apart))
    fits = float(_fits(values))
    if oom or memory or not use:
        out.append(Prediction(LedgerMetric.fits, fits, 0.0 if oom else 1.0, guessed))
    return out or Skip("nothing measured that is predicted")


def reported_memory(row: MeasuredRow, values: dict[str, float]) -> float:
    """Memory as a row's source reads it: what is allocated, what the allocator keeps, or the device's own count.

    The last includes what lies outside the allocator: contexts of the driver and of communicators.
    """
    notes = row.text("notes").lower()
    if "allocated" in notes:
        return values[MEASURED.allocated]
    outside = values["memory_capacity"] - values[MEASURED.usable]
    return values[MEASURED.reserved] + (outside if any(w in notes for w in ON_DEVICE) else 0.0)


def _fits(values: dict[str, float]) -> bool:
    return values[MEASURED.allocated] <= values[MEASURED.usable]


def configure(row: MeasuredRow, catalog: Catalog) -> Configuration | Skip:
    """The configuration a row describes, or why it describes none."""
    acc = accelerator_of(row.text("hardware"), catalog)
    if acc is None:
        return Skip(f"accelerator not in the catalog: {row.text('hardware') or 'blank'}")
    model = model_numbers(row, catalog)
    if isinstance(model, Skip):
        return model
    shape, chosen = model[0], list(model[1])
    precision = precision_of(row.text("precision"), acc)
    if precision is None:
        return Skip(f"precision not known or not of this accelerator: {row.text('precision') or 'blank'}")
    sequence, gpus = row.number("seq_len"), row.count("gpus")
    if not sequence or not gpus:
        return Skip("sequence length or number of devices not stated")
    t = traits(row, catalog)
    tp, pp, cp = row.count("tp"), row.count("pp"), row.count("cp") or 1
    dp = row.count("dp")
    if tp is None or pp is None:
        if dp is None or dp != gpus:
            return Skip("layout not stated")
        tp = pp = 1
    if tp * pp * cp * (dp or 0) != gpus:
        if gpus % (tp * pp * cp):
            return Skip("the layout does not make the number of devices")
        dp = gpus // (tp * pp * cp)
    assert dp is not None
    batch = row.number("global_batch_seqs")
    if not batch:
        return Skip("global batch not stated")
    micro = row.count("micro_batch")
    if micro and batch < micro * dp:
        micro = max(1, int(batch // dp))
    values = _machine_numbers(catalog, acc.id, row.count("gpus_per_node"), precision) | t.values
    if t.family == "xla" and precision == "int8":
        # weight gradients stay in 16 bit: two of three products are narrow
        values["compute_rate"] = 3 / (2 / values["compute_rate"] + 1 / values["attention_rate"])
    said = words(row)
    modules = t.family in ("eager", "fsdp")
    if not modules or not trails(acc) or kernels_of_the_device(said, row.text("date")):
        values["attention_kernel_share"] = 1.0
    if keeps_no_logits(said):
        values["logit_bytes"] = 0.0
    if away := offloaded_optimizer(said):
        # gradients leave as they come, states never were on the device
        values["optimizer_bytes"] *= 1 - away
        values["gradient_bytes"] *= 1 - away
    if through_the_host(row, acc):
        assert acc.host_link
        values |= dict.fromkeys(("scale_up_bandwidth", "scale_out_bandwidth"), acc.host_link.bandwidth.si)
        values["scale_up_domain"] = values["devices_per_node"]
    if capacity := memory_stated(row.text("hardware"), values["memory_capacity"]):
        values["memory_capacity"] = capacity
    nic = nic_bandwidth(row.text("interconnect"), row.count("gpus_per_node") or 8)
    if nic:
        values["scale_out_bandwidth"] = nic
    values |= shape
    if t.family == "xla":
        micro = None if micro is None else max(1, round(batch / dp))  # the whole batch in one compiled step
    ep = row.count("ep") or 1
    values |= {k: v.si for k, v in SHARDING[t.sharding].items()}
    values |= dict(
        tp=tp, pp=pp, cp=cp, dp=dp, ep=ep, etp=_expert_tensor(row, tp, ep, dp * cp), global_batch=batch,
        sequence_length=sequence, node_count=gpus / values["devices_per_node"], has_network=1.0,
    )  # fmt: skip
    values["host_share"] = min(1.0, offloaded_layers(said) / (values["layers"] / pp))
    recompute = row.text("recompute")
    values["sp"] = float(t.sequence_parallel and tp > 1)
    word = re.match(r"[a-z-]*", recompute.lower())
    stated = {"full-partial": "selective"}.get(word[0], word[0]) if word else ""
    mode = stated or t.recompute
    if mode is not None and mode not in RECOMPUTE:
        return Skip(f"recompute mode not known: {recompute}")
    vpp = row.count("vpp") or t.interleaving(int(values["layers"]), pp)
    known = how_known(catalog, acc, precision)
    if missing := lacking(MEASURED.job, MEASURED.asked, values):
        return missing
    return Configuration(values, mode, micro, vpp, dp, known, chosen)


def _expert_tensor(row: MeasuredRow, tp: int, ep: int, data_ranks: int) -> int:
    """Ranks that share an expert: as stated, 1 where EP takes TP's ranks too, else Megatron-Core's default."""
    stated = _EXPERT_TP.search(row.text("notes"))
    return int(stated[1]) if stated else 1 if ep > data_ranks else tp


def evaluate(c: Configuration) -> dict[str, float]:
    """Every predicted quantity of a configuration.

    What the row does not say is taken as anybody would set it: the least recomputation that fits,
    and the fastest micro-batch and interleaving of those that fit.
    """
    best: dict[str, float] | None = None
    for size in _sizes(c):
        for vpp in _interleavings(c, size):
            found, fits = _least_recompute(
                {**c.values, "micro_batch": float(size), "vpp": float(vpp)}, c.recompute
            )
            if best is None or (fits and found[MEASURED.time] < best[MEASURED.time]):
                best = found
    assert best is not None
    return best


def chosen(c: Configuration) -> dict[str, float]:
    """The numbers of a configuration, with the settings that it leaves open as `evaluate` takes them."""
    made = evaluate(c)
    return {**c.values, **{n: made[n] for n in SETTINGS}}


def _sizes(c: Configuration) -> list[int]:
    """Micro-batches to try."""
    if c.micro_batch:
        return [c.micro_batch]
    return [b for b in (1, 2, 4, 8) if c.values["global_batch"] % (b * c.dp) == 0] or [1]


def _interleavings(c: Configuration, size: int) -> list[int]:
    """Virtual stages to try: micro-batches come in rounds of the stages, layers need not divide.

    Recipes count the embedding and the loss as layers, or give each chunk as many as they list.
    """
    pp, layers = c.values["pp"], c.values["layers"]
    stages = [c.vpp] if c.vpp else [1]
    if c.vpp is None and pp > 1 and (c.values["global_batch"] / (size * c.dp)) % pp == 0:
        stages += range(2, int(layers // pp) + 1)
    return stages


def _least_recompute(values: dict[str, float], mode: str | None) -> tuple[dict[str, float], bool]:
    """The configuration with the mode stated, or the one that repeats least of those that fit.

    A stated selective mode that does not fit means a policy of its own, which repeats whole layers
    for as many of them as it must.
    """
    tried = [mode] if mode in ("none", "full") else ["selective"] if mode else ["none", "selective"]
    candidates = [_mode(m) for m in tried]
    if mode not in ("none", "full"):
        candidates += [_between(share) for share in (0.25, 0.5, 0.75, 1.0)]
    away = 1 - values["host_share"]
    for numbers in candidates:
        here = {k: away * numbers[k] for k in ("keep_products", "keep_cheap", "keep_scores")}
        found = run({**values, **numbers, **here})
        if _fits(found):
            return found, True
    return (run({**values, **candidates[0]}) if mode else found), False


@lru_cache(maxsize=8)
def _between(share: float) -> dict[str, float]:
    """Selective recomputation of all layers, and full of a share of them."""
    some, all_ = _mode("selective"), _mode("full")
    return {k: (1 - share) * some[k] + share * all_[k] for k in some}


def run(values: dict[str, float]) -> dict[str, float]:
    """All quantities on the way to the predicted ones, added to `values`."""
    graph.run(order_of(MEASURED.job, MEASURED.asked, tuple(values)), values)
    return values


@lru_cache(maxsize=8)
def _mode(mode: str) -> dict[str, float]:
    return {k: v.si for k, v in RECOMPUTE[mode].items()}


def precision_of(name: str, acc: Accelerator) -> str | None:
    """The catalog's name of a precision; "fp16/bf16" is whichever the device multiplies in."""
    for part in name.lower().replace("(", " ").replace("+", " ").replace("/", " ").split() or ["bf16"]:
        found = _PRECISIONS.get(part.split("_")[0].split("-")[0])
        if found and has_rate(acc, found):
            return found
    return None


@lru_cache(maxsize=512)
def _machine_numbers(catalog: Catalog, id: str, per_node: int | None, precision: str) -> dict[str, float]:
    """What a training run on a machine is given, with its settings where nobody changes them."""
    acc = catalog.get("accelerators", id)
    node = node_of(acc, per_node, catalog) or _machine(acc, per_node)
    out = usual_numbers(catalog, MEASURED.job, node, precision)
    if per_node:
        out["devices_per_node"] = float(per_node)
    if out["scale_out_bandwidth"] != out["scale_out_bandwidth"]:
        out["scale_out_bandwidth"] = out["scale_up_bandwidth"]
    return out


def _machine(acc: Accelerator, per_node: int | None) -> Node:
    """A machine nobody lists, with as many of the accelerator as stated and no network of its own."""
    return Node.model_construct(
        id=acc.id, name=acc.name, sources=acc.sources, kind="system", source=next(iter(acc.sources.values())),
        accelerator=acc.id, accelerators=per_node or 8, scale_up_domain=acc.scale_up.domain if acc.scale_up else 1,
        nic=None, power=None,
    )  # fmt: skip
