"""`rules`, `schema`: what can be asked."""

from __future__ import annotations

from typing import Annotated

import typer

from designer.cli.app import app
from designer.cli.options import Json, Width, columns


@app.command()
def rules(
    id: Annotated[str | None, typer.Argument(help="a rule; without it, all of them")] = None,
    json: Json = False,
    latex: Annotated[bool, typer.Option("--latex", help="print the equation in LaTeX")] = False,
    width: Width = None,
) -> int:
    """List the rules, or show one: equation, symbols, source."""
    from designer.report.rules_text import listing, show

    typer.echo(listing(json, columns(width)) if id is None else show(id, json, latex, columns(width)))
    return 0


@app.command()
def schema() -> int:
    """Print the JSON Schema of scenario files, for editors."""
    import json

    from designer.scenario import Scenario

    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    typer.echo(json.dumps(dialect | Scenario.model_json_schema(), indent=2))
    return 0
