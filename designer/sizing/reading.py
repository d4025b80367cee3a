"""From a scenario to the question of one base part."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from catalogs import Catalog, units, yaml
from catalogs.errors import InputError, nearest
from constraints.pools import POOLS, of
from constraints.roles import DEVICES, NODES
from designer.jobs.shared import NODE
from designer.question.question import Question
from designer.question.specifications import SPEC, base_specs, hypothetical
from designer.reading.domains import node_of
from designer.reading.loading import locate, short_name
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of
from designer.sizing.device import with_part
from designer.sizing.rows import with_nodes_up_to

MAX_COUNTS = 12
# What may say which part a scenario runs on.
_PARTS = (NODE.name, *NODE.written)
MAX_DEVICES = 1_000_000


@dataclass(frozen=True)
class Asked:
    """A question about one base part, and what of that part was replaced."""

    question: Question
    base: str
    replaced: dict[str, float]
    catalog: Catalog
    source: SourceMap


def source_of(path: str | Path, sets: Sequence[str], catalog: Catalog) -> SourceMap:
    """A scenario file with its overrides, before it becomes a question."""
    file = locate(path)
    document = yaml.read(file)
    return SourceMap(replace(document, file=short_name(file)), sets, catalog)


def source_and_part(
    path: str | Path,
    sets: Sequence[str],
    catalog: Catalog,
    device: Path | None = None,
    like: str | None = None,
) -> tuple[SourceMap, str | None]:
    """A scenario, and the part it is asked about: that named, or one of a file in the node of that."""
    source = source_of(path, sets, catalog)
    if device is None:
        return source, like
    around = ask(source, like).base
    more, node = with_part(catalog, device, around)
    return SourceMap(source.document, [], more), node


def ask(
    source: SourceMap,
    like: str | None = None,
    devices: Sequence[int] = (),
    replaced: Mapping[str, float] | None = None,
) -> Asked:
    """The question of a scenario for one part: that named, or the scenario's first.

    With `devices`, the numbers of devices of the scenario give way to these. Raises InputError for
    anything wrong with the scenario, the part or the numbers.
    """
    data = copy.deepcopy(source.data)
    asked = data.setdefault("candidates", {})
    if not isinstance(asked, dict):
        asked = {}
    _one_part(asked)
    if like is not None:
        asked.pop("accelerator", None)
        asked["node"] = _node(source, like)
    for key in _PARTS:
        if isinstance(asked.get(key), list) and asked[key]:
            asked[key] = asked[key][0]
    _narrow_precision(source, asked)
    if devices:
        asked.pop(NODES, None)
        asked[DEVICES] = list(devices)
    # What is to be made small has no say in what is enough, and may rest on a price nobody knows.
    data["objectives"] = [DEVICES]
    try:
        question = question_of(source.with_data(data))
    except InputError as e:
        raise InputError(*(_flagged(p, bool(devices)) for p in e.problems)) from None
    if devices and NODES in question.domains:
        most = max(int(n) for n in question.domains[NODES])
        question = with_nodes_up_to(question, most)
    base = str(question.domains[question.each(NODE.name)[0]][0])
    specs = base_specs(question)
    found: dict[str, float] = {}
    for name, value in (replaced or {}).items():
        if name not in specs:
            raise InputError(
                f"--with {name}: unknown specification{nearest(name, specs)} (has: {', '.join(specs)})"
            )
        found[name] = value
    return Asked(hypothetical(question, found) if found else question, base, found, source.catalog, source)


def _one_part(asked: dict[str, Any]) -> None:
    """What pools that are apart run on: the part of all, or that of the first which names one."""
    said = [asked.pop(of(pool, key), None) for pool in POOLS for key in _PARTS]
    if asked.keys().isdisjoint(_PARTS) and (named := next(filter(None, said), None)):
        asked[NODE.name] = named


def _narrow_precision(source: SourceMap, asked: dict[str, Any]) -> None:
    """Of several precisions, those that only other candidate parts have say nothing of this one."""
    name = asked.get("node") or asked.get("accelerator")
    if not isinstance(name, str):
        return
    try:
        node = source.catalog.get("nodes", name) if "node" in asked else None
        part = source.catalog.get("accelerators", node.accelerator if node else name)
    except InputError:
        return  # the reader says what is wrong with the name, and where
    for key in ("precision", *(of(pool, "precision") for pool in POOLS)):
        if isinstance(listed := asked.get(key), list):
            asked[key] = [p for p in listed if p in part.compute.rates()] or listed


def _flagged(problem: Any, devices: bool) -> Any:
    """A problem with what `--devices` put in is one of the flag."""
    if devices and problem.path and problem.path.startswith("candidates.devices"):
        return replace(problem, file="--devices", line=None, column=None, path="")
    return problem


def _node(source: SourceMap, like: str) -> str:
    """A node by its name, or the node an accelerator is planned in."""
    catalog = source.catalog
    try:
        return catalog.get("nodes", like).id
    except InputError:
        pass
    try:
        accelerator = catalog.get("accelerators", like)
    except InputError:
        known = [*catalog.ids("nodes"), *catalog.ids("accelerators")]
        raise InputError(f"--like {like!r}: unknown node or accelerator{nearest(like, known)}") from None
    node = node_of(catalog, accelerator.id)
    if node is None:
        raise InputError(f"--like {like!r}: no node of the catalog holds it")
    return node.id


def read_specs(texts: Sequence[str]) -> dict[str, float]:
    """Specifications written as NAME=VALUE; raises InputError for anything else."""
    out: dict[str, float] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals:
            raise InputError(
                f"--with {text!r}: write it as name=value, for example memory_bandwidth='8 TB/s'"
            )
        if name not in SPEC:
            raise InputError(
                f"--with {text!r}: unknown specification {name!r}{nearest(name, SPEC)} (has: {', '.join(SPEC)})"
            )
        if name in out:
            raise InputError(f"--with {text!r}: {name} is given twice")
        try:
            out[name] = units.parse(value.strip(), SPEC[name].unit)
        except InputError as e:
            raise InputError(f"--with {name}: {e}") from None
        if out[name] <= 0:
            raise InputError(f"--with {text!r}: must be above 0")
    return out


def read_counts(text: str) -> list[int]:
    """Numbers of devices written as 16,20,24; raises InputError for anything else."""
    out: list[int] = []
    for part in text.split(","):
        word = part.strip()
        if not word.isdigit() or not 1 <= int(word) <= MAX_DEVICES:
            raise InputError(
                f"--devices {text!r}: {word!r} is not a number of devices; write it like 16,24,32"
            )
        out.append(int(word))
    if len(set(out)) > MAX_COUNTS:
        raise InputError(f"--devices {text!r}: {len(set(out))} numbers; the limit is {MAX_COUNTS}")
    return sorted(set(out))


def read_names(text: str, known: Sequence[str], flag: str) -> list[str]:
    """Names written as a,b; raises InputError for an unknown one."""
    out = [w.strip() for w in text.split(",")]
    for name in out:
        if name not in known:
            raise InputError(
                f"{flag} {text!r}: unknown specification {name!r}{nearest(name, known)} (has: {', '.join(known)})"
            )
    return list(dict.fromkeys(out))
