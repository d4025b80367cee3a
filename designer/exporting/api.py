"""`export`: a design of a scenario as the files that launch it."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field

from catalogs import Catalog, default_catalog
from catalogs.errors import InputError
from designer.answers.answer import Answer
from designer.evaluating.design import complete_design
from designer.exporting.making import launch_of
from designer.exporting.target import files_of, target_of
from designer.planning.plan import find_design, plan_question
from designer.question.context import Value
from designer.question.designs import parse_design
from designer.question.question import Question
from designer.words.numbers import written


class ExportResult(Answer):
    """Answer of `designer export`."""

    schema_name: Literal["designer.export/1"] = Field(default="designer.export/1", alias="schema")
    scenario: str
    target: str
    checked: str = Field(description="the version of the launcher that its files were checked with")
    design: dict[str, str | int | float]
    files: dict[str, str] = Field(description="text of each file, by name")

    def write(self, folder: str | Path) -> list[Path]:
        """Write the files into a folder; raises InputError rather than replace another text."""
        where = Path(folder)
        try:
            where.mkdir(parents=True, exist_ok=True)
            paths = [where / name for name in self.files]
            for path, text in zip(paths, self.files.values(), strict=True):
                if path.exists() and path.read_bytes() != text.encode():
                    raise InputError(f"--out: {path} is there and says something else; take another folder")
            for path, text in zip(paths, self.files.values(), strict=True):
                path.write_text(text, encoding="utf-8")
                if text.startswith("#!"):
                    path.chmod(0o755)
        except OSError as e:
            raise InputError(f"--out {where}: {e.strerror or e}") from None
        return paths


def export_question(
    question: Question,
    design: str | Mapping[str, Value],
    target: str,
    *,
    command: str,
    catalog: Catalog | None = None,
    checkpoint: str | None = None,
) -> ExportResult:
    """The files that make a launcher run a design of a question.

    A design is a letter of the frontier, a layout as text such as "tp=8,pp=16", or decisions. `command` is
    what a command line says for the question. Raises InputError for a design that the launcher cannot run
    as decided, naming what it has no way to say.
    """
    wanted = target_of(target)
    if isinstance(design, str) and "=" not in design:
        found = find_design(plan_question(question), design)
        label, decisions = found.id, dict(found.design)
        again = f"designer plan {command}"
    else:
        given = parse_design(question, design, "DESIGN") if isinstance(design, str) else design
        label, decisions = "", complete_design(question, given)[0]
        units = {d.name: d.unit for d in question.decisions}
        layout = ",".join(f"{n}={_typed(v, units[n])}" for n, v in decisions.items())
        again = f"designer evaluate {command} --design {shlex.quote(layout)}"
    launch = launch_of(
        question, catalog or default_catalog(), decisions, label=label, again=(again,), checkpoint=checkpoint
    )
    return ExportResult(
        scenario=question.scenario.name,
        target=wanted.name,
        checked=wanted.checked,
        design=decisions,
        files=files_of(launch, wanted),
    )


def _typed(value: Value, unit: str | None) -> str:
    """A decision as `--design` takes it."""
    return written(float(value), unit) if unit else str(value)
