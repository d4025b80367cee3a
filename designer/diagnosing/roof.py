"""A measured step through the rules: its shares, its roofs, and how near it comes to them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from catalogs import Catalog
from catalogs.errors import InputError
from catalogs.schema import Accelerator
from constraints.bundles.device import ELEMENT_BYTES, base_precision, rate_bundle
from constraints.bundles.model import model_bundle, uncovered
from constraints.counting import parameters
from constraints.rule import find
from designer.diagnosing.evidence import Evidence
from designer.diagnosing.measurements import PASSES, Given, Measured, Named
from designer.words.numbers import human

Numbers = dict[Given, float]


@dataclass
class StepMeasurement:
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
    compute_fraction: float = 1.0
    bandwidth_fraction: float = 1.0
    missing: list[Given | Named] = field(default_factory=list)
    gains: dict[str, float] = field(default_factory=dict)
    evidence: dict[Evidence, tuple[float, str]] = field(default_factory=dict)

    def take(self, what: Evidence, **inputs: float) -> float:
        """A number by its rule, kept as evidence."""
        r = find(what.rule)
        value = float(r.fn(**inputs))
        self.evidence[what] = (value, r.unit)
        return value


def measured_step(m: Measured, catalog: Catalog) -> StepMeasurement:
    """Everything the rules say about a measurement.

    Raises InputError for names the catalog does not have, and for measurements that contradict
    themselves or exceed the device's peaks.
    """
    given = dict(m.numbers)
    s = StepMeasurement(m.run, m.place, given.get(Given.step_time))
    s.busy, s.storage_busy, s.host_busy = map(given.get, (Given.busy, Given.storage_busy, Given.host_busy))
    _device(s, m, catalog, given)
    element = _model(m, catalog, given)
    _work(s, m, given, element)
    if m.names.get(Named.work) in ("prefill", "decode"):
        given.setdefault(Given.data_wait, 0.0)  # a prompt is there when its pass begins
    time = s.step_time
    if time is None:
        return s
    s.data_share = _share(s, given, Given.data_wait, Evidence.data_wait_share)
    s.communication_share = _share(s, given, Given.communication, Evidence.communication_share)
    waits = given.get(Given.data_wait, 0.0) + given.get(Given.communication, 0.0)
    if waits > time * (1 + 1e-9):
        raise InputError(
            f"{Given.communication.flag}: with {Given.data_wait.flag} it is longer than the step, {human(time, 's')}"
        )
    _roofs(s, given, time, 1 - waits / time)
    _gains(s)
    return s


def _share(s: StepMeasurement, given: Numbers, part: Given, share: Evidence) -> float | None:
    """The share of the step that a measured part of it takes."""
    time = given[Given.step_time]
    if part not in given:
        return None
    if given[part] > time:
        raise InputError(
            f"{part.flag}: {human(given[part], 's')} is longer than the step, {human(time, 's')}"
        )
    return s.take(share, part=given[part], step_time=time)


def _device(s: StepMeasurement, m: Measured, catalog: Catalog, given: Numbers) -> None:
    """Peaks and the shares of them that kernels reach, from the catalog or from what was given."""
    name, precision = m.names.get(Named.accelerator), m.names.get(Named.precision)
    default = catalog.get("assumptions", "device").values
    s.compute_fraction = default["compute_fraction"].si
    s.bandwidth_fraction = default["bandwidth_fraction"].si
    if name is None:
        s.device = "the device"
        unknown = [n for n in (Given.rate, Given.bandwidth) if n not in given]
        s.missing = [Named.accelerator] if len(unknown) == 2 else [*unknown]
        return
    for n in (Given.rate, Given.bandwidth):
        if n in given:
            raise InputError(f"{n.flag}: --accelerator gives it; leave one of them out")
    acc: Accelerator = catalog.get("accelerators", name)
    precision = precision or base_precision(acc)
    rates = acc.compute.rates()
    if precision not in rates:
        raise InputError(f"--precision: {acc.id} has no {precision!r} rate (has: {', '.join(rates)})")
    numbers = rate_bundle(catalog, acc, precision)
    s.device = f"{acc.id} in {precision}"
    given[Given.rate] = numbers["compute_rate"].si
    given[Given.bandwidth] = acc.memory_bandwidth.si
    s.compute_fraction = numbers["compute_fraction"].si
    s.bandwidth_fraction = numbers["bandwidth_fraction"].si


def _model(m: Measured, catalog: Catalog, given: Numbers) -> float:
    """Parameters of a model of the catalog; the bytes one is stored in."""
    precision = m.names.get(Named.precision, "bf16")
    if precision not in ELEMENT_BYTES:
        raise InputError(f"--precision: unknown precision {precision!r} (has: {', '.join(ELEMENT_BYTES)})")
    name = m.names.get(Named.model)
    if name is not None:
        model = catalog.get("models", name)
        total, active = model.parameters.si, (model.active_parameters or model.parameters).si
        if not uncovered(model):
            made = parameters({n: k.si for n, k in model_bundle(model).items()})
            total, active = made.total, made.active
        given.setdefault(Given.parameters, total)
        given.setdefault(Given.active_parameters, active)
    elif Given.parameters in given:
        given.setdefault(Given.active_parameters, given[Given.parameters])
    return ELEMENT_BYTES[precision]


def _work(s: StepMeasurement, m: Measured, given: Numbers, element: float) -> None:
    """Operations and least traffic that follow from the model, where they were not measured."""
    active, work = given.get(Given.active_parameters), m.names.get(Named.work)
    if active is not None and Given.parameters in given:
        if active > given[Given.parameters] * (1 + 1e-9):
            raise InputError("--active-parameters: more than --parameters")
        s.take(Evidence.active_share, active_parameters=active, parameters=given[Given.parameters])
    if work is None:
        if active is not None and not {Given.flops, Given.bytes} & set(given):
            s.missing.append(Named.work)
        return
    tokens = given.get(Given.tokens, given.get(Given.batch) if work == "decode" else None)
    if Given.flops not in given and active is not None and tokens is not None:
        given[Given.flops] = s.take(
            Evidence.flops, active_parameters=active, tokens=tokens, passes=PASSES[work]
        )
    if Given.bytes not in given and active is not None and PASSES[work] == 1:
        given[Given.bytes] = s.take(Evidence.bytes, parameters=active, element_bytes=element)
        s.traffic_is_least = True
    if Given.flops not in given and tokens is None and active is not None:
        s.missing.append(Given.batch if work == "decode" else Given.tokens)


def _roofs(s: StepMeasurement, given: Numbers, time: float, left: float) -> None:
    """The two roofs: what each would take at an attainable rate, of the share `left` by waiting."""
    rate, bandwidth = given.get(Given.rate), given.get(Given.bandwidth)
    flops, traffic = given.get(Given.flops), given.get(Given.bytes)
    executed = given.get(Given.executed_flops, flops)
    if flops is None and not {Given.batch, Given.tokens, Named.work} & set(s.missing):
        s.missing.append(Given.flops)
    if traffic is None and Named.work not in s.missing:
        s.missing.append(Given.bytes)
    if flops is not None and traffic:
        intensity = s.take(Evidence.arithmetic_intensity, flops=flops, traffic=traffic)
        if rate and bandwidth:
            ridge = s.take(Evidence.ridge_point, rate=rate, bandwidth=bandwidth)
            above = bool(find("compute_bound").fn(intensity=intensity, ridge=ridge))
            # More traffic than the least would only lower the intensity.
            s.regime = (None if s.traffic_is_least else "compute") if above else "memory"
    fractions = {"compute_fraction": s.compute_fraction, "bandwidth_fraction": s.bandwidth_fraction}
    compute = memory = None
    if flops is not None and executed is not None:
        if executed < flops:
            raise InputError("--executed-flops: fewer than the model's own --flops")
        if Given.executed_flops in given:
            s.useful = s.take(Evidence.useful_share, flops=flops, executed_flops=executed)
        if rate:
            s.mfu = s.take(Evidence.mfu, flops=flops, time=time, devices=1, rate=rate)
            hfu = s.take(Evidence.hfu, flops=executed, time=time, devices=1, rate=rate)
            _below_peak(Given.flops, hfu, executed / time, rate, "FLOP/s", s.device)
            if Given.executed_flops not in given:
                del s.evidence[Evidence.hfu]
            compute = s.take(Evidence.compute_time, flops=executed, traffic=0.0, rate=rate,
                             bandwidth=bandwidth or 1.0, **fractions)  # fmt: skip
            s.compute_share = min(left, float(find("share_of_step").fn(part=compute, step_time=time)))
    if traffic is not None and bandwidth:
        s.mbu = s.take(Evidence.mbu, traffic=traffic, time=time, bandwidth=bandwidth)
        _below_peak(Given.bytes, s.mbu, traffic / time, bandwidth, "byte/s", s.device)
        memory = s.take(Evidence.memory_time, flops=0.0, traffic=traffic, rate=rate or 1.0,
                        bandwidth=bandwidth, **fractions)  # fmt: skip
        s.memory_share = min(left, float(find("share_of_step").fn(part=memory, step_time=time)))
    if compute is not None and memory is not None:
        s.overhead_share = s.take(
            Evidence.overhead_share, step_time=time, data_wait=given.get(Given.data_wait, 0.0),
            communication=given.get(Given.communication, 0.0), attainable=max(compute, memory),
        )  # fmt: skip


def _below_peak(name: Given, used: float, achieved: float, peak: float, unit: str, device: str) -> None:
    if used > 1 + 1e-6:
        raise InputError(
            f"{name.flag}: {human(achieved, unit)} is above the peak of {device}, {human(peak, unit)};"
            " check the number, or its unit"
        )


def _gains(s: StepMeasurement) -> None:
    """Most a step could gain without each of its parts, by Amdahl's law."""
    memory, compute = s.memory_share, s.compute_share
    parts = {"data": s.data_share, "communication": s.communication_share, "overhead": s.overhead_share}
    if memory is not None and compute is not None:
        parts["memory"], parts["compute"] = memory - compute, compute - memory
    for kind, share in parts.items():
        if share is not None and 0 < share < 1:
            s.gains[kind] = float(find("speedup_without").fn(share=share))
