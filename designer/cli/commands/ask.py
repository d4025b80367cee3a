"""`ask`: does it fit, how fast is it, what does it cost, without a file."""

from __future__ import annotations

from typing import Annotated

import typer

from designer.cli import completing
from designer.cli.app import app
from designer.cli.options import CatalogDir, Set, Width, columns, open_catalog


@app.command()
def ask(
    model: Annotated[
        str, typer.Argument(help="a model of the catalog, or a config.json", autocompletion=completing.models)
    ],
    node: Annotated[str, typer.Argument(help="a node of the catalog", autocompletion=completing.nodes)],
    nodes: Annotated[int, typer.Option("--nodes", min=1, max=1_000_000, help="how many there are")] = 1,
    users: Annotated[int, typer.Option("--users", min=1, help="requests that are answered at once")] = 1,
    input_: Annotated[int, typer.Option("--input", min=1, help="tokens of a prompt")] = 1000,
    output: Annotated[int, typer.Option("--output", min=1, help="tokens of an answer")] = 250,
    train: Annotated[
        str, typer.Option("--train", metavar="TOKENS", help="train on so many tokens instead: '2e9 token'")
    ] = "",
    design: Annotated[
        str,
        typer.Option(
            "--design", metavar="'tp=2,...'", help="hold these decisions; the rest is chosen to be fastest"
        ),
    ] = "",
    set_: Set = None,
    catalog: CatalogDir = None,
    width: Width = None,
) -> int:
    """Say of a model on machines whether it fits, how fast it is and what it costs.

    designer ask llama-3.1-8b mlperf-l40s-8 --users 16

    designer ask llama-3.1-8b dgx-h100 --nodes 2 --train "2e9 token"

    Exit code: 0 it fits, 1 bad input, 2 it does not.
    """
    from designer.cli import INFEASIBLE
    from designer.documents.sketch import Sketch
    from designer.planning.sketched import answered
    from designer.report.sketch_text import render

    asked = Sketch(model, node, nodes, users, input_, output, train)
    found = answered(asked, design, set_ or [], open_catalog(catalog))
    typer.echo(render(found, columns(width)))
    return 0 if found.fits else INFEASIBLE
