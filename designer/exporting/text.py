"""How launch files are written: options, comments and names that no shell, YAML or TOML reads otherwise."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from designer.exporting.launch import Launch

# Words that YAML 1.1 or 1.2 reads as something else than a name.
_YAML_WORDS = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~"})
_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_/-]*(?:\.[A-Za-z0-9_/-]+)*")


@dataclass(frozen=True)
class Flag:
    """One setting of a launcher: its long name without dashes, and why it has this value.

    A value of None is a switch that is turned on, a tuple several words.
    """

    name: str
    value: str | int | float | bool | tuple[str, ...] | None
    why: str = ""

    @property
    def words(self) -> list[str]:
        """As words of a command line."""
        if self.value is None or self.value is True:
            return [f"--{self.name}"]
        if self.value is False:
            return [f"--no-{self.name}"]
        if isinstance(self.value, tuple):
            return [f"--{self.name}", *self.value]
        return [f"--{self.name}", str(self.value)]

    @property
    def joined(self) -> str:
        """As one argument."""
        return "=".join(self.words)


def one_line(text: str) -> str:
    """Text that stays in its comment.

    >>> one_line("a\\nrm -rf /\\u2028")
    'a\\\\nrm -rf /\\\\u2028'
    """
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def comments(lines: Iterable[str], mark: str = "# ") -> str:
    """Lines as comments.

    >>> comments(["one", "two\\nrm -rf /"])
    '# one\\n# two\\\\nrm -rf /\\n'
    """
    return "".join(f"{mark}{one_line(line)}".rstrip() + "\n" for line in lines)


def brief(launch: Launch, title: str, checked: str) -> list[str]:
    """Whose answer a file is of, and how to get it again."""
    which = f"design {launch.label}" if launch.label else "a layout"
    first = f"{launch.scenario}, {which}, for {title}: by designer {launch.version}, checked with {checked}"
    return [first, *(f"again     {line}" for line in launch.again)]


def header(launch: Launch, title: str, checked: str, *more: str) -> list[str]:
    """What the first file begins with: besides, what was decided and what it should do."""
    return [
        *brief(launch, title, checked),
        f"decided   {launch.decided}",
        *(f"expected  {line}" for line in launch.expected),
        *more,
    ]


def shell_line(words: Sequence[str], options: Sequence[Flag], indent: str = "  ") -> str:
    """A command with one option a line, quoted for a shell.

    >>> print(shell_line(["run", "a b"], [Flag("tp", 2), Flag("on", None)]))
    run 'a b' \\
      --tp 2 \\
      --on
    """
    lines = [shlex.join(words), *(shlex.join(o.words) for o in options)]
    return f" \\\n{indent}".join(lines)


def yaml_value(value: object) -> str:
    """A value as YAML of any version reads it back.

    >>> [yaml_value(v) for v in (8, True, "fp8", "on", "a: b", "1e5", "meta/llama-3.1")]
    ['8', 'true', 'fp8', '"on"', '"a: b"', '"1e5"', 'meta/llama-3.1']
    """
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _YAML_WORDS
        return value if plain else json.dumps(value)
    return json.dumps(True if value is None else value)


def with_reasons(lines: Sequence[tuple[str, str]], mark: str = "#") -> str:
    """Lines of settings, each with its reason behind it, in a column.

    >>> print(with_reasons([("a: 1", "tp"), ("long: 2", "")]), end="")
    a: 1     # tp
    long: 2
    """
    width = max((len(line) for line, _ in lines), default=0)
    return "".join(
        f"{line.ljust(width)}  {mark} {one_line(why)}\n" if why else f"{line}\n" for line, why in lines
    )


def manifest(documents: Sequence[object]) -> str:
    """YAML documents, with every text in quotes that some version of YAML would not read as one.

    >>> print(manifest([{"name": "on", "args": ["--x=1", "1e5"]}]), end="")
    name: "on"
    args:
    - "--x=1"
    - "1e5"
    """
    import yaml

    class Dumper(yaml.SafeDumper):  # type: ignore[misc]
        def ignore_aliases(self, data: object) -> bool:
            return True

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.Node:
        style = None if yaml_value(value) == value else '"'
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)

    Dumper.add_representer(str, text)
    return "---\n".join(yaml.dump(d, Dumper=Dumper, sort_keys=False, width=1000) for d in documents)


def shell_array(groups: Sequence[tuple[str, Sequence[Flag]]]) -> str:
    """Options as a bash array called ARGS, one a line, with their reasons as comments."""
    body = ""
    for title, options in groups:
        body += comments([title], "  # ")
        body += with_reasons([("  " + shlex.join(o.words), o.why) for o in options])
    return f"ARGS=(\n{body})\n"


def shell_words(lines: Sequence[tuple[str, str]]) -> str:
    """Words as a bash array called ARGS, one a line, with their reasons as comments."""
    return f"ARGS=(\n{with_reasons([(f'  {shlex.quote(word)}', why) for word, why in lines])})\n"
