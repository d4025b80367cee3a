"""The report of a sweep: one HTML file that needs nothing else."""

from __future__ import annotations

import html
import json
from importlib.resources import files

from designer.report.sweep_data import report_data
from designer.sweeping.store import Store


def page(store: Store) -> str:
    """The report as a page; raises InputError where the folder holds no sweep."""
    data = report_data(store)
    # "</script>" in a name must not end the script that carries it.
    text = json.dumps(data, separators=(",", ":"), allow_nan=False).replace("<", "\\u003c")
    template = files("designer.report").joinpath("sweep.html").read_text("utf-8")
    return template.replace("{{title}}", html.escape(data["name"])).replace("{{data}}", text)
