"""Checks over every entry of a catalog, beyond what one entry can be asked for by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from catalogs import schema, yaml
from catalogs.errors import InputError, Problem, nearest
from catalogs.lint_rules import RULES, Finding
from catalogs.store import Catalog, aliases_of


def lint(catalog: Catalog, *, overlays_only: bool = False) -> list[Problem]:
    """Every problem of every entry, or of those that overlays add; empty when all is well."""
    return [p for kind in catalog.kinds() for p in _kind(catalog, kind, overlays_only)]


def _kind(catalog: Catalog, kind: str, overlays_only: bool) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    stems = catalog.ids(kind)
    if overlays_only:
        shipped = [s for s in stems if catalog.origin(kind, s) == "shipped"]
        owners = {alias: s for s in shipped for alias in aliases_of(catalog.path(kind, s))}
        stems = tuple(s for s in stems if s not in shipped)
    for stem in stems:
        path = catalog.path(kind, stem)
        try:
            document = yaml.read(path)
            entry = schema.load(schema.MODELS[kind], document, stem)
        except InputError as e:
            yield from e.problems
            continue
        for alias in aliases_of(path):
            other = alias if alias in catalog.ids(kind) else owners.setdefault(alias, stem)
            if other != stem or alias == stem:
                yield document.problem(("aliases",), f"alias {alias!r} already names {other!r}")
        yield from _unused_sources(document)
        yield from _rules(catalog, kind, entry, document)


def _rules(catalog: Catalog, kind: str, entry: schema.Entry, document: yaml.Document) -> Iterator[Problem]:
    """Findings of the rules of a kind, less those the entry waives with a reason."""
    rules = {name: rule for name, (of, rule) in RULES.items() if of == kind}
    for name in entry.checks:
        if name not in rules:
            yield document.problem(("checks", name), f"no such check{nearest(name, rules)}", key=True)
    for name, rule in rules.items():
        findings: list[Finding] = list(rule(entry, catalog))
        if name in entry.checks:
            if not findings:
                yield document.problem(("checks", name), "this check passes; remove the waiver", key=True)
            continue
        for path, message in findings:
            yield document.problem(path, f"{message} [{name}]")


def _unused_sources(document: yaml.Document) -> Iterator[Problem]:
    sources: dict[str, Any] = document.data["sources"]
    used = set(_source_keys({k: v for k, v in document.data.items() if k != "sources"}))
    for key in sources:
        if key not in used:
            yield document.problem(("sources", key), "no fact of this entry uses this source", key=True)


def _source_keys(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        if isinstance(data.get("source"), str):
            yield data["source"]
        data = list(data.values())
    if isinstance(data, list):
        for item in data:
            yield from _source_keys(item)
