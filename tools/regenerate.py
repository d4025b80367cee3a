"""Write every generated page and every expected output anew; `git diff` then says what changed.

python tools/regenerate.py            everything, some minutes
python tools/regenerate.py pages      docs/rules.md, docs/walls.md, and the commands in README and docs
python tools/regenerate.py outputs    what commands print, and the messages of bad input
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Tests that write what they compare with, found by the option they take.
WRITING = "update_golden"
PAGES = ("tests/house/test_reference.py", "tests/house/test_readme.py")


def outputs() -> list[str]:
    """The test files that hold expected outputs."""
    found = (p for p in (ROOT / "tests").rglob("test_*.py") if WRITING in p.read_text(encoding="utf-8"))
    return sorted(str(p.relative_to(ROOT)) for p in found)


def commands(which: str) -> list[list[str]]:
    """What to run, pages last: they show what the commands print."""
    python = sys.executable
    written = [[python, "-m", "pytest", "--update-golden", *outputs()]] if which != "pages" else []
    return written + ([[python, page] for page in PAGES] if which != "outputs" else [])


def main(arguments: list[str]) -> int:
    which = arguments[0] if arguments else "all"
    if which not in ("all", "pages", "outputs"):
        print(f"{which!r} is neither pages nor outputs")
        return 1
    return max(subprocess.run(c, cwd=ROOT, check=False).returncode for c in commands(which))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
