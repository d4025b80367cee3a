"""An answer for a page of text: numbers as people read them; of a report all but its pictures."""

from __future__ import annotations

from collections.abc import Iterator

from designer.answers.answer import Answer
from designer.answers.report import Block, Equations, Picture, Prices, Report, ReportTable, Text
from designer.report.columns import known_from, told
from designer.report.formats import table
from designer.words.numbers import digits, human

SUFFIX = "md"


def written(answer: Answer) -> str:
    """A report, or a table in Markdown; raises InputError for an answer that is no table."""
    if isinstance(answer, Report):
        return "\n".join(_report(answer))
    columns, rows = table(answer)
    lines = [list(columns), ["---"] * len(columns)]
    lines += [[_cell(row.get(n), unit) for n, unit in columns.items()] for row in rows]
    return "\n".join(map(_row, lines))


def _cell(value: object, unit: str) -> str:
    if value is None:
        return "unknown"
    return human(value, unit) if isinstance(value, float) else str(value)


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(c.replace('|', chr(92) + '|') for c in cells)} |"


def _report(report: Report) -> Iterator[str]:
    yield from (f"# {report.title}", "")
    for i, sentence in enumerate(report.said):
        yield from (f"**{sentence}**" if i == 0 else sentence, "")
    for s in report.sections:
        yield from (f"## {s.title}", "")
        for b in s.blocks:
            yield from _block(b)
    yield from filter(None, (f"`{report.command}`" if report.command else "", "", report.stamp))


def _block(b: Block) -> Iterator[str]:
    match b:
        case Text():
            yield from (b.text, "")
        case ReportTable():
            yield from (f"### {b.title}", "")
            columns = told(b)
            yield _row([f"{c.name} ({c.unit})" if c.unit else c.name for c in columns])
            yield _row(["---:" if c.numeric else "---" for c in columns])
            yield from (_row([c.texts[i] for c in columns]) for i in range(len(b.rows)))
            yield ""
        case Picture():
            yield from (f"*{b.title}.* {b.drawing.says}. {b.caption}", "")
        case Equations():
            yield from (f"### {b.title}", "")
            for e in b.rows:
                pad = "  " * e.depth
                cited = f" ({', '.join(filter(None, (e.source, e.place)))})" if e.source or e.place else ""
                yield f"{pad}- `{e.quantity}` = {e.value}{cited}"
                yield from (f"{pad}  `= {line}`" for line in (e.formula, e.numbers) if line)
            yield ""
        case Prices():
            yield from (
                f"### {b.title}",
                "",
                _row(["quantity", "value", "unit", "made of"]),
                _row(["---"] * 4),
            )
            for c in b.cells:
                made = f"`{c.formula.replace('{', '').replace('}', '')}`" if c.formula else known_from(c)
                yield _row([c.name, digits(c.value / c.scale), c.unit, made])
            yield ""
