"""`python -m designer`."""

from designer.cli import run

run()
