"""A report as one HTML file: nothing is fetched, light and dark, on a telephone and on paper."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from importlib.resources import files

from designer.answers.answer import Answer
from designer.answers.report import Block, Equations, Picture, Prices, Report, ReportTable, Section, Text
from designer.drawing.palette import style
from designer.drawing.svg import inline
from designer.report.columns import known_from, told
from designer.report.formats import laid_out
from designer.words.numbers import digits


def written(answer: Answer) -> str:
    """A page; raises InputError for an answer that is neither a report nor a table."""
    report = laid_out(answer)
    look = style() + files("designer.report").joinpath("page.css").read_text("utf-8")
    body = "\n".join(_body(report))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<link rel="icon" href="data:,">\n'
        f"<title>{escape(report.title)}</title>\n<style>{look}</style>\n</head>\n<body>\n{body}\n</body>\n</html>\n"
    )


def _body(r: Report) -> Iterator[str]:
    yield f"<header><h1>{escape(r.title)}</h1>"
    for i, sentence in enumerate(r.said):
        yield f"<p class={'answer' if i == 0 else 'said'}>{escape(sentence)}</p>"
    links = "".join(f'<a href="#s{i}">{escape(s.title)}</a>' for i, s in enumerate(r.sections))
    yield f"</header><nav>{links}</nav>" if len(r.sections) > 1 else "</header>"
    for i, s in enumerate(r.sections):
        yield f'<section id="s{i}"><h2>{escape(s.title)}</h2>'
        yield from _section(s)
        yield "</section>"
    command = f"<p><code>{escape(r.command)}</code></p>" if r.command else ""
    yield f"<footer>{command}<p>{escape(r.stamp)}</p></footer>"


def _section(s: Section) -> Iterator[str]:
    """Blocks in order; pictures that follow each other stand side by side where there is room."""
    side = False
    for b in s.blocks:
        if isinstance(b, Picture) != side:
            yield "</div>" if side else '<div class="pictures">'
            side = not side
        yield from _block(b)
    if side:
        yield "</div>"


def _block(b: Block) -> Iterator[str]:
    match b:
        case Text():
            yield f"<p>{escape(b.text)}</p>"
        case Picture():
            yield f"<figure><h3>{escape(b.title)}</h3>{inline(b.drawing)}"
            yield f"<figcaption>{escape(b.caption)}</figcaption></figure>"
        case ReportTable():
            yield f"<h3>{escape(b.title)}</h3>{_table(b)}"
        case Equations():
            yield f'<h3>{escape(b.title)}</h3><div class="scroll"><ul class="equations">'
            for e in b.rows:
                formulas = "".join(f"<br><code>= {escape(t)}</code>" for t in (e.formula, e.numbers) if t)
                cited = ", ".join(filter(None, (e.source, e.place)))
                yield (
                    f'<li style="--depth:{e.depth}"><b>{escape(e.quantity)}</b> = {escape(e.value)}{formulas}'
                    f"<br><small>{escape(cited)}</small></li>"
                )
            yield "</ul></div>"
        case Prices():
            heads = "".join(f"<th>{h}</th>" for h in ("quantity", "value", "unit", "made of, or known from"))
            yield f'<h3>{escape(b.title)}</h3><div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>'
            for c in b.cells:
                plain = c.formula.replace("{", "").replace("}", "")
                made = f"<code>= {escape(plain)}</code>" if plain else escape(known_from(c))
                yield (
                    f"<tr><td>{escape(c.name)}</td><td class=number>{digits(c.value / c.scale)}</td>"
                    f"<td>{escape(c.unit)}</td><td class=long>{made}</td></tr>"
                )
            yield "</tbody></table></div>"


def _table(t: ReportTable) -> str:
    columns = told(t)
    heads = "".join(
        f"<th{' class=number' if c.numeric else ''}>{escape(c.name)}"
        f"{f'<small>{escape(c.unit)}</small>' if c.unit else ''}</th>"
        for c in columns
    )
    rows = "".join(
        "<tr>"
        + "".join(f"<td{_kind(c.numeric, c.texts[i])}>{escape(c.texts[i])}</td>" for c in columns)
        + "</tr>"
        for i in range(len(t.rows))
    )
    return f'<div class="scroll"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'


def _kind(number: bool, text: str) -> str:
    return " class=number" if number else " class=long" if len(text) > 40 else ""
