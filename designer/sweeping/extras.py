"""Libraries that only some sweeps need."""

from __future__ import annotations

import importlib
from typing import Any

from catalogs.errors import InputError


def needed(module: str, package: str, what: str, extra: str = "sweep") -> Any:
    """A module of an optional package; raises InputError saying how to install it."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise InputError(f"{what} need {package}: pip install 'mlsys-designer[{extra}]'") from None
