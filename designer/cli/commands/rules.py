"""`rules`: the equations, by wall."""

from __future__ import annotations

from typing import Annotated

import typer

from designer.cli import completing
from designer.cli.app import app
from designer.cli.options import Json, Width, columns, refuse


@app.command()
def rules(
    id: Annotated[
        str | None,
        typer.Argument(
            metavar="[RULE]", help="a rule; without it, all of them", autocompletion=completing.rules
        ),
    ] = None,
    wall: Annotated[
        int | None, typer.Option("--wall", metavar="N", help="those of one of the 22 walls")
    ] = None,
    layer: Annotated[
        str,
        typer.Option("--layer", metavar="NAME", help="library, shared, training, serving, batch, ..."),
    ] = "",
    grep: Annotated[
        str, typer.Option("--grep", metavar="WORDS", help="those that mention all the words")
    ] = "",
    json: Json = False,
    latex: Annotated[bool, typer.Option("--latex", help="print the equation of the rule in LaTeX")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="print the reference page")] = False,
    width: Width = None,
) -> int:
    """List the rules by wall, or show one: equation, symbols, worked example, source."""
    from designer.report.rules_text import chosen, listing, show

    if id is not None:
        refuse("is for the list of rules; name none", wall=wall, layer=layer, grep=grep, markdown=markdown)
        if latex:
            refuse("has the equation in words; --latex shows it alone", json=json)
        typer.echo(show(id, json, latex, columns(width)))
        return 0
    refuse("is for one rule; name it", latex=latex)
    found = chosen(wall, layer, grep)
    if markdown:
        from designer.report.rules_markdown import reference

        typer.echo(reference(found), nl=False)
    else:
        typer.echo(listing(found, json, columns(width)))
    return 0
