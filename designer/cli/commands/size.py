"""`size`: what the hardware must be, and what of it can be bought."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from designer.cli import completing
from designer.cli.app import app
from designer.cli.options import (
    CatalogDir,
    File,
    Format,
    Json,
    ReportFile,
    Set,
    Width,
    again,
    columns,
    command_line,
    exit_code,
    expect_report,
    open_catalog,
    refuse,
    said,
    write_report,
)
from designer.cli.waiting import waiting


@app.command()
def size(
    file: File,
    devices: Annotated[
        str, typer.Option("--devices", metavar="N,N,...", help="numbers of devices, a row each")
    ] = "",
    specs: Annotated[
        str,
        typer.Option(
            "--specs", metavar="NAME,...", help="the numbers of a device to size; default: all that are read"
        ),
    ] = "",
    like: Annotated[
        str | None,
        typer.Option(
            "--like",
            metavar="PART",
            help="the node or accelerator whose other numbers hold",
            autocompletion=completing.parts,
        ),
    ] = None,
    device: Annotated[
        Path | None,
        typer.Option("--device", metavar="FILE", help="an accelerator entry of your own, in the base's node"),
    ] = None,
    with_: Annotated[
        list[str] | None,
        typer.Option(
            "--with", metavar="NAME=VALUE", help="replace a number of the part: memory_bandwidth='8 TB/s'"
        ),
    ] = None,
    joint: Annotated[
        bool, typer.Option("--joint", help="several numbers at once: parts that are just enough")
    ] = False,
    curve: Annotated[str, typer.Option("--curve", metavar="NAME", help="one number against an axis")] = "",
    against: Annotated[
        str,
        typer.Option("--against", metavar="AXIS=VALUES", help="that axis: batch=1..256, context=1000..16000"),
    ] = "",
    roofline: Annotated[
        Path | None,
        typer.Option("--roofline", metavar="FILE", help="draw the roofline (.svg or .png; or - for text)"),
    ] = None,
    set_: Set = None,
    json: Json = False,
    form: Format = None,
    catalog: CatalogDir = None,
    width: Width = None,
    report: ReportFile = None,
) -> int:
    """What one device must offer so that the targets of a scenario are met, and which parts do.

    Exit code: 0 found, 1 bad input, 2 nothing helps.
    """
    from catalogs.errors import InputError
    from designer.question.specifications import SPEC
    from designer.report.size_text import render
    from designer.sizing.curve import read_axis
    from designer.sizing.reading import ask, read_counts, read_names, read_specs, source_and_part
    from designer.sizing.sizing import size_question

    if roofline is not None:
        refuse("is not for --roofline, which is a picture of its own", report=report)
    expect_report(report)
    counts = read_counts(devices) if devices else []
    names = read_names(specs, list(SPEC), "--specs") if specs else []
    if bool(curve) != bool(against):
        raise InputError("--curve and --against go together: --curve memory_bandwidth --against batch=1..256")
    if joint and curve:
        raise InputError("--joint and --curve are two answers: give one of them")
    drawn = (read_names(curve, list(SPEC), "--curve")[0], read_axis(against)) if curve else None
    asked = ask(
        *source_and_part(file, set_ or [], open_catalog(catalog), device, like),
        counts,
        read_specs(with_ or []),
    )
    if roofline is not None:
        from designer.report.roofline import plot, save
        from designer.sizing.roofline import roofline as drawn_of

        picture = drawn_of(asked)
        if str(roofline) == "-":
            typer.echo(plot(picture, columns(width)))
        else:
            save(picture, roofline)
        return 0
    with waiting("searching for the least that is enough"):
        result = size_question(asked, devices=counts, specs=names, joint=joint, drawn=drawn)
    units = asked.question.units
    typer.echo(
        said(
            result,
            json,
            form,
            lambda: render(result, columns(width), file=again(file, set_, catalog), units=units),
        )
    )

    def report_of() -> Any:
        from designer.report.size_report import size_report

        return size_report(result, command_line(), units)

    write_report(report, report_of)
    return exit_code(result.status)
