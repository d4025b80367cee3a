"""A launcher that is read: how its commands and files are told, and what reads them."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from catalogs.errors import InputError
from designer.launching.options import Grammar, Words, parsed
from designer.launching.shell import Script, script_of
from designer.launching.sources import LaunchText
from designer.launching.stated import Reading, StartedRanks


@dataclass(frozen=True)
class FoundCommand:
    """A command of a launcher: its words, what stands before them, and where it was read."""

    words: list[str]
    before: list[str]
    source: LaunchText
    script: Script
    ignored: tuple[str, ...] = ()


def _none(words: Sequence[str]) -> int | None:
    return None


def _no_document(data: Mapping[str, Any]) -> bool:
    return False


@dataclass(frozen=True)
class Launcher:
    """One launcher. `begins` says where its own words begin in a command, None in a command of another."""

    name: str
    grammar: Grammar
    begins: Callable[[Sequence[str]], int | None] = _none
    read: Callable[[FoundCommand], Reading] | None = None
    # Of launchers with files of their own: whether a document is one, and what reads it.
    owns: Callable[[Mapping[str, Any]], bool] = _no_document
    read_document: Callable[[list[Mapping[str, Any]], LaunchText, tuple[str, ...]], Reading] | None = None
    suffixes: tuple[str, ...] = field(default=(".yaml", ".yml"))


@cache
def launchers() -> tuple[Launcher, ...]:
    """Every launcher that is read: one for each module of `designer/launching/launchers`."""
    from designer.launching import launchers as folder

    modules = sorted(m.name for m in pkgutil.iter_modules(folder.__path__))
    return tuple(importlib.import_module(f"{folder.__name__}.{m}").LAUNCHER for m in modules)


def read_launch(source: LaunchText, ignored: tuple[str, ...] = ()) -> Reading:
    """What a launch says. Raises InputError, in lines for people, where it is of no launcher that is read here,
    or says what no number here knows."""
    if source.suffix in (".yaml", ".yml", ".json", ".toml"):
        return _document(source, ignored)
    script = script_of(source.text, source.name)
    if found := _command(script, source, ignored):
        return found
    if source.text.lstrip().startswith(("{", "---", "apiVersion")):
        return _document(source, ignored)
    words = [w for c in script.commands for w in c]
    if words and words[0].startswith("--"):
        best = max((x for x in launchers() if x.read), key=lambda x: _known(x, words))
        if _known(best, words) > 0 and best.read:
            return best.read(FoundCommand(words, [], source, script, ignored))
    names = ", ".join(x.name for x in launchers())
    raise InputError(f"{source.name}: no command of a launcher that is read here ({names})")


def _known(launcher: Launcher, words: Sequence[str]) -> int:
    line = parsed(launcher.grammar, words)
    return len(line.given) - len(line.unknown)


def _command(script: Script, source: LaunchText, ignored: tuple[str, ...], deep: int = 0) -> Reading | None:
    """The first command of a launcher, in the text or in a script beside it that the text starts."""
    for command in script.commands:
        for launcher in launchers():
            at = launcher.begins(command)
            if at is not None and launcher.read:
                return launcher.read(FoundCommand(command[at:], command[:at], source, script, ignored))
    for command in script.commands:
        for word in (w for text in command for w in text.split()):
            if not word.endswith(".sh") or deep > 2 or not source.has(word):
                continue
            inner = source.beside(word)
            within = script_of(inner.text, inner.name)
            own = Script(
                within.commands, {**within.batch, **script.batch, **_tasks(command)}, within.variables
            )
            if found := _command(own, inner, ignored, deep + 1):
                return found
    return None


def _tasks(command: Sequence[str]) -> dict[str, str]:
    """What `srun` says of its tasks."""
    from designer.launching.options import grammar

    words = parsed(grammar("srun", read="ntasks|n nodes|N ntasks-per-node kill-on-bad-exit?"), command)
    return {k: v[0] for k, v in words.given.items() if v}


def _document(source: LaunchText, ignored: tuple[str, ...]) -> Reading:
    from designer.launching.documents import documents_of

    documents = documents_of(source)
    for launcher in launchers():
        if launcher.read_document and any(map(launcher.owns, documents)):
            return launcher.read_document(documents, source, ignored)
    raise InputError(f"{source.name}: no file of a launcher that is read here")


def after(words: Sequence[str], *anchors: str) -> int | None:
    """Where the words after some others begin, which follow one another; None where they do not.

    >>> after(["nohup", "/usr/bin/vllm", "serve", "m"], "vllm", "serve"), after(["vllm"], "vllm", "serve")
    (3, None)
    """
    for at in range(len(words) - len(anchors) + 1):
        if all(w.rsplit("/", 1)[-1] == a for w, a in zip(words[at:], anchors, strict=False)):
            return at + len(anchors)
    return None


def integer(text: str) -> int | None:
    """A count, or None of a text that is none."""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 10 else None


def ranks_of(found: FoundCommand) -> StartedRanks:
    """StartedRanks that torchrun, DeepSpeed's or Slurm's starter makes of a training script."""
    from designer.launching.options import grammar

    before = parsed(
        grammar("torchrun", read="nnodes|num-nodes|num-machines nproc-per-node|num-gpus num-processes"),
        found.before,
    )
    batch = found.script.batch

    def number(name: str) -> int | None:
        return integer(" ".join(before.given.get(name, [])).split(":")[-1])

    nodes = number("nnodes") or integer(batch.get("nodes", ""))
    each = number("nproc-per-node")
    tasks = integer(batch.get("ntasks-per-node", ""))
    if each is None and tasks and tasks > 1:
        each = tasks
    if each is None:
        each = (
            integer(batch.get("gpus-per-node", "").split(":")[-1]) if "nproc-per-node" not in before else None
        )
    if nodes is None and each is not None and "nnodes" not in before:
        nodes = 1
    world = number("num-processes")
    if world is None and each is None and integer(batch.get("ntasks", "")):
        world = integer(batch["ntasks"])
    return StartedRanks(nodes, each, world)


def words_of(data: Mapping[str, Any], table: Grammar, where: str) -> Words:
    """Settings of a file by the names of options."""
    out = Words(table)
    for key, value in data.items():
        name = str(key).replace("_", "-")
        known = table.names.get(name) or table.names.get(str(key))
        values = ["on" if value is True else "off"] if isinstance(value, bool) else [str(value)]
        if isinstance(value, list):
            values = [str(v) for v in value]
        if known:
            out.set(known, values, f"{where}: {key}")
        else:
            out.unknown[name] = values
    return out
