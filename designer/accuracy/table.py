"""A table of measurements: rows that know the line they stand on."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from catalogs.errors import InputError, Problem, nearest
from catalogs.store import SHIPPED
from designer.jobs import JOBS
from designer.question.job import Measurements

# Kinds of tables that are whole runs of a job.
KINDS = {job.name: job.measured for job in JOBS.values() if job.measured}
# A bound or a range, as sources print them, is no value.
_BOUND = re.compile(
    r"[<>~≤≥]|up to |about |around |over |under |at (?:least|most) |[\d.,]+ ?(?:to|-|–) ?[\d.,]+"
)
# What other tables call a column.
_SYNONYMS = {"gpu": "hardware", "source_group": "group", "recipe_name": "id"}


@dataclass(frozen=True)
class MeasuredRow:
    """One line of a table. A blank cell is unknown, never zero."""

    cells: dict[str, str]
    file: str
    line: int

    def text(self, column: str) -> str:
        """The cell without surrounding space; empty where it is blank or there is no such column."""
        return self.cells.get(column, "").strip()

    def number(self, column: str) -> float | None:
        """A positive number, or None where blank or a bound (`>0.95`, `up to 600`). Raises InputError for else."""
        raw = self.text(column)
        if not raw or _BOUND.match(raw.lower()):
            return None
        try:
            value = float(raw)
        except ValueError:
            value = math.nan
        if not math.isfinite(value) or value < 0:
            message = f"{column}: {raw!r} is not a number; leave a cell blank where a value is unknown"
            raise InputError(Problem(message, self.file, self.line))
        return value or None

    def count(self, column: str) -> int | None:
        """A positive whole number, or None where blank. Raises InputError for anything else."""
        value = self.number(column)
        if value is None:
            return None
        if value != round(value):
            message = f"{column}: {self.text(column)!r} is not a whole number"
            raise InputError(Problem(message, self.file, self.line))
        return round(value)

    @property
    def id(self) -> str:
        """The row's own name, or its line."""
        return self.text("id") or f"line {self.line}"

    @property
    def group(self) -> str:
        """The family of sources the row comes from."""
        return self.text("group") or "ungrouped"


@dataclass(frozen=True)
class MeasuredTable:
    """Rows of one kind."""

    file: str
    kind: str
    rows: tuple[MeasuredRow, ...]


def read(path: str | Path, kind: str | None = None) -> MeasuredTable:
    """Read a CSV table of measurements.

    The kind is told from the columns unless it is given. Raises InputError, with file and line, for
    a file that cannot be read, a row with more or fewer cells than the header, a missing column, or
    columns of no kind or of both.
    """
    return table(records(path), kind)


def table(found: Records, kind: str | None = None) -> MeasuredTable:
    """A CSV file as a table of measured configurations; raises InputError for columns of no kind or of both."""
    return MeasuredTable(found.file, _kind(found.columns, kind, found.file, found.line), tuple(found.rows))


@dataclass(frozen=True)
class Records:
    """A CSV file whatever its columns are; `line` is that of the header."""

    file: str
    line: int
    columns: list[str]
    rows: list[MeasuredRow]


def records(path: str | Path) -> Records:
    """Columns and rows of a CSV file.

    Raises InputError, with file and line, for a file that cannot be read, is empty, names a column twice,
    or has a row with more or fewer cells than the header.
    """
    name = f"catalogs/ledger/{Path(path).name}" if Path(path).parent == SHIPPED / "ledger" else str(path)
    try:
        text = Path(path).read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(Problem("is not text in UTF-8", name)) from None
    except OSError as e:
        raise InputError(Problem(f"cannot be read: {e.strerror}", name)) from None
    lines = _lines(text, name)
    header_line, header = next(lines, (1, []))
    columns = [_SYNONYMS.get(h.strip(), h.strip()) for h in header]
    if not any(columns):
        raise InputError(Problem("is empty; expected a header line and rows", name, 1))
    twice = sorted({c for c in columns if columns.count(c) > 1 and c})
    if twice:
        raise InputError(Problem(f"column {twice[0]!r} stands twice", name, header_line))
    rows, problems = [], []
    for line, cells in lines:
        if len(cells) != len(columns):
            problems.append(Problem(f"{len(cells)} cells; the header has {len(columns)}", name, line))
            continue
        rows.append(MeasuredRow(dict(zip(columns, cells, strict=True)), name, line))
    if problems:
        raise InputError(*problems[:8])
    if not rows:
        raise InputError(Problem("has a header and no rows", name, header_line))
    return Records(name, header_line, columns, rows)


def shipped(kind: str | None = None) -> list[Path]:
    """The tables of published measurements that ship with the catalog; those of one kind if it is given."""
    from designer.accuracy.kinds import KINDS_OF_FACTS

    if kind is not None and kind not in KINDS:
        if kind in KINDS_OF_FACTS:
            raise InputError(f"--kind {kind}: no {KINDS_OF_FACTS[kind].called} are shipped; give a file")
        known = (*KINDS, *KINDS_OF_FACTS)
        raise InputError(f"--kind {kind}: unknown kind{nearest(kind, known)} (has: {', '.join(known)})")
    paths = [SHIPPED / "ledger" / f"{k}.csv" for k in KINDS if kind in (None, k)]
    found = [p for p in paths if p.exists()]
    if not found:
        raise InputError(f"--kind {kind}: no {kind} measurements are shipped; give a file")
    return found


def _lines(text: str, name: str) -> Iterator[tuple[int, list[str]]]:
    """Records with the line each begins on; blank lines are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    start = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as e:
            raise InputError(Problem(f"is not CSV: {e}", name, reader.line_num)) from None
        if cells:
            yield start, cells
        start = reader.line_num + 1


def _kind(columns: list[str], wanted: str | None, name: str, line: int) -> str:
    """The kind of table these columns make: one all of whose marks are there, else the job that has any."""
    from designer.accuracy.kinds import KINDS_OF_FACTS, FactsKind

    known: dict[str, Measurements | FactsKind] = {**KINDS, **KINDS_OF_FACTS}
    if wanted is not None and wanted not in known:
        raise InputError(f"--kind {wanted}: unknown kind{nearest(wanted, known)} (has: {', '.join(known)})")
    of_facts = [k for k, of in KINDS_OF_FACTS.items() if of.marks <= set(columns)]
    of_jobs = [k for k, of in KINDS.items() if of.marks & set(columns)]
    kinds = [wanted] if wanted else of_facts or of_jobs
    if len(kinds) != 1:
        marks = "; ".join(f"{k}: {', '.join(sorted(of.marks))}" for k, of in known.items())
        why = "columns of several kinds; say which with --kind" if kinds else "no column of a known kind"
        raise InputError(Problem(f"{why} ({marks})", name, line))
    missing = sorted(known[kinds[0]].needs - set(columns))
    if missing:
        close = nearest(missing[0], columns)
        raise InputError(Problem(f"a {kinds[0]} table needs the column {missing[0]!r}{close}", name, line))
    return kinds[0]
