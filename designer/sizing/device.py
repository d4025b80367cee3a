"""A hypothetical part from a file of its own, in the node of a known one."""

from __future__ import annotations

from pathlib import Path

from catalogs import Catalog, schema, yaml
from catalogs.errors import InputError
from catalogs.schema import Accelerator, Node


class CatalogWithPart(Catalog):
    """A catalog with one more accelerator, and a node that holds it in place of its own."""

    def __init__(self, catalog: Catalog, part: Accelerator, node: Node, file: Path):
        self.__dict__.update(catalog.__dict__)
        known = {kind: dict(catalog._index(kind)) for kind in ("accelerators", "nodes")}
        known["accelerators"][part.id] = file
        known["nodes"][node.id] = catalog.path("nodes", node_around(node))
        self._files = {**catalog._files, **known}
        self._entries = {**catalog._entries, ("accelerators", part.id): part, ("nodes", node.id): node}

    def glance(self, kind: str, name: str) -> dict[str, str]:
        """The made node is read from the file of the one it was made of, and holds another part."""
        entry = self._entries.get((kind, name))
        said = super().glance(kind, name)
        return {**said, "accelerator": entry.accelerator} if isinstance(entry, Node) else said


_IN = "-in-"


def node_around(node: Node) -> str:
    """The catalog's node that a made one was made of."""
    return node.id.rpartition(_IN)[2]


def with_part(catalog: Catalog, file: Path, around: str) -> tuple[Catalog, str]:
    """The catalog with the accelerator of a file in a node like `around`, and that node's id.

    The node keeps its links, its host and its number of devices; its power is no longer known. Raises
    InputError for a file that is no accelerator entry.
    """
    if not file.exists():
        raise InputError(f"--device {str(file)!r}: no such file")
    part = schema.load(schema.MODELS["accelerators"], yaml.read(file), file.stem)
    assert isinstance(part, Accelerator)
    base = catalog.get("nodes", around)
    node = base.model_copy(
        update={
            "id": f"{part.id}{_IN}{base.id}",
            "name": f"{base.name} with {part.name}",
            "accelerator": part.id,
            "power": None,
        }
    )
    return CatalogWithPart(catalog, part, node, file), node.id
