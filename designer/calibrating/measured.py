"""Tables of single operations: what `designer microbench` writes and `designer calibrate` reads."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from catalogs.errors import InputError, Problem, nearest
from designer.accuracy.table import MeasuredRow, Records

Kind = Literal["gemm", "copy", "all_reduce"]
COLUMNS = ("hardware", "operation", "dtype", "m", "n", "k", "bytes", "ranks", "seconds")
# What each operation needs to be known of it.
NEEDS: dict[str, tuple[str, ...]] = {
    "gemm": ("m", "n", "k"),
    "copy": ("bytes",),
    "all_reduce": ("bytes", "ranks"),
}


@dataclass(frozen=True)
class Operation:
    """One timed operation: an (m x k)(k x n) product, a copy of `size` bytes, or an all-reduce of them."""

    kind: Kind
    dtype: str = ""
    m: int = 0
    n: int = 0
    k: int = 0
    size: int = 0
    ranks: int = 1


@dataclass(frozen=True)
class Timed:
    """An operation, the device it ran on as the table calls it, and how long it took."""

    hardware: str
    operation: Operation
    seconds: float
    row: MeasuredRow | None = None


def is_operations(columns: Sequence[str]) -> bool:
    """Whether these are the columns of a table of single operations."""
    return "operation" in columns and "seconds" in columns


def operations(table: Records) -> list[Timed]:
    """The operations of a table. Raises InputError, with file and line, for a row that is not one."""
    if "hardware" not in table.columns:
        raise InputError(Problem("a table of operations needs the column 'hardware'", table.file, table.line))
    return [_timed(row) for row in table.rows]


def _timed(row: MeasuredRow) -> Timed:
    kind = row.text("operation")

    def wrong(message: str) -> InputError:
        return InputError(Problem(message, row.file, row.line))

    if kind not in NEEDS:
        raise wrong(f"operation: unknown {kind!r}{nearest(kind, NEEDS)} (has: {', '.join(NEEDS)})")
    numbers = {c: row.count(c) for c in NEEDS[kind]}
    for column, value in numbers.items():
        if value is None:
            raise wrong(f"{column} is blank; {kind} needs {', '.join(NEEDS[kind])}")
    seconds = row.number("seconds")
    if seconds is None:
        raise wrong("seconds is blank or 0; expected the time of one operation")
    if not row.text("hardware"):
        raise wrong("hardware is blank; expected an accelerator of the catalog")
    if kind == "gemm" and not row.text("dtype"):
        raise wrong("dtype is blank; expected the precision of the product, for example bf16")
    if kind == "all_reduce" and (numbers["ranks"] or 0) < 2:
        raise wrong("ranks: an all-reduce needs at least 2")
    found = Operation(
        kind,  # type: ignore[arg-type]
        row.text("dtype"),
        m=numbers.get("m") or 0,
        n=numbers.get("n") or 0,
        k=numbers.get("k") or 0,
        size=numbers.get("bytes") or 0,
        ranks=numbers.get("ranks") or 1,
    )
    return Timed(row.text("hardware"), found, seconds, row)


def text(timed: Sequence[Timed]) -> str:
    """The table as CSV; a blank cell is a number the operation does not have."""
    lines = [",".join(COLUMNS)]
    for t in timed:
        o = t.operation
        sizes = (o.m, o.n, o.k, o.size, o.ranks if o.kind == "all_reduce" else 0)
        cells = [t.hardware, o.kind, o.dtype, *(str(s) if s else "" for s in sizes), f"{t.seconds:.6g}"]
        lines.append(",".join(cells))
    return "\n".join(lines) + "\n"
