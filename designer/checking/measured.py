"""A measured result as quantities in SI: an answer of designer, or a file of names and values."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from catalogs import units, yaml
from catalogs.errors import InputError, Problem, nearest
from constraints.records import aliases
from designer.question.question import Question

MAX_BYTES = 10_000_000


def measured_of(question: Question, path: str | Path) -> dict[str, float]:
    """Quantities of the question that a file states; raises InputError for any that it has not, with its line.

    A number has its unit (`ttft_p99: 1.2 s`); an answer of `designer evaluate --json` has it beside the value.
    """
    document = _read(Path(path))
    data: dict[str, Any] = document.data
    inside: tuple[str, ...] = ()
    if isinstance(data.get("metrics"), dict):
        data, inside = data["metrics"], ("metrics",)
    out: dict[str, float] = {}
    for key, value in data.items():
        name = aliases().get(str(key), str(key))
        unit = question.unit(name)
        if name not in question.graph.rules or unit == "truth":
            if inside:
                continue  # an answer may be of a question that has more quantities
            known = [n for n in question.graph.rules if question.unit(n) != "truth"]
            raise InputError(
                document.problem(
                    (*inside, key), f"unknown quantity {key!r}{nearest(str(key), known)}", key=True
                )
            )
        number = value.get("value") if isinstance(value, dict) else value
        if isinstance(value, dict):
            if isinstance(number, int | float):
                out[name] = float(number)
            continue  # an answer says null of what it does not know
        try:
            out[name] = units.parse(number, unit)
        except InputError as e:
            raise InputError(Problem(f"{key}: {e}", document.file, document.at((*inside, key))[0])) from None
    if not out:
        raise InputError(f"{path}: no quantity of this scenario is in it")
    return out


def _read(path: Path) -> yaml.Document:
    """A file of names and values; an answer in JSON may have nulls, which no file of settings has."""
    if path.suffix.lower() != ".json" or not path.is_file() or path.stat().st_size > MAX_BYTES:
        return yaml.read(path)
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        raise InputError(f"{path}: not JSON") from None
    if not isinstance(data, dict):
        raise InputError(f"{path}: expected a mapping at the top level")
    return yaml.Document(str(path), data, {}, {})
