"""What a sweep rests on, as hashes: change any of it and kept results are no longer answers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

from catalogs import Catalog, yaml
from designer.sweeping.declaration import Plan

PACKAGES = ("catalogs", "constraints", "designer")


@dataclass(frozen=True)
class Stamp:
    """Hashes of the base scenario, of what varies, of the catalog and of the program."""

    scenario: str
    axes: str
    catalog: str
    version: str

    @property
    def facts(self) -> str:
        """What the answer of a point rests on beside its own values."""
        return f"{self.scenario} {self.catalog} {self.version}"

    def changed(self, other: Stamp) -> list[str]:
        """What differs from `other`, in words."""
        words = {
            "scenario": "the base scenario or what is set on it",
            "axes": "the axes of the sweep",
            "catalog": "the catalog",
            "version": "the program",
        }
        mine, theirs = asdict(self), asdict(other)
        return [text for name, text in words.items() if mine[name] != theirs[name]]


def stamp_of(plan: Plan, catalog: Catalog) -> Stamp:
    """The stamp of a sweep with this catalog, today."""
    from designer import __version__

    scenario = json.dumps([yaml.read(plan.base).data, plan.sets], sort_keys=True)
    axes = repr((plan.axes, plan.sweep.quantities, plan.sweep.designs))
    facts = _files(catalog.roots, "*.yaml")
    here = Path(__file__).resolve().parent.parent.parent
    code = _files((here / p for p in PACKAGES), "*.py")
    return Stamp(_short(scenario), _short(axes), facts, f"{__version__}+{code}")


def _files(folders: Iterable[Path], pattern: str) -> str:
    """A hash of the content of all files of a kind below some folders."""
    out = hashlib.sha256()
    for folder in folders:
        for f in sorted(folder.rglob(pattern)):
            out.update(str(f.relative_to(folder)).encode())
            out.update(hashlib.sha256(f.read_bytes()).digest())
    return out.hexdigest()[:16]


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:16]
