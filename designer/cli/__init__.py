"""The command line. `import designer.cli` loads nothing heavy; each command imports what it needs."""

from __future__ import annotations

import contextlib
import os
import sys
import warnings
from collections.abc import Sequence
from typing import Any

BAD_INPUT, INFEASIBLE, TIME_LIMIT, DEFECT, INTERRUPTED = 1, 2, 3, 70, 130

# Signals that asked the process to stop, and whether it was said that they did.
_interrupts: list[int] = []
_told: list[str] = []
# Seconds in which threads that still work, or wait for a lock, may end after an interrupt.
GRACE = 10


def main(argv: Sequence[str] | None = None) -> int:
    """Run `designer` with the given arguments (those of the process by default); returns the exit code."""
    from catalogs.errors import InputError
    from designer.cli.app import app

    _told.clear()
    _load_commands()
    try:
        with warnings.catch_warnings():
            # A number that overflows is shown as one that is not known; where it did is of no use to a reader.
            warnings.simplefilter("ignore", RuntimeWarning)
            code = app(
                args=list(argv) if argv is not None else None, prog_name="designer", standalone_mode=False
            )
        if sys.stdout is None:
            raise OSError("standard output is closed")
        sys.stdout.flush()
        # typer turns an interrupt into an exit with this code and no word.
        return _interrupted() if code == INTERRUPTED else int(code or 0)
    except InputError as e:
        for p in e.problems:
            print(one_line(str(p)), file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        _forget_output()
        return 0
    except SystemExit as e:  # typer's way out when the reader of a pipe has gone
        if not isinstance(e.__context__, BrokenPipeError):
            raise
        _forget_output()
        return 0
    except OSError as e:
        _forget_output()
        print(f"designer: cannot write the answer: {e.strerror or e}", file=sys.stderr)
        return BAD_INPUT
    except KeyboardInterrupt:
        return _interrupted()
    except Exception as e:
        return _interrupted() if _interrupts else _other(e)


def _load_commands() -> None:
    """Import every file of `designer/cli/commands`, in the order of their names."""
    import importlib
    import pkgutil

    from designer.cli import commands

    for module in sorted(pkgutil.iter_modules(commands.__path__), key=lambda m: m.name):
        importlib.import_module(f"{commands.__name__}.{module.name}")


def one_line(text: str) -> str:
    """A message that stays on its line and leaves the terminal alone, whatever it quotes.

    >>> one_line("name\\n\\x1b[31m")
    'name\\\\n\\\\x1b[31m'
    """
    return "".join(c if c.isprintable() else repr(c)[1:-1] for c in text)


def _forget_output() -> None:
    """Let the interpreter flush what nobody reads, or has room for, into nothing as it exits."""
    if sys.stdout is None:
        return
    with contextlib.suppress(OSError, ValueError):  # not a file of the system: nothing to redirect
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _other(error: Exception) -> int:
    """Errors of the command line itself, and of defects: one line each, never a traceback."""
    # typer brings its own copy of click in some versions, so classes are told by what they can do.
    kinds = {c.__name__ for c in type(error).__mro__}
    if "Exit" in kinds:
        return int(getattr(error, "exit_code", 0))
    if "NoArgsIsHelpError" in kinds:
        print(getattr(error, "message", error))
        return 0
    if "ClickException" in kinds:
        print(f"designer: {one_line(_usage(error))}", file=sys.stderr)
        return BAD_INPUT
    if "Abort" in kinds:
        return _interrupted()
    if os.environ.get("DESIGNER_TRACEBACK"):
        raise error
    print(
        f"designer: internal error: {type(error).__name__}: {error}"
        " (a defect: please report it; DESIGNER_TRACEBACK=1 shows where)",
        file=sys.stderr,
    )
    return DEFECT


def _interrupted() -> int:
    if not _told:
        _told.append("interrupted")
        print("interrupted", file=sys.stderr, flush=True)
    return INTERRUPTED


def _give_up(number: int, frame: object) -> None:
    """End the process at once: a library whose loading was interrupted may hold a lock for good."""
    os._exit(_interrupted())


def _usage(error: Any) -> str:
    """What was wrong with the command line, and where its help is."""
    message = str(error.format_message()).rstrip(".")
    context = getattr(error, "ctx", None)
    words = context.command_path.split()[1:] if context else []
    return f"{message} (see: {' '.join(['designer', *words, '--help'])})"


def run() -> None:
    """Entry point of the `designer` command."""
    import signal

    def interrupt(number: int, frame: object) -> None:
        # Noted, too: a library that is being imported may turn the interrupt into an error of its own.
        _interrupts.append(number)
        if hasattr(signal, "alarm"):
            signal.signal(signal.SIGALRM, _give_up)
            signal.alarm(GRACE)
        raise KeyboardInterrupt

    try:
        signal.signal(signal.SIGINT, interrupt)
        code = main()
        # The answer is out: nothing that comes now makes it less true.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    except KeyboardInterrupt:  # while the commands were being loaded, or as the last word was said
        code = _interrupted()
    sys.exit(code)
