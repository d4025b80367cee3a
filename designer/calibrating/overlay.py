"""A folder of catalog entries that differ from those in use by fitted values."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from catalogs import Catalog
from catalogs.errors import InputError

SOURCE = "calibration"
Key = tuple[str, ...]


@dataclass
class Overlay:
    """Changes to entries of a catalog: values by their path in the entry, all of one source a path."""

    catalog: Catalog
    date: str
    changes: dict[tuple[str, str], dict[Key, tuple[str, str]]] = field(default_factory=dict)
    refs: dict[tuple[str, str], list[str]] = field(default_factory=dict)

    def set(self, kind: str, id: str, values: Mapping[Key, str], ref: str, how: str = "fitted") -> None:
        """Give values of an entry, as text with units; `ref` says where they come from, `how` their kind."""
        self.changes.setdefault((kind, id), {}).update({k: (v, how) for k, v in values.items()})
        known = self.refs.setdefault((kind, id), [])
        if ref not in known:
            known.append(ref)

    def write(self, folder: Path) -> list[Path]:
        """Write the changed entries in full, so that `folder` can be passed as `--catalog`.

        Raises InputError when an entry of that name is there already and is not a calibration.
        """
        from ruamel.yaml import YAML

        yaml = YAML()
        yaml.width = 10_000
        yaml.preserve_quotes = True
        written = []
        for (kind, id), values in sorted(self.changes.items()):
            target = folder / kind / f"{id}.yaml"
            self._check(target)
            entry = yaml.load(self.catalog.path(kind, id).read_text(encoding="utf-8"))
            refs = self.refs[kind, id]
            if SOURCE in entry["sources"]:
                refs = [entry["sources"][SOURCE]["ref"], *refs]  # values of an earlier calibration may stand
            entry["sources"][SOURCE] = _flow({"ref": "; ".join(refs), "date": self.date})
            for path, (value, how) in values.items():
                at = entry
                for name in path[:-1]:
                    at = at.setdefault(name, {})
                at[path[-1]] = _flow({"value": value, "kind": how, "source": SOURCE})
            named = _sources(entry)
            for key in [k for k in entry["sources"] if k not in named]:
                del entry["sources"][key]
            out = io.StringIO()
            yaml.dump(entry, out)
            try:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(out.getvalue(), encoding="utf-8")
            except OSError as e:
                raise InputError(f"--out {folder}: cannot be written: {e.strerror}") from None
            written.append(target)
        return written

    def _check(self, target: Path) -> None:
        if target.exists() and f"  {SOURCE}:" not in target.read_text(encoding="utf-8", errors="replace"):
            raise InputError(f"{target}: holds an entry of yours; choose another folder with --out")


def _sources(entry: Any) -> set[str]:
    """Keys of the sources that facts of an entry name."""
    found: set[str] = set()
    if isinstance(entry, dict):
        for key, value in entry.items():
            found |= {value} if key == "source" and isinstance(value, str) else _sources(value)
    elif isinstance(entry, list):
        for value in entry:
            found |= _sources(value)
    return found


def _flow(values: dict[str, Any]) -> Any:
    from ruamel.yaml.comments import CommentedMap

    found = CommentedMap(values)
    found.fa.set_flow_style()
    return found
