"""A check as annotations of GitHub Actions: an error at the line of each budget that does not hold."""

from __future__ import annotations

from catalogs.errors import InputError
from designer.answers.answer import Answer
from designer.checking.result import CheckResult
from designer.report.check_text import line


def written(answer: Answer) -> str:
    """One line a budget; raises InputError for an answer that is no check."""
    if not isinstance(answer, CheckResult):
        raise InputError("--format github is for designer check FILE")
    out = []
    for c in answer.checked:
        file, _, at = c.place.rpartition(":")
        where = f"file={_property(file)},line={at}" if at.isdigit() else f"file={_property(c.place)}"
        out.append(
            f"::{'notice' if c.holds else 'error'} {where},title={_property(c.name)}::{_message(line(c))}"
        )
    return "\n".join(out)


def _message(text: str) -> str:
    """Text as the commands of a workflow take it.

    >>> _message("90 %\\n::error::no")
    '90 %25%0A::error::no'
    """
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
