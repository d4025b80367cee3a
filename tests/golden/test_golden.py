"""What a user reads, in full, at 80 columns; what changes with the width at 100 and 160 too.

pytest tests/golden/test_golden.py --update-golden     writes today's output into tests/golden
"""

from __future__ import annotations

import difflib
import importlib
import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from designer.cli import main
from designer.reading.loading import shipped

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SLOWER = 500.0
HERE = Path(__file__).parent
CHAT = "scenarios/llama-3.1-70b-chat.yaml"
GPT = "scenarios/gpt-3-175b-carbon.yaml"
RING_LESS = ["message=140GB", "ranks=1024", "latency=2us"]
RING = [*RING_LESS, "bandwidth=50GB/s"]
WASTE = ["checkpoint_time=2min", "mtbf=3h", "recovery_time=0s"]
QUEUE = ["share=99%", "arrival_rate=128/s", "service=50ms"]
STEP = ["--step-time", "50ms", "--data-wait", "5ms", "--flops", "14TFLOP", "--bytes", "14GB", "--batch", "1"]
TOKEN = [
    "--step-time",
    "50ms",
    "--parameters",
    "7e9",
    "--batch",
    "1",
    "--work",
    "decode",
    "--accelerator",
    "h100-sxm",
]
SIZED = (
    "llama-3.1-70b-chat-20ms",
    "deepseek-v3-decode",
    "million-token-context",
    "llama-3.1-405b-30-days",
    "edge-8b",
    "wafer-scale-70b",
)
COMMANDS: dict[str, tuple[list[str], int]] = {
    **{f"plan-{name}": (["plan", f"scenarios/{name}.yaml"], 0) for name in shipped()},
    **{f"size-{name}": (["size", f"scenarios/{name}.yaml"], 0) for name in SIZED},
    **{f"size-joint-{name}": (["size", f"scenarios/{name}.yaml", "--joint"], 0) for name in SIZED},
    "size-curve": (["size", CHAT, "--curve", "memory_bandwidth", "--against", "context=500..8000"], 0),
    "size-roofline": (["size", CHAT, "--roofline", "-"], 0),
    "size-infeasible": (["size", CHAT, "--set", "budgets.tpot_p99=1 ms"], 2),
    "plan-infeasible": (["plan", CHAT, "--set", "budgets.tpot_p99=4 ms", "--set", "budgets.cost=2 MUSD"], 2),
    "plan-infeasible-training": (
        ["plan", GPT, "--set", "budgets.carbon=40 t", "--set", "budgets.time_to_train=10 day"],
        2,
    ),
    "plan-infeasible-all": (
        [
            *("plan", CHAT, "--set", "budgets.tpot_p99=18 ms", "--set", "budgets.devices=24"),
            *("--all-conflicts", "--repair-weight", "budgets.devices=3"),
        ],
        2,
    ),
    "why-not-rejected": (["explain", "llama-3.1-405b-pretrain", "--why-not", "tp=8,pp=4"], 0),
    "why-not-dominated": (["explain", CHAT, "--why-not", "tp=8,batch=64"], 0),
    "compare-designs": (["compare", GPT, "A", "C"], 0),
    "compare-scenarios": (["compare", CHAT, "scenarios/deepseek-v3-serving.yaml"], 0),
    "explain-training": (["explain", "scenarios/gpt-3-175b-carbon.yaml", "A"], 0),
    "explain-serving": (["explain", CHAT, "A"], 0),
    "evaluate": (["evaluate", CHAT, "--design", "tp=2,batch=128"], 0),
    "fleet": (["fleet", "scenarios/fleets/ai-lab.yaml"], 0),
    "fleet-other": (["fleet", "tests/fleets/small.yaml", "B"], 0),
    "fleet-infeasible": (
        [
            "fleet",
            "ai-lab",
            "--set",
            "budgets.carbon=150 t",
            "--set",
            "sites.aws-eu-north-1.peak_power=120 kW",
        ],
        2,
    ),
    "evaluate-rule": (
        [
            "evaluate",
            "ring_all_reduce_time",
            "--with",
            "message=140 GB, ranks=1024, bandwidth=50 GB/s, latency=2 us",
        ],
        0,
    ),
    "calc": (["calc", "ring_all_reduce_time", *RING], 0),
    "calc-solve": (["calc", "ring_all_reduce_time", *RING_LESS, "--solve", "bandwidth", "target=1s"], 0),
    "calc-solve-two": (["calc", "checkpoint_waste", *WASTE, "--solve", "interval", "target=20%"], 0),
    "calc-solve-whole": (["calc", "mmc_sojourn_percentile", *QUEUE, "--solve", "servers", "target=300ms"], 0),
    "calc-solve-none": (
        ["calc", "ring_all_reduce_time", *RING_LESS, "--solve", "bandwidth", "target=1ms"],
        2,
    ),
    "rules-wall": (["rules", "--wall", "14", "--layer", "library"], 0),
    "rules-one": (["rules", "mmc_sojourn_percentile"], 0),
    "diagnose": (["diagnose", *STEP, "--accelerator", "a100-sxm-80gb"], 0),
    "diagnose-unknown": (["diagnose", *TOKEN], 0),
    "diagnose-runs": (["diagnose", "tests/diagnosing/runs.csv"], 0),
    "catalog-accelerator": (["catalog", "show", "accelerators", "h100-sxm"], 0),
}
# Every page keeps within these widths. Its text is held at the first, and at the second of the pages below:
# one of each kind, since a page is laid out by the same code whatever the scenario.
WIDTHS = (80, 100, 160)
HELD_WIDER = (
    "plan-llama-3.1-405b-pretrain", "plan-deepseek-v3-serving", "plan-resnet-50-starving", "plan-infeasible-all",
    "size-edge-8b", "size-joint-edge-8b", "size-curve", "why-not-dominated", "compare-scenarios",
    "explain-training", "evaluate", "fleet", "fleet-infeasible", "calc-solve-two", "rules-wall", "diagnose",
    "diagnose-runs", "catalog-accelerator",
)  # fmt: skip
# What takes long, and does not depend on how wide a page is.
SLOW = (
    "designer.planning.plan.plan_question",
    "designer.planning.why_not.why_not",
    "designer.explaining.explanation.explain_found",
    "designer.explaining.input_changes.input_changes",
    "designer.sizing.sizing.size_question",
    "designer.fleets.planning.plan_fleet",
)
# How long it took is the machine's business, and so is where the project lies.
TIME = re.compile(r"(complete,|proven,)\s+\d+(?:\.\d+)? s$", re.MULTILINE)
RULE_LINE = re.compile(r"(?<=\.py:)\d+")


def scrubbed(text: str) -> str:
    """Output without wall time, absolute paths and the line a rule stands on today.

    >>> scrubbed("search   1 designs, proven complete,\\n         0.3 s\\nall      ckpt 30 s\\n")
    'search   1 designs, proven complete, TIME\\nall      ckpt 30 s\\n'
    """
    text = RULE_LINE.sub(lambda found: "#" * len(found[0]), text)
    return TIME.sub(r"\1 TIME", text, count=1).replace(f"{ROOT}/", "")


def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Clocks that run slow, so that every limit of time is hundreds of times as long.

    What is solved again within a limit, to say what binds, would else depend on the machine and its load.
    """
    for name in ("monotonic", "process_time"):
        monkeypatch.setattr(time, name, slowed(getattr(time, name)))


def slowed(clock: Callable[[], float]) -> Callable[[], float]:
    began = clock()
    return lambda: began + (clock() - began) / SLOWER


class Once:
    """Answers of slow functions, kept while a command runs again at another width."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch):
        self.answers: dict[tuple[str, int], Any] = {}
        self.asked: dict[str, int] = {}
        for path in SLOW:
            module, _, name = path.rpartition(".")
            home = importlib.import_module(module)
            monkeypatch.setattr(home, name, self.kept(path, getattr(home, name)))

    def kept(self, path: str, answer: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            nth = self.asked[path] = self.asked.get(path, 0) + 1
            if (path, nth) not in self.answers:
                self.answers[path, nth] = answer(*args, **options)
            return self.answers[path, nth]

        return call

    def again(self) -> None:
        """The command starts anew."""
        self.asked.clear()


@pytest.mark.parametrize("name", COMMANDS)
def test_golden(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], update_golden: bool
) -> None:
    monkeypatch.chdir(ROOT)
    patient(monkeypatch)
    once = Once(monkeypatch)
    arguments, code = COMMANDS[name]
    for width in WIDTHS:
        once.again()
        assert main([*arguments, "--width", str(width)]) == code
        out, err = capsys.readouterr()
        assert err == ""
        said = scrubbed(out)
        fits(said, width)
        if width in held(name):
            same(said, HERE / f"{name}-{width}.txt", update_golden)


def held(name: str) -> tuple[int, ...]:
    """Widths at which the text of a page is held."""
    return WIDTHS[: 2 if name in HELD_WIDER else 1]


def fits(said: str, width: int) -> None:
    for line in said.splitlines():
        assert len(line.removesuffix(" TIME")) <= width or _unbreakable(line, width), line
        assert line == line.rstrip()
    assert "/root" not in said and str(ROOT) not in said


def same(said: str, file: Path, update: bool) -> None:
    if update:
        file.write_text(said, "utf-8")
    expected = file.read_text("utf-8")
    difference = "\n".join(
        difflib.unified_diff(expected.splitlines(), said.splitlines(), file.name, "now", n=1)
    )
    assert not difference, f"{difference}\n\n(intended? pytest tests/golden/test_golden.py --update-golden)"


def _unbreakable(line: str, width: int) -> bool:
    """Whether one word, such as a path, makes the line too long."""
    return max(map(len, line.split())) > width - 15


def test_no_golden_file_is_left_over() -> None:
    assert {f.name for f in HERE.glob("*.txt")} == {f"{n}-{w}.txt" for n in COMMANDS for w in held(n)}
