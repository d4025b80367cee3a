"""The YAML reader: values as YAML 1.2 has them, and one clear problem for any other file."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from catalogs import InputError, Problem, yaml
from catalogs.yaml import MAX_BYTES, MAX_DEPTH, parse, read


def test_values_and_places() -> None:
    document = parse("a: 1\nb:\n  - 2.5\n  - {c: 80 GB, d: true}\n", "f.yaml")
    assert document.data == {"a": 1, "b": [2.5, {"c": "80 GB", "d": True}]}
    assert document.at(("b", 1, "c")) == (4, 9)
    assert document.at(("b", 1, "c"), key=True) == (4, 6)
    assert document.at(("b", 1, "absent")) == (4, 5)
    assert str(document.problem(("b", 1, "c"), "too small")) == "f.yaml:4:9: b[1].c: too small"


@pytest.mark.parametrize("text", ["no", "yes", "on", "12:30", "1_000", "2022-03", "0b11", "1e", "."])
def test_what_yaml_1_1_would_change_stays_text(text: str) -> None:
    assert parse(f"a: {text}\n", "f").data == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0x1F", 31),
        ("0o17", 15),
        ("017", 17),
        ("+5", 5),
        ("-1.5e3", -1500.0),
        (".5", 0.5),
        ("'1'", "1"),
        ('"true"', "true"),
        ('""', ""),
        ("False", False),
        ("671.026e9", 671026000000.0),
    ],
)
def test_scalars(text: str, value: object) -> None:
    found = parse(f"a: {text}\n", "f").data["a"]
    assert (found, type(found)) == (value, type(value))


BAD = {
    "empty": ("", "f.yaml:1: empty file"),
    "only a comment": ("# hello\n", "f.yaml:1: empty file"),
    "a list": ("- 1\n", "f.yaml:1: a list at the top level"),
    "a scalar": ("hello\n", "f.yaml:1: a single value at the top level"),
    "syntax": ("a: [1\nb: 2\n", "f.yaml:2:"),
    "bad indent": ("a: 1\n b: 2\n", "f.yaml:2:"),
    "tab": ("a:\n\t- 1\n", "f.yaml:2:1: not valid YAML"),
    "duplicate": ("a: 1\nb: 2\na: 3\n", "f.yaml:3:1: duplicate key 'a' (first on line 1)"),
    "null": ("a: 1\nb:\n\n\nc: 2\n", "f.yaml:2:1: b has no value"),
    "tilde": ("a: [1, ~]\n", "f.yaml:1:8: an item has no value"),
    "not a number": ("a: .nan\n", "f.yaml:1:4: .nan is not a finite number"),
    "infinity": ("a: -.inf\n", "f.yaml:1:4: -.inf is not a finite number"),
    "overflow": ("a: 1e999\n", "f.yaml:1:4: 1e999 is not a finite number"),
    "long integer": (f"a: {'9' * 5000}\n", "f.yaml:1:4: a number of 5000 digits"),
    "tag": ("a: !!python/object/apply:os.system [x]\n", "f.yaml:1:4: tag"),
    "own tag": ("a: !x 1\n", "f.yaml:1:4: tag !x"),
    "anchor": ("a: &x 1\nb: *x\n", "f.yaml:1:4: anchor &x"),
    "alias": ("b: *x\n", "f.yaml:1:4: alias *x"),
    "two documents": ("a: 1\n---\nb: 2\n", "f.yaml:2:1: a second document"),
    "mapping as key": ("? {a: 1}\n: 2\n", "f.yaml:1:3: a list or a mapping as a key"),
    "deep": ("a: " + "[" * 100_000, "f.yaml:1:35: nested deeper than 32 levels"),
    "deep blocks": ("".join(f"{' ' * i}a:\n" for i in range(60)), "f.yaml:33:33: nested deeper than 32"),
    "control character": ("a: 1\nb: \x07\n", "f.yaml:2: a control character"),
    "bad escape": ('a: "\\U00110000"\n', "f.yaml:1: not valid YAML"),
    "bomb": ("a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n", "f.yaml:1:4: anchor &a"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_text_is_one_problem(name: str) -> None:
    text, message = BAD[name]
    with pytest.raises(InputError) as e:
        parse(text, "f.yaml")
    assert str(e.value).startswith(message)
    assert len(e.value.problems) == 1
    assert "\n" not in str(e.value)


def test_depth_up_to_the_limit() -> None:
    inside = MAX_DEPTH - 1
    assert parse("a: " + "[" * inside + "]" * inside, "f").data


def test_bad_files(tmp_path: Path) -> None:
    big = tmp_path / "big.yaml"
    big.write_bytes(b"a: 1\n" * 400_000)
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("a: 1\nb: café\n".encode("latin-1"))
    for path, message in [
        (tmp_path, "is a folder"),
        (tmp_path / "none.yaml", "no such file"),
        (big, f"2,000,000 bytes; the limit is {MAX_BYTES:,} bytes"),
        (latin, "latin.yaml:2: not UTF-8 text (byte 0xe9)"),
        (Path("/dev/zero"), "the limit is"),
        (Path("nul\0.yaml"), "cannot be read"),
    ]:
        with pytest.raises(InputError) as e:
            read(path)
        assert message in str(e.value)
        assert str(e.value).startswith(str(path))


def test_byte_order_mark_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "bom.yaml"
    path.write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    assert read(path).data == {"a": 1}


@settings(max_examples=300, deadline=None)
@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>'\"#%@`?, \n\t\\0.~é\x00"), max_size=40))
def test_any_text_reads_or_is_one_problem(text: str) -> None:
    problems: tuple[Problem, ...] = ()
    try:
        assert isinstance(parse(text, "f.yaml").data, dict)
    except InputError as e:
        problems = e.problems
    assert len(problems) <= 1
    assert all(p.line for p in problems)


def test_both_parsers_read_every_shipped_file_alike() -> None:
    """The fast parser stands in for the one that explains mistakes: same data, same places."""
    import catalogs
    import scenarios

    folders = [Path(p) for package in (catalogs, scenarios) for p in package.__path__]
    files = [f for folder in folders for f in sorted(folder.rglob("*.yaml"))]
    assert len(files) > 600
    for file in files[::7]:
        text = file.read_text(encoding="utf-8")
        assert yaml._parsed_by_libyaml(text, str(file)) == yaml._parsed_by_ruamel(text, str(file))


@given(st.integers(0, 10**6), st.lists(st.sampled_from(list("abc: -[]{}#'\"\n,?&*!|>%@\t0.~")), max_size=6))
@settings(max_examples=400)
def test_both_parsers_read_damaged_text_alike(where: int, put: list[str]) -> None:
    """Whatever the fast parser takes, the other takes too and understands the same."""
    at = where % len(SOUND)
    text = SOUND[:at] + "".join(put) + SOUND[at + len(put) // 2 :]
    fast = yaml._parsed_by_libyaml(text, "f.yaml")
    if fast is not None:
        assert fast == yaml._parsed_by_ruamel(text, "f.yaml")


SOUND = """
name: a   # why
list: [1, 2.5, "x, y", {b: c}]
'quoted key': 'it''s'
nested:
  - one: 1e3
    two: "\\u00e9"
  - plain text with: no
folded: >-
  two
  lines
"""
