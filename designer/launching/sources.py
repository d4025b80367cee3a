"""The text of a launch: a line as given, or a file and those it names beside it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from catalogs.errors import InputError

MAX_BYTES = 1_000_000
_FILES = (".sh", ".sbatch", ".slurm", ".bash", ".yaml", ".yml", ".json", ".toml", ".args", ".txt")


@dataclass(frozen=True)
class LaunchText:
    """A text with the name that messages give it, and the folder whose files it may name."""

    text: str
    name: str
    folder: Path
    # Files beside it that are not in a folder, by name.
    files: Mapping[str, str] = field(default_factory=dict)

    @property
    def suffix(self) -> str:
        """How the name of the file ends; nothing for a line."""
        return Path(self.name).suffix.lower() if self.name != "--from" else ""

    def beside(self, name: str) -> LaunchText:
        """A file that the text names; raises InputError for one outside the folder of the text."""
        if (kept := name.removeprefix("./")) in self.files:
            return LaunchText(self.files[kept], kept, self.folder, self.files)
        try:
            file = (self.folder / name).resolve()
        except (OSError, ValueError, RuntimeError):
            raise InputError(f"{self.name}: {name!r} is no name of a file") from None
        if not file.is_relative_to(self.folder.resolve()):
            raise InputError(f"{self.name}: {name!r} is outside {self.folder}, and only files in it are read")
        return LaunchText(_text(file), str(self.folder / name), file.parent)

    def has(self, name: str) -> bool:
        """Whether a file of this name lies beside the text."""
        if name.removeprefix("./") in self.files:
            return True
        try:
            file = (self.folder / name).resolve()
            return file.is_relative_to(self.folder.resolve()) and file.is_file()
        except (OSError, ValueError, RuntimeError):
            return False


def source_of(given: str) -> LaunchText:
    """What `--from` means: a file where there is one of this name, else the line itself."""
    if not given.strip():
        raise InputError("--from: nothing is given; write a command, or the name of a file")
    line = any(c.isspace() for c in given.strip())
    if not line and (len(given) < 4096 and "\0" not in given) and os.path.exists(given):
        return LaunchText(_text(Path(given)), given, Path(given).parent)
    if not line and given.lower().endswith(_FILES):
        raise InputError(f"--from {given}: no such file")
    if len(given) > MAX_BYTES:
        raise InputError(f"--from: {len(given):,} characters; the limit is {MAX_BYTES:,}")
    return LaunchText(given, "--from", Path())


def source_of_files(files: Mapping[str, str]) -> LaunchText:
    """The first of some launch files: what starts the whole job, or else what starts a part of it.

    >>> source_of_files({"vllm.yaml": "", "vllm.sh": "", "vllm.sbatch": ""}).name
    'vllm.sbatch'
    """
    name = min(files, key=lambda n: (not n.endswith(".sbatch"), not n.endswith(".sh"), n))
    return LaunchText(files[name], name, Path(), files)


def _text(file: Path) -> str:
    try:
        if not file.is_file():
            raise InputError(f"{file}: {'not a file' if file.exists() else 'no such file'}")
        with file.open("rb") as f:
            raw = f.read(MAX_BYTES + 1)
    except OSError as e:
        raise InputError(f"{file}: cannot be read: {e.strerror or e}") from None
    if len(raw) > MAX_BYTES:
        raise InputError(f"{file}: {file.stat().st_size:,} bytes; a launch file has at most {MAX_BYTES:,}")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as e:
        raise InputError(f"{file}: not UTF-8 text (byte 0x{raw[e.start]:02x})") from None
