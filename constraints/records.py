"""What is known of a name: the records of all rules that make it, and of the input it may be, as one."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from constraints.pools import POOLS, of
from constraints.quantity import LINES, Record, short_form
from constraints.rule import LAYERS, rules

# Formulas to call are not quantities of a job.
_JOBS = tuple(layer for layer in LAYERS if layer != "library")


def inputs() -> Iterator[Record]:
    """Records of inputs, found by walking `constraints.inputs`."""
    package = importlib.import_module("constraints.inputs")
    for info in sorted(pkgutil.iter_modules(package.__path__), key=lambda m: m.name):
        yield from importlib.import_module(f"{package.__name__}.{info.name}").INPUTS


@cache
def records() -> dict[str, Record]:
    """Every quantity of a job by name: made by a rule, or given to one.

    Raises TypeError where two declarations of one name contradict each other, or two quantities share
    a name that people use.
    """
    found: dict[str, Record] = {}
    for layer in _JOBS:
        for r in rules(layer).values():
            said = replace(r.record, name=r.id, unit=r.unit, title=r.title)
            found[r.id] = found[r.id].joined(said) if r.id in found else said
    read = {n: unit for layer in _JOBS for r in rules(layer).values() for n, unit in r.inputs.items()}
    unmade = [_of_a_pool(n, found) or Record(n, unit) for n, unit in read.items() if n not in found]
    for said in (*unmade, *inputs()):
        found[said.name] = found[said.name].joined(said) if said.name in found else said
    owner: dict[str, str] = {}
    for q in found.values():
        for alias in q.aliases:
            if alias in found or owner.setdefault(alias, q.name) != q.name:
                raise TypeError(f"{alias!r} is both {owner.get(alias, alias)} and {q.name}")
    return found


def record(name: str) -> Record:
    """What is known of a name; of one that is no quantity, no more than its name.

    Of a quantity that a pool has of its own, what is known of the quantity.

    >>> record("prefill_devices").title, record("decode_memory_fits").voids, record("nothing").title
    ('Devices that are there, and are paid for, prefill pool', '', '')
    """
    known = records()
    return known.get(name) or _of_a_pool(name, known) or Record(name)


def _of_a_pool(name: str, known: Mapping[str, Record]) -> Record | None:
    """The record of a pool's quantity, from that of the quantity; None of a name that is none."""
    for pool in POOLS:
        for prefix in (f"{pool}_pool_", f"{pool}_"):
            plain = name.removeprefix(prefix)
            if name.startswith(prefix) and plain in known:
                whole = known[plain]
                others: dict[str, Any] = {
                    f: of(pool, str(getattr(whole, f)), known)
                    for f in ("share_of", "feeds", "supply", "demand", "voids")
                    if getattr(whole, f)
                }
                title = f"{whole.title}, {pool} pool" if whole.title else ""
                head = short_form(f"{pool} {whole.title}")
                if whole.head:
                    head = "\n".join([pool, *whole.head.split("\n")][:LINES])
                apart: dict[str, Any] = dict(phrase="", aliases=(), total="", sizes=False)
                return replace(whole, name=name, title=title, head=head, **apart, **others)
    return None


@cache
def aliases() -> dict[str, str]:
    """The quantity that is meant, by each other name that people use for one."""
    return {alias: q.name for q in records().values() for alias in q.aliases}


@cache
def marked(field: str) -> dict[str, object]:
    """What each quantity says in a field, of those that say something.

    >>> marked("total")["cost"], marked("sizes")
    ('sum', {'devices': True, 'node_count': True})
    """
    return {q.name: q.said()[field] for q in records().values() if field in q.said()}
