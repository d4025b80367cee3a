"""`mcp`: the verbs for programs that speak the Model Context Protocol."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from designer.cli.app import app
from designer.cli.options import CatalogDir, open_catalog


@app.command()
def mcp(
    folder: Annotated[
        Path,
        typer.Option(
            "--folder", metavar="DIR", help="the only folder whose files may be read (default: this one)"
        ),
    ] = Path(),
    catalog: CatalogDir = None,
) -> int:
    """Serve plan, explain, evaluate, launch, size, catalog and check over stdin and stdout.

    Needs pip install 'mlsys-designer[mcp]'. Nothing listens on a network.
    """
    from designer.mcp.server import serve

    serve(folder, open_catalog(catalog))
    return 0
