"""`diagnose`: the wall that measured steps stand at."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Annotated

import typer

from designer.cli.app import app
from designer.cli.options import CatalogDir, Format, Json, Width, columns, open_catalog, said
from designer.diagnosing.measurements import Given, Named, flag


def _measured(command: Callable[..., int]) -> Callable[..., int]:
    """A command with a flag for everything there is to measure, right after its file."""
    told = [(m.name, m.value.form, m.value.help) for m in Given] + [(m.name, m.form, m.help) for m in Named]
    signature = inspect.signature(command, eval_str=True)
    file, *rest, _ = signature.parameters.values()
    flags = [
        file.replace(
            name=name,
            default="",
            annotation=Annotated[str, typer.Option(flag(name), metavar=form, help=help)],
        )
        for name, form, help in told
    ]
    command.__signature__ = signature.replace(parameters=[file, *flags, *rest])  # type: ignore[attr-defined]
    return command


@app.command()
@_measured
def diagnose(
    file: Annotated[
        str | None, typer.Argument(metavar="[RUNS.CSV]", help="many runs: a column for each measurement")
    ] = None,
    json: Json = False,
    form: Format = None,
    catalog: CatalogDir = None,
    width: Width = None,
    **given: str,
) -> int:
    """Say which wall a measured step stands at, on what evidence, what helps and what would be wasted.

    designer diagnose --step-time 50ms --data-wait 5ms --flops 14TFLOP --bytes 14GB --accelerator a100-sxm-80gb

    designer diagnose runs.csv
    """
    from catalogs.errors import InputError
    from designer.diagnosing.diagnosing import answer

    if file is not None and any(given.values()):
        unused = next(n for n, v in given.items() if v)
        raise InputError(f"{flag(unused)}: {file} gives the measurements; make it a column there")
    result = answer(file, given, open_catalog(catalog))
    from designer.report.diagnose_text import render

    typer.echo(said(result, json, form, lambda: render(result.runs, columns(width))))
    return 0
