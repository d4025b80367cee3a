"""`fleet`: many workloads on shared machines."""

from __future__ import annotations

from typing import Annotated

import typer

from designer.cli import completing
from designer.cli.app import app
from designer.cli.options import (
    CatalogDir,
    Format,
    Json,
    ReportFile,
    Set,
    Width,
    columns,
    command_line,
    exit_code,
    expect_report,
    open_catalog,
    said,
    write_report,
)
from designer.cli.waiting import waiting


@app.command()
def fleet(
    file: Annotated[
        str,
        typer.Argument(
            help="fleet file (YAML), or the name of a shipped fleet", autocompletion=completing.fleets
        ),
    ],
    design: Annotated[str, typer.Argument(help="the fleet of the frontier to show in full")] = "A",
    set_: Set = None,
    json: Json = False,
    form: Format = None,
    catalog: CatalogDir = None,
    width: Width = None,
    report: ReportFile = None,
) -> int:
    """Choose hardware, region and layout for many workloads that share machines, sites and budgets.

    Exit code: 0 found, 1 bad input, 2 no fleet exists, 3 time limit.
    """
    from catalogs.errors import InputError
    from designer.fleets.planning import plan_fleet
    from designer.fleets.reading import load_fleet, locate_fleet
    from designer.report.fleet_report import fleet_report
    from designer.report.fleet_text import render

    expect_report(report)
    with waiting("choosing hardware, region and layout for each workload"):
        result = plan_fleet(load_fleet(locate_fleet(file), set_ or [], open_catalog(catalog)))
    if result.frontier and design.upper() not in {d.id for d in result.frontier}:
        has = ", ".join(d.id for d in result.frontier[:30])
        raise InputError(f"no fleet {design!r} on the frontier (has: {has})")
    typer.echo(said(result, json, form, lambda: render(result, columns(width), design)))
    write_report(report, lambda: fleet_report(result, command_line(), design))
    return exit_code(result.status)
