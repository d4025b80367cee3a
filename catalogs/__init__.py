"""Facts about machines, models and places: plain files, each number with its source."""

from __future__ import annotations

from catalogs.errors import InputError, Problem
from catalogs.store import Catalog, default_catalog

__all__ = ["Catalog", "InputError", "Problem", "default_catalog"]
