"""A shape as an entry of the catalog: YAML text with a source, a kind and a date for every number."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from catalogs import schema, yaml
from catalogs.errors import InputError, Problem
from catalogs.schema import Architecture, Model
from catalogs.schema.fact import Wrong
from constraints.bundles.model import not_described, shape_numbers
from constraints.counting import parameters
from designer.importing.shape import Shape

# How far a count may be from what the publisher states, who often rounds to three digits.
TOLERANCE = 0.01

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9 ._/()@+-]*[A-Za-z0-9)]")


@dataclass(frozen=True)
class Stated:
    """What is known of a model beside its configuration, and where from."""

    id: str
    name: str
    aliases: tuple[str, ...]
    # Where the configuration was read and when; where the publisher states the totals.
    source: str
    date: str
    publisher: str = "the publisher"
    publisher_date: str = ""
    parameters: float | None = None
    active_parameters: float | None = None


@dataclass(frozen=True)
class Imported:
    """An entry of the catalog as text, what was counted, and why plans refuse it, if they do."""

    model: Model
    text: str
    counted: float | None
    not_planned: str


def architecture_of(shape: Shape, source: str, date: str) -> Architecture:
    """The architecture in a shape; raises InputError in one line for one that cannot be."""
    sources = {"config": {"ref": source, "date": date}}
    try:
        return Architecture.model_validate(
            {"source": "config", **shape.architecture}, context={"sources": sources}
        )
    except ValidationError as e:
        raise InputError(*(Problem(_said(error), shape.file) for error in e.errors())) from None


def _counted(a: Architecture) -> tuple[float, float]:
    """All parameters of a language model without what stands beside it, and those of one token."""
    made = parameters({**shape_numbers(a, "decoder"), "extra_parameters": 0.0})
    return made.total, made.active


def _said(error: Any) -> str:
    wrong = error.get("ctx", {}).get("error")
    if isinstance(wrong, Wrong):
        return "; ".join(message for _, message in wrong.problems)
    return f"{'.'.join(map(str, error['loc']))}: {error['msg']}"


def entry_of(shape: Shape, stated: Stated) -> Imported:
    """The entry of a shape; raises InputError where parameters are neither counted nor stated."""
    a = architecture_of(shape, stated.source, stated.date)
    reason = not_described(a)
    total, active = (None, None) if reason else _counted(a)
    if total is None and stated.parameters is None:
        message = f"{reason}, so that its parameters are not counted and plans refuse it"
        how = "designer catalog import --parameters N, with what its publisher states, makes an entry of it"
        raise InputError(Problem(f"{message}; {how}", shape.file))
    text = "\n".join(_lines(shape, stated, total, active)) + "\n"
    document = yaml.parse(text, shape.file)
    try:
        model = schema.load(Model, document, stated.id)
    except InputError as e:
        # The lines are those of the entry, which is not a file.
        raise InputError(*(Problem(p.message, shape.file, path=p.path) for p in e.problems)) from None
    return Imported(model, text, total, reason)


def _lines(shape: Shape, stated: Stated, total: float | None, active: float | None) -> list[str]:
    parameters_line = f"parameters: {_total(stated, total)}"
    says = "source: publisher" in parameters_line or stated.active_parameters is not None
    lines = [
        f"id: {stated.id}",
        f"name: {_text(stated.name)}",
        *([f"aliases: [{', '.join(_text(a) for a in stated.aliases)}]"] if stated.aliases else []),
        f"family: {_text(shape.family)}",
        "kind: decoder",
        f"attention: {shape.attention}",
        f"notes: {_text(_notes(shape))}",
        "sources:",
        f"  config: {{ref: {_text(stated.source)}, date: {stated.date}}}",
    ]
    if says:
        when = stated.publisher_date or stated.date
        lines.append(f"  publisher: {{ref: {_text(stated.publisher)}, date: {when}}}")
    lines += ["architecture:", "  source: config"]
    for key, value in shape.architecture.items():
        if isinstance(value, dict):
            value = "{" + ", ".join(f"{part}: {n}" for part, n in value.items()) + "}"
        lines.append(f"  {key}: {str(value).lower() if isinstance(value, bool) else value}")
    lines.append(parameters_line)
    if shape.checkpoint:
        of = shape.checkpoint | {"covers": f"[{', '.join(shape.checkpoint['covers'])}]", "source": "config"}
        lines += ["checkpoints:", f"  - {{{', '.join(f'{k}: {v}' for k, v in of.items())}}}"]
    if stated.active_parameters is not None:
        lines.append(f"active_parameters: {_fact(stated.active_parameters, 'publisher')}")
    elif active is not None and "experts" in shape.architecture:
        lines.append(f"active_parameters: {_fact(active, 'config', 'counted, without the input embedding')}")
    return lines


def _notes(shape: Shape) -> str:
    """What the numbers do not say: the format of the weights, and what is not counted."""
    out = f"weights as published: {shape.weights}"
    return f"{out}; not counted: {', '.join(shape.left_out)}" if shape.left_out else out


def _total(stated: Stated, total: float | None) -> str:
    """The stated total, or the counted one where nothing is stated or the two disagree."""
    says = stated.parameters
    if total is None:
        assert says is not None
        return _fact(says, "publisher")
    if says is None:
        return _fact(total, "config", "counted from the configuration")
    if abs(total / says - 1) <= TOLERANCE:
        return _fact(says, "publisher")
    return _fact(total, "config", f"counted; stated as {billions(says)} by {stated.publisher}")


def _fact(value: float, source: str, note: str = "") -> str:
    said = f", note: {_text(note)}" if note else ""
    return f"{{value: {billions(value)}, kind: datasheet, source: {source}{said}}}"


def billions(value: float) -> str:
    """Parameters as entries write them.

    >>> billions(32.762e9), billions(2.4e12)
    ('32.762e9', '2400e9')
    """
    return f"{value / 1e9:.5g}e9" if value < 1e14 else f"{value:.5g}"


def _text(text: str) -> str:
    """Text as YAML reads it back, whatever is in it."""
    return text if _PLAIN.fullmatch(text) and ": " not in text else json.dumps(text)
