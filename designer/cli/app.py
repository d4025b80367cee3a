"""The commands of `designer`, with their options."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

app = typer.Typer(
    name="designer",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="What should this model run on, laid out how, and what exactly stops us from doing better?",
)
catalog_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Look into the catalog of facts.")
app.add_typer(catalog_app, name="catalog")

File = Annotated[str, typer.Argument(help="scenario file (YAML), or the name of a shipped scenario")]
Set = Annotated[
    list[str] | None, typer.Option("--set", metavar="PATH=VALUE", help="replace a value of the scenario")
]
Json = Annotated[bool, typer.Option("--json", help="print the result as JSON")]
CatalogDir = Annotated[
    list[Path] | None, typer.Option("--catalog", metavar="DIR", help="a folder of your own catalog entries")
]
Width = Annotated[int | None, typer.Option("--width", min=40, max=400, help="columns to print in")]


@app.callback(invoke_without_command=True)
def _main(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="print the version")] = False,
) -> None:
    if version:
        from designer import __version__

        typer.echo(f"designer {__version__}")
        raise typer.Exit(0)


def _catalog(folders: list[Path] | None) -> Any:
    from catalogs import Catalog, default_catalog

    return Catalog(folders) if folders else default_catalog()


def _question(file: str, sets: list[str] | None, folders: list[Path] | None) -> Any:
    from designer.loading import load, locate

    return load(locate(file), sets or [], _catalog(folders))


def _again(file: str, sets: list[str] | None, folders: list[Path] | None) -> str:
    """How to ask another command about the same question."""
    import shlex

    options = [("--set", s) for s in sets or []] + [("--catalog", str(f)) for f in folders or []]
    return shlex.join([file, *(word for option in options for word in option)])


def _columns(width: int | None) -> int:
    import shutil

    return width or min(120, shutil.get_terminal_size((100, 24)).columns)


def _exit_code(status: str) -> int:
    from designer.cli import INFEASIBLE, TIME_LIMIT

    return {"found": 0, "infeasible": INFEASIBLE, "time_limit": TIME_LIMIT}[status]


def _refuse(why: str, **options: object) -> None:
    """An option that would be left unused is a mistake, not a decoration."""
    from catalogs.errors import InputError

    for name, value in options.items():
        if value:
            raise InputError(f"--{name.strip('_')} {why}")


@app.command()
def plan(
    file: File,
    set_: Set = None,
    json: Json = False,
    catalog: CatalogDir = None,
    width: Width = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="compute the frontier again by brute force, where that is possible"),
    ] = False,
    epsilon: Annotated[
        float, typer.Option(min=0, help="leave out near twins closer than this from the table")
    ] = 0.02,
) -> int:
    """Find the Pareto-optimal designs of a scenario and what binds each.

    Exit code: 0 found, 1 bad input, 2 no design exists, 3 time limit.
    """
    from designer.planning import plan_question
    from designer.question import quantity_units
    from designer.report.plan_text import render

    q = _question(file, set_, catalog)
    result = plan_question(q, verify=verify)
    typer.echo(
        result.to_json(indent=2)
        if json
        else render(
            result,
            q.job,
            _columns(width),
            quantity_units(q.job),
            epsilon=epsilon,
            file=_again(file, set_, catalog),
        )
    )
    return _exit_code(result.status)


@app.command()
def explain(
    file: File,
    design: Annotated[
        str, typer.Argument(help="a design of the plan (A, B, ...) or decisions: 'tp=8,pp=16'")
    ] = "A",
    quantity: Annotated[
        list[str] | None,
        typer.Option("--of", metavar="QUANTITY", help="quantities to explain; default: objectives"),
    ] = None,
    depth: Annotated[int, typer.Option(min=0, max=12, help="equations below each quantity")] = 2,
    why_not: Annotated[
        str, typer.Option("--why-not", metavar="'tp=8,pp=4'", help="a layout: what keeps it off the frontier")
    ] = "",
    set_: Set = None,
    json: Json = False,
    catalog: CatalogDir = None,
    width: Width = None,
) -> int:
    """Print the equations behind a design, with numbers, shares and sources."""
    from designer.designs import parse_design
    from designer.explanation import explain as explain_design
    from designer.report.explain_text import render

    q = _question(file, set_, catalog)
    if why_not:
        from designer.report.whynot_text import render as render_why_not
        from designer.whynot import why_not as ask

        reason = ask(q, parse_design(q, why_not))
        typer.echo(reason.to_json(indent=2) if json else render_why_not(reason, q, _columns(width)))
        return 0
    label, binds = "", []
    if "=" in design:
        chosen = parse_design(q, design)
    else:
        from designer.planning import find_design, plan_question

        result = plan_question(q)
        if not result.frontier:
            typer.echo(
                f"{file}: no design to explain; designer plan {_again(file, set_, catalog)} says why",
                err=True,
            )
            return _exit_code(result.status)
        found = find_design(result, design)
        label, chosen, binds = found.id, dict(found.design), found.binds
    answer = explain_design(q, chosen, quantity, depth=depth, label=label, binds=binds)
    typer.echo(answer.to_json(indent=2) if json else render(answer, q, _columns(width)))
    return 0


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
    catalog: CatalogDir = None,
    width: Width = None,
    all_: Annotated[bool, typer.Option("--all", help="print every quantity, not only the headline")] = False,
) -> int:
    """Compute every quantity of one layout without searching, or one rule from its inputs.

    designer evaluate FILE --design "tp=8,pp=16,dp=128"

    designer evaluate ring_all_reduce_time --with "message=140 GB, ranks=1024, bandwidth=50 GB/s, latency=2 us"
    """
    from designer.loading import is_scenario

    if not is_scenario(file):
        from designer.rulecall import call

        _refuse(f"is for scenarios; {file} is not one", design=design, set_=set_, catalog=catalog, all_=all_)
        typer.echo(call(file, with_, json, _columns(width), in_))
        return 0
    _refuse("is for rules; a scenario takes --design", with_=with_, in_=in_)
    from designer.designs import parse_design
    from designer.evaluation import evaluate as evaluate_design
    from designer.report.evaluate_text import render

    q = _question(file, set_, catalog)
    result = evaluate_design(q, parse_design(q, design))
    typer.echo(result.to_json(indent=2) if json else render(result, q, _columns(width), everything=all_))
    return 0


@app.command()
def compare(
    file: File,
    left: Annotated[str, typer.Argument(help="a design of the plan, or a second scenario to compare with")],
    right: Annotated[str | None, typer.Argument(help="another design of the plan")] = None,
    set_: Set = None,
    json: Json = False,
    catalog: CatalogDir = None,
    width: Width = None,
) -> int:
    """Put two designs side by side, or the first designs of two scenarios.

    designer compare FILE A C

    designer compare FILE OTHER_FILE
    """
    from designer.comparison import compare as compare_designs
    from designer.planning import find_design, plan_question
    from designer.question import quantity_units
    from designer.report.compare_text import render

    q = _question(file, set_, catalog)
    first = plan_question(q)
    units = quantity_units(q.job)
    if right is None:
        other = _question(left, set_, catalog)
        second = plan_question(other)
        units = {**quantity_units(other.job), **units}
        pair = (find_design(first, "A"), find_design(second, "A"))
        names = (first.scenario, second.scenario)
    else:
        pair = (find_design(first, left), find_design(first, right))
        names = (pair[0].id, pair[1].id)
    result = compare_designs(*pair, names)
    typer.echo(result.to_json(indent=2) if json else render(result, units, _columns(width)))
    return 0


@app.command()
def rules(
    id: Annotated[str | None, typer.Argument(help="a rule; without it, all of them")] = None,
    json: Json = False,
    latex: Annotated[bool, typer.Option("--latex", help="print the equation in LaTeX")] = False,
    width: Width = None,
) -> int:
    """List the rules, or show one: equation, symbols, source."""
    from designer.report.rules_text import listing, show

    typer.echo(listing(json, _columns(width)) if id is None else show(id, json, latex, _columns(width)))
    return 0


@app.command()
def schema() -> int:
    """Print the JSON Schema of scenario files, for editors."""
    import json

    from designer.scenario import Scenario

    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
    typer.echo(json.dumps(dialect | Scenario.model_json_schema(), indent=2))
    return 0


@catalog_app.command("list")
def catalog_list(
    kind: Annotated[str | None, typer.Argument(help="a kind of entry; without it, the kinds")] = None,
    json: Json = False,
    catalog: CatalogDir = None,
) -> int:
    """List the kinds of entries, or the entries of one kind."""
    from designer.report.catalog_text import listing

    typer.echo(listing(_catalog(catalog), kind, json))
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

    typer.echo(show(_catalog(catalog), kind, id, json, _columns(width)))
    return 0


@catalog_app.command("lint")
def catalog_lint(catalog: CatalogDir = None) -> int:
    """Check every entry: units, sources, dates, ratios, references, parameter counts."""
    from catalogs.errors import InputError
    from designer.lint import lint_all

    problems = lint_all(_catalog(catalog))
    if problems:
        raise InputError(*problems)
    typer.echo("the catalog is clean")
    return 0
