"""`--update-golden` writes today's output into the files that tests compare with."""

from __future__ import annotations

from collections.abc import Iterator

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-golden", action="store_true", help="write the output that tests expect instead of comparing"
    )


@pytest.fixture(scope="session")
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))


@pytest.fixture(scope="module")
def tables_for_all() -> Iterator[None]:
    """Limits as tables even in spaces so small that a search would look at every row instead."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("designer.search.table_constraints.FEWEST", 0)
        yield
