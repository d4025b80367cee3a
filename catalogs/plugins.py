"""Catalogs that installed packages bring: the entry points `designer.catalogs`.

A package declares the one of its modules whose folder has entries in folders of their kind:

    [project.entry-points."designer.catalogs"]
    acme = "acme_facts"

The module is found and not run: facts are files.
"""

from __future__ import annotations

import importlib.util
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from catalogs.errors import InputError

GROUP = "designer.catalogs"


@dataclass(frozen=True)
class Plugin:
    """A folder of entries, and the distribution that brought it, such as `acme-facts 1.2`."""

    root: Path
    wheel: str


@cache
def plugins() -> tuple[Plugin, ...]:
    """What is installed, by name; raises InputError for an entry point that leads to no folder."""
    from importlib.metadata import entry_points

    out = []
    for point in sorted(entry_points(group=GROUP), key=lambda p: (p.name, p.value)):
        wheel = f"{point.dist.name} {point.dist.version}" if point.dist else point.name
        try:
            spec = importlib.util.find_spec(point.module)
        except (ImportError, ValueError):
            spec = None
        folders = list(spec.submodule_search_locations or []) if spec else []
        if not folders:
            raise InputError(
                f"{wheel}: its catalog {point.name!r} is {point.value!r}, which is no package that is installed"
            )
        out.append(Plugin(Path(folders[0]), wheel))
    return tuple(out)
