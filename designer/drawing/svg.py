"""A drawing as SVG text."""

from __future__ import annotations

from html import escape

from designer.drawing.marks import Box, Dot, Drawing, Label, Mark, Path
from designer.drawing.palette import style

FONT = "11px system-ui,-apple-system,Segoe UI,Roboto,sans-serif"


def inline(drawing: Drawing) -> str:
    """The element to put into a page that has the colours of `palette.style`."""
    return _element(drawing, "", 'role="img"')


def standalone(drawing: Drawing) -> str:
    """A file of its own, light or dark as its reader's screen is."""
    look = f"<style>{style('svg')}svg{{background:var(--paper)}}</style>"
    size = (
        f'xmlns="http://www.w3.org/2000/svg" width="{drawing.width:g}" height="{drawing.height:g}" role="img"'
    )
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + _element(drawing, look, size) + "\n"


def _element(drawing: Drawing, head: str, attributes: str) -> str:
    marks = "".join(map(_mark, drawing.marks))
    says = escape(drawing.says)
    return (
        f'<svg viewBox="0 0 {drawing.width:g} {drawing.height:g}" {attributes} style="font:{FONT}">'
        f"{head}<title>{says}</title>{marks}</svg>"
    )


def _mark(m: Mark) -> str:
    match m:
        case Box():
            return _tipped(
                f'<rect x="{m.x:.5g}" y="{m.y:.5g}" width="{m.w:.5g}" height="{m.h:.5g}"', m.role, m.tip
            )
        case Dot():
            return _tipped(f'<circle cx="{m.x:.5g}" cy="{m.y:.5g}" r="{m.r:.3g}"', m.role, m.tip)
        case Path():
            d = "M" + "L".join(f"{x:.5g} {y:.5g}" for x, y in m.points)
            dashes = ' stroke-dasharray="4 3"' if m.dashed else ""
            return f'<path d="{d}" fill="none" style="stroke:var(--{m.role})"{dashes}/>'
        case Label():
            weight = ' font-weight="600"' if m.bold else ""
            return (
                f'<text x="{m.x:.5g}" y="{m.y:.5g}" text-anchor="{m.anchor}" style="fill:var(--{m.role})"{weight}>'
                f"{escape(m.text)}</text>"
            )


def _tipped(start: str, role: str, tip: str) -> str:
    start += f' style="fill:var(--{role})"'
    return f"{start}><title>{escape(tip)}</title></{start[1:].split()[0]}>" if tip else f"{start}/>"
