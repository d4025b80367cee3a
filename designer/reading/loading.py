"""Scenario files: where they are, and the question each asks."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from catalogs import Catalog, default_catalog, yaml
from catalogs.errors import InputError, Problem, nearest
from designer.documents.kinds import shipped_as
from designer.question.question import Question
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of


@cache
def shipped() -> dict[str, Path]:
    """Scenarios that come with the package, by name."""
    import scenarios

    folder = Path(scenarios.__path__[0])
    return {p.stem: p for p in sorted(folder.glob("*.yaml"))}


def is_scenario(name: str | Path) -> bool:
    """Whether a command-line argument means a scenario rather than a rule."""
    text = str(name)
    return text.endswith((".yaml", ".yml")) or "/" in text or os.path.exists(text) or text in shipped()


def locate(name: str | Path) -> Path:
    """The file a user means: a path, else a shipped scenario by name or by its usual path."""
    if name and os.path.exists(name):
        return Path(name)
    known = shipped()
    plain = str(name).removeprefix("scenarios/").removesuffix(".yaml")
    if plain in known:
        return known[plain]
    if elsewhere := shipped_as(plain, "scenario"):
        raise InputError(elsewhere)
    text = str(name) if len(str(name)) <= 100 else str(name)[:100] + "..."
    raise InputError(
        f"{text or repr(text)}: no such file or scenario{nearest(plain[:200], known) or f' (shipped: {_some(known)})'}"
    )


def named(file: Path) -> str:
    """What finds a scenario file again from anywhere: the name of a shipped one, or its whole path."""
    return next((n for n, path in shipped().items() if path == file), str(file.absolute()))


def _some(names: Iterable[str], most: int = 120) -> str:
    """Names with commas, as many as fit into a message.

    >>> _some(["chat", "batch", "train"], 11)
    'chat, batch and 1 more'
    """
    shown: list[str] = []
    rest = list(names)
    while rest and len(", ".join([*shown, rest[0]])) <= most:
        shown.append(rest.pop(0))
    return ", ".join(shown) + (f" and {len(rest)} more" if rest else "")


def load(
    path: str | Path | Mapping[str, Any], sets: Sequence[str] = (), catalog: Catalog | None = None
) -> Question:
    """The question a scenario asks, in a file or as a mapping, with `--set path=value` overrides applied.

    Raises InputError listing every problem found, each with its file and line.
    """
    return question_of(SourceMap(document_of(path), sets, catalog or default_catalog()))


def document_of(path: str | Path | Mapping[str, Any]) -> yaml.Document:
    """A scenario as it is written, in a file or as a mapping, under the name that messages give it."""
    if isinstance(path, Mapping):
        return yaml.parse(json.dumps(path, indent=1, default=str), "scenario")
    try:
        return replace(yaml.read(path), file=short_name(Path(path)))
    except InputError as e:
        raise InputError(*map(_quoted, e.problems)) from None


def short_name(path: Path) -> str:
    """A file as messages name it: a shipped scenario by its place in the package."""
    return f"scenarios/{path.name}" if shipped().get(path.stem) == path else str(path)


def _quoted(problem: Problem) -> Problem:
    """A bound such as >= 40 % is the start of a folded text to YAML: say how to write it."""
    if "block scalar" not in problem.message and not problem.message.startswith("tag !="):
        return problem
    return replace(problem, message="a value that starts with > or ! needs quotes, for example '>= 40 %'")
