"""The `designer` application: its commands are the files of `designer/cli/commands`."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

# The order of a user's questions; a command that is not here comes last.
_ORDER = (
    "init", "ask", "plan", "explain", "compare", "evaluate", "check", "export", "size", "sweep", "fleet", "calc",
    "diagnose", "rules", "validate", "calibrate", "microbench", "catalog", "schema",
)  # fmt: skip


class _Ordered(TyperGroup):
    def list_commands(self, ctx: Any) -> list[str]:
        known = {name: i for i, name in enumerate(_ORDER)}
        return sorted(super().list_commands(ctx), key=lambda name: known.get(name, len(known)))


app = typer.Typer(
    cls=_Ordered,
    name="designer",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="What should this model run on, laid out how, and what exactly stops us from doing better?",
)


@app.callback(invoke_without_command=True)
def _main(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="print the version")] = False,
) -> None:
    if version:
        from designer import __version__

        typer.echo(f"designer {__version__}")
        raise typer.Exit(0)
