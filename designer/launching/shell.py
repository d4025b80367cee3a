"""The commands of a shell text as words. Nothing is run: what only a shell could know keeps its own text.

Variables, arrays and whole-number arithmetic that the text itself defines are put in their place. What a
branch or a loop assigns, what a command would print and what is given from outside stays as it is written, with its
`$`, so that whoever needs the value can say that it is not there.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from catalogs.errors import InputError

MAX_LENGTH = 200_000
_NAME = re.compile(r"[A-Za-z_]\w*")
_ASSIGNED = re.compile(r"([A-Za-z_]\w*)(\+?)=")
_OPENS = ("if", "for", "while", "until", "case", "select")
_CLOSES = ("fi", "done", "esac")
_LEADS = ("then", "else", "elif", "do", "{", "}", "!", "time")
_DECLARES = ("export", "local", "declare", "readonly", "typeset")
_PROMPT = re.compile(r"^[ \t]*[$#] (?=\S)")
_SBATCH = re.compile(r"^#SBATCH[ \t]+(?:--([a-z-]+)|-([A-Za-z]))[= \t]*(\S*)", re.MULTILINE)
_OPERATIONS: dict[type, Callable[[int, int], int]] = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.floordiv,
    ast.FloorDiv: operator.floordiv, ast.Mod: operator.mod,
}  # fmt: skip


@dataclass
class Script:
    """What a shell text says: its commands, and what it asks Slurm for."""

    commands: list[list[str]]
    batch: dict[str, str] = field(default_factory=dict)
    # What the text itself assigns, of what is one word.
    variables: dict[str, str] = field(default_factory=dict)


def script_of(text: str, name: str = "--from") -> Script:
    """The commands of a text, word by word.

    >>> script_of('TP=8; ARGS=(--tp $TP "a b")\\nrun "${ARGS[@]}" --n $((TP * 2)) --to $HOME').commands
    [['run', '--tp', '8', 'a b', '--n', '16', '--to', '$HOME']]
    """
    asked = {
        (found[1] or {"N": "nodes", "n": "ntasks"}.get(found[2], found[2])): found[3]
        for found in _SBATCH.finditer(text)
    }
    reader = _Reader(text if "\n" in text.strip() else _PROMPT.sub("", text), name)
    for variable, option in (
        ("SLURM_NNODES", "nodes"),
        ("SLURM_JOB_NUM_NODES", "nodes"),
        ("SLURM_NTASKS", "ntasks"),
    ):
        if asked.get(option, "").isdigit():
            reader.variables[variable] = [asked[option]]
    commands = reader.read()
    return Script(commands, asked, {name: v[0] for name, v in reader.variables.items() if len(v) == 1})


class _Reader:
    """One pass over a text, with what was assigned so far."""

    def __init__(self, text: str, name: str):
        self.text = text.replace("\r\n", "\n").replace("\\\n", " ")
        self.name = name
        self.at = 0
        self.depth = 0
        self.length = 0
        self.variables: dict[str, list[str]] = {}
        self.commands: list[list[str]] = []

    def read(self) -> list[list[str]]:
        while self.at < len(self.text):
            self._end(self._words(")"))
            self.at += 1
        return self.commands

    def _words(self, closing: str) -> list[str]:
        """Words up to the end of a command; of an array, up to its closing parenthesis."""
        words: list[str] = []
        array = closing == "]"
        ends = ")" if array else "\n;|&()"
        while self.at < len(self.text):
            c = self.text[self.at]
            if c in ends:
                break
            if c.isspace():
                self.at += 1
            elif c == "#":
                self.at = self._find("\n", self.at)
            elif c in "<>":
                self._redirection()
            else:
                words += self._word(ends)
        return words

    def _find(self, what: str, start: int) -> int:
        found = self.text.find(what, start)
        return len(self.text) if found < 0 else found

    def _redirection(self) -> None:
        """Leave out a redirection, with the text that follows a command in its own lines."""
        if here := re.compile(r"<<-?[ \t]*(['\"]?)(\w+)\1").match(self.text, self.at):
            ended = re.compile(rf"^\s*{here[2]}[ \t]*$", re.MULTILINE).search(self.text, here.end())
            line = self._find("\n", here.end())
            self.text = self.text[:line] + self.text[ended.end() if ended else len(self.text) :]
            self.at = here.end()
            return
        while self.at < len(self.text) and self.text[self.at] in "<>&":
            self.at += 1
        while self.at < len(self.text) and self.text[self.at] in " \t":
            self.at += 1
        self._word("\n;|&()")

    def _word(self, ends: str) -> list[str]:
        """One word, or as many as what is put into it has."""
        parts = [""]
        start = self.at
        while self.at < len(self.text):
            c = self.text[self.at]
            if c in ends or c.isspace() or c in "<>":
                if c == "(" and (assigned := _ASSIGNED.fullmatch(self.text[start : self.at])):
                    self._array(assigned)
                    return []
                break
            if c == "'":
                end = self._find("'", self.at + 1)
                parts[-1] += self.text[self.at + 1 : end]
                self.at = end + 1
            elif c == '"':
                self._quoted(parts)
            elif c == "\\":
                parts[-1] += self.text[self.at + 1 : self.at + 2]
                self.at += 2
            elif c in "$`":
                values, many = self._expansion()
                if not many and not _ASSIGNED.match(self.text, start):
                    values = [w for v in values for w in v.split()] or [""]
                self._put(parts, values)
            else:
                parts[-1] += c
                self.at += 1
            self._check(sum(map(len, parts)))
        if parts[0].isdigit() and self.text[self.at : self.at + 1] in ("<", ">"):
            return []  # which stream is redirected
        bare = self.text[start : self.at].startswith("$")
        return [p for p in parts if p or not bare]

    def _quoted(self, parts: list[str]) -> None:
        self.at += 1
        while self.at < len(self.text) and self.text[self.at] != '"':
            c = self.text[self.at]
            if c == "\\" and self.text[self.at + 1 : self.at + 2] in ('"', "\\", "$", "`"):
                parts[-1] += self.text[self.at + 1]
                self.at += 2
            elif c in "$`":
                values, many = self._expansion()
                self._put(parts, values if many else [" ".join(values)])
            else:
                parts[-1] += c
                self.at += 1
        self.at += 1

    def _put(self, parts: list[str], values: list[str]) -> None:
        parts[-1] += values[0] if values else ""
        parts += values[1:]

    def _check(self, length: int) -> None:
        if length > MAX_LENGTH:
            raise InputError(f"{self.name}: variables that grow beyond {MAX_LENGTH:,} characters")

    def _array(self, assigned: re.Match[str]) -> None:
        self.at += 1
        self._assign(assigned, self._words("]"))
        self.at += 1

    def _assign(self, assigned: re.Match[str], values: list[str]) -> None:
        """Remember a value; one that a branch or a loop assigns may be another by then."""
        name = assigned[1]
        if self.depth:
            self.variables[name] = [f"${name}"]
            return
        if assigned[2]:
            known = self.variables.get(name, [])
            values = [*known, *values] if len(values) != 1 or len(known) != 1 else [known[0] + values[0]]
        self._check(sum(map(len, values)))
        self.variables[name] = values

    def _expansion(self) -> tuple[list[str], bool]:
        """What stands for a `$` or a backquote, and whether it is a list of whole words."""
        text, start = self.text, self.at
        if text[start] == "`":
            self.at = self._find("`", start + 1) + 1
            return [text[start : self.at]], True
        if text.startswith("$((", start):
            end = self._find("))", start)
            self.at = end + 2
            return [self._arithmetic(text[start + 3 : end]) or text[start : self.at]], True
        if text.startswith("$(", start):
            self.at = self._matching(start + 1) + 1
            return [text[start : self.at]], True
        if text.startswith("${", start):
            end = self._find("}", start)
            self.at = end + 1
            return self._braced(text[start + 2 : end])
        if found := _NAME.match(text, start + 1):
            self.at = found.end()
            return self.variables.get(found[0], [text[start : self.at]]), False
        self.at = start + 2
        return [text[start : self.at]], True

    def _matching(self, start: int) -> int:
        depth = 0
        for i in range(start, len(self.text)):
            depth += {"(": 1, ")": -1}.get(self.text[i], 0)
            if not depth:
                return i
        return len(self.text)

    def _braced(self, inside: str) -> tuple[list[str], bool]:
        found = re.fullmatch(r"(\w+)(\[[@*]\])?(?::?-(.*))?", inside, re.DOTALL)
        if not found:
            return ["${" + inside + "}"], True
        values = self.variables.get(found[1])
        if values is None and found[3] is not None:
            # What may be replaced from outside is taken as it is without that.
            reader = _Reader(found[3], self.name)
            reader.variables = self.variables
            return [" ".join(reader._words(")"))], False
        if values is None:
            return ["${" + inside + "}"], True
        return values, bool(found[2])

    def _arithmetic(self, text: str) -> str:
        """The value of a sum of whole numbers; nothing where a part of it is not known."""

        def known(m: re.Match[str]) -> str:
            return " ".join(self.variables.get(m[1], ["?"]))

        filled = re.sub(r"\$?\{?([A-Za-z_]\w*)\}?", known, text)
        if len(filled) > 200 or not re.fullmatch(r"[\d+\-*/%() \t]+", filled):
            return ""
        try:
            return str(_value(ast.parse(filled.strip(), mode="eval").body))
        except (SyntaxError, ValueError, ZeroDivisionError, RecursionError):
            return ""

    def _end(self, words: list[str]) -> None:
        """Take a whole command: remember what it assigns, and keep it where it runs something."""
        while words and (words[0] in _LEADS or words[0] in _OPENS or words[0] in _CLOSES):
            self.depth += (words[0] in _OPENS) - (words[0] in _CLOSES and self.depth > 0)
            words = words[1:]
        declared = bool(words) and words[0] in _DECLARES
        body = words[1:] if declared else words
        if body and all(_ASSIGNED.match(w) for w in body):
            for word in body:
                found = _ASSIGNED.match(word)
                assert found
                self._assign(found, [word[found.end() :]])
        elif words and not declared:
            self.length += sum(map(len, words))
            self._check(self.length)
            self.commands.append(words)


def _value(node: ast.expr) -> int:
    if isinstance(node, ast.Constant) and type(node.value) is int and abs(node.value) < 1e15:
        return node.value
    if isinstance(node, ast.BinOp) and type(node.op) in _OPERATIONS:
        found = _OPERATIONS[type(node.op)](_value(node.left), _value(node.right))
        if abs(found) < 1e15:
            return found
    raise ValueError("no arithmetic of whole numbers")
