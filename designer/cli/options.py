"""Options that commands share, and what they stand for."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from designer.cli import completing

File = Annotated[
    str,
    typer.Argument(
        help="scenario file (YAML), or the name of a shipped scenario", autocompletion=completing.scenarios
    ),
]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="replace a value of the scenario")
]
Json = Annotated[bool, typer.Option("--json", help="print the result as JSON")]
Format = Annotated[
    str | None,
    typer.Option("--format", metavar="NAME", help="print the result in a format: csv, json, markdown, ..."),
]
CatalogDir = Annotated[
    list[Path] | None, typer.Option("--catalog", metavar="DIR", help="a folder of your own catalog entries")
]
ReportFile = Annotated[
    Path | None,
    typer.Option(
        "--report", metavar="FILE", help="write a report for people: .html, .md, .xlsx, .svg or .png"
    ),
]
Width = Annotated[int | None, typer.Option("--width", min=40, max=400, help="columns to print in")]


def open_catalog(folders: list[Path] | None) -> Any:
    from catalogs import Catalog, default_catalog

    return Catalog(folders) if folders else default_catalog()


def open_question(file: str, sets: list[str] | None, folders: list[Path] | None) -> Any:
    from designer.reading.loading import load, locate

    return load(locate(file), sets or [], open_catalog(folders))


def again(file: str, sets: list[str] | None, folders: list[Path] | None) -> str:
    """How to ask another command about the same question."""
    import shlex

    options = [("--set", s) for s in sets or []] + [("--catalog", str(f)) for f in folders or []]
    return shlex.join([file, *(word for option in options for word in option)])


def expect_report(file: Path | None) -> None:
    """Refuse a report that could not be written, before anything is worked out for it."""
    if file is not None:
        from designer.report.saving import format_of

        format_of(file)


def write_report(file: Path | None, report: Callable[[], Any]) -> None:
    """Write the report that was asked for, and say so beside the answer."""
    if file is not None:
        from designer.report.saving import save

        save(report(), file)
        typer.echo(f"report written to {file}", err=True)


def command_line() -> str:
    """The command that was given, to be given again."""
    import shlex
    import sys

    return shlex.join(["designer", *sys.argv[1:]])


def said(answer: Any, json: bool, form: str | None, text: Callable[[], str]) -> str | bytes:
    """An answer in the format asked for, or as text for people."""
    if json and form not in (None, "json"):
        refuse(f"and --format {form} are two formats: give one of them", json=True)
    if not json and form is None:
        from designer.words.weight import weighted

        with weighted(_has_weight()):
            return text()
    from designer.report.formats import written

    return written(answer, form or "json")


def _has_weight() -> bool:
    """Whether the answer goes to a terminal that shows bold letters."""
    import os
    import sys

    plain = "NO_COLOR" in os.environ or os.environ.get("TERM", "dumb") == "dumb"
    return sys.stdout is not None and sys.stdout.isatty() and not plain


def columns(width: int | None) -> int:
    import shutil

    return width or min(120, shutil.get_terminal_size((100, 24)).columns)


def exit_code(status: str) -> int:
    from designer.cli import INFEASIBLE, TIME_LIMIT

    return {"found": 0, "infeasible": INFEASIBLE, "time_limit": TIME_LIMIT}[status]


def refuse(why: str, **options: object) -> None:
    """An option that would be left unused is a mistake, not a decoration."""
    from catalogs.errors import InputError

    for name, value in options.items():
        if value:
            raise InputError(f"--{name.strip('_')} {why}")
