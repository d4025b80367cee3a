"""Which wall a measured step stands at: waiting for data, memory, arithmetic, overhead, other devices.

Every number comes from a rule; what is here is the order of the questions. A verdict is given only when
no value of what was left out could change it; otherwise the answer says what to measure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from constraints.walls import wall
from designer.answers.answer import Answer
from designer.diagnosing.measurements import Given, Named
from designer.diagnosing.roof import StepMeasurement

Kind = Literal["data", "memory", "compute", "wasted", "overhead", "communication", "unknown"]
Grade = Literal["good", "fair", "poor"]
Axis = Literal["Data", "Algorithm", "Machine"]

# What each kind is called, its axis, its wall, what helps and what would be wasted.
KINDS: dict[Kind, tuple[str, Axis | None, int | None, tuple[str, ...], tuple[str, ...]]] = {
    "data": (
        "waits for data", "Data", None,
        ("more or faster loader workers, decoding on the device (wall 9)",
         "faster or nearer storage, caching, smaller samples (wall 8)",
         "loading ahead, if data are fetched between steps"),
        ("a faster device or faster kernels: the step lasts as long as its data take",),
    ),
    "memory": (
        "memory-bound", "Data", 2,
        ("fewer bytes: weights or cache in fewer bits, fused kernels",
         "more work per byte read: a larger batch, up to the ridge",
         "more memory bandwidth: another device, or weights split over several"),
        ("more FLOP/s: arithmetic is not what the step waits for",),
    ),
    "compute": (
        "compute-bound", "Machine", 1,
        ("fewer operations: a smaller or sparser model, less recomputation",
         "lower precision with a higher rate, where accuracy allows",
         "a device with more FLOP/s, or more of them"),
        ("more memory bandwidth: memory is not what the step waits for",),
    ),
    "wasted": (
        "computes what nobody asked for", "Algorithm", 11,
        ("less recomputation, padding and masking: pack sequences, keep activations",),
        ("a faster device: most of what it does would still be thrown away",),
    ),
    "overhead": (
        "overhead-bound", "Machine", 3,
        ("fewer and larger kernels: fusion, a captured graph, a compiler",
         "a larger batch, which spreads the same launches over more work",
         "dispatch that runs ahead of the device; no synchronisation inside a step"),
        ("more FLOP/s or more bandwidth: neither is in use for most of the step",),
    ),
    "communication": (
        "waits for other devices", "Data", 14,
        ("hiding it behind the backward pass: earlier and larger buckets",
         "fewer bytes or shorter ways: another layout, tensor parallelism inside the node only"),
        ("a faster device: it would wait for the others sooner",),
    ),
    "unknown": ("cannot tell", None, None, (), ()),
}  # fmt: skip


class Number(BaseModel):
    """A value in SI, its unit, and the rule it comes from; null where it is not known."""

    value: float | None
    unit: str
    rule: str


class Diagnosis(BaseModel):
    """What one run's measurements say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    run: str
    place: str
    kind: Kind
    verdict: str
    axis: Axis | None
    wall: int | None
    wall_name: str
    why: str
    regime: Literal["memory", "compute"] | None = Field(
        description="side of the ridge its work is on, whatever the step waits for"
    )
    needs: list[str] = Field(description="what to measure, where the answer depends on it")
    grade: Grade | None = Field(description="the worse of the grades")
    grades: dict[str, Grade] = Field(description="by axis; what was not measured has none")
    evidence: dict[str, Number]
    helps: list[str]
    wasted: list[str]


class DiagnoseResult(Answer):
    """Answer of `designer diagnose`."""

    schema_name: Literal["designer.diagnose/1"] = Field(default="designer.diagnose/1", alias="schema")
    runs: list[Diagnosis]


def diagnose(step: StepMeasurement, limits: Mapping[str, float]) -> Diagnosis:
    """The wall a step stands at; `limits` are what counts as good, poor, saturated (SI)."""
    kind, number, why, needs = _active(step, limits)
    verdict, axis, usual, helps, wasted = KINDS[kind]
    number = number or usual
    grades = _grades(step, kind, limits)
    order: tuple[Grade, ...] = ("poor", "fair", "good")
    return Diagnosis(
        run=step.run, place=step.place, kind=kind, verdict=verdict, axis=axis, wall=number,
        wall_name=wall(number).name if number else "", why=why, regime=step.regime, needs=[n.flag for n in needs],
        grade=None if kind == "unknown" else next((g for g in order if g in grades.values()), None), grades=grades,
        evidence={e.name: Number(value=v, unit=u, rule=e.rule) for e, (v, u) in step.evidence.items()},
        helps=[*_gain(step, kind), *helps], wasted=list(wasted),
    )  # fmt: skip


Active = tuple[Kind, int | None, str, Sequence[Given | Named]]


def _active(s: StepMeasurement, limits: Mapping[str, float]) -> Active:
    if s.step_time is None:
        return "unknown", None, "nothing can be said of a step without its time", [Given.step_time]
    found = _data(s, limits) or _roof(s, limits) or _rest(s, limits)
    # Nothing else decides while data may set the pace.
    if found[0] not in ("data", "unknown") and _may_wait(s, limits):
        why = f"{KINDS[found[0]][0]} if nothing waits for data, but up to {_most_wait(s):.0%} of the step may"
        return "unknown", None, why, [Given.data_wait]
    return found


def _most_wait(s: StepMeasurement) -> float:
    """Most of the step that can be waiting for data: a device at work does not wait."""
    most = 1 - max(s.memory_share or 0.0, s.compute_share or 0.0) - (s.communication_share or 0.0)
    return most if s.busy is None else min(most, 1 - s.busy)


def _may_wait(s: StepMeasurement, limits: Mapping[str, float]) -> bool:
    """Whether the wait for data is unknown and could be long enough to set the pace."""
    return s.data_share is None and _most_wait(s) > limits["waiting_poor"]


def _data(s: StepMeasurement, limits: Mapping[str, float]) -> Active | None:
    """Whether data set the pace: the device waits, or their source is saturated while it idles."""
    full = limits["saturated"]
    sources = ((8, Given.storage_busy, s.storage_busy), (9, Given.host_busy, s.host_busy))
    saturated = [n for n, _, busy in sources if busy is not None and busy >= full]
    if s.data_share is not None and s.data_share > limits["waiting_poor"]:
        why = (
            "a loader that works ahead makes the device wait only when it is the slower one,"
            " so the step lasts as long as its data take"
        )
        needs = [] if saturated else [n for _, n, busy in sources if busy is None]
        if not saturated and not needs:
            why += (
                "; neither storage nor processors are saturated: look for too few workers or a serial loader"
            )
        return "data", saturated[0] if len(saturated) == 1 else None, why, needs
    if s.data_share is None and saturated and s.busy is not None and s.busy < full:
        return "data", saturated[0], "their source has nothing left to give while the device idles", []
    return None


def _roof(s: StepMeasurement, limits: Mapping[str, float]) -> Active | None:
    """Whether memory or arithmetic takes most of the step, whatever the rest of it is."""
    most, nearly = limits["majority"], limits["saturated"]
    memory, compute = s.memory_share, s.compute_share
    if compute is not None and compute >= nearly:
        return _arithmetic(s, most, "nearly all")
    if memory is not None and memory >= nearly:
        return "memory", None, "memory traffic takes nearly all of the step", []
    if memory is None or compute is None:
        return "unknown", None, "the roofline needs operations, bytes and the device's two peaks", s.missing
    if memory > compute:
        why = "its intensity is below the ridge, and memory traffic takes most of the step"
        return ("memory", None, why, []) if memory >= most else None
    if s.traffic_is_least:
        return "unknown", None, "memory traffic may take longer than arithmetic", [Given.bytes]
    return _arithmetic(s, most, "most") if compute >= most else None


def _arithmetic(s: StepMeasurement, most: float, part: str) -> Active:
    if s.useful is not None and s.useful < most:
        return "wasted", None, f"arithmetic takes {part} of the step, and most of it is not the model's", []
    return "compute", None, f"arithmetic takes {part} of the step", []


def _rest(s: StepMeasurement, limits: Mapping[str, float]) -> Active:
    """Neither roof takes most of the step: what the largest part is."""
    memory, compute = s.memory_share or 0.0, s.compute_share or 0.0
    roof, waits, overhead = max(memory, compute), s.communication_share, s.overhead_share or 0.0
    if waits is not None and waits >= limits["majority"]:
        return "communication", None, "waiting for other devices takes most of the step", []
    needs = [Given.data_wait] if _may_wait(s, limits) else []
    needs += [Given.communication] if waits is None else []
    if needs or waits is None:
        why = "memory and arithmetic explain less than half of the step; the rest may be waiting"
        return "unknown", None, why, needs
    if waits >= max(overhead, roof):
        return "communication", None, "waiting for other devices is the largest part of the step", []
    if roof >= overhead:
        why = "it is the largest part of the step, though less than half"
        return (
            ("memory", None, why, [])
            if memory > compute
            else _arithmetic(s, limits["majority"], "the largest part")
        )
    why = "most of the step is neither waiting nor work at the roof"
    if s.busy is None:
        return "overhead", None, f"{why}: gaps between kernels, or slow ones; --busy tells which", []
    gaps = 1 - s.busy - (s.data_share or 0.0)
    which = "gaps between kernels" if gaps > overhead / 2 else "kernels run, but far from either roof"
    return "overhead", None, f"{why}: {which}", []


def _grades(s: StepMeasurement, kind: Kind, limits: Mapping[str, float]) -> dict[str, Grade]:
    """Grades of waiting and of the use of the peak that binds. A dense model is no fault and has none."""
    out: dict[str, Grade] = {}
    if s.data_share is not None:
        good, poor = limits["waiting_good"], limits["waiting_poor"]
        out["data"] = "good" if s.data_share <= good else "fair" if s.data_share <= poor else "poor"
    used = {"memory": s.mbu, "compute": s.mfu, "wasted": s.mfu}.get(kind)
    if used is None and kind != "unknown" and s.mfu is not None and s.mbu is not None:
        used = max(s.mfu, s.mbu)
    if used is not None:
        good, poor = limits["utilisation_good"], limits["utilisation_poor"]
        out["machine"] = "good" if used > good else "fair" if used >= poor else "poor"
    return out


def _gain(s: StepMeasurement, kind: Kind) -> list[str]:
    """What is at stake: the most that removing the active part could gain."""
    gain = s.gains.get(kind)
    if gain is None:
        return []
    return [f"at stake: {'over 100' if gain > 100 else f'at most {gain:.3g}'} times as fast without it"]
