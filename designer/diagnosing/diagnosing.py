"""The question `designer diagnose` asks: measurements in, a diagnosis of each run out."""

from __future__ import annotations

from collections.abc import Mapping

from catalogs import Catalog
from catalogs.errors import InputError, Problem
from designer.diagnosing.diagnosis import DiagnoseResult, Diagnosis, diagnose
from designer.diagnosing.measurements import Measured
from designer.diagnosing.readings import from_csv, from_flags
from designer.diagnosing.roof import measured_step


def answer(file: str | None, flags: Mapping[str, str], catalog: Catalog) -> DiagnoseResult:
    """Diagnoses of the runs of a CSV file, or of the one that flags describe.

    Raises InputError for every mistake, with the line of the file.
    """
    runs = from_csv(file) if file is not None else [from_flags(flags)]
    limits = {n: f.si for n, f in catalog.get("assumptions", "diagnosis").values.items()}
    out: list[Diagnosis] = []
    problems: list[Problem] = []
    for m in runs:
        try:
            out.append(diagnose(measured_step(m, catalog), limits))
        except InputError as e:
            problems += [_placed(p, m) for p in e.problems]
    if problems:
        raise InputError(*problems)
    return DiagnoseResult(runs=out)


def _placed(problem: Problem, m: Measured) -> Problem:
    """A problem of a row with its place, its flags named as columns."""
    if not m.place:
        return problem
    message = problem.message
    if message.startswith("--"):
        name, _, rest = message.partition(":")
        message = f"{name[2:].replace('-', '_')}:{rest}"
    return Problem(f"{m.place}: {message}")
