"""Which kind of file a document is, for one that was given to the command of another kind."""

from __future__ import annotations

import os
import shlex
from pathlib import Path
from typing import Any

# What each kind of file is called, and the command that answers it.
ANSWERED = {
    "scenario": ("a scenario", "designer plan {}"),
    "fleet": ("a fleet", "designer fleet {}"),
    "sweep": ("a sweep", "designer sweep {} --out DIR"),
}


def other_kind(data: dict[str, Any], kind: str) -> tuple[str, str] | None:
    """The kind a document is rather than `kind`, and the first key that says so; None where it is not.

    A key speaks for a kind where the schema of no other kind has it.
    """
    from designer.documents.fleet import Fleet
    from designer.documents.scenario import Scenario
    from designer.documents.sweep import Sweep

    keys = {"scenario": set(Scenario.model_fields), "fleet": set(Fleet.model_fields)}
    keys["sweep"] = set(Sweep.model_fields)
    own = {k: keys[k].difference(*(v for o, v in keys.items() if o != k)) for k in keys}
    found = {k: [key for key in data if key in own[k]] for k in keys}
    most = max(found, key=lambda k: len(found[k]))
    if most == kind or len(found[most]) <= len(found[kind]):
        return None
    return most, found[most][0]


def shipped_as(name: str, kind: str) -> str:
    """What answers a name that is shipped as a file of another kind than `kind`; "" where it is not."""
    import scenarios

    folder = Path(scenarios.__path__[0])
    places = {"scenario": folder, "fleet": folder / "fleets", "sweep": folder / "sweeps"}
    for other, place in places.items():
        if other != kind and "/" not in name and os.path.isfile(place / f"{name}.yaml"):
            what, command = ANSWERED[other]
            return f"{name} is {what}; {command.format(shlex.quote(name))} answers it"
    return ""


def said(kind: str, file: str) -> str:
    """That a file is of a kind, and what answers it."""
    name, command = ANSWERED[kind]
    return f"this file is {name}; {command.format(shlex.quote(file))} answers it"
