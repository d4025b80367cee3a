"""The shape of a document: pydantic's errors as problems with a line and the nearest valid name."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from catalogs.errors import InputError, Problem, nearest
from designer.documents.kinds import other_kind, said
from designer.documents.scenario import Scenario
from designer.jobs import DECISIONS, JOBS
from designer.reading.source_map import Path, SourceMap
from designer.words.text import listed

Shape = TypeVar("Shape", bound=BaseModel)


# So many mistakes of shape are told: what has more of them is another kind of file.
MOST = 50
# The keys that a schema knows at a place of a document.
Fields = Callable[[Path, Any], list[str]]


def scenario_of(source: SourceMap) -> Scenario:
    """The document as a scenario."""
    scenario = validated(source, Scenario, "scenario", scenario_fields)
    if not scenario.name.isprintable():
        raise source.fail(("name",), f"{scenario.name!r} holds characters that cannot be printed")
    return scenario


def validated(source: SourceMap, model: type[Shape], kind: str, fields: Fields) -> Shape:
    """The document as an instance of its schema; raises InputError with every mistake of shape.

    `kind` is what it is a file of, and `fields` says the keys there are at a place.
    """
    _refuse_truths(source)
    try:
        return model.model_validate(source.data)
    except ValidationError as e:
        if (other := other_kind(source.data, kind)) is not None:
            found, key = other
            raise InputError(source.problem((key,), said(found, source.document.file), key=True)) from None
        errors = e.errors(include_url=False)
        for error in _one_per_mistake(errors[:MOST]):
            _schema_problem(source, fields, error)
        if len(errors) > MOST:
            source.problems.append(Problem(f"and {len(errors) - MOST:,} more mistakes", source.document.file))
        source.raise_problems()
        raise AssertionError("a validation error without errors") from None


def _refuse_truths(source: SourceMap) -> None:
    """Nothing in a document is true or false but what is off or on; Python would take either for a number."""
    todo: list[tuple[Path, Any]] = [((), source.data)]
    while todo:
        path, value = todo.pop()
        if isinstance(value, bool) and not _is_switch(path):
            source.mistake(path, f"{str(value).lower()} is not a value here; nothing is true or false")
        elif isinstance(value, dict):
            todo.extend(((*path, k), v) for k, v in value.items())
        elif isinstance(value, list):
            todo.extend(((*path, i), v) for i, v in enumerate(value))
    source.problems.sort(key=lambda p: p.line or 0)
    source.raise_problems()


def _schema_problem(source: SourceMap, fields: Fields, error: Any) -> None:
    loc = _place(error["loc"])
    kind = error["type"]
    if kind == "extra_forbidden":
        known = fields(loc[:-1], source.data)
        hint = nearest(str(loc[-1]), known)
        if not hint and loc[-1] in DECISIONS:
            hint = f"; it is a decision: candidates.{loc[-1]}"
        source.mistake(loc, f"unknown key {loc[-1]!r}{hint}", key=True)
    elif kind == "missing":
        source.mistake(loc[:-1], f"missing key {loc[-1]!r}")
    elif kind in ("union_tag_invalid", "union_tag_not_found"):
        workload = source.data.get("workload")
        found = workload.get("job") if isinstance(workload, dict) else None
        if found is None:
            source.mistake(loc, f"missing key 'job': {listed(JOBS)}")
        else:
            source.mistake(
                (*loc, "job"),
                f"unknown job {found!r}{nearest(str(found), JOBS)} (has: {', '.join(JOBS)})",
            )
    else:
        message = _plain(error["msg"])
        if kind == "literal_error":
            choices = re.findall(r"'([^']*)'", error["ctx"]["expected"])
            message = f"unknown value {error['input']!r}{nearest(str(error['input']), choices)}; {message}"
        elif len(loc) > 1 and loc[0] in _EXPECTED:
            message = f"expected {_EXPECTED[loc[0]]}; found {_short(error['input'])}"
        elif kind == "too_short":
            message = "an empty list; give at least one value"
        elif kind != "value_error":
            message = f"{message}; found {_short(error['input'])}"
        problem = source.problem(loc, message)
        # A union of types reports each member; one line per place is enough.
        if not any(p.path == problem.path and p.line == problem.line for p in source.problems):
            source.problems.append(problem)


# What stands where several types may, each of which pydantic reports.
_EXPECTED = {
    "candidates": "a value, a list of values or a range such as 1..64",
    "budgets": "a bound such as 60 day",
    "baseline": "one value",
    "assume": "a number with its unit",
}

# pydantic's words for people who write YAML.
_WORDS = {
    "Value error, ": "", "Input should be": "expected", "Tuple should have": "expected",
    "List should have": "expected", "String should have": "expected", "a valid dictionary or object to extract "
    "fields from": "a mapping", "a valid dictionary": "a mapping",
    "a valid list": "a list", "a valid tuple": "a list", "a valid string": "text", "a valid integer": "a whole number",
    "greater than or equal to": "at least", " after validation": "",
}  # fmt: skip


def _plain(message: str) -> str:
    for theirs, ours in _WORDS.items():
        message = message.replace(theirs, ours)
    message = re.sub(r"a mapping or instance of \w+", "a mapping", message)
    return message.split(", unable to parse")[0].split(", got ")[0]


def _one_per_mistake(errors: Sequence[Any]) -> list[Any]:
    """Without what follows from another error: a misspelled key is not a missing one too.

    A mapping or list in a union of types, and the collection that holds it, are reported once.
    """
    unknown = [e["loc"] for e in errors if e["type"] == "extra_forbidden"]
    places = [_place(e["loc"]) for e in errors]
    out = []
    for error, place in zip(errors, places, strict=True):
        misspelled = any(
            u[:-1] == error["loc"][:-1] and nearest(str(u[-1]), [str(error["loc"][-1])]) for u in unknown
        )
        deeper = any(len(p) > len(place) and p[: len(place)] == place for p in places)
        follows = (error["type"] == "missing" and misspelled) or (
            deeper
            and error["type"]
            in ("too_short", "list_type", "dict_type", "string_type", "int_type", "float_type")
        )
        if not follows:
            out.append(error)
    return out


def _place(loc: tuple[Any, ...]) -> tuple[Any, ...]:
    """A pydantic location without the tags that say which member of a union was tried."""
    job = 1 if loc[:1] == ("workload",) and loc[1:2] and loc[1] in JOBS else None
    loc = tuple(p for i, p in enumerate(loc) if i != job and p != "[key]")
    return tuple(p for i, p in enumerate(loc) if i == 0 or not _is_type_tag(p))


def _is_switch(path: Path) -> bool:
    """Whether a place holds a setting of a switch, which `true` and `false` may stand for."""
    names = [p for p in path if isinstance(p, str)]
    found = DECISIONS.get(names[-1]) if len(names) > 1 and names[-2] in ("candidates", "baseline") else None
    return found is not None and found.kind == "switch"


def _short(value: object) -> str:
    text = "a mapping" if isinstance(value, dict) else "a list" if isinstance(value, list) else repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _is_type_tag(part: object) -> bool:
    """Parts pydantic adds to a location to say which member of a union it tried."""
    return isinstance(part, str) and (
        part.startswith("<")
        or part in ("str", "int", "float", "list[union[str,int,float]]", "list[str]")
        or part.startswith(("dict[", "list[", "constrained"))
    )


def scenario_fields(path: Path, data: Any) -> list[str]:
    """Keys a scenario may have at a place."""
    block: type[BaseModel] | None = Scenario
    for part in path:
        if block is Scenario and part == "workload":
            job = JOBS.get(str(data.get("workload", {}).get("job")))
            block = job.workload if job else None
        elif not isinstance(part, int):
            field = block.model_fields.get(part) if block else None
            block = _block_in(field.annotation) if field else None
    return list(block.model_fields) if block else []


def _block_in(annotation: Any) -> type[BaseModel] | None:
    """The block that a field holds, perhaps several of it, or instead of something else."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next(filter(None, map(_block_in, get_args(annotation))), None)
