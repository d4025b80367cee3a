"""vLLM: `vllm serve`, its older server module, its container, and its file of settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from catalogs.errors import InputError
from designer.launching import vllm_options as vllm
from designer.launching.documents import documents_of
from designer.launching.launcher import FoundCommand, Launcher, after, integer, words_of
from designer.launching.options import parsed
from designer.launching.serving import check_devices, devices_named
from designer.launching.sources import LaunchText
from designer.launching.stated import Reading

_MODULES = ("vllm.entrypoints.openai.api_server", "vllm.entrypoints.api_server")


def begins(words: Sequence[str]) -> int | None:
    """After `vllm serve`, after the module of the server, or after the image of the container."""
    if (at := after(words, "vllm", "serve")) is not None:
        return at
    for at, word in enumerate(words):
        if word in _MODULES or "vllm-openai" in word:
            return at + 1
    return None


def read(found: FoundCommand) -> Reading:
    """A line; what its file of settings says holds where the line does not say otherwise."""
    words = parsed(vllm.GRAMMAR, found.words)
    if "config" in words:
        file = found.source.beside(words.text("config"))
        kept = words_of(documents_of(file)[0], vllm.GRAMMAR, file.name)
        for name, values in kept.given.items():
            if name not in words:
                words.set(name, values, kept.written[name])
        words.unknown = {**kept.unknown, **words.unknown}
    if len(words.alone) > 1:
        raise InputError(f"{vllm.TITLE}: {words.alone[1]!r} is neither an option nor the value of one")
    stated = vllm.stated_of(words, found.ignored, replicas=replicas_of(found))
    check_devices(stated, devices_named(found.before))
    return stated


def replicas_of(found: FoundCommand) -> int:
    """Copies that a Slurm job starts: its tasks, or its nodes by those of one copy."""
    batch = found.script.batch
    if tasks := integer(batch.get("ntasks", "")):
        return tasks
    nodes = integer(batch.get("nodes", "")) or 1
    each = integer(found.script.variables.get("NODES", "")) or nodes
    return max(1, nodes // each)


def owns(data: Mapping[str, Any]) -> bool:
    """A file of settings names a model and at least one option."""
    known = [k for k in data if str(k).replace("_", "-") in vllm.GRAMMAR.names]
    return "model" in data and len(known) == len(data)


def read_document(
    documents: list[Mapping[str, Any]], source: LaunchText, ignored: tuple[str, ...]
) -> Reading:
    """A file of settings by itself."""
    return vllm.stated_of(words_of(documents[0], vllm.GRAMMAR, source.name), ignored)


LAUNCHER = Launcher("vLLM", vllm.GRAMMAR, begins, read, owns, read_document)
