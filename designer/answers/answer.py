"""What the answers of all commands have in common: a named schema, and JSON text."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Answer(BaseModel):
    """A document that `--json` prints and the Python interface returns; `schema` says which."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_name: str = Field(alias="schema")

    def to_json(self, **kwargs: Any) -> str:
        """The answer as JSON text."""
        return self.model_dump_json(by_alias=True, **kwargs)
