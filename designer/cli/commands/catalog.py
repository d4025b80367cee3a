"""`catalog`: the facts."""

from __future__ import annotations

from typing import Annotated

import typer

from designer.cli.app import app
from designer.cli.options import CatalogDir, Json, Width, columns, open_catalog

catalog_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look into the catalog of facts.")
app.add_typer(catalog_app, name="catalog")


@catalog_app.command("list")
def catalog_list(
    kind: Annotated[str | None, typer.Argument(help="a kind of entry; without it, the kinds")] = None,
    json: Json = False,
    catalog: CatalogDir = None,
) -> int:
    """List the kinds of entries, or the entries of one kind."""
    from designer.report.catalog_text import listing

    typer.echo(listing(open_catalog(catalog), kind, json))
    return 0


@catalog_app.command("show")
def catalog_show(
    kind: Annotated[str, typer.Argument(help="kind of entry, such as accelerators")],
    id: Annotated[str, typer.Argument(help="id or alias of the entry")],
    json: Json = False,
    catalog: CatalogDir = None,
    width: Width = None,
) -> int:
    """Show one entry: every number with its kind, source and date."""
    from designer.report.catalog_text import show

    typer.echo(show(open_catalog(catalog), kind, id, json, columns(width)))
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
