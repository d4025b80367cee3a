"""`schema`: what a scenario may say."""

from __future__ import annotations

import typer

from designer.cli.app import app


@app.command()
def schema() -> int:
    """Print the JSON Schema of scenario files, for editors."""
    import json

    from designer.scenario import Scenario

    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    typer.echo(json.dumps(dialect | Scenario.model_json_schema(), indent=2))
    return 0
