"""`plan --out`: a scenario of each design of a frontier, which asks for that design alone."""

from __future__ import annotations

import os
from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

from catalogs import Catalog
from catalogs.errors import InputError
from constraints.pools import POOLS
from designer.answers.plan import Design, PlanResult
from designer.exporting.text import manifest
from designer.jobs import DECISIONS
from designer.reading.loading import document_of, locate
from designer.reading.names import name_canonically
from designer.reading.source_map import SourceMap
from designer.words.numbers import written


def write_designs(
    folder: Path, file: str, sets: Sequence[str], catalog: Catalog, result: PlanResult
) -> list[Path]:
    """A file a design, named by its letter; raises InputError rather than replace another text.

    A file has the question as it was asked, overrides included, with the decisions of the design as the only
    candidates and as the baseline, so that `designer check` holds it against the budgets.
    """
    path = locate(file)
    source = SourceMap(document_of(path), list(sets), catalog)
    name_canonically(source)
    texts = {
        folder / f"{d.id}.yaml": manifest([scenario_of(source.data, d, path.parent, folder)])
        for d in result.frontier
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for to, text in texts.items():
            if to.exists() and to.read_bytes() != text.encode():
                raise InputError(f"--out: {to} is there and says something else; take another folder")
        for to, text in texts.items():
            to.write_text(text, encoding="utf-8")
    except OSError as e:
        raise InputError(f"--out {folder}: {e.strerror or e}") from None
    return list(texts)


def scenario_of(data: dict[str, Any], design: Design, was: Path, folder: Path) -> dict[str, Any]:
    """The scenario that asks for one design; files it names are named from the new folder."""
    out = deepcopy(data)
    chosen = {name: _typed(name, value) for name, value in design.design.items()}
    # Other spellings of a decision, and candidates of both pools, would say it twice.
    spelled = {s for n in chosen for s in DECISIONS[_plain(n)].written} | {_plain(n) for n in chosen}
    kept = {n: v for n, v in out.get("candidates", {}).items() if n not in spelled}
    out["candidates"] = {**kept, **chosen}
    out["baseline"] = dict(chosen)
    workload = out.get("workload", {})
    model = workload.get("model")
    if isinstance(model, str) and model.lower().endswith(".json"):
        workload["model"] = os.path.relpath(was / model, folder)
    return out


def _plain(name: str) -> str:
    """A decision without the pool that makes it."""
    for pool in POOLS:
        if name not in DECISIONS and name.startswith(f"{pool}_"):
            return name.removeprefix(f"{pool}_")
    return name


def _typed(name: str, value: Any) -> Any:
    unit = DECISIONS[_plain(name)].unit
    return written(float(value), unit) if unit else value
