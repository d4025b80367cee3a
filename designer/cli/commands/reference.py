"""`schema`: what a file may say, and what an answer does."""

from __future__ import annotations

from typing import Annotated

import typer

from designer.cli.app import app


@app.command()
def schema(
    of: Annotated[
        str,
        typer.Argument(
            metavar="[scenario|fleet-file|sweep-file|plan|fleet|explain|whynot|compare|evaluate|rule]",
            help="the document: a file, or what a command prints with --json",
        ),
    ] = "scenario",
) -> int:
    """Print a JSON Schema: of scenario, fleet or sweep files, for editors, or of an answer."""
    import json

    from designer.schemas import schema_of

    typer.echo(json.dumps(schema_of(of), indent=2))
    return 0
