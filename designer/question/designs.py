"""A design as a user writes it: `tp=8,pp=16,dp=128`."""

from __future__ import annotations

import re

from catalogs import units
from catalogs.errors import InputError, nearest
from constraints.records import aliases
from designer.question.context import Value
from designer.question.decisions import MAX_COUNT, Decision, switched
from designer.question.question import Question


def parse_design(question: Question, text: str, flag: str = "--design") -> dict[str, Value]:
    """The decisions in `text`, which `flag` gave; raises InputError for an unknown one or a value it cannot have."""
    decisions = {d.name: d for d in question.decisions}
    out: dict[str, Value] = {}
    given: list[str] = []
    for part in filter(None, (p.strip() for p in text.split(","))):
        name, equals, raw = (p.strip() for p in part.partition("="))
        if not equals or not raw:
            raise InputError(f"{flag} {part!r}: write it as decision=value, for example tp=8,pp=16")
        name = name if name in decisions else aliases().get(name, name)
        meant = question.deciding(name)
        if not decisions.keys() >= set(meant):
            hint = _instead(name, question) or _left_open(question, name) or nearest(name, decisions)
            hint = hint or f" (has: {', '.join(decisions)})"
            raise InputError(f"{flag}: unknown decision {name!r}{hint}")
        if name in given:
            raise InputError(f"{flag}: {name} is given twice")
        given.append(name)
        # What is said of one pool takes the place of what is said of all.
        values = {n: read_value(question, decisions[n], raw, flag) for n in meant}
        out = out | values if meant == (name,) else values | out
    return out


def _instead(name: str, question: Question) -> str:
    """What a design says where a scenario may write its candidates under another name."""
    return next((f"; give {d.name}" for d in question.decisions if name in d.written), "")


def _left_open(question: Question, name: str) -> str:
    """What to say of a decision that is made only where a scenario has candidates of it."""
    known = any(d.name == name for d in question.job.decisions)
    return f"; to choose it here, give the scenario candidates.{name}" if known else ""


def read_value(question: Question, d: Decision, written: object, flag: str = "--design") -> Value:
    """A value of a decision, from text or from a number (of a quantity: in SI).

    Raises InputError for one that the decision cannot have.
    """
    raw = f"{written} {d.unit}" if d.unit and isinstance(written, int | float) else str(written)
    if d.unit:
        try:
            amount = units.parse(raw, d.unit)
        except InputError as e:
            raise InputError(f"{flag}: {d.name}: {e}") from None
        if amount <= 0:
            raise InputError(f"{flag}: {d.name}: {raw!r} must be above 0")
        return amount
    if d.kind == "count":
        if not re.fullmatch("[0-9]{1,12}", raw) or not 1 <= int(raw) <= MAX_COUNT:
            raise InputError(f"{flag}: {d.name}: {raw!r} is not a count from 1 to {MAX_COUNT:,}")
        return int(raw)
    if d.kind == "switch":
        setting = switched(raw)
        if setting is None:
            raise InputError(f"{flag}: {d.name}: {raw!r} is no setting of it; expected on or off")
        return setting
    domain = [str(v) for v in question.domains[d.name]]
    known = list(d.choices) if d.choices else domain
    if raw in known:
        return raw
    if not d.choices and not (d.name == "region" and question.scenario.site):
        # Not a candidate, yet a machine or a place one may ask about: its numbers come from the catalog.
        _look_up(question, d.name, raw, flag)
        return raw
    raise InputError(f"{flag}: unknown {d.name} {raw!r}{nearest(raw, known)} (has: {', '.join(known)})")


def _look_up(question: Question, decision: str, name: str, flag: str) -> None:
    try:
        for group in question.groups:
            if group.axes == (decision,):
                group.build(name)
    except InputError as e:
        raise InputError(*(p if p.file else f"{flag}: {p.message}" for p in e.problems)) from None
