"""What the gates share: many inputs on standard input, each judged in a process of its own, verdicts on output.

A gate runs a launcher's own parser in an environment that has it. Each input is judged in a fork, after what
is slow to import was imported once: parsers keep what they read in globals.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.metadata
import io
import json
import os
import sys
import types
import typing
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from typing import Any


class _Anything:
    """Any decorator, function or value of a module that is not there."""

    def __init__(self, *args: object, **kwargs: object) -> None:
        pass

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return args[0] if len(args) == 1 and callable(args[0]) and not kwargs else self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return _Anything()

    def __getitem__(self, key: object) -> Any:
        return self


class _Absent(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Modules that need a GPU, and play no part in reading options."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self.names = names

    def find_spec(self, name: str, path: object = None, target: object = None) -> Any:
        if any(name == n or name.startswith(f"{n}.") for n in self.names):
            return importlib.machinery.ModuleSpec(name, self, is_package=True)
        return None

    def create_module(self, spec: Any) -> types.ModuleType:
        module = types.ModuleType(spec.name)

        def attribute(name: str) -> Any:
            if name.startswith("__"):
                raise AttributeError(name)
            return type(name, (_Anything,), {}) if name[:1].isupper() else _Anything()

        vars(module).update(__path__=[], __version__="3.0.0", __getattr__=attribute)
        return module

    def exec_module(self, module: types.ModuleType) -> None:
        pass


def without(*names: str) -> None:
    """Let these modules, and all below them, be imported as if they were there."""
    sys.meta_path.insert(0, _Absent(names))
    if not hasattr(typing, "override"):  # code for Python 3.12 read by 3.11
        typing.override = lambda f: f  # type: ignore[attr-defined]


def judged(check: Callable[[Any], str | None], given: Any) -> str | None:
    """What is wrong with an input according to `check`, in one line; nothing where it is right."""
    said = io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(said):
            return check(given)
    except (Exception, SystemExit) as e:
        errors = [line for line in said.getvalue().splitlines() if "error:" in line]
        told = errors[-1] if isinstance(e, SystemExit) and errors else str(e) or type(e).__name__
        return " ".join(told.split())[:600]


def run(package: str, load: Callable[[], Callable[[Any], str | None]]) -> None:
    """Judge the inputs on standard input; with `--version`, only say which version of the package is here."""
    try:
        version = importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        print(f"{package} is not installed")
        sys.exit(3)
    if "--version" in sys.argv:
        print(version)
        return
    inputs = json.load(sys.stdin)
    noise = io.StringIO()
    with redirect_stdout(noise), redirect_stderr(noise):
        check = load()
        for given in inputs[:1]:
            judged(check, given)  # so that what is imported late is imported once
    verdicts = []
    for given in inputs:
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            with open(writer, "w") as out:
                json.dump(judged(check, given), out)
            os._exit(0)
        os.close(writer)
        with open(reader) as back:
            answer = back.read()
        os.waitpid(child, 0)
        verdicts.append(json.loads(answer) if answer else "the parser crashed")
    json.dump(verdicts, sys.stdout)
