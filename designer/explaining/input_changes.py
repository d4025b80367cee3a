"""What two scenarios state differently, and which of it matters: each difference is tried alone."""

from __future__ import annotations

import copy
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from catalogs import Catalog, yaml
from catalogs.errors import InputError
from designer.question.question import Question
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of
from designer.search.archive import Archive, frontier_of
from designer.search.pareto import same_points

# Parts of a scenario that change no answer.
_SAYS_NOTHING = ("name", "description", "baseline", "solver", "repair_weights")
# Parts that are taken apart; others are compared as a whole.
_SECTIONS = ("workload", "candidates", "budgets", "pricing", "site", "assume")
# Differences are tried for so long altogether.
SECONDS = 30.0


class InputChange(BaseModel):
    """A value that two scenarios state differently."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: str
    left: str | None = Field(description="null where the scenario does not say")
    right: str | None
    matters: bool | None = Field(
        description="whether the left scenario has another frontier with the value of the right; null if untried"
    )
    effects: dict[str, float] = Field(
        default={}, description="relative change of the best value of each objective of the left scenario"
    )
    outcome: str = Field(default="", description="what stood in the way of a frontier, where anything did")


def read(path: Path, sets: Sequence[str], catalog: Catalog) -> SourceMap:
    """A scenario file with its overrides, before it becomes a question."""
    return SourceMap(yaml.read(path), sets, catalog)


def input_changes(left: SourceMap, right: SourceMap, question: Question) -> list[InputChange]:
    """Every difference, those that matter most first. `question` is the one the left scenario asks."""
    deadline = time.monotonic() + SECONDS
    base, _ = frontier_of(question)
    found = []
    for path in _differing(left.data, right.data):
        a, b = _at(left.data, path), _at(right.data, path)
        tried = _tried(left, path, b, question, base, deadline)
        found.append(InputChange(path=".".join(path), left=_text(a), right=_text(b), **tried))
    return sorted(found, key=lambda c: (not c.matters, -max(map(abs, c.effects.values()), default=0.0)))


def _tried(
    left: SourceMap, path: tuple[str, ...], value: Any, question: Question, base: Archive, deadline: float
) -> dict[str, Any]:
    """The left scenario with one value of the right one, solved again."""
    data = copy.deepcopy(left.data)
    at = data
    for part in path[:-1]:
        at = at.setdefault(part, {})
    if value is None:
        at.pop(path[-1], None)
    else:
        at[path[-1]] = copy.deepcopy(value)
    try:
        other = question_of(left.with_data(data))
    except InputError as e:
        return {"matters": None, "outcome": f"cannot be changed alone: {e.problems[0].message}"}
    if [o.quantity for o in other.objectives] != [o.quantity for o in question.objectives]:
        return {"matters": True, "outcome": "asks for something else"}
    archive, count = frontier_of(other, deadline)
    if not count.complete:
        return {"matters": None, "outcome": "not tried: out of time"}
    if not len(archive.objectives) or not len(base.objectives):
        both = len(archive.objectives) == len(base.objectives)
        return {
            "matters": not both,
            "outcome": "" if len(archive.objectives) else "no design meets everything",
        }
    best = [a.objectives.min(axis=0) for a in (base, archive)]
    same = same_points(archive.objectives, base.objectives)
    effects = {
        o.quantity: float(o.sign * (y - x) / abs(x)) if x else 0.0
        for o, x, y in zip(question.objectives, *best, strict=True)
    }
    return {"matters": not same, "effects": {} if same else effects}


def _differing(left: Mapping[str, Any], right: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    for key in dict.fromkeys([*left, *right]):
        a, b = left.get(key), right.get(key)
        if key in _SAYS_NOTHING or a == b:
            continue
        if key in _SECTIONS and all(isinstance(x, dict) or x is None for x in (a, b)):
            for part in dict.fromkeys([*(a or {}), *(b or {})]):
                if (a or {}).get(part) != (b or {}).get(part):
                    yield key, part
        else:
            yield (key,)


def _at(data: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    for part in path:
        data = data.get(part) if isinstance(data, Mapping) else None  # type: ignore[assignment]
    return data


def _text(value: Any) -> str | None:
    if value is None:
        return None
    if isinstance(value, list):
        return ", ".join(str(_text(v)) for v in value)
    if isinstance(value, dict):
        return ", ".join(f"{k} {_text(v)}" for k, v in value.items())
    return str(value)
