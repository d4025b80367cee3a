"""`init`: a first draft of a document, which plans as it is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from designer.cli import completing
from designer.cli.app import app
from designer.cli.options import CatalogDir, open_catalog


@app.command()
def init(
    kind: Annotated[str, typer.Argument(metavar="[training|serving|fleet|sweep]")] = "training",
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="the file (default: KIND.yaml here)")
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            "--model", metavar="NAME", help="a model of the catalog", autocompletion=completing.models
        ),
    ] = "",
    node: Annotated[
        list[str] | None,
        typer.Option("--node", metavar="NAME", help="what it may run on", autocompletion=completing.nodes),
    ] = None,
    catalog: CatalogDir = None,
) -> int:
    """Write a scenario, a fleet or a sweep with comments, ready to be planned and to be changed.

    designer init serving --model llama-3.1-70b --node p5.48xlarge --out chat.yaml
    """
    from catalogs.errors import InputError
    from designer.documents.starting import MODEL, NODES, draft
    from designer.report.saving import write_whole

    file = out or Path(f"{kind}.yaml")
    facts = open_catalog(catalog)
    names = [facts.get("nodes", n).id for n in node or NODES]
    text = draft(kind, file.stem, str(file), facts.get("models", model or MODEL).id, names)
    if kind == "sweep" and (model or node):
        raise InputError(
            "init sweep: a sweep has the model and nodes of its base; leave out --model and --node"
        )
    if file.exists():
        raise InputError(f"{file}: is there already; give another --out")
    write_whole(file, text.encode())
    verb = kind if kind in ("fleet", "sweep") else "plan"
    more = f" --out {file.stem}-results" if kind == "sweep" else ""
    typer.echo(f"written  {file}\nnext     designer {verb} {file}{more}")
    return 0
