"""A scenario with what an answer says of it written into the file, and read again.

An answer that tells somebody what to change is checked by making the change: "<= 93.2 day" of a budget
or rule, "drop it", "add 8" of a list of candidates, "20.5 request/s" or "34 % of them" of a demand.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from catalogs import units
from catalogs.errors import InputError
from constraints.pools import POOLS
from designer.question.limit import Limit
from designer.question.question import Question
from designer.reading.source_map import Path, SourceMap

DROP = "drop it"
# A bound that admits everything takes the place of a default, which no line of the file states.
_EVERYTHING = {"<=": "1e300", "<": "1e300", ">=": "0", ">": "0"}


def edited(
    source: SourceMap,
    read: Callable[[SourceMap], Question],
    stated: Sequence[Limit],
    origin: Mapping[str, Path],
    changes: Mapping[str, str],
) -> Question:
    """The question of the file with these changes of limits and premises, each by the name it is told by.

    `read` makes a question of a source, `stated` are its limits and `origin` where each stands. Raises
    InputError where the file would make no sense with them.
    """
    data = copy.deepcopy(source.data)
    limits = {t.name: t for t in stated}
    for name, text in changes.items():
        section, _, key = name.partition(".")
        if name in limits:
            continue
        if section == "candidates":
            _widen(data["candidates"], key, text.removeprefix("add "))
        else:
            data["workload"][key] = _demanded(data["workload"][key], text)
    data.pop("repair_weights", None)  # of what may be gone; they decide nothing
    _restate(data, [limits[n] for n in changes if n in limits], stated, origin, changes)
    return read(source.with_data(data))


def _widen(candidates: dict[str, Any], key: str, value: str) -> None:
    """Add values, with commas between them, to the candidates under a key, or to those of all pools for one."""
    shared = next((key.removeprefix(f"{p}_") for p in POOLS if key.startswith(f"{p}_")), key)
    raw = candidates.get(key, candidates.get(shared))
    more = [int(v) if v.isdigit() else v for v in value.split(", ")]
    candidates[key] = [*(raw if isinstance(raw, list) else [raw]), *more]


def _demanded(raw: Any, text: str) -> Any:
    """A demand as it is stated anew: an amount, or a share of all amounts of a list of items."""
    if not text.endswith(" of them"):
        return text
    share = units.parse(text.removesuffix(" of them"), "%")
    return [{k: v if k == "share" else _less(v, share) for k, v in item.items()} for item in raw]


def _less(raw: Any, share: float) -> str:
    value, unit = units.split(str(raw))
    return f"{value * share!r} {unit}"


def _restate(
    data: dict[str, Any],
    changed: Sequence[Limit],
    stated: Sequence[Limit],
    origin: Mapping[str, Path],
    changes: Mapping[str, str],
) -> None:
    """Budgets and rules with their new bounds; one that stands for several pools becomes one for each."""
    lines: dict[Path, list[str]] = {}
    for t in changed:
        at = origin.get(t.name, ())
        for other in stated:
            if at and origin.get(other.name) == at:
                if other is not t and at[0] == "rules" and other.name not in changes:
                    raise InputError(f"{other.text}: a rule says the same of every pool")
                lines.setdefault(at, []).extend(_line(other, changes.get(other.name)))
        if not at:  # a default
            lines.setdefault((t.name,), []).extend(_line(t, changes[t.name]))
    if not lines:
        return
    touched = set(lines)
    budgets = data.get("budgets", {})
    kept = (
        [
            f"{k} {_compared(k, v, stated, origin)}"
            for k, v in budgets.items()
            if ("budgets", k) not in touched
        ]
        if isinstance(budgets, dict)
        else [b for i, b in enumerate(budgets) if ("budgets", i) not in touched]
    )
    rules = [r for i, r in enumerate(data.get("rules", [])) if ("rules", i) not in touched]
    for at, texts in lines.items():
        (rules if at[0] == "rules" else kept).extend(dict.fromkeys(texts))
    data["budgets"], data["rules"] = kept, rules


def _compared(key: str, raw: Any, stated: Sequence[Limit], origin: Mapping[str, Path]) -> str:
    """A budget that stays, as a comparison: a plain bound says no direction outside of its key."""
    text = next(t.text for t in stated if origin.get(t.name) == ("budgets", key))
    return text.split(None, 1)[1]


def _line(t: Limit, change: str | None) -> list[str]:
    """A limit as a line of the file: as it stands, with another bound, or not at all."""
    if change is None:
        return [t.text]
    if change == DROP:
        if t.kind != "default" or t.comparison is None or t.quantity is None:
            return []
        op = t.comparison.op
        return [f"{t.quantity} {op} {_EVERYTHING[op]} {t.inputs[t.quantity]}"]
    return [f"{t.quantity} {change}"]
