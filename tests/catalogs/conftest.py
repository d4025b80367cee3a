"""The shipped catalog, read once for all tests of it."""

from __future__ import annotations

import pytest

from catalogs import Catalog
from catalogs.schema import Entry


@pytest.fixture(scope="session")
def catalog() -> Catalog:
    return Catalog()


@pytest.fixture(scope="session")
def entries(catalog: Catalog) -> dict[str, dict[str, Entry]]:
    """kind -> id -> entry, every one of them."""
    return {kind: {i: catalog.get(kind, i) for i in catalog.ids(kind)} for kind in catalog.kinds()}
