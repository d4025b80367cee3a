"""The pictures of one design of a question: machines, memory, times of its phases, pipeline, cost."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from constraints.records import record
from constraints.roles import BUBBLE_LEFT, COST, MEMORY, PIPELINE, STEP, USABLE
from designer.answers.report import Picture
from designer.drawing.pictures.cluster import Layout, cluster
from designer.drawing.pictures.parts import parts
from designer.drawing.pictures.pipeline import drawable, pipeline
from designer.evaluating.design import others, values_of
from designer.explaining.parts import Addend, parts_of
from designer.question.context import Value
from designer.question.question import Question
from designer.words.numbers import digits, human, percent

# A part within so much of one whole is told without a number before it.
ONCE = 0.005


def values_for(q: Question, design: Mapping[str, Value]) -> dict[str, Any]:
    """Every quantity of a design, those that no target needs as well."""
    values = values_of(q, design)
    return values | others(q, values)


def design_pictures(q: Question, design: Mapping[str, Value], values: Mapping[str, Any]) -> list[Picture]:
    """All pictures that there is something to draw for."""
    made = [*_machines(q, design, values), *_memory(q, values), *_times(q, values), *_pipeline(q, values)]
    return [*made, *_cost(q, values)]


def _known(values: Mapping[str, Any], name: str) -> float | None:
    """A value that is a positive number."""
    value = values.get(name)
    return float(value) if value is not None and 0 < value < float("inf") else None


def _machines(q: Question, design: Mapping[str, Value], values: Mapping[str, Any]) -> Iterator[Picture]:
    """One replica on its machines, in each pool."""
    for tp in q.each("tp"):
        prefix = tp.removesuffix("tp")
        held = _known(values, q.each("devices_per_node")[0]) or _given(q, design, f"{prefix}devices_per_node")
        if not held or tp not in design:
            continue

        def degree(name: str, at: str = prefix) -> int:
            return int(design.get(f"{at}{name}", design.get(name, 1)))

        inner, stages, copies, many = (degree("tp") * degree("cp"), *map(degree, ("pp", "dp", "replicas")))
        name, copy = "TP × CP" if degree("cp") > 1 else "TP", "DP"
        if stages == 1 and copies == 1 and many > 1:  # small replicas stand side by side in a machine
            copies, many, copy = many, 1, "replica"
        pool = prefix.strip("_")
        node = design.get(f"{prefix}node", design.get("node", ""))
        yield Picture(
            name="-".join(filter(None, ("cluster", pool))),
            title="The machines and the groups on them" + (f" ({pool})" if pool else ""),
            caption=f"{node}: {name} ranks stand next to each other, then {copy}, stages outermost, as the equations of"
            " their messages take them.",
            drawing=cluster(Layout(inner, copies, stages, int(held), many, name, copy)),
        )


def _given(q: Question, design: Mapping[str, Value], name: str) -> float | None:
    known = q.bundle(design).get(name)
    return known.si if known is not None and known.si > 0 else None


def _memory(q: Question, values: Mapping[str, Any]) -> Iterator[Picture]:
    """What the fullest device holds, against what it has."""
    for name in q.each(MEMORY):
        whole = _known(values, name)
        if whole is None:
            continue
        usable = _known(values, record(name).share_of or USABLE)
        free = None
        if usable and usable > whole:
            free = ("free", usable - whole, human(usable - whole, "byte"))
        room = f" of {human(usable, 'byte')} usable" if usable else ""
        title = f"{human(whole, 'byte')}{room}"
        yield _of_parts(q, values, name, "Memory of the fullest device", title, free)


def _times(q: Question, values: Mapping[str, Any]) -> Iterator[Picture]:
    """Where the time of a step of each phase goes."""
    steps = [(STEP, "A step")] if STEP in values else []
    steps += [(p.time, f"The {p.name} phase") for p in q.job.phases if not steps]
    for quantity, title in steps:
        for name in q.each(quantity):
            if (whole := _known(values, name)) is not None:
                yield _of_parts(q, values, name, f"{title}: where its time goes", human(whole, "s"))


def _cost(q: Question, values: Mapping[str, Any]) -> Iterator[Picture]:
    """What the cost is made of; nothing where it is one sum of money."""
    whole = _known(values, COST)
    if whole is not None and len(parts_of(q, values, COST)) > 1:
        yield _of_parts(q, values, COST, "What the cost is made of", human(whole, q.unit(COST)))


def _of_parts(
    q: Question,
    values: Mapping[str, Any],
    name: str,
    title: str,
    whole: str,
    free: tuple[str, float, str] | None = None,
) -> Picture:
    found = parts_of(q, values, name)
    unit = q.unit(name)
    pool = next((f" ({p.pool.name})" for p in q.pools if name.startswith(p.pool.name)), "")
    return Picture(
        name=name.replace("_", "-"),
        title=title + pool,
        caption=f"The addends of {name}, of which the largest are opened; they add up to it.",
        drawing=parts(whole, [(_part(q, p), p.value, human(p.value, unit)) for p in found], free),
    )


def _part(q: Question, p: Addend) -> str:
    """A part in words, and how many times it is there."""
    title = re.split(r"[,:;.]", q.quantity(p.quantity).title)[0]
    words = title[:1].lower() + title[1:] if title[1:2].islower() else title
    words = words or p.quantity.replace("_", " ")
    pool = next(
        (f"{part.pool.name}: " for part in q.pools if p.quantity.startswith(f"{part.pool.name}_")), ""
    )
    words = pool + words.removeprefix(pool.strip(": ") + " ")
    return words if abs(p.times - 1) < ONCE else f"{digits(p.times)} × {words}"


def _pipeline(q: Question, values: Mapping[str, Any]) -> Iterator[Picture]:
    """The stages of a training step over time, where the schedule is one that is drawn."""
    if (
        any(_known(values, n) is None for n in (*PIPELINE, "pp", "vpp"))
        or values.get(BUBBLE_LEFT, 1.0) != 1.0
    ):
        return
    batches, forward, backward, bubble, whole = (float(values[n]) for n in PIPELINE)
    stages, chunks, many = (round(x) for x in (values["pp"], values["vpp"], batches))
    if not drawable(stages, chunks, many):
        return
    drawing, _ = pipeline(stages, chunks, many, forward, backward)
    chunked = f", {chunks} chunks of layers each" if chunks > 1 else ""
    yield Picture(
        name="pipeline",
        title="A training step on the stages of the pipeline",
        caption=f"{stages} stages{chunked}, {many} micro-batches, one forward one backward, drawn without messages"
        " and with the fullest stage's times for all. The plan reckons with messages, too, and with a bubble of"
        f" {human(bubble, 's')}, {percent(bubble / whole)} of {human(whole, 's')}.",
        drawing=drawing,
    )
