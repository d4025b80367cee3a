"""`sweep`: thousands of scenarios in one run, resumable, and a report of them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from designer.cli import completing
from designer.cli.app import app
from designer.cli.options import (
    CatalogDir,
    ReportFile,
    Set,
    Width,
    columns,
    command_line,
    expect_report,
    open_catalog,
)


class _Verbs(typer.core.TyperGroup):
    """`designer sweep FILE` runs; `designer sweep report DIR` and `merge DIR...` are verbs of their own."""

    def parse_args(self, context: Any, args: list[str]) -> list[str]:
        if args and args[0] not in self.commands and args[0] not in ("--help", "-h"):
            args = ["run", *args]
        return super().parse_args(context, args)


verbs = typer.Typer(
    cls=_Verbs,
    no_args_is_help=True,
    rich_markup_mode=None,
    help="Many scenarios in one run: designer sweep FILE --out DIR, then designer sweep report DIR.",
)
app.add_typer(verbs, name="sweep")


@verbs.command("run")
def run_sweep(
    file: Annotated[
        str,
        typer.Argument(
            help="sweep file (YAML), a shipped sweep, or a scenario with --over",
            autocompletion=completing.sweeps,
        ),
    ],
    out: Annotated[Path | None, typer.Option("--out", metavar="DIR", help="folder of the results")] = None,
    over: Annotated[
        list[str] | None, typer.Option("--over", metavar="PATH=VALUES", help="an axis, added or replaced")
    ] = None,
    set_: Set = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="only count the points and estimate the time")
    ] = False,
    jobs: Annotated[
        int | None, typer.Option("--jobs", min=1, max=4096, help="processes (default: one a processor)")
    ] = None,
    executor: Annotated[str, typer.Option("--executor", metavar="local|ray|dask")] = "local",
    address: Annotated[
        str | None,
        typer.Option("--address", help="of the Ray or Dask cluster (default: one of this machine)"),
    ] = None,
    shard: Annotated[
        str | None, typer.Option("--shard", metavar="I/N", help="only the I-th of N parts; merge them later")
    ] = None,
    fresh: Annotated[bool, typer.Option("--fresh", help="delete results that DIR has")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="more than 2,000 points are meant")] = False,
    catalog: CatalogDir = None,
    width: Width = None,
    report: ReportFile = None,
) -> int:
    """Answer every point of a sweep; a run that was stopped goes on where it stopped.

    Exit code: 0 all points answered (feasible or not), 1 bad input.
    """
    import sys

    from catalogs.errors import InputError
    from designer.report import sweep_text
    from designer.sweeping.declaration import load_sweep, source_of
    from designer.sweeping.executors import executor_of
    from designer.sweeping.running import estimated, prepared, processes, refuse_many, run, shard_of

    expect_report(report)
    part = shard_of(shard)
    store = open_catalog(catalog)
    plan = load_sweep(source_of(file), over or [], set_ or [], store)
    if not dry_run:
        refuse_many(plan, yes)
        if out is None:
            raise InputError("--out DIR is missing: the folder that takes the results")
    made = prepared(plan, store)
    if dry_run:
        typer.echo(sweep_text.dry(plan, estimated(made, processes(jobs)), processes(jobs), columns(width)))
        return 0
    assert out is not None
    engine = executor_of(executor, processes(jobs), address)
    try:
        summary = run(made, out, engine, fresh=fresh, shard=part, stream=sys.stderr)
    finally:
        engine.close()
    typer.echo(sweep_text.render(plan, summary, columns(width)))
    if report is not None:
        _write(out, report)
        typer.echo(f"report written to {report}", err=True)
    return 0


@verbs.command("merge")
def merge(
    folders: Annotated[list[Path], typer.Argument(metavar="DIR...", help="results of shards of one sweep")],
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="folder of all of them")],
) -> int:
    """Put the results of shards into one folder."""
    from designer.report import sweep_text
    from designer.sweeping.store import merged

    typer.echo(sweep_text.merged(merged(folders, out)))
    return 0


@verbs.command("report")
def report(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="results of a sweep")],
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="FILE", help="the page (default: DIR/report.html), or .md, .xlsx, .svg, .png"
        ),
    ] = None,
    plots: Annotated[
        str | None, typer.Option("--plots", metavar="png|svg", help="the same pictures as files beside it")
    ] = None,
) -> int:
    """Write one HTML file that shows the results; it needs no network and no other file."""
    from catalogs.errors import InputError
    from designer.sweeping.store import Store

    if plots not in (None, "png", "svg"):
        raise InputError(f"--plots {plots}: png or svg")
    file = out or folder / "report.html"
    _write(folder, file)
    typer.echo(file)
    if plots:
        from designer.report.sweep_plots import draw

        for picture in draw(Store(folder), file.parent, plots):
            typer.echo(picture)
    return 0


def _write(folder: Path, file: Path) -> None:
    """The results of a folder as a page one can turn and cut, or in any other format of a report."""
    from designer.report.saving import save, write_whole
    from designer.report.sweep_html import page
    from designer.report.sweep_report import sweep_report
    from designer.sweeping.store import Store

    if file.suffix == ".html":
        write_whole(file, page(Store(folder)).encode())
    else:
        save(sweep_report(Store(folder), command_line()), file)
