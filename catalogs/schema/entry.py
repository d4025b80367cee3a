"""What every catalog entry has, and how a bad one is reported."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, TypeVar, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalogs.errors import InputError, Problem, nearest
from catalogs.schema.fact import Located, Source, Text, Wrong
from catalogs.yaml import Document, KeyPath

_ID = re.compile(r"[a-z0-9]+([.-][a-z0-9]+)*")


class Block(BaseModel):
    """A part of an entry; unknown keys are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(Block):
    """One file of a catalog."""

    id: Text
    name: Text
    aliases: tuple[Text, ...] = ()
    notes: Text | None = None
    sources: dict[str, Source] = Field(min_length=1)
    # a lint check that does not apply to this entry, and the reason
    checks: dict[str, Text] = Field(default_factory=dict)


E = TypeVar("E", bound=Entry)


def load(model: type[E], document: Document, stem: str) -> E:
    """The entry in a document; raises InputError with every problem and its line."""
    data = _located(document.data, document, ())
    try:
        entry = model.model_validate(data, context={"sources": document.data.get("sources", {})})
    except ValidationError as e:
        errors = e.errors()
        misspelt = {(error["loc"][:-1], _meant(model, error)) for error in errors}
        told = [x for x in errors if x["type"] != "missing" or (x["loc"][:-1], x["loc"][-1]) not in misspelt]
        raise InputError(*(p for error in told for p in _problems(model, error, document))) from None
    if entry.id != stem:
        message = f"id {entry.id!r} does not match the file name; expected {stem!r}"
        raise InputError(document.problem(("id",), message))
    if not _ID.fullmatch(entry.id):
        raise InputError(
            document.problem(("id",), f"{entry.id!r} is not lower-case words joined by '-' or '.'")
        )
    return entry


def _located(data: Any, document: Document, path: KeyPath) -> Any:
    """The same data with mappings that know their line, for Fact.line."""
    if isinstance(data, dict):
        found = Located({k: _located(v, document, (*path, k)) for k, v in data.items()})
        found.line = document.at(path)[0]
        return found
    if isinstance(data, list):
        return [_located(v, document, (*path, i)) for i, v in enumerate(data)]
    return data


def _meant(model: type[BaseModel], error: Any) -> str | None:
    """The key that an unknown key was meant to be: naming both would be telling one slip twice."""
    if error["type"] != "extra_forbidden":
        return None
    loc = error["loc"]
    known = _keys_at(model, loc[:-1])
    close = nearest(str(loc[-1]), known)
    return next((k for k in known if close.endswith(f"{k!r}?")), None)


def _problems(model: type[BaseModel], error: Any, document: Document) -> list[Problem]:
    """A pydantic error as problems of the file."""
    # pydantic marks a bad key of a mapping by a last part "[key]"
    is_key = error["loc"][-1:] == ("[key]",)
    loc: KeyPath = error["loc"][:-1] if is_key else error["loc"]
    kind, context = error["type"], error.get("ctx", {})
    if kind == "extra_forbidden":
        message = f"unknown key {loc[-1]!r}{nearest(str(loc[-1]), _keys_at(model, loc[:-1]))}"
        return [document.problem(loc, message, key=True)]
    if kind == "missing":
        return [document.problem(loc[:-1], f"missing key {loc[-1]!r}")]
    wrong = context.get("error")
    if isinstance(wrong, Wrong):
        return [document.problem((*loc, *below), message) for below, message in wrong.problems]
    if kind == "literal_error":
        found = error["input"]
        known = get_args(
            get_args(_annotation_at(model, loc[:-1]))[0] if is_key else _annotation_at(model, loc)
        )
        what = "key" if is_key else "value"
        message = f"unknown {what} {found!r}{nearest(str(found), known)}; expected {context['expected']}"
        return [document.problem(loc, message, key=is_key)]
    message = error["msg"].replace("Input should be", "expected").replace("Value error, ", "")
    return [document.problem(loc, f"{message}; found {_short(error['input'])}")]


def _short(value: object) -> str:
    text = "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _annotation_at(model: type[BaseModel], loc: KeyPath) -> Any:
    """The annotation of what stands at `loc`."""
    at: Any = model
    for part in loc:
        at = _bare(at)
        if isinstance(at, type) and issubclass(at, BaseModel):
            fields = {f.alias or name: f.annotation for name, f in at.model_fields.items()}
            at = fields.get(str(part))
        else:
            arguments = get_args(at)
            at = arguments[-1] if get_origin(at) is dict else arguments[0] if arguments else None
    return _bare(at)


def _bare(annotation: Any) -> Any:
    """An annotation without Annotated and `| None`."""
    while get_origin(annotation) is not None:
        arguments = [a for a in get_args(annotation) if a is not type(None)]
        if get_origin(annotation) is Annotated or (
            len(arguments) == 1 and get_origin(annotation) not in (dict, tuple, list, Literal)
        ):
            annotation = arguments[0]
        else:
            break
    return annotation


def _keys_at(model: type[BaseModel], loc: KeyPath) -> list[str]:
    at = _annotation_at(model, loc)
    if isinstance(at, type) and issubclass(at, BaseModel):
        return [f.alias or name for name, f in at.model_fields.items()]
    return []
