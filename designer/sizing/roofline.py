"""Roofs of parts, and where the phases of a workload stand under them.

How much a phase computes and moves is asked of the forward model itself: its time on a part whose
memory, links and launches take no time is its arithmetic at that part's rate, and with unlimited
arithmetic it is its traffic at that part's bandwidth.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from catalogs.errors import InputError
from constraints.rules.library.roofline import arithmetic_intensity
from designer.jobs.shared import NODE
from designer.question.context import Value
from designer.question.question import Question
from designer.sizing.parts import fewest, one_each, with_node
from designer.sizing.reading import Asked

ENDLESS = 1e30
_FAST = ("memory_bandwidth", "scale_up_bandwidth", "scale_out_bandwidth", "stream_bandwidth")
_RATES = ("compute_rate", "attention_rate")
# Roofs beside the base part's.
OTHERS = 4


@dataclass(frozen=True)
class Operating:
    """A phase of the workload on one device: FLOP, bytes and seconds of a step of it."""

    phase: str
    flops: float
    traffic: float
    time: float

    @property
    def intensity(self) -> float:
        """FLOP per byte."""
        return float(arithmetic_intensity(self.flops, self.traffic))

    @property
    def rate(self) -> float:
        """FLOP/s that are reached."""
        return self.flops / self.time


@dataclass(frozen=True)
class Roof:
    """A part: the rate of its products and its memory bandwidth."""

    name: str
    rate: float
    bandwidth: float


@dataclass(frozen=True)
class Roofline:
    """The roofs of some parts and the operating points of a layout on the first."""

    scenario: str
    precision: str
    roofs: list[Roof]
    points: list[Operating]
    design: dict[str, Value]


def roofline(asked: Asked, devices: int | None = None) -> Roofline:
    """The base part's roof with those of the parts around it, and the workload's phases.

    Raises InputError where the base part meets the targets with no number of devices: there is then no
    layout to draw.
    """
    question = asked.question
    found = fewest(question)
    if found is None:
        raise InputError(
            f"--roofline: {asked.base} does not meet the targets of {question.scenario.name};"
            " give a part that does: --like"
        )
    design = found[1]
    roofs = [_roof(question, design, asked.base)]
    base = asked.catalog.get("nodes", asked.base)
    for node in one_each(asked.catalog, base)[1:]:
        part = asked.catalog.get("accelerators", node.accelerator)
        if len(roofs) > OTHERS or part.vendor != _vendor(asked):
            continue
        other = with_node(question, asked.catalog, node, 10**6)
        roof = _roof(other, {**design, **dict.fromkeys(question.each(NODE.name), node.id)}, node.accelerator)
        if roof.rate == roof.rate:
            roofs.append(roof)
    points = operating(question, design)
    precision = str(design.get(question.each("precision")[0], ""))
    return Roofline(question.scenario.name, precision, roofs, points, design)


def _vendor(asked: Asked) -> str:
    return asked.catalog.get("accelerators", asked.catalog.get("nodes", asked.base).accelerator).vendor


def _roof(question: Question, design: Mapping[str, Value], name: str) -> Roof:
    bundle = question.bundle(design)
    rate, bandwidth = (bundle[question.each(n)[0]].si for n in ("compute_rate", "memory_bandwidth"))
    return Roof(name, rate, bandwidth)


def operating(question: Question, design: Mapping[str, Value]) -> list[Operating]:
    """The phases of a layout, each with its arithmetic and traffic on one device of its pool."""
    given = {n: k.si for n, k in question.bundle(design).items()}
    out = []
    for phase in question.job.phases:
        # What the phase reads, by the names that its pool has for it.
        called = {question.plain(n): n for n in question.graph.inputs_of([phase.time])}
        ideal = dict(given)
        for name, named in called.items():
            if name in _FAST or name in _RATES:
                ideal[named] = ENDLESS
            elif name.endswith("_fraction") or name.endswith("corner"):
                ideal[named] = 1.0
            elif question.unit(named) == "s" or name == "attention_half_length":
                ideal[named] = 0.0

        def took(values: dict[str, float], of: str = phase.time) -> float:
            return float(question.graph.evaluate([of], values)[of])

        # Any finite number will do for the rate, as the time is inversely proportional to it.
        rate, bandwidth = given[called["compute_rate"]], given[called["memory_bandwidth"]]
        rates = dict.fromkeys((called[n] for n in _RATES if n in called), rate)
        flops = took({**ideal, **rates}) * rate
        traffic = took({**ideal, called["memory_bandwidth"]: bandwidth}) * bandwidth
        if flops > 0 and traffic > 0:
            out.append(Operating(phase.name, flops, traffic, took(given)))
    return out
