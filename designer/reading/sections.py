"""A section of a scenario as one pool reads it: what is said of every pool, and of this one by its name."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from constraints.pools import POOLS
from designer.question.job import Job, Pool
from designer.reading.source_map import Path


class Said(dict[str, Any]):
    """What a section says by the names that its reader knows; `path` is where each stands."""

    def __init__(self, section: str) -> None:
        super().__init__()
        self.section = section
        self.keys_of: dict[str, str] = {}

    def path(self, name: str) -> Path:
        """Where a value stands, or would."""
        return (self.section, self.keys_of.get(name, name))


def said(
    section: str, written: Mapping[str, Any], known: Collection[str], job: Job, pool: Pool | None
) -> Said:
    """A section as a pool reads it, or all of it where there are none.

    What is said of one pool takes the place of what is said of all. What no pool knows is kept as it is.
    """
    out = Said(section)
    for key, value in sorted(written.items(), key=lambda kv: _of_one(kv[0], known, job, pool) is not None):
        mine = _of_one(key, known, job, pool)
        if mine is None and pool and any(_of_one(key, known, job, p) for p in _pools(job)):
            continue  # another pool's
        out[mine or key] = value
        out.keys_of[mine or key] = key
    return out


def _pools(job: Job) -> tuple[Pool, ...]:
    return job.apart.pools if job.apart else ()


def _of_one(key: str, known: Collection[str], job: Job, pool: Pool | None) -> str | None:
    """The quantity that a key means of one pool; None where it means one of every pool, or another's."""
    if pool is None or key in known:
        return None
    for prefix in (f"{pool.name}_pool_", f"{pool.name}_"):
        name = key.removeprefix(prefix)
        if key.startswith(prefix) and name in known and not _elsewhere(job, pool, name):
            return name
    return None


def _elsewhere(job: Job, pool: Pool, name: str) -> bool:
    """Whether a name is that of a decision that this pool does not make for itself."""
    return name not in pool.decides and any(d.name == name for d in job.decisions)


def of_a_pool(key: str, known: Collection[str]) -> bool:
    """Whether a key would mean something of a pool that is apart."""
    return any(key.startswith(f"{p}_") and key.removeprefix(f"{p}_") in known for p in POOLS)
