"""`calibrate`: the catalog fitted to measurements of one's own."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from designer.cli.app import app
from designer.cli.options import CatalogDir, Width, columns, open_catalog


@app.command()
def calibrate(
    file: Annotated[
        str,
        typer.Argument(metavar="MEASUREMENTS.csv", help="single operations, or whole runs as in `validate`"),
    ],
    out: Annotated[
        Path, typer.Option("--out", metavar="DIR", help="folder for the entries, to be passed as --catalog")
    ],
    fit: Annotated[
        list[str] | None,
        typer.Option(
            "--fit", metavar="PARAMETER", help="fit this one, or fail; default: all the rows support"
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind", metavar="training|serving", help="of whole runs; told from the columns by default"
        ),
    ] = None,
    catalog: CatalogDir = None,
    width: Width = None,
) -> int:
    """Fit efficiencies to your own measurements and write them as catalog entries."""
    from datetime import date

    from designer.calibrating.calibrate import calibrate as fit_to
    from designer.report.calibrate_text import render

    found = fit_to(file, open_catalog(catalog), date.today().isoformat(), fit or (), kind)
    written = found.overlay.write(out)
    typer.echo(render(found, written, out, columns(width)))
    return 0
