"""`validate`: predictions against published measurements."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from designer.cli.app import app
from designer.cli.options import CatalogDir, Json, Width, columns, open_catalog


@app.command()
def validate(
    file: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE.csv]", help="measured configurations, one a row; default: the shipped ones"
        ),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--kind",
            metavar="KIND",
            help="training|serving|cache|fits|speculation|prefix|disaggregated|lora|optimizers; told from the"
            " columns by default",
        ),
    ] = None,
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="hardware|framework|model|group|method|kind", help="what errors are grouped by"
        ),
    ] = "group",
    plot: Annotated[
        str, typer.Option("--plot", metavar="FILE.png", help="draw predicted against measured, by hardware")
    ] = "",
    json: Json = False,
    catalog: CatalogDir = None,
    width: Width = None,
) -> int:
    """Predict every row of a table of measurements and report how far off the predictions are."""
    from catalogs.errors import InputError, nearest
    from designer.accuracy.frame import GROUPINGS
    from designer.accuracy.frame import validate as score
    from designer.accuracy.table import read, shipped
    from designer.report.validate_text import render

    if by not in GROUPINGS:
        raise InputError(
            f"--by {by}: cannot group by that{nearest(by, GROUPINGS)} (has: {', '.join(GROUPINGS)})"
        )
    files: list[Path] = [Path(file)] if file else shipped(kind)
    if len(files) > 1 and (json or plot):
        raise InputError("several tables are shipped; say which with --kind")
    facts = open_catalog(catalog)
    for n, path in enumerate(files):
        ledger = score(read(path, kind), facts, by)
        if plot:
            from designer.report.parity import draw

            draw(ledger, plot)
        typer.echo(ledger.to_json() if json else "\n" * bool(n) + render(ledger, columns(width)))
    return 0
