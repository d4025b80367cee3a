"""`plan`, `explain`, `compare`: the search and what it found."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

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
    open_question,
    refuse,
    said,
    write_report,
)
from designer.cli.waiting import waiting

if TYPE_CHECKING:
    from designer.answers.plan import PlanResult
    from designer.question.question import Question


@app.command()
def plan(
    file: File,
    set_: Set = None,
    json: Json = False,
    form: Format = None,
    catalog: CatalogDir = None,
    width: Width = None,
    report: ReportFile = None,
    verify: Annotated[
        bool,
        typer.Option("--verify", help="prove the answer again, by another route"),
    ] = False,
    all_conflicts: Annotated[
        bool, typer.Option("--all-conflicts", help="of an impossible scenario, every minimal conflict")
    ] = False,
    repair_weight: Annotated[
        list[str] | None,
        typer.Option(
            "--repair-weight", metavar="NAME=W", help="how much a change of this counts: budgets.cost=3"
        ),
    ] = None,
    epsilon: Annotated[
        float, typer.Option(min=0, help="leave out near twins closer than this from the table")
    ] = 0.02,
    confidence: Annotated[
        str | None,
        typer.Option("--confidence", metavar="'90 %'", help="budgets must hold with this confidence"),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="DIR", help="write a scenario of each design, to ask again"),
    ] = None,
    lock: Annotated[
        Path | None,
        typer.Option(
            "--lock", metavar="FILE", help="write what the answer rests on, for designer check --lock"
        ),
    ] = None,
) -> int:
    """Find the Pareto-optimal designs of a scenario and what binds each.

    Exit code: 0 found, 1 bad input, 2 no design exists, 3 time limit.
    """
    from designer.planning.plan import plan_question
    from designer.reading.source_map import Flagged
    from designer.report.headline import period_of
    from designer.report.plan_text import render

    expect_report(report)
    more = [Flagged(f"repair_weights.{_weighted(w)}", f"--repair-weight {w}") for w in repair_weight or []]
    if confidence is not None:
        more.append(Flagged(f"confidence={confidence}", f"--confidence {confidence}"))
    set_ = [*(set_ or []), *more]
    q = open_question(file, set_, catalog)
    with waiting("searching, proving and verifying" if verify else "searching and proving"):
        result = plan_question(q, verify=verify, every_conflict=all_conflicts)
    if out is not None:
        from designer.exporting.rerun import write_designs

        write_designs(out, file, set_, open_catalog(catalog), result)
    if lock is not None:
        _lock(lock, file, set_, catalog, q, result)
    typer.echo(
        said(
            result,
            json,
            form,
            lambda: render(
                result,
                q.job,
                columns(width),
                q.units,
                epsilon=epsilon,
                file=again(file, set_, catalog),
                period=period_of(q),
                bounded=[t.quantity for t in q.stated if t.kind == "budget" and t.quantity],
            ),
        )
    )

    def report_of() -> Any:
        from designer.report.plan_report import plan_report

        return plan_report(q, result, command_line())

    write_report(report, report_of)
    return exit_code(result.status)


def _lock(
    path: Path, file: str, sets: list[str], catalog: list[Path] | None, question: Question, result: PlanResult
) -> None:
    """Write the lock file of an answer."""
    from catalogs.errors import InputError
    from designer.checking.lock import catalogs_of, lock_of
    from designer.reading.loading import document_of, locate

    asked = {
        "file": file, "sets": [str(s) for s in sets], "catalogs": catalogs_of(open_catalog(catalog)),
        "document": document_of(locate(file)).data,
    }  # fmt: skip
    text = lock_of(question, result, asked)
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as e:
        raise InputError(f"--lock {path}: {e.strerror or e}") from None


def _weighted(text: str) -> str:
    """NAME=W without the section NAME stands in; raises InputError for anything else."""
    import re

    from catalogs.errors import InputError

    found = re.fullmatch(r"(?:(?:budgets|workload|candidates)\.)?([\w-]+)=(.+)", text)
    if not found:
        raise InputError(f"--repair-weight {text!r}: write it as name=weight, for example budgets.cost=3")
    return f"{found[1]}={found[2]}"


@app.command()
def explain(
    file: File,
    design: Annotated[
        str, typer.Argument(help="a design of the plan (A, B, ...) or decisions: 'tp=8,pp=16'")
    ] = "A",
    quantity: Annotated[
        list[str] | None,
        typer.Option(
            "--of",
            metavar="QUANTITY",
            help="quantities to explain; default: objectives",
            autocompletion=completing.quantities,
        ),
    ] = None,
    depth: Annotated[int, typer.Option(min=0, max=12, help="equations below each quantity")] = 2,
    facts: Annotated[
        int, typer.Option(min=0, max=40, help="uncertain facts to move until the answer changes")
    ] = 3,
    why_not: Annotated[
        str, typer.Option("--why-not", metavar="'tp=8,pp=4'", help="a layout: what keeps it off the frontier")
    ] = "",
    set_: Set = None,
    json: Json = False,
    form: Format = None,
    catalog: CatalogDir = None,
    width: Width = None,
    report: ReportFile = None,
) -> int:
    """Why a design is on the frontier: what binds, where the answer changes, and the equations behind it."""
    from catalogs.errors import InputError
    from designer.explaining.explanation import explain as explain_design
    from designer.explaining.explanation import explain_found
    from designer.question.designs import parse_design
    from designer.report.explain_text import render

    expect_report(report)
    found = None
    q = open_question(file, set_, catalog)
    if why_not:
        refuse("is not for --why-not", of=quantity, report=report)
        if design != "A":
            raise InputError(f"--why-not has a layout of its own; leave out {design!r}")
        from designer.planning.why_not import why_not as ask
        from designer.report.whynot_text import render as render_why_not

        reason = ask(q, parse_design(q, why_not, "--why-not"))
        typer.echo(said(reason, json, form, lambda: render_why_not(reason, q, columns(width))))
        return 0
    if "=" in design:
        answer = explain_design(q, parse_design(q, design, "DESIGN"), quantity, depth=depth)
    else:
        from designer.planning.plan import find_design, plan_question

        with waiting("searching and proving"):
            result = found = plan_question(q, patient=True)
        if not result.frontier:
            typer.echo(
                f"{file}: no design to explain; designer plan {again(file, set_, catalog)} says why",
                err=True,
            )
            return exit_code(result.status)
        with waiting("solving again with limits loosened and facts moved"):
            answer = explain_found(q, result, find_design(result, design), quantity, depth=depth, facts=facts)
    typer.echo(said(answer, json, form, lambda: render(answer, q, columns(width))))

    def report_of() -> Any:
        from designer.report.plan_report import explain_report

        return explain_report(q, found, answer, command_line())

    write_report(report, report_of)
    return 0


@app.command()
def compare(
    file: File,
    left: Annotated[
        str,
        typer.Argument(
            help="a design of the plan, or a second scenario to compare with",
            autocompletion=completing.scenarios,
        ),
    ],
    right: Annotated[str | None, typer.Argument(help="another design of the plan")] = None,
    set_: Set = None,
    json: Json = False,
    form: Format = None,
    catalog: CatalogDir = None,
    width: Width = None,
    report: ReportFile = None,
) -> int:
    """Put two designs side by side, or the first designs of two scenarios.

    designer compare FILE A C

    designer compare FILE OTHER_FILE
    """
    from designer.explaining.comparison import compare as compare_designs
    from designer.planning.plan import find_design, plan_question
    from designer.report.compare_text import render

    expect_report(report)
    q = open_question(file, set_, catalog)
    first = plan_question(q)
    units = q.units
    if right is None:
        from designer.explaining.input_changes import input_changes, read
        from designer.reading.loading import locate

        other = open_question(left, set_, catalog)
        second = plan_question(other)
        sides = ((q, find_design(first, "A")), (other, find_design(second, "A")))
        units = {**other.units, **units}
        facts, sets = open_catalog(catalog), set_ or []
        result = compare_designs(
            *sides,
            (first.scenario, second.scenario),
            input_changes(read(locate(file), sets, facts), read(locate(left), sets, facts), q),
        )
    else:
        sides = ((q, find_design(first, left)), (q, find_design(first, right)))
        result = compare_designs(*sides, (sides[0][1].id, sides[1][1].id))
    typer.echo(said(result, json, form, lambda: render(result, units, columns(width))))

    def report_of() -> Any:
        from designer.report.compare_report import compare_report

        return compare_report(result, *sides, command_line())

    write_report(report, report_of)
    return 0
