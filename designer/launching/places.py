"""Machines and models of a launch as entries of the catalog."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from catalogs import Catalog
from catalogs.errors import InputError, nearest

# Keys of a shape that are read off the text of an entry, before it is parsed.
_KEYS = ("layers", "hidden", "heads")
# The longest sequence that a launch makes room for, which tells models of one shape apart.
CONTEXT = "max_context"


def node_of(catalog: Catalog, name: str, flag: str = "--node") -> str:
    """The node of the catalog that is meant: by id or alias, with or without its cloud's name before it.

    Raises InputError for an unknown one, with the nodes that hold an accelerator of the name if it is one.
    """
    plain = re.sub(r"[\s_]+", "-", name.strip().lower())
    for tried in (name, plain):
        if found := catalog.find("nodes", tried):
            return found
    ends = [i for i in catalog.ids("nodes") if i.endswith(f"-{plain}")]
    if len(ends) == 1:
        return ends[0]
    if device := catalog.find("accelerators", name) or catalog.find("accelerators", plain):
        holds = [n.id for n in catalog.nodes_with(device)]
        raise InputError(f"{flag} {name!r} is a device; name a node that holds it: {', '.join(holds[:8])}")
    raise InputError(f"{flag}: unknown node {name!r}{nearest(plain, catalog.ids('nodes'))}")


def model_of(catalog: Catalog, stated: str | Mapping[str, Any]) -> str:
    """The model of the catalog that is meant, by a name or by what a launch says of its shape.

    Raises InputError where there is none.
    """
    return models_of(catalog, stated)[0]


def models_of(catalog: Catalog, stated: str | Mapping[str, Any]) -> list[str]:
    """The models of the catalog that may be meant, the likeliest first: several may have one shape."""
    if isinstance(stated, str):
        # A folder is called as its checkpoint is, under a name of somebody's own or of its publisher.
        parts = stated.rstrip("/").split("/")
        tried = (stated, "/".join(parts[-2:]), f"any/{parts[-1]}", parts[-1])
        found = next(filter(None, (catalog.find("models", name) for name in tried)), None)
        if found is None:
            known = [*catalog.ids("models"), *catalog.names("models")]
            raise InputError(
                f"model {stated!r} is none of the catalog{nearest(stated.lower(), known)};"
                " --set workload.model=NAME says which has its shape, or names its config.json"
            )
        return [found]
    context = stated.get(CONTEXT)
    shape_said = {k: v for k, v in stated.items() if k != CONTEXT}
    rows = re.compile(r"^  (layers|hidden|heads): (\d+)$", re.MULTILINE)
    fits = []
    for id in catalog.ids("models"):
        if not catalog.path("models", id).is_file():
            continue
        glance = dict(rows.findall(catalog.path("models", id).read_text("utf-8", errors="replace")))
        if any(k in stated and glance.get(k) != str(stated[k]) for k in _KEYS):
            continue
        entry = catalog.get("models", id)
        shape = entry.architecture
        if shape and all(_same(getattr(shape, k), v) for k, v in shape_said.items()):
            positions = shape.position_embeddings or shape.max_context
            published = any("/" in alias for alias in entry.aliases)
            fits.append((positions != context, not published, len(id), id))
    if not fits:
        said = ", ".join(f"{k} {v}" for k, v in shape_said.items() if v is not None)
        raise InputError(
            f"no model of the catalog has {said}; --set workload.model=config.json says its shape"
        )
    return [id for *_, id in sorted(fits)]


def _same(known: object, said: object) -> bool:
    return (known or None) == (said or None)
