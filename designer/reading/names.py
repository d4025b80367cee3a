"""Other names that people use, as the canonical ones, before anything else is read.

A name is an alias of a quantity in its record (`constraints/quantity.py`); a key of a workload is the field that
gives that quantity. Answers have canonical names only.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

from pydantic import BaseModel

from constraints.records import aliases
from designer.fields.gives import Gives
from designer.jobs import DECISIONS, JOBS
from designer.reading.source_map import Path, SourceMap

# Where keys are names of decisions or of quantities.
_SECTIONS = ("candidates", "baseline", "budgets", "assume", "repair_weights")


def name_canonically(source: SourceMap) -> None:
    """Put the canonical name in the place of each alias; what names one thing twice is a problem."""
    for section in _SECTIONS:
        holder = source.data.get(section)
        if isinstance(holder, dict):
            for key in [k for k in holder if k in aliases() and k not in DECISIONS and not _written(str(k))]:
                source.rename((section, key), aliases()[key])
    workload = source.data.get("workload")
    job = JOBS.get(str(workload.get("job"))) if isinstance(workload, dict) else None
    if job and isinstance(workload, dict):
        _name_fields(source, workload, job.workload)
    source.raise_problems()


def _written(key: str) -> bool:
    """Whether a key is another spelling that candidates have of their own."""
    return any(key in d.written for d in DECISIONS.values())


def _name_fields(source: SourceMap, workload: dict[str, Any], model: type[BaseModel]) -> None:
    """Fields of a workload by what they give; several of a list of one kind make its one item."""
    fields = {name: name for name in model.model_fields}
    fields |= {g.names[0]: name for name, g in _given(model) if len(g.names) == 1}
    item: dict[str, Any] = {}
    for key in [k for k in workload if k not in model.model_fields and aliases().get(str(k))]:
        quantity = aliases()[key]
        if quantity in fields:
            source.rename(("workload", key), fields[quantity])
        elif (inside := _inside(model, quantity)) is not None:
            item[inside[1]] = (inside[0], key)
    for into in {into for into, _ in item.values()}:
        _one_item(source, workload, into, {part: key for part, (of, key) in item.items() if of == into})


def _one_item(source: SourceMap, workload: dict[str, Any], into: str, parts: dict[str, str]) -> None:
    """The one item of a list, made of keys of the workload; what the file has as one item is changed."""
    held = workload.get(into)
    path: Path = ("workload", next(iter(parts.values())))
    overrides = all(("workload", key) in source.overridden for key in parts.values())
    if held is not None and not (
        overrides and isinstance(held, list) and len(held) == 1 and isinstance(held[0], dict)
    ):
        source.mistake(path, f"give either this or workload.{into}, not both", key=True)
        return
    made: dict[str, Any] = dict(held[0]) if held else {"share": 1}
    for part, key in parts.items():
        value = workload.pop(key)
        made[part] = f"{value} token" if isinstance(value, int) else value
        source.moved(("workload", key), ("workload", into, 0, part))
    workload[into] = [made]


def _given(model: type[BaseModel]) -> Iterator[tuple[str, Gives]]:
    for name, field in model.model_fields.items():
        for mark in (
            *field.metadata,
            *(m for a in get_args(field.annotation) for m in getattr(a, "__metadata__", ())),
        ):
            if isinstance(mark, Gives):
                yield name, mark


def _inside(model: type[BaseModel], quantity: str) -> tuple[str, str] | None:
    """The field whose items give a quantity, and the key of an item that does."""
    for name, field in model.model_fields.items():
        for block in _blocks(field.annotation):
            for key, gives in _given(block):
                if gives.names == (quantity,):
                    return name, key
    return None


def _blocks(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _blocks(part)
