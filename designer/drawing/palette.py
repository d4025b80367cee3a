"""The colour of each role, on white and on black.

The colours c1 to c8 are those of Okabe and Ito (2008), told apart by people who see red and green alike;
those of dark pages are lighter where the contrast with the ground asks for it.
"""

from __future__ import annotations

LIGHT = {
    "paper": "#ffffff", "ink": "#1b1f24", "soft": "#59636e", "line": "#d0d7de", "free": "#e6eaee", "over": "#c0392b",
    "c1": "#0072b2", "c2": "#e69f00", "c3": "#009e73", "c4": "#cc79a7", "c5": "#56b4e9", "c6": "#d55e00",
    "c7": "#8c6d31", "c8": "#7f5fb5",
}  # fmt: skip
DARK = {
    "paper": "#12161b", "ink": "#e6edf3", "soft": "#9aa7b4", "line": "#343d47", "free": "#2a323b", "over": "#ff7b6b",
    "c1": "#4aa3df", "c2": "#f0b43c", "c3": "#35c79a", "c4": "#e39ac3", "c5": "#8fd0f5", "c6": "#f2843c",
    "c7": "#c4a35a", "c8": "#a98be0",
}  # fmt: skip
# Shades from little to much, and the ink on the dark and on the light ones of them: the same on every page.
SHADES = {"h1": "#440154", "h2": "#3b528b", "h3": "#21918c", "h4": "#5ec962", "h5": "#fde725", "h-low": "#ffffff",
          "h-high": "#111111"}  # fmt: skip
LIGHT |= SHADES
DARK |= SHADES
SERIES = tuple(f"c{i}" for i in range(1, 9))


def variables(colours: dict[str, str]) -> str:
    """The colours as CSS variables.

    >>> variables({"ink": "#000"})
    '--ink:#000'
    """
    return ";".join(f"--{role}:{colour}" for role, colour in colours.items())


def style(root: str = ":root") -> str:
    """The variables of light and of dark pages, and of paper, as a style sheet."""
    return (
        f"{root}{{{variables(LIGHT)}}}"
        f"@media (prefers-color-scheme:dark){{{root}{{{variables(DARK)}}}}}"
        f"@media print{{{root}{{{variables(LIGHT)}}}}}"
    )
