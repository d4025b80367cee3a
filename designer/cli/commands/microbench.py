"""`microbench`: single operations timed on this machine, as a table for `calibrate`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from designer.cli.app import app


@app.command()
def microbench(
    out: Annotated[Path, typer.Option("--out", metavar="FILE.csv", help="table to write")] = Path(
        "microbench.csv"
    ),
    device: Annotated[str, typer.Option("--device", metavar="cuda|cpu", help="what to measure")] = "cuda",
    hardware: Annotated[
        str | None,
        typer.Option("--hardware", metavar="NAME", help="its catalog entry; default: what the driver says"),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="a few sizes only")] = False,
) -> int:
    """Time matrix products, memory copies and all-reduces on the machine this runs on."""
    from catalogs.errors import InputError
    from designer.calibrating.backends import backend_of
    from designer.calibrating.bench import measure
    from designer.calibrating.measured import text

    backend = backend_of(device, hardware)
    found = measure(backend, quick)
    try:
        out.write_text(text(found), encoding="utf-8")
    except OSError as e:
        raise InputError(f"--out {out}: cannot be written: {e.strerror}") from None
    kinds = [t.operation.kind for t in found]
    counts = ", ".join(f"{kinds.count(k)} {k}" for k in dict.fromkeys(kinds))
    typer.echo(f"{out}   {len(found)} operations of {backend.hardware}: {counts}")
    typer.echo(f"next  designer calibrate {out} --out my-catalog")
    return 0
