"""Reports: parts add up, prices follow, pages fetch nothing, files are whole or not there."""

from __future__ import annotations

import io
import math
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from catalogs.errors import InputError
from constraints.rule import ROOT
from designer.answers.report import Report
from designer.explaining.parts import parts_of
from designer.planning.plan import plan_question
from designer.question.question import Question
from designer.reading.loading import load
from designer.report.design_pictures import values_for
from designer.report.formats import written
from designer.report.plan_report import plan_report
from designer.report.price_sheet import price_sheet
from designer.report.saving import save, write_whole

SCENARIOS = ["llama-3.1-405b-pretrain", "llama-3.1-70b-chat", "private-finetune", "llama-3.1-70b-apart"]


def asked(name: str) -> Question:
    return load(ROOT / "scenarios" / f"{name}.yaml")


@pytest.fixture(scope="module", params=SCENARIOS)
def answered(request: pytest.FixtureRequest) -> tuple[Question, Any]:
    q = asked(request.param)
    return q, plan_question(q)


@pytest.fixture(scope="module")
def report(answered: tuple[Question, Any]) -> Report:
    return plan_report(*answered, command="designer plan x")


@pytest.mark.slow
def test_parts_add_up_to_the_whole(answered: tuple[Question, Any]) -> None:
    q, plan = answered
    values = values_for(q, plan.frontier[0].design)
    names = [n for whole in ("device_memory", "step_time", "cost", "energy") for n in q.each(whole)]
    for whole in [*names, *(p.time for p in q.job.phases)]:
        if whole in values and 0 < values[whole] < math.inf:
            found = parts_of(q, values, whole)
            assert math.fsum(p.value for p in found) == pytest.approx(values[whole], rel=1e-9)
            assert all(p.value == pytest.approx(p.times * values[p.quantity]) for p in found)


def computed(sheet: Any, cell: str) -> float:
    """A cell as a spreadsheet works it out, by Python's own arithmetic."""
    value = sheet[cell].value
    if not isinstance(value, str):
        return float(value)
    text = re.sub(r"\b([BD]\d+)\b", lambda m: repr(computed(sheet, m[1])), value.removeprefix("=")).replace(
        "^", "**"
    )
    names = {"MAX": max, "MIN": min, "SQRT": math.sqrt, "EXP": math.exp, "ROUND": round}
    return float(eval(text, {"__builtins__": {}}, names))


@pytest.mark.slow
def test_formulas_of_the_workbook_make_the_cost_and_follow_a_price(
    answered: tuple[Question, Any], report: Report
) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    sheet = openpyxl.load_workbook(io.BytesIO(written(report, "xlsx")))["Prices"]
    rows = {sheet[f"A{i}"].value: i for i in range(2, sheet.max_row + 1) if sheet[f"A{i}"].value}
    _, plan = answered
    cost = f"B{rows['cost']}"
    stated = plan.frontier[0].metrics["cost"].value
    assert str(sheet[cost].value).startswith("=")
    assert computed(sheet, cost) * sheet[f"D{rows['cost']}"].value == pytest.approx(stated, rel=1e-9)
    # Every price twice as high: what rests on nothing but prices costs twice as much, owned or rented.
    prices = ("rental_rate", "purchase_price", "electricity_price")
    for name, i in rows.items():
        if str(name).endswith(prices):
            sheet[f"B{i}"].value *= 2
    assert computed(sheet, cost) * sheet[f"D{rows['cost']}"].value == pytest.approx(2 * stated, rel=1e-9)


@pytest.mark.slow
def test_an_unknown_price_makes_no_sheet() -> None:
    q = asked("edge-8b")  # nobody lists a price of the device
    design = plan_question(q).frontier[0].design
    assert price_sheet(q, design, values_for(q, design), ["cost"]) is None


class Fetching(HTMLParser):
    """What a page would fetch, and tags that are left open."""

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in ("meta", "link", "br"):
            self.open.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "srcset", "action") and not (value or "").startswith(("#", "data:")):
                self.fetched.append(str(value))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


@pytest.mark.slow
def test_a_page_fetches_nothing_and_closes_what_it_opens(report: Report) -> None:
    text = str(written(report, "html"))
    page = Fetching()
    page.feed(text)
    assert page.fetched == page.open == []
    assert not re.search(r"@import|url\(|<script", text)
    assert "prefers-color-scheme:dark" in text and "@media print" in text


@pytest.mark.slow
def test_every_format_says_the_answer_first(report: Report) -> None:
    openpyxl = pytest.importorskip("openpyxl")
    first = report.said[0]
    assert first.startswith("Take A")
    assert str(written(report, "markdown")).index(first) < 200
    assert openpyxl.load_workbook(io.BytesIO(written(report, "xlsx")))["Answer"]["A3"].value == first
    assert str(written(report, "svg")).startswith("<?xml")


def test_names_from_files_are_text_in_a_page() -> None:
    named = Report(title="<script>alert(1)</script>", said=["a & b"], sections=[])
    assert "<script>" not in str(written(named, "html"))


def test_a_file_is_whole_or_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "a.html"
    write_whole(file, b"old")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(InputError, match="No space left"):
        write_whole(file, b"new")
    monkeypatch.setattr("os.replace", stopped)
    monkeypatch.setattr("os.fsync", lambda _: None)
    with pytest.raises(KeyboardInterrupt):
        write_whole(file, b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["a.html"] and file.read_bytes() == b"old"


@pytest.mark.parametrize("name", ["a.pdf", "a", "no/such/folder/a.html"])
def test_a_name_that_no_format_has_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(InputError, match="--report"):
        save(Report(title="a", said=[], sections=[]), tmp_path / name)
