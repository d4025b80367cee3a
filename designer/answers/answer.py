"""What the answers of all commands have in common: a named schema, JSON text, and often a table."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from catalogs.errors import InputError


class Answer(BaseModel):
    """A document that `--json` prints and the Python interface returns; `schema` says which."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    schema_name: str = Field(alias="schema")

    def to_json(self, **kwargs: Any) -> str:
        """The answer as JSON text."""
        return self.model_dump_json(by_alias=True, **kwargs)

    def records(self) -> list[dict[str, Any]]:
        """The answer as rows of named values in SI, where it is a table."""
        return []

    def record_units(self) -> dict[str, str]:
        """SI unit of each column of numbers that has one."""
        return {}

    def table(self) -> list[dict[str, Any]]:
        """The rows; raises InputError for an answer that has none."""
        found = self.records()
        if not found:
            raise InputError(f"{self.schema_name} has no rows here; --format json has all of it")
        return found

    def to_frame(self) -> Any:
        """The rows as a pandas DataFrame, in SI."""
        import pandas as pd

        return pd.DataFrame(self.records())

    def _repr_html_(self) -> str:
        return str(self.to_frame().to_html(index=False))
