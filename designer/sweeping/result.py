"""The results of a sweep, for Python."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class SweepResult:
    """A folder of results."""

    folder: Path

    @property
    def files(self) -> str:
        """The pattern that pandas, DuckDB and Arrow read: one row a design, or a point that has none."""
        return str(self.folder / "points" / "*.parquet")

    def to_arrow(self) -> Any:
        """All rows as a pyarrow Table, in the order of points; columns say their unit in their metadata."""
        from designer.sweeping.store import Store

        return Store(self.folder).table()

    def to_frame(self) -> Any:
        """All rows as a pandas DataFrame, numbers in SI; `frame.attrs["units"]` says the unit of each column."""
        frame = self.to_arrow().to_pandas()
        frame.attrs["units"] = self.units()
        return frame

    def _repr_html_(self) -> str:
        """Where it is and its first rows, for notebooks."""
        from html import escape

        return f"<p>{escape(str(self.folder))}</p>{self.to_frame().to_html(index=False, max_rows=20)}"

    def units(self) -> dict[str, str]:
        """SI unit of each column of numbers."""
        from designer.sweeping.store import Store

        return {c.name: c.unit for c in Store(self.folder).manifest().columns if c.unit}
