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
        """The rows as a pandas DataFrame, numbers in SI; `frame.attrs["units"]` says the unit of each column."""
        import pandas as pd

        frame = pd.DataFrame(self.records())
        frame.attrs["units"] = {n: unit for n, unit in self.record_units().items() if n in frame}
        return frame

    def summary(self) -> str:
        """What it is in a line."""
        return self.schema_name.split("/")[0]

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.summary()}>"

    __str__ = __repr__

    def _repr_html_(self) -> str:
        """Its line and its table, for notebooks; of long tables the first rows."""
        from html import escape

        frame, units = self.to_frame(), self.record_units()
        named = frame.rename(columns={n: f"{n} [{units[n]}]" for n in frame if n in units})
        table = named.to_html(index=False, max_rows=40) if len(frame) else ""
        return f"<p>{escape(self.summary())}</p>{table}"
