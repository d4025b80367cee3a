"""Measurements from flags and from CSV files, with the place of every mistake."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from catalogs import units
from catalogs.errors import InputError, Problem, nearest
from designer.diagnosing.measurements import PASSES, Given, Measured, Named, flag
from designer.evaluating.design import si_unit

_HEADER = re.compile(r"([A-Za-z_ -]+?)\s*(?:[\[(]([^\])]*)[\])])?")
_MAX_BYTES = 10_000_000


def from_flags(given: Mapping[str, str]) -> Measured:
    """One run from the text of its flags, empty ones left out. Raises InputError for every mistake."""
    texts = {n: t for n, t in given.items() if t}
    if not texts:
        raise InputError(f"{Given.step_time.flag}: nothing was measured; give measurements or a CSV file")
    return _measured("run", "", texts, {n: flag(n) for n in texts})


def from_csv(path: str) -> list[Measured]:
    """Runs of a CSV file: a header of measurement names, a row for each run, `run` names them.

    A unit stands in the cell or in the header, as in `step_time [ms]`. An empty cell is unknown. Raises
    InputError with file and line for every mistake.
    """
    rows = list(_rows(path))
    if not rows:
        raise InputError(Problem("empty file, expected a header of measurement names", path, 1))
    (line, header), *body = rows
    columns, problems = _columns(header, path, line)
    if not body:
        problems.append(Problem("a header and no runs", path, line))
    if problems:
        raise InputError(*problems)
    runs: list[Measured] = []
    for number, (at, row) in enumerate(body, 1):
        if len(row) != len(header):
            problems.append(Problem(f"{len(row)} cells under a header of {len(header)}", path, at))
            continue
        cells = {
            name: _with_unit(cell.strip(), unit) for (name, unit), cell in zip(columns, row, strict=True)
        }
        run = cells.pop("run", "") or f"run {number}"
        try:
            texts = {n: t for n, t in cells.items() if t}
            runs.append(_measured(run, f"{path}:{at}", texts, {n: n for n in texts}))
        except InputError as e:
            problems += [Problem(p.message, path, at) for p in e.problems]
    if problems:
        raise InputError(*problems)
    return runs


def _rows(path: str) -> Iterable[tuple[int, list[str]]]:
    """Rows that are not empty, with the line each ends on."""
    file = Path(path)
    try:
        if file.is_dir():
            raise InputError(f"{path}: is a folder, expected a CSV file")
        raw = file.read_bytes() if file.is_file() else None
    except (OSError, ValueError) as e:
        raise InputError(f"{path}: cannot be read: {getattr(e, 'strerror', None) or e}") from None
    if raw is None:
        raise InputError(f"{path or repr(path)}: no such file")
    if len(raw) > _MAX_BYTES:
        raise InputError(f"{path}: {len(raw):,} bytes; the limit is {_MAX_BYTES:,} bytes")
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        line = raw.count(b"\n", 0, e.start) + 1
        raise InputError(Problem(f"not UTF-8 text (byte 0x{raw[e.start]:02x})", path, line)) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True, skipinitialspace=True)
    try:
        for row in reader:
            if any(cell.strip() for cell in row):
                yield reader.line_num, row
    except csv.Error as e:
        raise InputError(Problem(f"not valid CSV: {e}", path, reader.line_num)) from None


def _columns(header: list[str], path: str, line: int) -> tuple[list[tuple[str, str]], list[Problem]]:
    known = ["run", *(m.name for m in (*Given, *Named))]
    out: list[tuple[str, str]] = []
    problems: list[Problem] = []
    for cell in header:
        found = _HEADER.fullmatch(cell.strip())
        name = re.sub(r"[ -]+", "_", found[1].strip().lower()) if found else cell.strip()
        if name not in known:
            problems.append(Problem(f"unknown column {cell.strip()!r}{nearest(name, known)} (has: {', '.join(known)})",
                                    path, line))  # fmt: skip
        elif name in [n for n, _ in out]:
            problems.append(Problem(f"column {name} twice", path, line))
        out.append((name, (found[2] or "").strip() if found else ""))
    return out, problems


def _with_unit(cell: str, unit: str) -> str:
    return f"{cell} {unit}" if cell and unit and re.fullmatch(r"[-+0-9.eE_]+", cell) else cell


def _measured(run: str, place: str, texts: Mapping[str, str], shown: Mapping[str, str]) -> Measured:
    m = Measured(run, place)
    problems: list[str] = []
    # The step's time first: rates and shares are taken over it.
    for name, text in sorted(texts.items(), key=lambda item: item[0] != Given.step_time.name):
        if name in Named.__members__:
            m.names[Named[name]] = text
            if name == Named.work.name and text not in PASSES:
                known = f"{nearest(text, PASSES)} (has: {', '.join(PASSES)})"
                problems.append(f"{shown[name]}: unknown work {text!r}{known}")
            continue
        try:
            m.numbers[Given[name]] = _number(Given[name], text, m.numbers.get(Given.step_time))
        except InputError as e:
            problems.append(f"{shown[name]}: {e}")
    if problems:
        raise InputError(*problems)
    return m


def _number(what: Given, text: str, step_time: float | None) -> float:
    """A measurement in SI. A rate or a share of the step is taken over the step's time."""
    of = what.value
    _, written = units.split(text)
    if of.over is not None and written and units.dimension(written) == units.dimension(of.over):
        if step_time is None:
            raise InputError(f"{text!r} is over the step's time; give that too")
        value = units.parse(text, of.over) * step_time
    else:
        value = units.parse(text, si_unit(of.unit))
    if value < 0 or (value == 0 and not of.zero):
        raise InputError(f"{text!r} must be {'at least' if of.zero else 'above'} 0")
    if of.unit == "%" and value > 1:
        raise InputError(f"{text!r} must be at most 100 %")
    if of.whole and not value.is_integer():
        raise InputError(f"{text!r} must be a whole number")
    return value
