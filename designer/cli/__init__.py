"""The command line. `import designer.cli` loads nothing heavy; each command imports what it needs."""

from __future__ import annotations

import sys
from collections.abc import Sequence

BAD_INPUT, INFEASIBLE, TIME_LIMIT, DEFECT = 1, 2, 3, 70


def main(argv: Sequence[str] | None = None) -> int:
    """Run `designer` with the given arguments (those of the process by default); returns the exit code."""
    from catalogs.errors import InputError
    from designer.cli.app import app

    try:
        code = app(args=list(argv) if argv is not None else None, standalone_mode=False)
        return int(code or 0)
    except InputError as e:
        for p in e.problems:
            print(p, file=sys.stderr)
        return BAD_INPUT
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    except Exception as e:
        return _other(e)


def _other(error: Exception) -> int:
    """Errors of the command line itself, and of defects: one line each, never a traceback."""
    import click

    if isinstance(error, click.exceptions.Exit):
        return int(error.exit_code)
    if isinstance(error, click.ClickException):
        print(f"designer: {error.format_message()}", file=sys.stderr)
        return BAD_INPUT
    if isinstance(error, click.Abort):
        print("interrupted", file=sys.stderr)
        return 130
    import os

    if os.environ.get("DESIGNER_TRACEBACK"):
        raise error
    print(
        f"designer: internal error: {type(error).__name__}: {error}"
        " (a defect: please report it; DESIGNER_TRACEBACK=1 shows where)",
        file=sys.stderr,
    )
    return DEFECT


def run() -> None:
    """Entry point of the `designer` command."""
    sys.exit(main())
