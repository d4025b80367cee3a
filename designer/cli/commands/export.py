"""`export`: a design as the files that launch it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from designer.cli import completing
from designer.cli.app import app
from designer.cli.options import CatalogDir, File, Json, Set, again, open_catalog


@app.command()
def export(
    file: File,
    design: Annotated[
        str, typer.Argument(help="a design of the plan (A, B, ...) or decisions: 'tp=8,pp=16'")
    ],
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="TARGET",
            help="the launcher: vllm, megatron, ...",
            autocompletion=completing.launchers,
        ),
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="DIR", help="a folder for the files (default: print them)")
    ] = None,
    checkpoint: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="the weights, in the formats of the plan, where not the catalog's"),
    ] = None,
    set_: Set = None,
    json: Json = False,
    catalog: CatalogDir = None,
) -> int:
    """Write the files that make a launcher run a design, or say what it has no way to be told.

    designer export FILE A --to vllm --out launch

    designer export FILE "tp=8,pp=16,dp=128" --to megatron
    """
    from designer.exporting.api import export_question
    from designer.reading.loading import load, locate

    facts = open_catalog(catalog)
    result = export_question(
        load(locate(file), set_ or [], facts),
        design,
        to,
        command=again(file, set_, catalog),
        catalog=facts,
        checkpoint=checkpoint,
    )
    written = [str(p) for p in result.write(out)] if out else []
    if json:
        typer.echo(result.to_json(indent=2))
    elif out:
        typer.echo("\n".join(written))
    else:
        typer.echo("\n".join(f"==> {name} <==\n{text}" for name, text in result.files.items()), nl=False)
    return 0
