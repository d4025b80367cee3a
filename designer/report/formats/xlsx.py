"""A report as a workbook (the extra `report`): values with units, and formulas where a reader would change a price."""

from __future__ import annotations

import importlib
import io
import re
from typing import Any

from catalogs.errors import InputError
from designer.answers.answer import Answer
from designer.answers.report import Equations, Prices, Report, ReportTable
from designer.report.columns import told
from designer.report.formats import laid_out

# What a sheet may be called.
_FORBIDDEN = re.compile(r"[\[\]:*?/\\]")
LETTERS = 31
WIDEST = 70
# Columns of the price sheet that formulas read: the number and what its unit is in SI.
VALUE, SCALE = "B", "D"


def written(answer: Answer) -> bytes:
    """A workbook: what is said, the price sheet, each table, the equations.

    Raises InputError for an answer that is neither a report nor a table, or where openpyxl is missing.
    """
    try:
        openpyxl: Any = importlib.import_module("openpyxl")
    except ImportError:
        raise InputError("xlsx needs openpyxl: pip install 'mlsys-designer[report]'") from None
    report = laid_out(answer)
    book = openpyxl.Workbook()
    book.properties.creator = report.stamp.split(";")[0]
    first = book.active
    first.title = "Answer"
    _said(first, report)
    for prices in report.blocks("prices"):
        _prices(_sheet(book, "Prices"), prices)
    for t in report.blocks("table"):
        _table(_sheet(book, t.title), t)
    for e in report.blocks("equations"):
        _equations(_sheet(book, "Equations"), e)
    for sheet in book.worksheets:
        _fit(sheet)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(book: Any, title: str) -> Any:
    """A new sheet of a name that is free."""
    name = _FORBIDDEN.sub(" ", title)[:LETTERS].strip() or "Table"
    for i in range(2, 100):
        if name not in book.sheetnames:
            break
        name = f"{name[: LETTERS - 4].rstrip(' 0123456789')} {i}"
    return book.create_sheet(name)


def _said(sheet: Any, r: Report) -> None:
    for row in (r.title, "", *r.said, "", r.command, r.stamp):
        sheet.append([_safe(row)])
    _bold(sheet, 1)
    _bold(sheet, 3)


def _table(sheet: Any, t: ReportTable) -> None:
    columns = told(t)
    sheet.append([_safe(f"{c.name} [{c.unit}]" if c.unit else c.name) for c in columns])
    for i in range(len(t.rows)):
        sheet.append([_cell(c.values[i], c.scale) for c in columns])
    _bold(sheet, 1)
    sheet.freeze_panes = "B2"


def _cell(value: str | int | float | None, scale: float) -> str | int | float:
    if value is None or value != value:
        return "unknown"
    return _safe(value) if isinstance(value, str) else value / scale if scale != 1 else value


def _safe(text: str) -> str:
    """Text that no spreadsheet takes for a formula.

    >>> _safe("=1+1"), _safe("A")
    (' =1+1', 'A')
    """
    return f" {text}" if text[:1] in ("=", "+", "-", "@") else text


def _prices(sheet: Any, p: Prices) -> None:
    """Inputs to change, and formulas that follow; a formula reads numbers in SI: value times what its unit is."""
    sheet.append(["quantity", "value", "unit", "unit in SI", "kind", "what it is", "known from"])
    row = {c.name: i for i, c in enumerate(p.cells, 2)}
    for c in p.cells:
        value: str | float = c.value / c.scale
        if c.formula:
            formula = re.sub(r"\{(\w+)\}", lambda m: f"({VALUE}{row[m[1]]}*{SCALE}{row[m[1]]})", c.formula)
            value = f"=({formula})/{SCALE}{row[c.name]}"
        kind = "formula" if c.formula else c.kind
        sheet.append([c.name, value, c.unit, c.scale, kind, _safe(c.title), _safe(c.source)])
    _bold(sheet, 1)
    styles: Any = importlib.import_module("openpyxl.styles")
    for c in p.cells:
        if not c.formula and c.kind != "rule":
            sheet[f"{VALUE}{row[c.name]}"].fill = styles.PatternFill("solid", start_color="FFF2CC")
        sheet[f"{VALUE}{row[c.name]}"].number_format = "#,##0.0000"
    sheet.append([])
    sheet.append(
        ["Change a number on yellow ground: what is made of it follows. The layout stays as it is;"
         " whether another is better then, only a new plan says."]
    )  # fmt: skip
    sheet.freeze_panes = "B2"


def _equations(sheet: Any, e: Equations) -> None:
    sheet.append(["quantity", "value", "made of", "in numbers", "source", "where"])
    for r in e.rows:
        made, numbers = (f" = {t}" if t else "" for t in (r.formula, r.numbers))
        sheet.append([f"{'  ' * r.depth}{r.quantity}", r.value, made, numbers, _safe(r.source), r.place])
    _bold(sheet, 1)
    sheet.freeze_panes = "B2"


def _bold(sheet: Any, row: int) -> None:
    styles: Any = importlib.import_module("openpyxl.styles")
    for cell in sheet[row]:
        cell.font = styles.Font(bold=True)


def _fit(sheet: Any) -> None:
    """Columns as wide as what is in them, up to a limit; prose wraps."""
    styles: Any = importlib.import_module("openpyxl.styles")
    for column in sheet.columns:
        texts = [str(c.value) for c in column if c.value is not None]
        width = max((len(t) for t in texts if not t.startswith("=")), default=8)
        sheet.column_dimensions[column[0].column_letter].width = min(WIDEST, max(10, width + 2))
        if width > WIDEST:
            for c in column:
                c.alignment = styles.Alignment(wrap_text=True, vertical="top")
