"""`evaluate`: one layout or one rule, without a search."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from designer.cli.app import app
from designer.cli.options import (
    CatalogDir,
    Format,
    Json,
    Set,
    Width,
    columns,
    open_catalog,
    open_question,
    refuse,
    said,
)


@app.command()
def evaluate(
    file: Annotated[
        str,
        typer.Argument(
            metavar="FILE|RULE", help="scenario file, or the name of a rule; none is needed with --from"
        ),
    ] = "",
    design: Annotated[
        str, typer.Option("--design", metavar="'tp=8,pp=16,...'", help="the layout to evaluate")
    ] = "",
    with_: Annotated[
        str, typer.Option("--with", metavar="'name=value, ...'", help="inputs, when evaluating a rule")
    ] = "",
    in_: Annotated[str, typer.Option("--in", metavar="UNIT", help="unit of a rule's result")] = "",
    from_: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="LINE|FILE",
            help="a launch line, or a launch file: 'vllm serve ...', job.sbatch",
        ),
    ] = "",
    node: Annotated[str, typer.Option("--node", metavar="NAME", help="what the launch runs on")] = "",
    nodes: Annotated[
        int | None,
        typer.Option("--nodes", min=1, max=1_000_000, help="how many, where the launch does not say"),
    ] = None,
    ignore: Annotated[
        list[str] | None,
        typer.Option("--ignore", metavar="OPTION", help="answer as if the launch did not have this option"),
    ] = None,
    improve: Annotated[
        bool,
        typer.Option("--improve", help="what is better on the same machines, as options of the launcher"),
    ] = False,
    set_: Set = None,
    json: Json = False,
    form: Format = None,
    catalog: CatalogDir = None,
    width: Width = None,
    all_: Annotated[bool, typer.Option("--all", help="print every quantity, not only the headline")] = False,
) -> int:
    """Compute every quantity of one layout without searching, or one rule from its inputs.

    designer evaluate FILE --design "tp=8,pp=16,dp=128"

    designer evaluate --from "vllm serve meta-llama/Llama-3.1-70B-Instruct -tp 8" --node p5.48xlarge

    designer evaluate ring_all_reduce_time --with "message=140 GB, ranks=1024, bandwidth=50 GB/s, latency=2 us"
    """
    if from_:
        refuse("is for a layout; --from says one", design=design, with_=with_, in_=in_)
        return _launched(
            from_, file, node, nodes, ignore, improve, set_, json, form, catalog, columns(width), all_
        )
    refuse("is for launches; give --from", node=node, nodes=nodes, ignore=ignore, improve=improve)
    from catalogs.errors import InputError
    from designer.reading.loading import is_scenario

    if not file:
        raise InputError("evaluate: give a scenario, the name of a rule, or a launch with --from")
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


def _launched(
    from_: str, file: str, node: str, nodes: int | None, ignore: list[str] | None, improve: bool,
    set_: list[str] | None, json: bool, form: str | None, catalog: list[Path] | None, width: int, everything: bool,
) -> int:  # fmt: skip
    """Answer a launch."""
    from designer.launching.api import evaluate_launch
    from designer.report.launch_text import render

    result, question = evaluate_launch(
        from_, file=file, node=node, nodes=nodes, ignore=ignore or [], improve=improve, sets=set_ or [],
        catalog=open_catalog(catalog),
    )  # fmt: skip
    typer.echo(said(result, json, form, lambda: render(result, question, width, everything=everything)))
    return 0
