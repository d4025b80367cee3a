"""Words of messages and tables: what is asked for is shown, what was meant is suggested."""

from __future__ import annotations

import pytest

import designer
from constraints.quantity import headings
from designer.cli import main
from designer.jobs import JOBS
from designer.question.rules import quantity_of

CHAT = "llama-3.1-70b-chat"
SAID = {
    (CHAT, "candidates.node=h200-sxm"): "'h200-sxm' is an accelerator; nodes that hold it: dgx-h200",
    (CHAT, "budgets.power=5 J"): "'5 J' is an energy (J), expected a power (W)",
    ("llama-3.1-8b-finetune", "budgets.energy=2 W"): "'2 W' is a power (W), expected an energy (J)",
    ("llama-3.1-8b-finetune", "workload.dataset=2000 mtoken"): "did you mean 'Mtoken'?",
    (
        CHAT,
        "candidates={node: p5.48xlarge, region: gcp-us-central1}",
    ): "a machine of aws, which has no region",
    ("llama-3.1-70b-apart", "candidates.prefil_tp=4"): "did you mean 'prefill_tp'?",
    ("llama-3.1-70b-apart", "budgets.prefil_tp=4"): "did you mean 'prefill_tp'?",
}


@pytest.mark.parametrize(("file", "change"), SAID)
def test_what_was_meant_is_said(file: str, change: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", file, "--set", change]) == 1
    assert SAID[file, change] in capsys.readouterr().err


def test_one_price_and_mixed_clouds_are_said() -> None:
    sets = ["candidates.node=[dgx-h100, dgx-a100-80gb]", "pricing.price=2 USD/h"]
    assert "pricing.price is one price for h100-sxm, a100-sxm-80gb alike" in designer.load(CHAT, sets).notes
    sets = ["candidates={node: [dgx-h100, p5.48xlarge], region: [aws-us-east-1, gcp-us-central1]}"]
    (note,) = (n for n in designer.load(CHAT, sets).notes if n.startswith("no cloud offers"))
    assert note == "no cloud offers p5.48xlarge in gcp-us-central1: such designs are of machines like them"


@pytest.mark.parametrize("name", ["tpot_p90", "ttft_p90", "power", "carbon"])
def test_what_is_bounded_is_shown_at_any_width(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    bound = {"power": "1 GW", "carbon": "1e9 kg"}.get(name, "60 s")
    assert main(["plan", CHAT, "--set", f"budgets={{{name}: {bound}}}", "--width", "80"]) == 0
    (head,) = headings([quantity_of(JOBS["serving"].layers, name)])
    out = capsys.readouterr().out
    assert all(word in out.split("────")[0] for word in head.split())
