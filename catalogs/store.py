"""Finding and reading catalog entries, one file at a time."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from copy import copy
from pathlib import Path
from typing import TYPE_CHECKING, Literal, overload

from catalogs.errors import InputError, Problem, nearest
from catalogs.hub import shape_of
from catalogs.plugins import plugins

if TYPE_CHECKING:
    from catalogs import schema

SHIPPED = Path(__file__).parent

# folder of each kind -> what one entry is called
KINDS = {
    "accelerators": "accelerator",
    "models": "model",
    "formats": "format",
    "nodes": "node",
    "fabrics": "fabric",
    "storage": "storage",
    "datasets": "dataset",
    "regions": "region",
    "grids": "grid",
    "operators": "operator",
    "prices": "price",
    "embodied": "embodied",
    "reliability": "reliability",
    "hierarchies": "hierarchy",
    "scaling": "scaling law",
    "fidelity": "table of scores",
    "assumptions": "assumptions",
    "engines": "engine",
    "frameworks": "training framework",
}

# Enough of YAML to find the aliases of an entry without parsing it: a flow list, or a block list.
_ALIASES = re.compile(r"^aliases:[ \t]*(?:\[([^\]]*)\]|((?:\n[ \t]*-[ \t][^\n]*)+))", re.MULTILINE)

_WORDS = re.compile(r"""^([a-z_]+):[ \t]*["']?([\w.-]*)""", re.MULTILINE)


class Catalog:
    """The shipped entries, with those of installed packages and of each overlay folder in front of them.

    What comes later in this order wins.
    """

    def __init__(self, overlays: Sequence[str | Path] = ()):
        self._wheels = {_overlay(p.root): p.wheel for p in plugins()}
        self._roots = [SHIPPED, *self._wheels, *(_overlay(Path(o)) for o in overlays)]
        self._files: dict[str, dict[str, Path]] = {}
        self._aliases: dict[str, dict[str, str]] = {}
        self._entries: dict[tuple[str, str], schema.Entry] = {}
        self._glances: dict[Path, dict[str, str]] = {}

    @property
    def roots(self) -> tuple[Path, ...]:
        """Folders entries are read from: the shipped one first, those of wheels and of overlays after it."""
        return tuple(self._roots)

    @property
    def overlays(self) -> tuple[Path, ...]:
        """Those of one's own."""
        return tuple(r for r in self._roots[1:] if r not in self._wheels)

    def kinds(self) -> tuple[str, ...]:
        """The kinds of entries, which are the names of their folders."""
        return tuple(KINDS)

    def ids(self, kind: str) -> tuple[str, ...]:
        """Ids of all entries of a kind, sorted."""
        return tuple(sorted(self._index(kind)))

    def path(self, kind: str, name: str) -> Path:
        """The file an entry is read from."""
        return self._index(kind)[self._id(kind, name)]

    def origin(self, kind: str, name: str) -> str:
        """ "shipped", the wheel that brought the entry, or the overlay folder it is read from."""
        root = self.path(kind, name).parent.parent
        return "shipped" if root == SHIPPED else self._wheels.get(root) or str(root)

    @overload
    def get(self, kind: Literal["accelerators"], name: str) -> schema.Accelerator: ...
    @overload
    def get(self, kind: Literal["models"], name: str) -> schema.Model: ...
    @overload
    def get(self, kind: Literal["formats"], name: str) -> schema.Format: ...
    @overload
    def get(self, kind: Literal["nodes"], name: str) -> schema.Node: ...
    @overload
    def get(self, kind: Literal["fabrics"], name: str) -> schema.Fabric: ...
    @overload
    def get(self, kind: Literal["storage"], name: str) -> schema.Storage: ...
    @overload
    def get(self, kind: Literal["datasets"], name: str) -> schema.Dataset: ...
    @overload
    def get(self, kind: Literal["regions"], name: str) -> schema.Region: ...
    @overload
    def get(self, kind: Literal["grids"], name: str) -> schema.Grid: ...
    @overload
    def get(self, kind: Literal["operators"], name: str) -> schema.Operator: ...
    @overload
    def get(self, kind: Literal["prices"], name: str) -> schema.Price: ...
    @overload
    def get(self, kind: Literal["embodied"], name: str) -> schema.Embodied: ...
    @overload
    def get(self, kind: Literal["reliability"], name: str) -> schema.Reliability: ...
    @overload
    def get(self, kind: Literal["hierarchies"], name: str) -> schema.Hierarchy: ...
    @overload
    def get(self, kind: Literal["scaling"], name: str) -> schema.ScalingLaw: ...
    @overload
    def get(self, kind: Literal["fidelity"], name: str) -> schema.Fidelity: ...
    @overload
    def get(self, kind: Literal["assumptions"], name: str) -> schema.Assumptions: ...
    @overload
    def get(self, kind: Literal["engines", "frameworks"], name: str) -> schema.Software: ...
    @overload
    def get(self, kind: str, name: str) -> schema.Entry: ...

    def get(self, kind: str, name: str) -> schema.Entry:
        """The entry with this id or alias, whatever its case; read on first use."""
        found = self._id(kind, name)
        key = (kind, found)
        if key not in self._entries:
            self._entries[key] = _load(kind, self._index(kind)[found])
        return self._entries[key]

    def add(self, kind: str, entry: schema.Entry, file: Path) -> None:
        """An entry that was made of a file of another format, in the place of one made before of that id.

        Raises InputError for the id of an entry that the catalog has a file of.
        """
        known = self._index(kind)
        if entry.id in known and known[entry.id].parent.parent in self._roots:
            raise InputError(f"{entry.id!r}, the id of {file}, is an entry of {known[entry.id]}")
        known[entry.id] = file
        self._entries[kind, entry.id] = entry

    def nodes_with(self, accelerator: str) -> list[schema.Node]:
        """Nodes that hold an accelerator, by id; others are not parsed."""
        return [
            self.get("nodes", id)
            for id in self.ids("nodes")
            if self.glance("nodes", id).get("accelerator") == accelerator
        ]

    def glance(self, kind: str, name: str) -> dict[str, str]:
        """Field -> its first word, empty where a list or mapping follows; read off the text, not parsed."""
        path = self.path(kind, name)
        if path not in self._glances:
            self._glances[path] = dict(_WORDS.findall(path.read_text("utf-8", errors="replace")))
        return self._glances[path]

    def with_entry(self, kind: str, entry: schema.Entry, file: Path) -> Catalog:
        """The same catalog with one more entry, as if it stood in `file`."""
        out = copy(self)
        out._files = {**self._files, kind: {**self._index(kind), entry.id: file}}
        out._entries = {**self._entries, (kind, entry.id): entry}
        return out

    def used_overlays(self) -> list[str]:
        """Files of one's own that entries were read from so far."""
        own = ("shipped", *self._wheels.values())
        return sorted(str(self.path(k, i)) for k, i in self._entries if self.origin(k, i) not in own)

    def used_wheels(self) -> list[str]:
        """Entries that installed packages brought and that were read so far, with the wheel of each.

        One that stands in the place of a shipped entry says so.
        """
        wheels = set(self._wheels.values())
        found = [(k, i, self.origin(k, i)) for k, i in sorted(self._entries)]
        return [
            f"{k}/{i} of {wheel}{' instead of the shipped entry' if (SHIPPED / k / f'{i}.yaml').exists() else ''}"
            for k, i, wheel in found
            if wheel in wheels
        ]

    def find(self, kind: str, name: str) -> str | None:
        """The id of the entry with this id or alias, whatever its case, or None.

        Of a model also by the name of another checkpoint of its shape on a hub.
        """
        wanted = str(name).strip().lower()
        if wanted in self._index(kind):
            return wanted
        found = self._alias_index(kind).get(wanted)
        return shape_of(wanted, self.names(kind)) if found is None and kind == "models" else found

    def names(self, kind: str) -> dict[str, str]:
        """Every id and alias of a kind, in lower case, with the id it stands for."""
        return {**self._alias_index(kind), **{id: id for id in self._index(kind)}}

    def _id(self, kind: str, name: str) -> str:
        found = self.find(kind, name)
        if found is None:
            known = [*self._index(kind), *self._alias_index(kind)]
            raise InputError(f"unknown {KINDS[kind]} {name!r}{nearest(name, known)}")
        return found

    def _index(self, kind: str) -> dict[str, Path]:
        """Id -> file of one kind; found by listing, so any name a user types is only ever looked up."""
        if kind not in KINDS:
            raise InputError(f"unknown kind {kind!r}{nearest(kind, KINDS)} (has: {', '.join(KINDS)})")
        if kind not in self._files:
            self._files[kind] = {p.stem: p for root in self._roots for p in _entries_of(root / kind)}
        return self._files[kind]

    def _alias_index(self, kind: str) -> dict[str, str]:
        if kind not in self._aliases:
            # overlays come last in the index, so their aliases win
            found: dict[str, str] = {}
            for stem, path in sorted(self._index(kind).items(), key=lambda i: i[1].parent.parent != SHIPPED):
                found.update(dict.fromkeys(aliases_of(path), stem))
            self._aliases[kind] = found
        return self._aliases[kind]


def aliases_of(path: Path) -> list[str]:
    """Aliases of an entry in lower case, read off its text; none where the file cannot be read."""
    try:
        found = _ALIASES.search(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return []  # the entry itself is reported when it is asked for
    if not found:
        return []
    items = found[1].split(",") if found[1] is not None else re.findall(r"-[ \t]+(.*)", found[2])
    return [i.strip().strip("'\"").lower() for i in items if i.strip()]


def _load(kind: str, path: Path) -> schema.Entry:
    from catalogs import schema, yaml

    return schema.load(schema.MODELS[kind], yaml.read(path), path.stem)


def _entries_of(folder: Path) -> list[Path]:
    if not folder.is_dir():
        return []
    return [p for p in sorted(folder.iterdir()) if p.suffix == ".yaml"]


def _overlay(root: Path) -> Path:
    """An overlay folder, after checking that everything in it will be read."""
    if not root.exists():
        raise InputError(Problem("no such overlay folder", str(root)))
    if not root.is_dir():
        raise InputError(Problem("an overlay is a folder, this is a file", str(root)))
    try:
        folders = sorted(p for p in root.iterdir() if not p.name.startswith("."))
        strays = [p for p in folders if p.is_file() and p.suffix in (".yaml", ".yml")]
        inside = [p for f in folders if f.is_dir() and f.name in KINDS for p in f.iterdir()]
    except OSError as e:
        raise InputError(Problem(f"cannot be read: {e.strerror}", str(root))) from None
    problems = [
        Problem(f"unknown kind of entry {p.name!r}{nearest(p.name, KINDS)} (has: {', '.join(KINDS)})", str(p))
        for p in folders
        if p.is_dir() and p.name not in KINDS
    ]
    problems += [
        Problem(f"put entries in a folder of their kind: {', '.join(KINDS)}", str(p)) for p in strays
    ]
    problems += [
        Problem("an entry is a file with a lower-case name that ends in .yaml", str(p))
        for p in inside
        if p.suffix == ".yml" or (p.suffix == ".yaml" and p.stem != p.stem.lower())
    ]
    if problems:
        raise InputError(*problems)
    return root


def default_catalog() -> Catalog:
    """The shipped catalog with the overlay folders named in DESIGNER_CATALOG."""
    named = os.environ.get("DESIGNER_CATALOG", "")
    return Catalog([Path(p) for p in named.split(os.pathsep) if p])
