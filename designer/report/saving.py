"""Reports as files: the format by the ending of the name, and the whole file or none."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from catalogs.errors import InputError
from designer.answers.answer import Answer
from designer.report.formats import suffixes, written

# What a report is made for; other formats have a flag of their own.
READ = ("html", "md", "xlsx", "svg", "png")


def format_of(file: Path) -> str:
    """The format a file's name asks for; raises InputError for another ending, or a folder that is not there.

    >>> format_of(Path("plan.md"))
    'markdown'
    """
    known = {s: n for s, n in suffixes().items() if s in READ}
    name = known.get(file.suffix.lstrip(".").lower())
    if name is None:
        raise InputError(
            f"--report {file}: its ending says the format, one of {', '.join(f'.{s}' for s in known)}"
        )
    if not file.absolute().parent.is_dir():
        raise InputError(f"--report {file}: there is no folder {file.parent}")
    return name


def save(answer: Answer, file: Path) -> None:
    """Write an answer in the format its file's name asks for; a file that was there stays until the new one is whole.

    Raises InputError for a format the answer does not fit, and where the file cannot be written.
    """
    made = written(answer, format_of(file))
    write_whole(file, made if isinstance(made, bytes) else made.encode("utf-8"))


def write_whole(file: Path, data: bytes) -> None:
    """Write a file beside its place and move it there: a full disk or an interrupt leaves no half of it.

    Raises InputError where it cannot be written.
    """
    beside: Path | None = None
    try:
        handle, name = tempfile.mkstemp(prefix=f".{file.name}.", dir=file.absolute().parent)
        beside = Path(name)
        with os.fdopen(handle, "wb") as out:
            out.write(data)
            out.flush()
            os.fsync(out.fileno())
        os.chmod(beside, 0o666 & ~_umask())
        os.replace(beside, file)
        beside = None
    except OSError as e:
        raise InputError(f"{file}: cannot be written: {e.strerror or e}") from None
    finally:
        if beside is not None:
            beside.unlink(missing_ok=True)


def _umask() -> int:
    """The permissions that new files of this process do not have."""
    mask = os.umask(0)
    os.umask(mask)
    return mask
