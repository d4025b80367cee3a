"""`calc`: one rule, forwards and backwards."""

from __future__ import annotations

from typing import Annotated

import typer

from designer.cli.app import app
from designer.cli.options import Json, Width, columns, refuse


@app.command()
def calc(
    id: Annotated[str, typer.Argument(metavar="RULE", help="a rule; `designer rules` lists them")],
    values: Annotated[
        list[str] | None, typer.Argument(metavar="NAME=VALUE...", help="its inputs with units")
    ] = None,
    in_: Annotated[str, typer.Option("--in", metavar="UNIT", help="unit of the answer")] = "",
    solve: Annotated[
        str, typer.Option("--solve", metavar="NAME", help="find this input, given target=VALUE")
    ] = "",
    sensitivity: Annotated[
        bool, typer.Option("--sensitivity", help="add how much the result moves with each input")
    ] = False,
    json: Json = False,
    width: Width = None,
) -> int:
    """Evaluate one rule from its inputs, or find the input that gives a wanted result.

    designer calc ring_all_reduce_time message=140GB ranks=1024 bandwidth=50GB/s latency=2us

    designer calc ring_all_reduce_time message=140GB ranks=1024 latency=2us --solve bandwidth target=1s
    """
    if solve:
        refuse("is for a result; --solve gives an input", sensitivity=sensitivity)
        from designer.cli import INFEASIBLE
        from designer.rulebook.inverse import solve as solved

        answer, found = solved(id, solve, values or [], json, columns(width), in_)
        typer.echo(answer)
        return 0 if found else INFEASIBLE
    from designer.rulebook.call import calc as calculated

    typer.echo(calculated(id, values or [], json, columns(width), in_, sensitivity))
    return 0
