"""docs/search-time.svg from benchmarks/result.json: seconds against raw designs, four ways to the same frontier."""

from __future__ import annotations

import json
from pathlib import Path

import matplotlib

matplotlib.use("svg")
from matplotlib import pyplot as plt

HERE = Path(__file__).parent
WAYS = {
    "search": ("designer: levels, early limits, dropping", "#0b6e4f", "o"),
    "bounds": ("second proof: interval branch and bound", "#7a4fa3", "s"),
    "brute_force": ("brute force, vectorised", "#c1440e", "^"),
    "cp_sat_alone": ("CP-SAT alone, every design a row", "#3a6ea5", "v"),
}


def main() -> None:
    """Draw the picture."""
    growth = json.loads((HERE / "result.json").read_text(encoding="utf-8"))["growth"]
    plt.rcParams["svg.hashsalt"] = "designer"  # the same picture from the same numbers
    figure, axes = plt.subplots(figsize=(7.2, 4.2))
    for key, (label, colour, marker) in WAYS.items():
        rows = [(g["raw_designs"], g[key]) for g in growth if key in g]
        axes.loglog(*zip(*rows, strict=True), marker=marker, color=colour, label=label, linewidth=1.6)
    axes.set_xlabel("raw designs in the space")
    axes.set_ylabel("seconds to the proven frontier")
    axes.grid(True, which="major", color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False, fontsize=9)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.tight_layout()
    figure.savefig(HERE.parent / "docs" / "search-time.svg", metadata={"Date": None})


if __name__ == "__main__":
    main()
