"""A folder of results: Parquet parts that are there whole or not at all, and what they answer.

DIR/sweep.json            the declaration, the columns, and hashes of what the answers rest on
DIR/points/*.parquet      rows, a part for each finished chunk; its name ends with a hash of its bytes
DIR/damaged/              parts whose bytes are not those of their name, set aside
DIR/lock                  held while a process writes
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import uuid
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from catalogs.errors import InputError
from designer.answers.answer import Answer
from designer.sweeping.answering import Columns
from designer.sweeping.columns import StoredColumn
from designer.sweeping.extras import needed
from designer.sweeping.stamp import Stamp

_TYPES = {"int": "int64", "float": "float64", "text": "string"}


class AxisTexts(BaseModel):
    """What `--set` is told at each step of an axis."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    rows: list[list[str]]


class Again(BaseModel):
    """How to ask for one point alone: a command, and by axis what it is told more; the last axis moves fastest."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: str
    axes: list[AxisTexts]


class Manifest(Answer):
    """What a folder holds results of: its `sweep.json`."""

    schema_name: Literal["designer.sweep/1"] = Field(default="designer.sweep/1", alias="schema")
    name: str
    description: str
    base: str
    count: int
    objectives: list[tuple[str, int]]
    columns: list[StoredColumn]
    stamp: Stamp
    view: dict[str, str | None]
    sampled: list[str]
    again: Again | None = Field(default=None, description="null where the axes have too many steps to list")


class Store:
    """One folder of results."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.parts_folder = folder / "points"

    def manifest(self) -> Manifest:
        """What the folder holds; raises InputError where it holds no sweep."""
        try:
            return Manifest.model_validate_json((self.folder / "sweep.json").read_text("utf-8"))
        except FileNotFoundError:
            raise InputError(f"{self.folder}: no sweep here (no sweep.json)") from None
        except ValidationError as e:
            first = e.errors()[0]
            where = ".".join(map(str, first["loc"]))
            raise InputError(
                f"{self.folder}/sweep.json: not the manifest of a sweep:"
                f" {f'{where}: ' if where else ''}{first['msg']}"
            ) from None
        except (OSError, ValueError) as e:
            raise InputError(f"{self.folder}/sweep.json: not the manifest of a sweep: {e}") from None

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Holds the folder for one process; raises InputError where another has it or nothing can be written."""
        try:
            self.parts_folder.mkdir(parents=True, exist_ok=True)
            handle = os.open(self.folder / "lock", os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as e:
            raise self._unwritable(e) from None
        try:
            if not _locked(handle):
                raise InputError(f"{self.folder}: another process is writing a sweep here")
            self._sweep_up()
            yield
        except OSError as e:
            raise self._unwritable(e) from None
        finally:
            os.close(handle)

    def _unwritable(self, e: OSError) -> InputError:
        return InputError(
            f"{self.folder}: results cannot be written: {e.strerror or e};"
            " what is finished is kept, and the same command goes on from there"
        )

    def begin(self, manifest: Manifest, fresh: bool) -> None:
        """Make the folder one of this sweep; raises InputError where it holds answers to something else."""
        if not (self.folder / "sweep.json").exists():
            if next(self.parts_folder.glob("*.parquet"), None) is not None:
                raise InputError(f"{self.folder}: results without a sweep.json; --fresh deletes them")
        elif not fresh:
            changed = manifest.stamp.changed(self.manifest().stamp)
            if changed:
                raise InputError(
                    f"{self.folder}: {' and '.join(changed)} changed since these results were begun;"
                    " give --fresh to delete them, or another --out"
                )
            return
        for part in self.parts():
            part.unlink()
        write_whole(self.folder / "sweep.json", manifest.to_json(indent=1).encode())

    def _sweep_up(self) -> None:
        """Removes what a killed process left half-written."""
        for left in [*self.parts_folder.glob("*.tmp"), *self.folder.glob("*.tmp")]:
            left.unlink()

    def parts(self) -> list[Path]:
        """Finished parts, in a fixed order."""
        return sorted(self.parts_folder.glob("*.parquet"))

    def done(self) -> set[int]:
        """Points whose rows are kept."""
        out: set[int] = set()
        for part in self.parts():
            out.update(_read(part, ["point"])["point"].to_pylist())
        return out

    def set_aside(self) -> list[Path]:
        """Move damaged parts away, so that their points are answered again; where they are now."""
        out = []
        for part in self.parts():
            try:
                _read(part, ["point"])
            except InputError:
                aside = self.folder / "damaged" / part.name
                aside.parent.mkdir(exist_ok=True)
                out.append(part.replace(aside))
        return out

    def append(self, columns: Columns, of: Sequence[StoredColumn]) -> None:
        """Add the rows of a finished chunk: all of them, or none."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = arrow_table(columns, of)
        sink = pa.BufferOutputStream()
        pq.write_table(table, sink, compression="zstd")
        first = columns["point"][0] if columns["point"] else 0
        content = sink.getvalue().to_pybytes()
        name = f"{first:012d}-{uuid.uuid4().hex[:8]}-{_checksum(content)}.parquet"
        write_whole(self.parts_folder / name, content)

    def table(self) -> Any:
        """All rows as one Arrow table, in the order of points and designs, each point once."""
        pa = needed("pyarrow", "pyarrow", "sweeps")
        import pyarrow.compute as pc

        of = self.manifest().columns
        seen: set[int] = set()
        tables = []
        for part in self.parts():
            t = _read(part)
            points = set(t["point"].to_pylist())
            if points & seen:
                t = t.filter(pc.invert(pc.is_in(t["point"], pa.array(sorted(points & seen)))))
            seen |= points
            tables.append(t)
        if not tables:
            return arrow_table({c.name: [] for c in of}, of)
        # Rows of a point are in the order of its frontier already, and a stable sort keeps them there.
        whole = pa.concat_tables(tables)
        return whole.take(pc.sort_indices(whole, sort_keys=[("point", "ascending")]))

    def digest(self) -> str:
        """A hash of all rows: equal for equal answers, whoever computed them in whatever order."""
        import pyarrow as pa

        table = self.table().combine_chunks()
        out = hashlib.sha256()
        for name in table.column_names:
            out.update(name.encode())
            out.update(repr(table[name].to_pylist()).encode())
        assert isinstance(table, pa.Table)
        return out.hexdigest()


def arrow_table(columns: Columns, of: Sequence[StoredColumn]) -> Any:
    """Rows as an Arrow table whose columns say their unit, kind and meaning in their metadata."""
    import pyarrow as pa

    types = {**{k: getattr(pa, v)() for k, v in _TYPES.items()}, "list": pa.list_(pa.string())}
    fields = [
        pa.field(c.name, types[c.type], metadata={"unit": c.unit, "kind": c.kind, "title": c.title})
        for c in of
    ]
    arrays = [pa.array(columns[c.name], type=types[c.type]) for c in of]
    schema = str(Manifest.model_fields["schema_name"].default)
    return pa.table(arrays, schema=pa.schema(fields, metadata={"schema": schema}))


def merged(folders: Iterable[Path], out: Path) -> Store:
    """One folder with the rows of several; raises InputError where these are not of one sweep."""
    stores = [Store(f) for f in folders]
    manifests = [s.manifest() for s in stores]
    for s, m in zip(stores, manifests, strict=True):
        changed = m.stamp.changed(manifests[0].stamp)
        if changed:
            raise InputError(f"{s.folder}: {' and '.join(changed)} differ from those of {stores[0].folder}")
    into = Store(out)
    if out.resolve() in {s.folder.resolve() for s in stores}:
        raise InputError(f"{out}: is one of the folders to merge; give another --out")
    with into.writing():
        into.begin(manifests[0], fresh=False)
        have = into.done()
        for s in stores:
            table = s.table().to_pydict()
            new = [i for i, p in enumerate(table["point"]) if p not in have]
            have.update(table["point"])
            if new:
                into.append({n: [v[i] for i in new] for n, v in table.items()}, manifests[0].columns)
    return into


def _checksum(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:16]


def _read(part: Path, columns: list[str] | None = None) -> Any:
    """A part as an Arrow table; raises InputError where it is not what was written.

    Parts of earlier versions have no hash in their name: of these only what cannot be read is found.
    """
    pq = needed("pyarrow.parquet", "pyarrow", "sweeps")
    import pyarrow as pa

    try:
        content = part.read_bytes()
        said = part.stem.split("-")[2:]
        if said and said[0] != _checksum(content):
            raise InputError("its bytes are not those that were written")
        return pq.read_table(pa.BufferReader(content), columns=columns, use_threads=False, pre_buffer=False)
    except (InputError, OSError, pa.ArrowException, KeyError) as e:
        why = str(e).splitlines()[0] if str(e) else type(e).__name__
        raise InputError(
            f"{part}: damaged: {why}; the command that made it sets it aside and answers its points again"
        ) from None


def _locked(handle: int) -> bool:
    """Whether this process holds the file now; the system lets go of it when the process ends."""
    try:
        import fcntl
    except ImportError:  # no such locks here: part names are unique, and rows are told apart by their point
        return True
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all; raises OSError where it cannot be written."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as f:
            f.write(content)
            f.flush()
            os.fsync(f.fileno())
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
