"""Whatever is wrong with an input is said in one line a person can act on, and nothing else happens."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from catalogs import Catalog
from designer.cli import main, options
from designer.reading.loading import load

pytestmark = pytest.mark.slow

CATALOG = Catalog()
HERE = Path(__file__).parent / "bad"
CHANGE = re.compile(r"\[(training|serving|images)(?: \+ (.*?))?\] (.*?) =>(?: (.*))?")
# `file:line:column: path: message`, an option, or what the command was about: never bare words.
PLACED = re.compile(
    r"[^ ]+: .|--(set|design|with|all|catalog|wall|latex|repair-weight|confidence) |unknown |no design "
)


@dataclass(frozen=True)
class Case:
    """One mistake: the line of the file that makes it, and what is said."""

    title: str
    answer: str

    def arguments(self, folder: Path) -> list[str]:
        """The command line, after writing what it reads."""
        for name in ("training", "serving", "images"):
            shutil.copy(HERE / f"{name}.yaml", folder)
        if self.title.startswith("$ "):
            return shlex.split(self.title[2:])
        found = CHANGE.fullmatch(self.title)
        assert found, self.title
        name, extra, old, new = found.groups()
        file = folder / f"{name}.yaml"
        text, change = file.read_text("utf-8"), [_unescaped(old), _unescaped(new or "")]
        assert change[0] in text
        file.write_text(text.replace(change[0], change[1], 1), "utf-8")
        return ["plan", f"{name}.yaml", *shlex.split(extra or "")]


@pytest.fixture(autouse=True)
def one_catalog(monkeypatch: pytest.MonkeyPatch) -> None:
    """Entries are read once for all cases; a case with folders of its own gets its own."""
    monkeypatch.setattr(options, "open_catalog", lambda folders: Catalog(folders) if folders else CATALOG)


def _unescaped(text: str) -> str:
    return text.replace("\\n", "\n").replace("\\t", "\t")


def read(file: Path) -> list[Case]:
    blocks = file.read_text("utf-8").strip().split("\n\n")
    return [
        Case(lines[0], "".join(f"{a.removeprefix('! ')}\n" for a in lines[1:]))
        for lines in (b.splitlines() for b in blocks)
    ]


FILES = sorted(HERE.glob("*.txt"))
CASES = [c for f in FILES for c in read(f)]


def answer(args: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """Standard error of a command that must fail cleanly."""
    code = main(args)
    out, err = capsys.readouterr()
    assert (code, out) == (1, ""), f"exit code {code}\n{out[:200]}\n{err}"
    lines = err.splitlines()
    assert lines
    assert len(set(lines)) == len(lines)
    for line in lines:
        assert PLACED.match(line), line
        assert len(line) <= 500
        assert not re.search(r"Traceback|internal error|pydantic|<class|\bNone\b", line), line
    return err


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.title[:60])
def test_a_mistake(
    case: Case,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    update_golden: bool,
) -> None:
    monkeypatch.chdir(tmp_path)
    said = answer(case.arguments(tmp_path), capsys)
    assert update_golden or said == case.answer


def test_update(update_golden: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Write the answers of today, when asked to."""
    if not update_golden:
        pytest.skip("writes only with --update-golden")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        for file in FILES:
            said = [
                (c.title, "".join(f"! {s}\n" for s in answer(c.arguments(tmp_path), capsys).splitlines()))
                for c in read(file)
            ]
            file.write_text("\n".join(f"{title}\n{text}" for title, text in said), "utf-8")


TRAINING = (HERE / "training.yaml").read_text("utf-8")
BYTES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", ":1: empty file, expected a mapping"),
    "only a comment": (b"# later\n", ":1: empty file, expected a mapping"),
    "binary": (bytes(range(256)), ":2: not UTF-8 text (byte 0x80)"),
    "utf-16": (TRAINING.encode("utf-16"), ":1: not UTF-8 text (byte 0xff)"),
    "latin-1": (TRAINING.replace("toy", "t\xf6y").encode("latin-1"), ":1: not UTF-8 text (byte 0xf6)"),
    "10,000 brackets": (b"a: " + b"[" * 10_000 + b"]" * 10_000, ":1:35: nested deeper than 32 levels"),
    "10,000 open braces": (b"{a: " * 10_000, ":1:129: nested deeper than 32 levels"),
    "aliases that grow": (b"a: &a [x, x]\nb: &b [*a, *a]\n", ":1:4: anchor &a: anchors are not supported"),
    "a key twice": ((TRAINING + "name: again\n").encode(), ":21:1: duplicate key 'name' (first on line 1)"),
    "a tab": (TRAINING.replace("  tp:", "\ttp:").encode(), ":12:1: not valid YAML: while scanning"),
    "two documents": (f"{TRAINING}---\n{TRAINING}".encode(), ":21:1: a second document; one file is one document"),
    "a list": (b"- a\n", ":1: a list at the top level, expected a mapping"),
    "one word": (b"hello", ":1: a single value at the top level, expected a mapping"),
    "no value": (TRAINING.replace(" 24 h", "").encode(), ":19:3: time_to_train has no value; write one or remove it"),
    "code in a tag": (b"a: !!python/object:os.system x\n", ":1:4: tag tag:yaml.org,2002:python/object:os.system: tags"),
    "a merge key": ((TRAINING + "<<: {a: 1}\n").encode(), ":21:1: <<: unknown key '<<'"),
    "a control character": (b'name: "a\x07b"\n', ":1: a control character, which YAML does not allow"),
    "an escape in the name": (TRAINING.replace("toy", '"\\e[31mred"').encode(), ":1:7: name: '\\x1b[31mred' holds"),
    "an escape in a message": (
        TRAINING.replace("llama-3.1-8b", '"\\e[31m\\n"').encode(),
        ":4:10: workload.model: unknown model '\\x1b[31m\\n'"),
    "half a character": (TRAINING.replace("toy", '"\\ud800"').encode(), ":1:7: name: expected text; found '\\ud800'"),
    "50 MB": (b"# " + b"x" * 50_000_000, ": 50,000,002 bytes; the limit is 1,000,000 bytes"),
    "a million brackets in a rule": (
        (TRAINING + "rules: ['" + "(" * 900_000 + "1 > tp']").encode(),
        ":21:9: rules[0]: an expression of 900006 char"),
    "a number of a million digits": (b"name: " + b"9" * 900_000, ":1:7: a number of 900000 digits"),
    "a value of a million letters": (
        TRAINING.replace("2e9 token", "9" + "x" * 900_000).encode(), ":7:12: workload.dataset: '9xxx"),
}  # fmt: skip


@pytest.mark.parametrize("name", BYTES)
def test_a_file_that_is_no_scenario(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    content, said = BYTES[name]
    Path("f.yaml").write_bytes(content)
    err = answer(["plan", "f.yaml"], capsys)
    assert err.startswith("f.yaml" + said), err
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (".", ".: is a folder, expected a YAML file"), ("", "'': no such file or scenario"),
        ("no.yaml", "no.yaml: no such"), ("x" * 5000, "xxx"),
        ("a\0b", "a\\x00b: no such file"), ("/dev/null", "/dev/null:1: empty file"),
        ("/dev/zero", "/dev/zero: 1,000,001 bytes; the limit"), ("lama-3.1-405b-pretrain",
         "lama-3.1-405b-pretrain: no such file or scenario; did you mean 'llama-3.1-405b-pretrain'?"),
    ],
)  # fmt: skip
def test_a_path_that_is_no_file(path: str, said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert answer(["plan", path], capsys).startswith(said)


ACCELERATOR = (Path(__file__).parents[2] / "catalogs/accelerators/h100-sxm.yaml").read_text("utf-8")
OVERLAYS: dict[str, tuple[str, str, str]] = {
    "wrong unit": ("value: 80 GB", "value: 80 kg", r"'80 kg' is a mass \(kg\), expected"),
    "no unit": ("value: 80 GB", "value: 80", "80 has no unit; write it like '80 byte'"),
    "zero": ("value: 80 GB", "value: 0 GB", "'0 GB' must be above 0"),
    "negative": ("value: 80 GB", "value: -80 GB", "'-80 GB' must be above 0"),
    "nan": ("value: 80 GB", "value: .nan", ".nan is not a finite number"),
    "too large": ("value: 80 GB", "value: 1e400 GB", "'1e400 GB' is not a finite number"),
    "overflow": ("value: 80 GB", "value: 1e308 GB", "'1e308 GB' is not a finite number"),
    "unit of a trap": ("value: 80 GB", "value: 80 m**9**9**9", r"unknown unit 'm\*\*9\*\*9\*\*9'"),
    "unknown key": ("vendor:", "vendr:", "unknown key 'vendr'; did you mean 'vendor'"),
    "duplicate key": ("vendor:", "vendor: x\nvendor:", "duplicate key 'vendor'"),
    "not YAML": ("vendor:", "vendor: [", "not valid YAML"),
    "another id": ("id: h100-sxm", "id: h100-sxn", "id"),
}


@pytest.mark.parametrize(
    ("name", "command"),
    [*((n, ["plan", "training.yaml"]) for n in OVERLAYS), ("no unit", ["catalog", "lint"])],
    ids=[*OVERLAYS, "lint"],
)
def test_a_broken_overlay_entry(
    name: str,
    command: list[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The line of the overlay file, whoever comes across it."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(HERE / "training.yaml", tmp_path)
    old, new, said = OVERLAYS[name]
    assert old in ACCELERATOR
    file = Path("mine/accelerators/h100-sxm.yaml")
    file.parent.mkdir(parents=True)
    file.write_text(ACCELERATOR.replace(old, new, 1), "utf-8")
    err = answer([*command, "--catalog", "mine"], capsys)
    assert re.search(rf"^{file}:\d+(:\d+)?: .*{said}", err, re.MULTILINE), err


def test_an_overlay_folder_that_is_none(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "gpus").mkdir()
    for folder, said in (
        (tmp_path / "nowhere", "no such overlay folder"), (HERE / "training.yaml", "an overlay is a folder"),
        (tmp_path, "unknown kind of entry 'gpus'"),
    ):  # fmt: skip
        assert said in answer(["plan", str(HERE / "training.yaml"), "--catalog", str(folder)], capsys)


def _run(command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    program = f"{shlex.quote(sys.executable)} -c 'from designer.cli import run; run()'"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    return subprocess.run(
        ["bash", "-c", f"set -o pipefail; designer() {{ {program} \"$@\"; }}; {command}"],
        capture_output=True, text=True, cwd=cwd, env=environment, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("designer catalog list models | head -1", 0, ""),
        ("designer schema | true", 0, ""),
        (
            "designer catalog list models > /dev/full",
            1,
            "designer: cannot write the answer: No space left on device\n",
        ),
        (
            "designer catalog list models >&-",
            1,
            "designer: cannot write the answer: standard output is closed\n",
        ),
        ("designer plan nowhere.yaml 2>&-", 1, ""),
    ],
)
def test_where_the_output_goes(command: str, code: int, said: str, tmp_path: Path) -> None:
    done = _run(command, tmp_path)
    assert (done.returncode, done.stderr) == (code, said)


@pytest.mark.parametrize(
    ("design", "violated"),
    [
        ("tp=16,dp=2", set()), ("node=dgx-h100,dp=16,tp=2", set()), ("region=gcp-us-central1,dp=16,tp=2", set()),
        ("tp=3,dp=16", {"tp_divides_ffn"}), ("dp=7", {"batch_divides"}),
        ("precision=fp4,dp=16", {"precision_supported"}),
    ],
)  # fmt: skip
def test_a_layout_outside_the_candidates_is_evaluated(
    design: str, violated: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """It is no mistake to ask about one; what it breaks is said, and what is unknown stays unknown."""
    assert main(["evaluate", str(HERE / "training.yaml"), "--design", design, "--json"]) == 0
    result = json.loads(capsys.readouterr().out)
    names = {v["name"] for v in result["violated"]}
    assert violated <= names
    assert result["feasible"] is (not names)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("8192 token", "8192 tokens"), ("8192 token", "8192token"), ("24 h", "1 day"), ("24 h", '"< 24 h"'),
        ("24 h", "1_000 h"), ("[1, 2]", "1..2"), ("[1, 2]", "2.0"), ("[1, 2]", "[2, 2, 1]"),
        ("  tp:", "  sp: [0, 1]\n  tp:"),
        ("  time_to_train: 24 h", "  - time_to_train <= 24 h\n  - time_to_train > 1 s\n  - water <= 10 m**3"),
        ("budgets:", "site: {carbon_intensity: 400 g/kWh, pue: 110 %}\nbudgets:"),
        ("budgets:", "rules: [not not tp < 3, power * 2 h < 1 MWh, energy < 3 GWh * 2, 0.5 < tp]\nbudgets:"),
    ],
)  # fmt: skip
def test_what_is_no_mistake(old: str, new: str, tmp_path: Path) -> None:
    file = tmp_path / "f.yaml"
    assert old in TRAINING
    file.write_text(TRAINING.replace(old, new, 1), "utf-8")
    load(file, catalog=CATALOG)


def test_nothing_to_explain_has_the_exit_code_of_the_plan(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(HERE / "training.yaml"), "--set", "budgets.time_to_train=1 s"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "no design to explain" in err
