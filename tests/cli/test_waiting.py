"""A terminal is told what it waits for and wiped after; a pipe and a file are told nothing."""

from __future__ import annotations

import io
import time

import pytest

from designer.cli import completing, waiting
from designer.report.formats import names
from designer.words.weight import strong, weighted


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_is_told_and_wiped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FIRST", 0.01)
    monkeypatch.setattr(waiting, "STEP", 0.01)
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with waiting.waiting("searching"):
        while "searching, 0 s" not in terminal.getvalue():
            time.sleep(0.01)
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_a_file_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "FIRST", 0.0)
    file = io.StringIO()
    monkeypatch.setattr("sys.stderr", file)
    with waiting.waiting("searching"):
        time.sleep(0.02)
    assert file.getvalue() == ""


def test_a_quick_answer_leaves_a_terminal_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr("sys.stderr", terminal)
    with waiting.waiting("searching"):
        pass
    assert terminal.getvalue() == ""


def test_letters_have_weight_only_where_it_was_turned_on() -> None:
    with weighted(True):
        assert strong(["a"]) == ["\x1b[1ma\x1b[0m"]
    assert strong(["a"]) == ["a"]


def test_a_shell_offers_what_there_is(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    (tmp_path / "mine.yaml").write_text("")
    monkeypatch.chdir(tmp_path)
    assert completing.scenarios("mi") == ["million-token-context", "mine.yaml"]
    assert completing.fleets("ai") == ["ai-lab"]
    assert "chat-batch-latency" in completing.sweeps("chat")
    assert "models" in completing.kinds("") and "__pycache__" not in completing.kinds("")
    assert completing.models("llama-3.1-8b") == ["llama-3.1-8b"]
    assert "vllm" in completing.launchers("v") and "csv" in names()
    assert "step_time" in completing.quantities("step_t")
