"""The report of a sweep: one HTML file that needs nothing else."""

from __future__ import annotations

import html
import json
import re
from importlib.resources import files

from designer.drawing.palette import style
from designer.report.sweep_data import report_data
from designer.sweeping.store import Store


def page(store: Store) -> str:
    """The report as a page; raises InputError where the folder holds no sweep."""
    data = report_data(store)
    # "</script>" in a name must not end the script that carries it.
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    parts = {
        "style": style() + _part("sweep.css"),
        "script": _part("sweep.js"),
        "title": html.escape(data["name"]),
        "data": text,
    }
    # One pass: what stands in a part is not looked at again.
    return re.sub(r"\{\{(\w+)\}\}", lambda m: parts[m[1]], _part("sweep.html"))


def _part(name: str) -> str:
    return files("designer.report").joinpath(name).read_text("utf-8")
