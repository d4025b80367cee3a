"""First drafts of documents: scenarios, fleets and sweeps with comments, which plan as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence
from importlib.resources import files

from catalogs.errors import InputError, nearest

_FOLDER = "designer.documents"
MODEL, NODES = "llama-3.1-8b", ("p5.48xlarge", "p5e.48xlarge")


def kinds() -> list[str]:
    """The documents that can be begun, found by walking `templates`."""
    found = (f.name for f in files(_FOLDER).joinpath("templates").iterdir())
    return sorted(n.removesuffix(".yaml") for n in found if n.endswith(".yaml"))


def draft(kind: str, name: str, file: str, model: str = MODEL, nodes: Sequence[str] = NODES) -> str:
    """The text of a document of a kind; raises InputError for an unknown kind.

    >>> draft("sweep", "mine", "mine.yaml").splitlines()[2]
    'name: mine'
    """
    if kind not in kinds():
        raise InputError(f"init {kind!r}: unknown kind{nearest(kind, kinds())} (has: {', '.join(kinds())})")
    words = {"name": name, "file": file, "model": model, "node": nodes[0], "nodes": ", ".join(nodes)}
    text = files(_FOLDER).joinpath("templates", f"{kind}.yaml").read_text("utf-8")
    # A comment stays at its column where there is room.
    return "\n".join(_filled(line, words) for line in text.splitlines()) + "\n"


def _filled(line: str, words: dict[str, str]) -> str:
    found = re.fullmatch(r"(\s*[^#\s].*?)(\s{2,})(# .*)", line)
    if found is None:
        return _put(line, words)
    left, gap, comment = found.groups()
    column = len(left) + len(gap)
    return f"{_put(left, words):<{column - 1}} {_put(comment, words)}"


def _put(text: str, words: dict[str, str]) -> str:
    return re.sub(r"\{\{(\w+)\}\}", lambda m: words[m[1]], text)
