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
            metavar="[DOCUMENT]",
            help="scenario, fleet-file or sweep-file; or what a command prints: plan, size, rules, ...",
        ),
    ] = "scenario",
) -> int:
    """Print a JSON Schema: of scenario, fleet or sweep files, for editors, or of an answer."""
    import json

    from designer.schemas import schema_of

    typer.echo(json.dumps(schema_of(of), indent=2))
    return 0
