"""The calibration is small beside what it explains, counted from the catalog itself."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from catalogs import Catalog
from designer.accuracy.parameters import calibration
from designer.accuracy.table import read, shipped
from designer.cli import main

pytestmark = pytest.mark.slow

CATALOG = Catalog()


def test_fewer_than_one_parameter_for_fifty_measurements() -> None:
    found = calibration(CATALOG)
    for kind, of in found.items():
        assert of.parameters > 5, kind  # parameters are found, or the count says nothing
        assert 50 * of.parameters < of.measurements, kind
    assert 100 * sum(c.parameters for c in found.values()) < sum(c.measurements for c in found.values())


def test_no_more_measurements_are_claimed_than_a_table_could_hold() -> None:
    """The shipped ledgers are samples of the tables that were fitted, and no larger than them."""
    found = calibration(CATALOG)
    for kind in ("training", "serving"):
        (path,) = shipped(kind)
        assert len(read(path).rows) < found[kind].measurements  # type: ignore[index]


def test_another_fitted_fact_is_another_parameter(tmp_path: Path) -> None:
    folder = tmp_path / "engines"
    folder.mkdir()
    text = CATALOG.path("engines", "vllm").read_text()
    extra = text.replace("values:\n", "values:\n  another: {value: 77 us, kind: fitted, source: runs}\n")
    (folder / "vllm.yaml").write_text(extra)
    assert (
        calibration(Catalog([tmp_path]))["serving"].parameters
        == 1 + calibration(CATALOG)["serving"].parameters
    )


def test_validate_states_it(capsys: pytest.CaptureFixture[str]) -> None:
    found = calibration(CATALOG)
    for kind in ("training", "serving"):
        assert main(["validate", "--kind", kind, "--width", "200"]) == 0
        said = capsys.readouterr().out
        assert (
            f"Behind them: {found[kind].parameters} parameters fitted to {found[kind].measurements:,}" in said
        )  # type: ignore[index]
    assert main(["validate", "--kind", "training", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)["calibration"]
    assert told["serving"] == {
        "parameters": found["serving"].parameters,
        "measurements": found["serving"].measurements,
    }
