"""The launch of a question's design: evaluated again, with the facts its launchers need."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from catalogs import Catalog
from catalogs.errors import InputError
from designer.evaluating.design import targets, values_of, violations
from designer.exporting.launch import Launch, LaunchModel, Machine, Refused, RequestLength
from designer.jobs import decided
from designer.jobs.training import MEASURED
from designer.question.context import Value
from designer.question.question import Question
from designer.words.numbers import human


def launch_of(
    question: Question,
    catalog: Catalog,
    design: Mapping[str, Value],
    *,
    label: str,
    again: tuple[str, ...],
    checkpoint: str | None = None,
) -> Launch:
    """A whole design of a question as a record; refused where it breaks a limit of physics or of layout.

    A budget it misses is said among what is expected. `checkpoint` names the weights instead of the catalog.
    """
    from designer import __version__

    if question.pools:
        named = " and ".join(part.pool.name for part in reversed(question.pools))
        raise Refused(f"{named} are pools of their own, and no launcher here is told of more than one")
    values = _numbers(question, design)
    limits = {t.name for t in question.limits if not t.stated}
    broken = violations(question, values, design)
    if hard := [b for b in broken if b.name in limits]:
        raise Refused(f"this design does not run: {'; '.join(b.text for b in hard)}")
    scenario, workload = question.scenario, question.scenario.workload

    def were(otherwise: Mapping[str, float]) -> Mapping[str, float]:
        return question.graph.evaluate([MEASURED.allocated], {**_given(question, design), **otherwise})

    return Launch(
        scenario=scenario.name,
        job=question.job.name,
        label=label,
        again=again,
        expected=(*_expected(question, values), *(f"MISSES {b.text}" for b in broken)),
        version=__version__,
        all_decisions=dict(design),
        decided=", ".join(f"{n}={decided(n, v)}" for n, v in design.items()),
        quantities=values,
        model=_model(catalog, str(design.get("model", workload.model)), checkpoint),
        machine=_machine(catalog, str(design["node"])),
        lengths=tuple(
            RequestLength(math.ceil(n.input), math.ceil(n.generated))
            for n in getattr(workload, "lengths", ())
        ),
        sequence_length=int(getattr(workload, "sequence_length", None) or 0),
        were=were,
    )


def _given(question: Question, design: Mapping[str, Value]) -> dict[str, Any]:
    return {name: known.si for name, known in question.bundle(design).items()}


def _numbers(question: Question, design: Mapping[str, Value]) -> dict[str, float]:
    return {**_given(question, design), **values_of(question, design)}


def _expected(question: Question, values: Mapping[str, float]) -> list[str]:
    """What an answer states of the design, to hold the first log against; a few on a line."""
    known = [n for n in targets(question) if n in values and math.isfinite(values[n])]
    said = [f"{n} {human(float(values[n]), question.unit(n))}" for n in known]
    return [", ".join(said[i : i + 5]) for i in range(0, len(said), 5)]


def _model(catalog: Catalog, name: str, checkpoint: str | None) -> LaunchModel:
    entry = catalog.get("models", name)
    if checkpoint is not None and (not checkpoint.strip() or not checkpoint.isprintable()):
        raise InputError(f"--checkpoint {checkpoint!r}: name a checkpoint")
    if checkpoint is not None and checkpoint.startswith("-"):
        raise InputError(f"--checkpoint {checkpoint!r} reads as an option")
    # A question that names a checkpoint on a hub means that one, of the others of its shape.
    hub = name if "/" in name else next((alias for alias in entry.aliases if "/" in alias), entry.id)
    return LaunchModel(
        entry.id,
        entry.kind,
        entry.parameters.si,
        checkpoint or hub,
        checkpoint is not None,
        entry.architecture,
        tuple(c.format for c in entry.checkpoints if c.by is None),
    )


def _machine(catalog: Catalog, name: str) -> Machine:
    node = catalog.get("nodes", name)
    device = catalog.get("accelerators", node.accelerator)
    return Machine(
        node.id, node.kind == "cloud", node.accelerators, device.id, device.vendor, device.architecture,
        frozenset(device.compute.rates()),
    )  # fmt: skip
