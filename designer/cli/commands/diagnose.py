"""`diagnose`: the wall that measured steps stand at."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from designer.cli.app import app
from designer.cli.options import CatalogDir, Format, Json, Width, columns, open_catalog, said
from designer.diagnosing.measurements import NAMES, QUANTITIES, flag

_HELP = {**NAMES, **{n: text for n, (_, text) in QUANTITIES.items()}}


def _given(name: str, metavar: str) -> Any:
    return typer.Option(flag(name), metavar=metavar, help=_HELP[name])


@app.command()
def diagnose(
    file: Annotated[
        str | None, typer.Argument(metavar="[RUNS.CSV]", help="many runs: a column for each measurement")
    ] = None,
    step_time: Annotated[str, _given("step_time", "TIME")] = "",
    data_wait: Annotated[str, _given("data_wait", "TIME|%")] = "",
    communication: Annotated[str, _given("communication", "TIME|%")] = "",
    flops: Annotated[str, _given("flops", "FLOP|FLOP/s")] = "",
    executed_flops: Annotated[str, _given("executed_flops", "FLOP|FLOP/s")] = "",
    bytes: Annotated[str, _given("bytes", "BYTES|BYTES/s")] = "",
    batch: Annotated[str, _given("batch", "N")] = "",
    tokens: Annotated[str, _given("tokens", "TOKENS")] = "",
    busy: Annotated[str, _given("busy", "%")] = "",
    storage_busy: Annotated[str, _given("storage_busy", "%")] = "",
    host_busy: Annotated[str, _given("host_busy", "%")] = "",
    accelerator: Annotated[str, _given("accelerator", "NAME")] = "",
    precision: Annotated[str, _given("precision", "NAME")] = "",
    rate: Annotated[str, _given("rate", "FLOP/s")] = "",
    bandwidth: Annotated[str, _given("bandwidth", "BYTES/s")] = "",
    model: Annotated[str, _given("model", "NAME")] = "",
    parameters: Annotated[str, _given("parameters", "N")] = "",
    active_parameters: Annotated[str, _given("active_parameters", "N")] = "",
    work: Annotated[str, _given("work", "KIND")] = "",
    json: Json = False,
    form: Format = None,
    catalog: CatalogDir = None,
    width: Width = None,
) -> int:
    """Say which wall a measured step stands at, on what evidence, what helps and what would be wasted.

    designer diagnose --step-time 50ms --data-wait 5ms --flops 14TFLOP --bytes 14GB --accelerator a100-sxm-80gb

    designer diagnose runs.csv
    """
    given = {n: v for n, v in locals().items() if n in (*QUANTITIES, *NAMES)}
    from catalogs.errors import InputError
    from designer.diagnosing.diagnosing import answer

    if file is not None and any(given.values()):
        unused = next(n for n, v in given.items() if v)
        raise InputError(f"{flag(unused)}: {file} gives the measurements; make it a column there")
    result = answer(file, given, open_catalog(catalog))
    from designer.report.diagnose_text import render

    typer.echo(said(result, json, form, lambda: render(result.runs, columns(width))))
    return 0
