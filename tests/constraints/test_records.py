"""The record of a quantity: what is said is found, what contradicts itself is refused."""

from __future__ import annotations

from dataclasses import fields

import pytest

from constraints import records as module
from constraints import roles
from constraints.graph import Graph
from constraints.quantities import Seconds, Truth
from constraints.quantity import LETTERS, LINES, Record, headings, short_form
from constraints.records import aliases, inputs, marked, record, records
from constraints.rule import LAYERS, rule, rules

JOBS = [layer for layer in LAYERS if layer != "library"]


def test_every_quantity_and_every_input_has_a_record() -> None:
    made = {n: r for layer in JOBS for n, r in rules(layer).items()}
    read = {n for r in made.values() for n in r.inputs}
    assert made.keys() | read <= records().keys()
    assert all(record(n).title for n in made)
    assert record("no_such_quantity") == Record("no_such_quantity")


def test_every_field_of_the_record_says_something_of_some_quantity() -> None:
    said = {name for q in records().values() for name in q.said()}
    assert said == {f.name for f in fields(Record)} - {"name", "unit", "title"}


def test_declared_inputs_are_read_by_a_rule() -> None:
    read = {n for layer in JOBS for r in rules(layer).values() for n in r.inputs}
    assert {q.name for q in inputs()} <= read
    assert all((q.title and (q.said() or q.unit)) or q.aliases for q in inputs())


def test_names_in_records_are_names_of_quantities() -> None:
    known = records()
    for q in known.values():
        for field in ("share_of", "feeds", "supply", "demand", "voids"):
            assert not (name := getattr(q, field)) or name in known, f"{q.name}: {field} is {name}"
        assert (not q.form and not q.weighed and not q.voids) or q.unit == "truth", q.name
        assert not (q.form and (q.weighed or q.voids)), q.name
    assert not aliases().keys() & known.keys()


def test_roles_are_quantities() -> None:
    given = [v for k, v in vars(roles).items() if k.isupper()]
    named = {n for v in given for n in ([v] if isinstance(v, str) else v)}
    known = {n for layer in JOBS for id, r in rules(layer).items() for n in (id, *r.inputs)}
    assert named and named <= known


def test_a_limit_voids_something_it_reads() -> None:
    """Where pools are apart each of them has the limit, so what they are together is left aside."""
    for name, root in marked("voids").items():
        for layer in JOBS:
            if name in rules(layer):
                every = {n: r for part in JOBS if part != "apart" for n, r in rules(part).items()}
                assert root in Graph(every).above(name), name


def test_rules_of_one_name_are_joined() -> None:
    """A later layer that replaces a rule says nothing and loses nothing."""
    assert rules("streaming")["device_memory"].record.head == ""
    assert rules("bounds")["ttft"].record.aliases == ()
    assert (record("device_memory").head, record("ttft").aliases) == ("memory", ("ttft_mean",))


def test_a_contradiction_is_refused() -> None:
    a, b = Record("cost", head="cost"), Record("cost", head="price")
    with pytest.raises(TypeError, match="cost: head is 'cost' in one place and 'price' in another"):
        a.joined(b)
    assert a.joined(Record("cost", total="sum")) == Record("cost", head="cost", total="sum")


@pytest.mark.parametrize("wrong", [{"better": "large"}, {"needs": "tokens"}, {"total": "mean"}])
def test_a_word_a_field_does_not_have_is_refused(wrong: dict[str, str]) -> None:
    (field,) = wrong
    with pytest.raises(TypeError, match=f"{field} is one of"):
        rule(cite="definition", **wrong)(_wait)


def test_a_field_there_is_not_is_refused() -> None:
    with pytest.raises(TypeError, match="nicer"):
        rule(cite="definition", nicer=True)(_wait)


def test_an_alias_has_one_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    declared = [*inputs()]
    for taken in ("gpus", "mfu"):
        extra = Record("pue", aliases=(taken,))
        monkeypatch.setattr(module, "inputs", lambda extra=extra: iter([*declared, extra]))
        with pytest.raises(TypeError, match=taken):
            records.__wrapped__()


def _wait(time: Seconds) -> Seconds:
    """Wait of one thing for another."""
    return time


def _holds(time: Seconds) -> Truth:
    """It is over in a minute."""
    return time < 60.0


def test_a_rule_carries_what_its_decorator_says() -> None:
    made = rule(cite="definition", head="wait", better="more")(_wait).__rule__
    assert made.record == Record("_wait", head="wait", better="more")
    assert rule(cite="definition", form=True)(_holds).__rule__.record.said() == {"form": True}


def test_no_column_is_headed_by_a_raw_name() -> None:
    for q in records().values():
        if q.title:
            assert "_" not in q.heading, q.name
            lines = q.heading.split("\n")
            assert 1 <= len(lines) <= LINES, q.name
            assert q.head or all(len(line) <= LETTERS or " " not in line for line in lines), q.name


def test_short_forms_that_are_the_same_are_told_apart() -> None:
    twins = [record(n) for n in ("decode_computation", "decode_communication", "mfu")]
    assert twins[0].heading == twins[1].heading
    assert headings(twins) == ["decode\ncomputation", "decode\ncommunication", "MFU"]


def test_a_short_form_ends_in_a_word_that_says_something() -> None:
    assert short_form("Parameters of a mixture layer's feed-forward part") == "parameters of\nmixture"
    assert (
        short_form("Samples of the run that each of the hosts prepares")
        == "samples of run\nthat each of\nhosts prepares"
    )
