"""`plan --lock` and `check --lock`: what an answer rests on, and whether it still stands."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from catalogs import Catalog
from catalogs.errors import InputError
from constraints.bundles import Known
from designer.answers.plan import PlanResult
from designer.checking.facts import Facts, Key, equations, facts_of, with_facts
from designer.checking.result import Lock, LockResult, Moved
from designer.question.context import Value
from designer.question.question import Question
from designer.search.archive import frontier_of
from designer.words.numbers import human

SCHEMA = str(Lock.model_fields["schema_name"].default)
MAX_BYTES = 64_000_000
# Facts of one name whose part in a changed answer is worked out, each by asking again with it alone.
ALONE = 12

Design = dict[str, Value]


def lock_of(question: Question, result: PlanResult, asked: Mapping[str, Any]) -> str:
    """The lock file of an answer; `asked` is how it was asked: file, overrides, document, catalogs.

    Raises InputError for an answer that is not complete.
    """
    from designer import __version__

    if result.status != "found":
        raise InputError(
            f"--lock: the answer is {result.status}, and only designs that were found can be locked"
        )
    objectives = [o.quantity for o in question.objectives]
    facts = facts_of(question)
    # One line a number, with every choice that brings it: files are read by people when they change.
    grouped: dict[str, list[Any]] = {}
    for (choice, name), known in facts.known.items():
        grouped.setdefault(name, []).append([choice, _number(known.si), known.kind, known.source])
    head = {
        "schema": SCHEMA, "designer": __version__, "equations": equations(), **asked, "scenario": result.scenario,
        "objectives": objectives,
    }  # fmt: skip
    frontier = [
        {"design": d.design, "objectives": [d.metrics[o].value for o in objectives]} for d in result.frontier
    ]
    lines = [f"{json.dumps(k)}: {json.dumps(v)}" for k, v in head.items()]
    designs = ",\n".join(f"  {json.dumps(d)}" for d in frontier)
    numbers = ",\n".join(f"  {json.dumps(n)}: {json.dumps(v)}" for n, v in sorted(grouped.items()))
    return (
        "{\n" + ",\n".join([*lines, f'"frontier": [\n{designs}\n]', f'"facts": {{\n{numbers}\n}}']) + "\n}\n"
    )


def _number(si: float) -> float | None:
    return si if math.isfinite(si) else None


def read_lock(path: str | Path) -> dict[str, Any]:
    """A lock file; raises InputError for a file that is none."""
    file = Path(path)
    try:
        if file.stat().st_size > MAX_BYTES:
            raise InputError(
                f"--lock {path}: {file.stat().st_size:,} bytes; a lock file has at most {MAX_BYTES:,}"
            )
        data = json.loads(file.read_text("utf-8"))
    except OSError as e:
        raise InputError(f"--lock {path}: cannot be read: {e.strerror or e}") from None
    except (ValueError, RecursionError):
        raise InputError(f"--lock {path}: not a lock file of designer plan --lock") from None
    needed = (
        "file",
        "sets",
        "document",
        "catalogs",
        "objectives",
        "frontier",
        "facts",
        "equations",
        "designer",
    )
    if not isinstance(data, dict) or data.get("schema") != SCHEMA or any(k not in data for k in needed):
        raise InputError(f"--lock {path}: not a lock file of designer plan --lock ({SCHEMA})")
    return data


def check_lock(lock: Mapping[str, Any], question: Question, document: Mapping[str, Any]) -> LockResult:
    """Whether the question of today has the answer that was locked, and what moved it where it has not."""
    from designer import __version__

    then, now = _facts(lock), facts_of(question)
    keys = then.moved(now)
    asks = _differences(lock["document"], document)
    versions = []
    if lock["designer"] != __version__:
        versions.append(f"designer {lock['designer']} then, {__version__} now")
    if lock["equations"] != equations():
        versions.append("equations of designer are others now")
    before = [(dict(d["design"]), list(d["objectives"])) for d in lock["frontier"]]
    if not (keys or asks or versions):
        return LockResult(
            scenario=question.scenario.name,
            stands=True,
            versions=[],
            question=[],
            moved=[],
            gone=[],
            new=[],
            figures=[],
        )
    after = _frontier(question)
    gone, new, figures = _compared(question, before, after)
    changed = bool(gone or new or figures)
    return LockResult(
        scenario=question.scenario.name, stands=not changed, versions=versions, question=asks,
        moved=_moved(question, then, now, keys, after if changed else None), gone=gone, new=new, figures=figures,
    )  # fmt: skip


def _facts(lock: Mapping[str, Any]) -> Facts:
    out: dict[Key, Known] = {}
    for name, rows in lock["facts"].items():
        for choice, si, kind, source in rows:
            out[choice, name] = Known(math.nan if si is None else float(si), kind, source)
    return Facts(out)


def _frontier(question: Question) -> list[tuple[Design, list[float]]]:
    archive, _ = frontier_of(question, time.monotonic() + question.scenario.solver.time_limit)
    signs = [o.sign for o in question.objectives]
    return [
        (design, [s * float(v) for s, v in zip(signs, row, strict=True)])
        for design, row in zip(archive.designs(), archive.objectives, strict=True)
    ]


def _compared(
    question: Question,
    before: Sequence[tuple[Design, list[Any]]],
    after: Sequence[tuple[Design, list[float]]],
) -> tuple[list[Design], list[Design], list[str]]:
    """Designs that went and that came, and figures of those that stayed, where they are others."""

    def key(design: Design) -> str:
        return json.dumps(design, sort_keys=True)

    was, is_ = {key(d): v for d, v in before}, {key(d): v for d, v in after}
    figures = []
    for design, values in before:
        for o, then, now in zip(question.objectives, values, is_.get(key(design), values), strict=True):
            if then is not None and not math.isclose(then, now, rel_tol=1e-9):
                unit = question.unit(o.quantity)
                label = ", ".join(
                    f"{n}={v}" for n, v in design.items() if len({d.get(n) for d, _ in before}) > 1
                )
                figures.append(
                    f"{o.quantity} {human(then, unit)} -> {human(now, unit)}{f'  ({label})' if label else ''}"
                )
    return [d for d, _ in before if key(d) not in is_], [d for d, _ in after if key(d) not in was], figures


def _moved(
    question: Question,
    then: Facts,
    now: Facts,
    keys: list[Key],
    after: list[tuple[Design, list[float]]] | None,
) -> list[Moved]:
    """Facts that moved; of each name, whether the answer would be today's but for it."""
    names = list(dict.fromkeys(name for _, name in keys))
    alone = set()
    for name in names[:ALONE] if after is not None else []:
        old = {k: then.known[k] for k in keys if k[1] == name and k in then.known}
        if not old or len(names) == 1 or _frontier(with_facts(question, old)) != after:
            alone.add(name)
    out = []
    for key in keys:
        a, b = then.known.get(key), now.known.get(key)
        known = b or a
        assert known is not None
        out.append(
            Moved(
                fact=key[1],
                of=key[0],
                then=_number(a.si) if a else None,
                now=_number(b.si) if b else None,
                source=known.source,
                changes=key[1] in alone,
            )
        )
    return sorted(out, key=lambda m: not m.changes)


def _differences(then: Any, now: Any, path: str = "") -> list[str]:
    """What two documents say differently, by path."""
    if isinstance(then, Mapping) and isinstance(now, Mapping):
        keys = dict.fromkeys([*then, *now])
        return [x for k in keys for x in _differences(then.get(k), now.get(k), f"{path}.{k}".lstrip("."))]
    if then == now:
        return []
    return [f"{path}: {_short(then)} -> {_short(now)}"]


def _short(value: Any) -> str:
    text = "nothing" if value is None else value if isinstance(value, str) else json.dumps(value)
    return text if len(text) <= 60 else text[:57] + "..."


def catalogs_of(catalog: Catalog) -> list[str]:
    """Folders whose entries are read over the shipped ones."""
    return [str(root) for root in catalog.overlays]
