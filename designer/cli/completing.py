"""What a shell offers while a command is typed: names of files and of entries, found without loading any of them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any


def _shipped(package: str, *folders: str) -> Path:
    """A folder of a package, found without importing what is in it."""
    from importlib.util import find_spec

    spec = find_spec(package)
    root = (
        Path(next(iter(spec.submodule_search_locations)))
        if spec and spec.submodule_search_locations
        else Path()
    )
    return root.joinpath(*folders)


def _starting(names: Iterable[str], start: str) -> list[str]:
    return sorted(n for n in names if n.startswith(start))


def _documents(folder: Path, start: str) -> list[str]:
    """Shipped documents by name, and files and folders that are here."""
    here = Path(start).parent if not start.endswith("/") else Path(start)
    files = [str(p) for p in here.glob("*.y*ml")] + [
        f"{p}/" for p in here.glob("*/") if not p.name.startswith(".")
    ]
    return _starting([*(p.stem for p in folder.glob("*.yaml")), *files], start)


def scenarios(incomplete: str) -> list[str]:
    """Scenarios.

    >>> scenarios("llama-3.1-405b")
    ['llama-3.1-405b-30-days', 'llama-3.1-405b-pretrain']
    """
    return _documents(_shipped("scenarios"), incomplete)


def fleets(incomplete: str) -> list[str]:
    """Fleets."""
    return _documents(_shipped("scenarios", "fleets"), incomplete)


def sweeps(incomplete: str) -> list[str]:
    """Sweeps, and scenarios, which are swept with --over."""
    found = {*_documents(_shipped("scenarios", "sweeps"), incomplete), *scenarios(incomplete)}
    return sorted(found)


def kinds(incomplete: str) -> list[str]:
    """Kinds of entries of the catalog."""
    return _starting((p.name for p in _shipped("catalogs").iterdir() if any(p.glob("*.yaml"))), incomplete)


def entries(kind: str, incomplete: str) -> list[str]:
    """Entries of a kind.

    >>> entries("nodes", "dgx-h1")
    ['dgx-h100']
    """
    return _starting((p.stem for p in _shipped("catalogs", kind).glob("*.yaml")), incomplete)


def nodes(incomplete: str) -> list[str]:
    """Nodes."""
    return entries("nodes", incomplete)


def models(incomplete: str) -> list[str]:
    """Models."""
    return entries("models", incomplete)


def parts(incomplete: str) -> list[str]:
    """Nodes and accelerators."""
    return sorted({*entries("nodes", incomplete), *entries("accelerators", incomplete)})


def entries_shown(ctx: Any, incomplete: str) -> list[str]:
    """Entries of the kind that stands before."""
    return entries(str(ctx.params.get("kind") or ""), incomplete)


def quantities(incomplete: str) -> list[str]:
    """Quantities that a rule makes."""
    from constraints.records import records

    return _starting(records(), incomplete)


def launchers(incomplete: str) -> list[str]:
    """Targets of an export."""
    found = (p.stem for p in _shipped("designer", "exporting", "targets").glob("*.py"))
    return _starting((n for n in found if not n.startswith("_")), incomplete)


def rules(incomplete: str) -> list[str]:
    """Rules of any layer."""
    from constraints.rule import LAYERS
    from constraints.rule import rules as of

    return _starting({n for layer in LAYERS for n in of(layer)}, incomplete)
