"""`evaluate`: one layout or one rule, without a search."""

from __future__ import annotations

from typing import Annotated

import typer

from designer.cli.app import app
from designer.cli.options import CatalogDir, Format, Json, Set, Width, columns, open_question, refuse, said


@app.command()
def evaluate(
    file: Annotated[str, typer.Argument(metavar="FILE|RULE", help="scenario file, or the name of a rule")],
    design: Annotated[
        str, typer.Option("--design", metavar="'tp=8,pp=16,...'", help="the layout to evaluate")
    ] = "",
    with_: Annotated[
        str, typer.Option("--with", metavar="'name=value, ...'", help="inputs, when evaluating a rule")
    ] = "",
    in_: Annotated[str, typer.Option("--in", metavar="UNIT", help="unit of a rule's result")] = "",
    set_: Set = None,
    json: Json = False,
    form: Format = None,
    catalog: CatalogDir = None,
    width: Width = None,
    all_: Annotated[bool, typer.Option("--all", help="print every quantity, not only the headline")] = False,
) -> int:
    """Compute every quantity of one layout without searching, or one rule from its inputs.

    designer evaluate FILE --design "tp=8,pp=16,dp=128"

    designer evaluate ring_all_reduce_time --with "message=140 GB, ranks=1024, bandwidth=50 GB/s, latency=2 us"
    """
    from designer.reading.loading import is_scenario

    if not is_scenario(file):
        from designer.rulebook.call import call

        refuse(
            f"is for scenarios; {file} is not one",
            design=design,
            set_=set_,
            catalog=catalog,
            all_=all_,
            format=form,
        )
        typer.echo(call(file, with_, json, columns(width), in_))
        return 0
    refuse("is for rules; a scenario takes --design", with_=with_, in_=in_)
    from designer.evaluating.design import evaluate as evaluate_design
    from designer.question.designs import parse_design
    from designer.report.evaluate_text import render

    q = open_question(file, set_, catalog)
    result = evaluate_design(q, parse_design(q, design))
    typer.echo(said(result, json, form, lambda: render(result, q, columns(width), everything=all_)))
    return 0
