"""The one folder whose files a server may read; shipped scenarios are read by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from catalogs import yaml
from catalogs.errors import InputError
from designer.reading.loading import shipped


class Folder:
    """A folder, and what is inside it; a link that leads out of it is outside."""

    def __init__(self, root: Path):
        if not root.is_dir():
            raise InputError(f"--folder {root}: no such folder")
        self.root = root.resolve()

    def file(self, name: str, base: Path | None = None) -> Path:
        """A file inside; raises InputError for a name that leads out, before anything is opened."""
        try:
            path = ((base or self.root) / name).resolve()
        except (OSError, ValueError, RuntimeError):
            raise InputError(f"{name!r} is no name of a file") from None
        if not path.is_relative_to(self.root):
            raise InputError(f"{name!r} is outside the folder of this server")
        return path

    def scenario(self, name: str, sets: list[str]) -> str:
        """A shipped scenario by name, or one inside; configurations of models it names are inside, too."""
        for text in sets:
            for word in text.replace("[", " ").replace("]", " ").replace("=", " ").replace(",", " ").split():
                if word.strip("'\"").lower().endswith(".json"):
                    # Of an override a path is taken from where the server runs, and that is the folder.
                    self.file(word.strip("'\""))
        if (
            name.removeprefix("scenarios/").removesuffix(".yaml") in shipped()
            and not (self.root / name).exists()
        ):
            return name
        path = self.file(name)
        for value in _texts(yaml.read(path).data):
            if value.lower().endswith(".json"):
                self.file(value, path.parent)
        return str(path)

    def launch(self, given: str) -> str:
        """A launch line as it is, or a file inside."""
        if any(c.isspace() for c in given.strip()):
            return given
        return str(self.file(given))


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [x for v in value.values() for x in _texts(v)]
    if isinstance(value, list):
        return [x for v in value for x in _texts(v)]
    return [value] if isinstance(value, str) else []
