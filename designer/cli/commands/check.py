"""`check`: whether a stated design holds its budgets, and whether a locked answer still stands."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from designer.cli.app import app
from designer.cli.options import (
    CatalogDir,
    Format,
    Json,
    Set,
    Width,
    columns,
    open_catalog,
    open_question,
    refuse,
    said,
)


@app.command()
def check(
    file: Annotated[
        str, typer.Argument(help="scenario file, or the name of a shipped scenario; none with --lock")
    ] = "",
    design: Annotated[
        str,
        typer.Option(
            "--design", metavar="'tp=8,pp=16,...'", help="the design (default: the scenario's baseline)"
        ),
    ] = "",
    against: Annotated[
        Path | None,
        typer.Option(
            "--against", metavar="RESULT", help="measured quantities: a file such as 'ttft_p99: 1.2 s'"
        ),
    ] = None,
    lock: Annotated[
        Path | None,
        typer.Option("--lock", metavar="LOCK", help="does the answer that plan --lock wrote still stand?"),
    ] = None,
    set_: Set = None,
    json: Json = False,
    form: Format = None,
    catalog: CatalogDir = None,
    width: Width = None,
) -> int:
    """Hold a stated design, and what was measured of it, against every budget; or a locked answer against the facts.

    Exit code: 0 it holds, 1 bad input, 2 it does not. For build servers: --format junit, --format github.

    designer check FILE --against measured.yaml

    designer check --lock answer.lock
    """
    from catalogs.errors import InputError

    if lock is not None:
        refuse("is for a design; --lock has its own", file=file, design=design, against=against, set_=set_)
        return _locked(lock, json, form, catalog, columns(width))
    if not file:
        raise InputError("check: give a scenario, or --lock with a file of designer plan --lock")
    from designer.checking.check import check_question
    from designer.checking.measured import measured_of
    from designer.question.designs import parse_design
    from designer.report.check_text import render

    q = open_question(file, set_, catalog)
    measured = measured_of(q, against) if against else None
    result = check_question(q, parse_design(q, design), measured)
    typer.echo(said(result, json, form, lambda: render(result, columns(width))))
    return 0 if result.holds else 2


def _locked(lock: Path, json: bool, form: str | None, catalog: list[Path] | None, width: int) -> int:
    from designer.checking.lock import check_lock, read_lock
    from designer.reading.loading import document_of, load, locate
    from designer.report.check_text import render_lock

    kept = read_lock(lock)
    facts = open_catalog(catalog or [Path(p) for p in kept["catalogs"]])
    file = locate(kept["file"])
    q = load(file, kept["sets"], facts)
    result = check_lock(kept, q, document_of(file).data)
    typer.echo(said(result, json, form, lambda: render_lock(result, q.units, width)))
    return 0 if result.stands else 2
