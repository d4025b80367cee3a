"""A check as JUnit XML, which build servers show: a test case a budget."""

from __future__ import annotations

from xml.sax.saxutils import quoteattr

from catalogs.errors import InputError
from designer.answers.answer import Answer
from designer.checking.result import CheckResult
from designer.report.check_text import line


def written(answer: Answer) -> str:
    """One suite; raises InputError for an answer that is no check."""
    if not isinstance(answer, CheckResult):
        raise InputError("--format junit is for designer check FILE")
    failed = sum(not c.holds for c in answer.checked)
    name = quoteattr(_plain(f"designer check {answer.scenario}"))
    out = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuite name={name} tests="{len(answer.checked)}" failures="{failed}">',
    ]
    for c in answer.checked:
        of = quoteattr(_plain(f"{answer.scenario}.{c.of}"))
        case = f"  <testcase classname={of} name={quoteattr(_plain(c.text))}"
        out.append(
            f"{case}/>" if c.holds else f"{case}><failure message={quoteattr(_plain(line(c)))}/></testcase>"
        )
    return "\n".join([*out, "</testsuite>"])


def _plain(text: str) -> str:
    """Text without what XML has no way to say."""
    return "".join(c if c.isprintable() else " " for c in text)
