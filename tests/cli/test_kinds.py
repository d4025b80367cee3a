"""A file given to the command of another kind of file: one line says what it is and what answers it."""

from __future__ import annotations

from pathlib import Path

import pytest

from designer.cli import main

FLEET, SWEEP = "scenarios/fleets/ai-lab.yaml", "scenarios/sweeps/chat-batch-latency.yaml"
SCENARIO = "scenarios/corpus-embedding.yaml"
ANSWERS = {
    f"plan {FLEET}": f"{FLEET}:4:1: workloads: this file is a fleet; designer fleet {FLEET} answers it",
    f"size {FLEET}": f"{FLEET}:4:1: workloads: this file is a fleet; designer fleet {FLEET} answers it",
    f"sweep {FLEET} --dry-run": f"{FLEET}:4:1: workloads: this file is a fleet; designer fleet {FLEET} answers it",
    f"fleet {SCENARIO}": f"{SCENARIO}:4:1: workload: this file is a scenario; designer plan {SCENARIO} answers it",
    f"fleet {SWEEP}": f"{SWEEP}:3:1: base: this file is a sweep; designer sweep {SWEEP} --out DIR answers it",
    f"plan {SWEEP}": f"{SWEEP}:3:1: base: this file is a sweep; designer sweep {SWEEP} --out DIR answers it",
    "plan ai-lab": "ai-lab is a fleet; designer fleet ai-lab answers it",
    "fleet corpus-embedding": "corpus-embedding is a scenario; designer plan corpus-embedding answers it",
    "plan chat-batch-latency": "chat-batch-latency is a sweep; designer sweep chat-batch-latency --out DIR answers it",
}


@pytest.mark.parametrize("command", ANSWERS)
def test_what_the_file_is_and_what_answers_it(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(command.split()) == 1
    out, err = capsys.readouterr()
    assert (out, err.rstrip("\n")) == ("", ANSWERS[command])


def test_a_slip_in_a_fleet_is_still_a_fleet_with_a_slip(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One key of a scenario in a fleet does not make it one."""
    file = tmp_path / "f.yaml"
    file.write_text("name: f\nworkload: []\ninventory: []\nsites: {}\n", "utf-8")
    assert main(["fleet", str(file)]) == 1
    assert "unknown key 'workload'; did you mean 'workloads'?" in capsys.readouterr().err
