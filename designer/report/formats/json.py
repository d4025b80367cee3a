"""The whole answer as JSON, by its published schema."""

from __future__ import annotations

from designer.answers.answer import Answer


def written(answer: Answer) -> str:
    """Every field, in SI."""
    return answer.to_json(indent=2)
