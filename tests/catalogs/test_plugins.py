"""Catalogs of installed packages: found, said by the wheel's name, and never run."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from catalogs import Catalog
from catalogs.errors import InputError
from catalogs.plugins import plugins
from catalogs.store import SHIPPED
from designer.evaluating.design import evaluate
from designer.reading.loading import load, locate


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder that packages are installed into."""
    monkeypatch.syspath_prepend(str(tmp_path))
    plugins.cache_clear()
    yield tmp_path
    sys.modules.pop("acme_facts", None)
    plugins.cache_clear()


def installed(site: Path, value: str = "acme_facts") -> Path:
    """A wheel of facts as an installer leaves it."""
    info = site / "acme_facts-1.2.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-facts\nVersion: 1.2\n")
    (info / "entry_points.txt").write_text(f"[designer.catalogs]\nacme = {value}\n")
    package = site / "acme_facts"
    (package / "accelerators").mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit('facts are not run')\n")
    return package


def test_the_wheel_that_gave_a_number_is_said(site: Path) -> None:
    entry = (SHIPPED / "accelerators" / "h100-sxm.yaml").read_text()
    (installed(site) / "accelerators" / "h100-sxm.yaml").write_text(
        entry.replace("memory_bandwidth: {value: 3.35 TB/s", "memory_bandwidth: {value: 6.7 TB/s")
    )
    facts = Catalog()
    assert facts.origin("accelerators", "h100-sxm") == "acme-facts 1.2"
    assert facts.get("accelerators", "h100-sxm").memory_bandwidth.si == 6.7e12
    answer = evaluate(load(locate("llama-3.1-70b-chat"), [], facts), {})
    assert "facts from accelerators/h100-sxm of acme-facts 1.2 instead of the shipped entry" in answer.notes


def test_an_overlay_of_ones_own_wins(site: Path, tmp_path: Path) -> None:
    entry = (SHIPPED / "accelerators" / "h100-sxm.yaml").read_text()
    (installed(site) / "accelerators" / "h100-sxm.yaml").write_text(entry)
    mine = tmp_path / "mine" / "accelerators"
    mine.mkdir(parents=True)
    (mine / "h100-sxm.yaml").write_text(entry)
    assert Catalog([mine.parent]).origin("accelerators", "h100-sxm") == str(mine.parent)


@pytest.mark.parametrize("value", ["nowhere_at_all", "acme_facts.data"])
def test_a_wheel_that_leads_nowhere(site: Path, value: str) -> None:
    package = installed(site, value)
    (package / "__init__.py").write_text("")
    with pytest.raises(InputError, match=r"acme-facts 1\.2"):
        Catalog()
