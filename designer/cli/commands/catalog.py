"""`catalog`: the facts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from designer.cli import completing
from designer.cli.app import app
from designer.cli.options import CatalogDir, Json, Width, columns, open_catalog

catalog_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look into the catalog of facts.")
app.add_typer(catalog_app, name="catalog")


@catalog_app.command("list")
def catalog_list(
    kind: Annotated[
        str | None,
        typer.Argument(help="a kind of entry; without it, the kinds", autocompletion=completing.kinds),
    ] = None,
    json: Json = False,
    catalog: CatalogDir = None,
) -> int:
    """List the kinds of entries, or the entries of one kind."""
    from designer.report.catalog_text import listing

    typer.echo(listing(open_catalog(catalog), kind, json))
    return 0


@catalog_app.command("show")
def catalog_show(
    kind: Annotated[
        str, typer.Argument(help="kind of entry, such as accelerators", autocompletion=completing.kinds)
    ],
    id: Annotated[
        str, typer.Argument(help="id or alias of the entry", autocompletion=completing.entries_shown)
    ],
    json: Json = False,
    catalog: CatalogDir = None,
    width: Width = None,
) -> int:
    """Show one entry: every number with its kind, source and date."""
    from designer.report.catalog_text import show

    typer.echo(show(open_catalog(catalog), kind, id, json, columns(width)))
    return 0


@catalog_app.command("import")
def catalog_import(
    path: Annotated[str, typer.Argument(metavar="PATH", help="the config.json of a published model")],
    id: Annotated[str | None, typer.Option("--id", help="id of the entry (default: from the name)")] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FOLDER", help="a folder of your own entries to write it to (default: print it)"
        ),
    ] = None,
    hub: Annotated[str | None, typer.Option(metavar="ORG/NAME", help="its name on a hub")] = None,
    parameters: Annotated[
        float | None, typer.Option(metavar="N", help="the total its publisher states, such as 8.03e9")
    ] = None,
    active_parameters: Annotated[
        float | None, typer.Option(metavar="N", help="the parameters of one token its publisher states")
    ] = None,
    source: Annotated[
        str | None, typer.Option(metavar="TEXT", help="where the configuration and the totals were read")
    ] = None,
    date: Annotated[str | None, typer.Option(metavar="DATE", help="when (default: today)")] = None,
) -> int:
    """Make an entry of a model's config.json, or say by name what is not known of it.

    designer catalog import config.json --out my-catalog --parameters 8.03e9
    """
    from designer.importing.api import import_config, summary, write
    from designer.report.import_text import imported_text

    shape, found = import_config(
        path, id=id, hub=hub, parameters=parameters, active_parameters=active_parameters, source=source,
        date=date,
    )  # fmt: skip
    written = write(found, out) if out else None
    typer.echo(imported_text(summary(shape, found, parameters), found.text, written))
    return 0


@catalog_app.command("lint")
def catalog_lint(catalog: CatalogDir = None) -> int:
    """Check every entry: units, sources, dates, ratios, references, parameter counts."""
    from catalogs.errors import InputError
    from designer.rulebook.lint import lint_all

    problems = lint_all(open_catalog(catalog))
    if problems:
        raise InputError(*problems)
    typer.echo("the catalog is clean")
    return 0
