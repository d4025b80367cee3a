"""What every block of a file and every workload has in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict


class DocumentBlock(BaseModel):
    """A part of a file: it has no keys but these, and nothing changes it once it is read."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Workload(DocumentBlock):
    """What there is to do: each job says the rest."""

    job: str
    model: str | None
