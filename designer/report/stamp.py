"""What a report rests on, so that it can be made again."""

from __future__ import annotations


def stamp() -> str:
    """The version of this program."""
    from designer import __version__

    return f"designer {__version__}; numbers in SI unless a unit is given; unknown is not 0"
