"""A measured step through the rules: its shares, its roofs, and how near it comes to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from catalogs import Catalog
from catalogs.errors import InputError
from catalogs.schema import Accelerator
from constraints.bundles.device import ELEMENT_BYTES, base_precision, rate_bundle
from constraints.bundles.model import model_bundle, uncovered
from constraints.graph import Graph
from constraints.rule import find, rules
from designer.diagnosing.measurements import PASSES, Measured, flag
from designer.words.numbers import human

Evidence = dict[str, tuple[float | None, str, str]]


@dataclass
class Step:
    """What is known of a step; None is unknown. Shares are of the step's time."""

    run: str
    place: str
    step_time: float | None = None
    busy: float | None = None
    storage_busy: float | None = None
    host_busy: float | None = None
    data_share: float | None = None
    communication_share: float | None = None
    memory_share: float | None = None
    compute_share: float | None = None
    overhead_share: float | None = None
    mfu: float | None = None
    mbu: float | None = None
    useful: float | None = None
    traffic_is_least: bool = False
    regime: Literal["memory", "compute"] | None = None
    device: str = ""
    missing: list[str] = field(default_factory=list)
    gains: dict[str, float] = field(default_factory=dict)
    evidence: Evidence = field(default_factory=dict)

    def take(self, name: str, rule: str, **inputs: float) -> float:
        """A quantity by its rule, kept as evidence."""
        r = find(rule)
        value = float(r.fn(**inputs))
        self.evidence[name] = (value, r.unit, rule)
        return value


def measured_step(m: Measured, catalog: Catalog) -> Step:
    """Everything the rules say about a measurement.

    Raises InputError for names the catalog does not have, and for measurements that contradict
    themselves or exceed the device's peaks.
    """
    given = dict(m.numbers)
    s = Step(m.run, m.place, given.get("step_time"))
    s.busy, s.storage_busy, s.host_busy = (given.get(n) for n in ("busy", "storage_busy", "host_busy"))
    _device(s, m, catalog, given)
    element = _model(m, catalog, given)
    _work(s, m, given, element)
    if m.names.get("work") in ("prefill", "decode"):
        given.setdefault("data_wait", 0.0)  # a prompt is there when its pass begins
    time = s.step_time
    if time is None:
        return s
    for part in ("data_wait", "communication"):
        if part in given:
            if given[part] > time:
                raise InputError(
                    f"{flag(part)}: {human(given[part], 's')} is longer than the step, {human(time, 's')}"
                )
            share = s.take(f"{part}_share", "share_of_step", part=given[part], step_time=time)
            setattr(s, "data_share" if part == "data_wait" else "communication_share", share)
    waits = given.get("data_wait", 0.0) + given.get("communication", 0.0)
    if waits > time * (1 + 1e-9):
        raise InputError(
            f"{flag('communication')}: with {flag('data_wait')} it is longer than the step, {human(time, 's')}"
        )
    _roofs(s, given, time, 1 - waits / time)
    _gains(s)
    return s


def _device(s: Step, m: Measured, catalog: Catalog, given: dict[str, float]) -> None:
    """Peaks and the shares of them that kernels reach, from the catalog or from what was given."""
    name, precision = m.names.get("accelerator"), m.names.get("precision")
    default = catalog.get("assumptions", "device").values
    given["compute_fraction"] = default["compute_fraction"].si
    given["bandwidth_fraction"] = default["bandwidth_fraction"].si
    if name is None:
        s.device = "the device"
        unknown = [n for n in ("rate", "bandwidth") if n not in given]
        s.missing = ["accelerator"] if len(unknown) == 2 else unknown
        return
    for n in ("rate", "bandwidth"):
        if n in given:
            raise InputError(f"{flag(n)}: --accelerator gives it; leave one of them out")
    acc: Accelerator = catalog.get("accelerators", name)
    precision = precision or base_precision(acc)
    rates = acc.compute.rates()
    if precision not in rates:
        raise InputError(f"--precision: {acc.id} has no {precision!r} rate (has: {', '.join(rates)})")
    numbers = rate_bundle(catalog, acc, precision)
    s.device = f"{acc.id} in {precision}"
    given["rate"] = numbers["compute_rate"].si
    given["bandwidth"] = acc.memory_bandwidth.si
    given["compute_fraction"] = numbers["compute_fraction"].si
    given["bandwidth_fraction"] = numbers["bandwidth_fraction"].si


def _model(m: Measured, catalog: Catalog, given: dict[str, float]) -> float:
    """Parameters of a model of the catalog; the bytes one is stored in."""
    precision = m.names.get("precision", "bf16")
    if precision not in ELEMENT_BYTES:
        raise InputError(f"--precision: unknown precision {precision!r} (has: {', '.join(ELEMENT_BYTES)})")
    name = m.names.get("model")
    if name is not None:
        model = catalog.get("models", name)
        total, active = model.parameters.si, (model.active_parameters or model.parameters).si
        if not uncovered(model):
            made = Graph(rules("shared")).evaluate(
                ["parameters", "active_parameters"], {n: k.si for n, k in model_bundle(model).items()}
            )
            total, active = made["parameters"], made["active_parameters"]
        given.setdefault("parameters", total)
        given.setdefault("active_parameters", active)
    elif "parameters" in given:
        given.setdefault("active_parameters", given["parameters"])
    return ELEMENT_BYTES[precision]


def _work(s: Step, m: Measured, given: dict[str, float], element: float) -> None:
    """Operations and least traffic that follow from the model, where they were not measured."""
    active, work = given.get("active_parameters"), m.names.get("work")
    if active is not None and "parameters" in given:
        if active > given["parameters"] * (1 + 1e-9):
            raise InputError("--active-parameters: more than --parameters")
        s.take("active_share", "active_share", active_parameters=active, parameters=given["parameters"])
    if work is None:
        if active is not None and not {"flops", "bytes"} & set(given):
            s.missing.append("work")
        return
    tokens = given.get("tokens", given.get("batch") if work == "decode" else None)
    if "flops" not in given and active is not None and tokens is not None:
        given["flops"] = s.take(
            "flops", "work_flops", active_parameters=active, tokens=tokens, passes=PASSES[work]
        )
    if "bytes" not in given and active is not None and work != "training":
        given["bytes"] = s.take("bytes", "weights_size", parameters=active, element_bytes=element)
        s.traffic_is_least = True
    if "flops" not in given and tokens is None and active is not None:
        s.missing.append("batch" if work == "decode" else "tokens")


def _roofs(s: Step, given: dict[str, float], time: float, left: float) -> None:
    """The two roofs: what each would take at an attainable rate, of the share `left` by waiting."""
    rate, bandwidth = given.get("rate"), given.get("bandwidth")
    flops, traffic = given.get("flops"), given.get("bytes")
    executed = given.get("executed_flops", flops)
    for name, value in (("flops", flops), ("bytes", traffic)):
        follows = {"batch", "tokens", "work"} if name == "flops" else {"work"}
        if value is None and not follows & set(s.missing):
            s.missing.append(name)
    if flops is not None and traffic:
        intensity = s.take("arithmetic_intensity", "arithmetic_intensity", flops=flops, traffic=traffic)
        if rate and bandwidth:
            ridge = s.take("ridge_point", "ridge_point", rate=rate, bandwidth=bandwidth)
            above = bool(find("compute_bound").fn(intensity=intensity, ridge=ridge))
            # More traffic than the least would only lower the intensity.
            s.regime = (None if s.traffic_is_least else "compute") if above else "memory"
    fractions = {n: given[n] for n in ("compute_fraction", "bandwidth_fraction")}
    compute = memory = None
    if flops is not None and executed is not None:
        if executed < flops:
            raise InputError("--executed-flops: fewer than the model's own --flops")
        if "executed_flops" in given:
            s.useful = s.take("useful_share", "useful_share", flops=flops, executed_flops=executed)
        if rate:
            s.mfu = s.take("mfu", "flops_utilisation", flops=flops, time=time, devices=1, rate=rate)
            hfu = s.take("hfu", "flops_utilisation", flops=executed, time=time, devices=1, rate=rate)
            _below_peak("flops", hfu, executed / time, rate, "FLOP/s", s.device)
            if "executed_flops" not in given:
                del s.evidence["hfu"]
            compute = s.take("compute_time", "attainable_time", flops=executed, traffic=0.0, rate=rate,
                             bandwidth=bandwidth or 1.0, **fractions)  # fmt: skip
            s.compute_share = min(left, float(find("share_of_step").fn(part=compute, step_time=time)))
    if traffic is not None and bandwidth:
        s.mbu = s.take("mbu", "bandwidth_utilisation", traffic=traffic, time=time, bandwidth=bandwidth)
        _below_peak("bytes", s.mbu, traffic / time, bandwidth, "byte/s", s.device)
        memory = s.take("memory_time", "attainable_time", flops=0.0, traffic=traffic, rate=rate or 1.0,
                        bandwidth=bandwidth, **fractions)  # fmt: skip
        s.memory_share = min(left, float(find("share_of_step").fn(part=memory, step_time=time)))
    if compute is not None and memory is not None:
        s.overhead_share = s.take(
            "overhead_share", "overhead_share", step_time=time, data_wait=given.get("data_wait", 0.0),
            communication=given.get("communication", 0.0), attainable=max(compute, memory),
        )  # fmt: skip


def _below_peak(name: str, used: float, achieved: float, peak: float, unit: str, device: str) -> None:
    if used > 1 + 1e-6:
        raise InputError(
            f"{flag(name)}: {human(achieved, unit)} is above the peak of {device}, {human(peak, unit)};"
            " check the number, or its unit"
        )


def _gains(s: Step) -> None:
    """Most a step could gain without each of its parts, by Amdahl's law."""
    memory, compute = s.memory_share, s.compute_share
    parts = {"data": s.data_share, "communication": s.communication_share, "overhead": s.overhead_share}
    if memory is not None and compute is not None:
        parts["memory"], parts["compute"] = memory - compute, compute - memory
    for kind, share in parts.items():
        if share is not None and 0 < share < 1:
            s.gains[kind] = float(find("speedup_without").fn(share=share))
