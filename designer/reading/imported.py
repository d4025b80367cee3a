"""Models that a scenario names by a config.json: entries of the catalog while the scenario is read."""

from __future__ import annotations

from collections.abc import Iterator, MutableMapping, MutableSequence
from pathlib import Path as File
from typing import Any

from catalogs.errors import InputError
from designer.reading.source_map import Path, SourceMap


def import_models(source: SourceMap) -> None:
    """Put an entry in the place of each model named by a file; a path is relative to the scenario's own."""
    for holder, key, path in _named(source.data):
        name = holder[key]
        if not isinstance(name, str) or not name.lower().endswith(".json"):
            continue
        _, line = source.place(path)
        folder = File(source.document.file).parent if line is not None else File()
        try:
            holder[key] = _added(source, folder / name)
        except InputError as e:
            raise InputError(*(source.problem(path, str(p)) for p in e.problems)) from None


def _named(data: Any) -> Iterator[tuple[Any, Any, Path]]:
    """Where a scenario names models: the collection, the key in it and the path to it."""
    for part in ("workload", "candidates"):
        holder = data.get(part)
        if not isinstance(holder, MutableMapping) or "model" not in holder:
            continue
        yield holder, "model", (part, "model")
        if isinstance(several := holder["model"], MutableSequence):
            yield from ((several, i, (part, "model", i)) for i in range(len(several)))


def _added(source: SourceMap, file: File) -> str:
    """The id of the entry that a configuration becomes."""
    from designer.importing.api import import_config

    _, found = import_config(file)
    source.catalog.add("models", found.model, file)
    return found.model.id
