"""Files of settings as plain data: YAML, JSON and TOML, without anything that a file could make a reader do."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Mapping
from typing import Any

from catalogs import yaml
from catalogs.errors import InputError
from designer.launching.sources import LaunchText

MAX_DEPTH = 40


def documents_of(source: LaunchText) -> list[Mapping[str, Any]]:
    """The documents of a file; raises InputError with file and line for text that is none."""
    if source.suffix == ".toml":
        return [_toml(source)]
    if source.suffix == ".json" or source.text.lstrip().startswith("{"):
        return [_json(source)]
    out: list[Mapping[str, Any]] = []
    line = 0
    # Each document where it stands, so that a message has the right line.
    for part in re.split(r"^---[^\n]*$", source.text, flags=re.MULTILINE):
        if part.strip() and any(x.strip() and not x.lstrip().startswith("#") for x in part.splitlines()):
            out.append(yaml.parse("\n" * line + part.removeprefix("\n" * bool(line)), source.name).data)
        line += part.count("\n")
    if not out:
        raise InputError(f"{source.name}: empty file, expected settings of a launcher")
    return out


def _toml(source: LaunchText) -> Mapping[str, Any]:
    try:
        return tomllib.loads(source.text)
    except tomllib.TOMLDecodeError as e:
        raise InputError(f"{source.name}: not TOML: {e}") from None
    except RecursionError:
        raise InputError(f"{source.name}: nested too deep") from None


def _json(source: LaunchText) -> Mapping[str, Any]:
    # DeepSpeed's own examples have comments, which JSON has not.
    text = re.sub(r"^\s*//[^\n]*$", "", source.text, flags=re.MULTILINE)
    try:
        data = json.loads(text)
    except json.JSONDecodeError as e:
        raise InputError(f"{source.name}:{e.lineno}: not JSON: {e.msg}") from None
    except (RecursionError, ValueError):
        raise InputError(f"{source.name}: not settings of a launcher") from None
    if not isinstance(data, dict):
        raise InputError(f"{source.name}: expected a mapping at the top level")
    return data


def part(data: Mapping[str, Any], *keys: str) -> Any:
    """What stands under some keys; None where it does not.

    >>> part({"spec": {"replicas": 2}}, "spec", "replicas"), part({"spec": []}, "spec", "x")
    (2, None)
    """
    found: Any = data
    for key in keys:
        found = found.get(key) if isinstance(found, Mapping) else None
    return found


def items(data: Mapping[str, Any], *keys: str) -> list[Mapping[str, Any]]:
    """The mappings of a list under some keys."""
    found = part(data, *keys)
    return [x for x in found if isinstance(x, Mapping)] if isinstance(found, list) else []
