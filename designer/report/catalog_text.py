"""Catalog entries as text and JSON."""

from __future__ import annotations

import json
from typing import Any

from catalogs import Catalog
from catalogs.schema import Fact
from constraints.bundles.model import uncovered
from designer.words.text import Column, table, wrap


def listing(catalog: Catalog, kind: str | None, as_json: bool) -> str:
    """The kinds with how many entries each has, or the ids of one kind."""
    if kind is None:
        counts = {k: len(catalog.ids(k)) for k in catalog.kinds()}
        if as_json:
            return json.dumps(counts, indent=2)
        return "\n".join(f"{k:<14}{n:>5}" for k, n in counts.items())
    ids = catalog.ids(kind)
    if as_json:
        return json.dumps(list(ids), indent=2)
    return "\n".join(i + "".join(f"   ({remark})" for remark in _remarks(catalog, kind, i)) for i in ids)


def _remarks(catalog: Catalog, kind: str, id: str) -> list[str]:
    """What is to be known of an entry in a list: whose it is, and that plans refuse it."""
    origin = catalog.origin(kind, id)
    found = [] if origin == "shipped" else [origin]
    if kind == "models":
        reason = uncovered(catalog.get("models", id))
        found += [f"not planned: {reason}"] if reason else []
    return found


def show(catalog: Catalog, kind: str, id: str, as_json: bool, width: int) -> str:
    """One entry with the provenance of each number."""
    entry = catalog.get(kind, id)
    if as_json:
        data = {"kind": kind, "file": str(catalog.path(kind, id)), **_plain(entry)}
        return json.dumps(data, indent=2)
    facts: list[tuple[str, Fact]] = []
    others: list[tuple[str, Any]] = []
    _split("", entry, facts, others)
    lines = [f"{entry.id}   {entry.name}", f"{catalog.path(kind, id)}", ""]
    for name, value in others:
        lines += wrap(f"{name}: {value}", width, 0, 4)
    lines.append("")
    cites: dict[str, int] = {}
    lines += table(
        [
            Column("number", [n for n, _ in facts], False),
            Column("value", [f.text for _, f in facts]),
            Column("kind", [f.kind for _, f in facts], False),
            Column("date", [f.date for _, f in facts], False),
            Column("source", [f"[{cites.setdefault(f.source, len(cites) + 1)}]" for _, f in facts], False),
            Column("note", [f.note or "" for _, f in facts], False, 1),
        ],
        width,
    )
    lines.append("")
    for source, n in cites.items():
        lines += wrap(f"[{n}] {source}", width, 0, 4)
    return "\n".join(lines)


def _fields(value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return list(value.items())
    return [(n, getattr(value, n)) for n in type(value).model_fields]


def _split(prefix: str, value: Any, facts: list[tuple[str, Fact]], others: list[tuple[str, Any]]) -> None:
    for name, v in _fields(value):
        path = f"{prefix}{name}"
        if v is None or v == () or v == {} or path in ("id", "name", "sources"):
            continue
        if isinstance(v, Fact):
            facts.append((path, v))
        elif (hasattr(type(v), "model_fields") and "ref" not in type(v).model_fields) or isinstance(v, dict):
            _split(path + ".", v, facts, others)
        elif isinstance(v, tuple) and v and hasattr(type(v[0]), "model_fields"):
            for i, item in enumerate(v):
                _split(f"{path}[{i}].", item, facts, others)
        elif hasattr(v, "ref"):
            others.append((path, f"{v.ref} ({v.date})"))
        else:
            others.append((path, ", ".join(v) if isinstance(v, tuple) else v))


def _plain(value: Any) -> Any:
    if isinstance(value, Fact):
        return {k: getattr(value, k) for k in ("si", "text", "unit", "kind", "source", "date", "note")}
    if isinstance(value, dict):
        return {k: _plain(v) for k, v in value.items()}
    if isinstance(value, (tuple, list)):
        return [_plain(v) for v in value]
    if hasattr(type(value), "model_fields"):
        return {n: _plain(getattr(value, n)) for n in type(value).model_fields}
    return value
