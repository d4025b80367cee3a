"""`designer calc` and `designer rules`: a rule forwards, backwards, and as a page of its own."""

from __future__ import annotations

import json
import math
import shlex
from random import Random

import jsonschema
import pytest

from catalogs import units
from catalogs.errors import InputError
from constraints.domain import holds
from constraints.example import worked_example
from constraints.inverse import invert
from constraints.rule import Rule, find, rules
from constraints.walls import WALLS, every_rule, grouped
from designer.cli import main
from designer.evaluating.design import si_unit
from designer.report.rules_text import chosen, command, data
from designer.rulebook.call import RuleResult, split_words, values_of
from designer.rulebook.inverse import SolveResult
from designer.words.numbers import written

pytestmark = pytest.mark.slow

EVERY = every_rule()
LIBRARY = list(rules("library").values())
RING = ["ring_all_reduce_time", "message=140GB", "ranks=1024", "bandwidth=50GB/s", "latency=2us"]


def label(r: Rule) -> str:
    return f"{r.layer}.{r.id}"


def out(args: list[str], capsys: pytest.CaptureFixture[str], code: int = 0) -> str:
    assert main(args) == code
    said = capsys.readouterr()
    assert said.err == ""
    return said.out


# -- forwards ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("r", EVERY, ids=label)
def test_the_worked_example_can_be_typed(r: Rule) -> None:
    """What `designer rules NAME` shows as an example gives the inputs of the docstring when typed."""
    example = worked_example(r)
    assert example is not None
    name, *words = shlex.split(command(r).removeprefix("designer calc "))
    assert find(name) is r
    given = values_of(r, split_words(words), "")
    assert given == pytest.approx(example.inputs, rel=1e-9, abs=1e-30)


def test_calc_is_evaluate(capsys: pytest.CaptureFixture[str]) -> None:
    forwards = out(["calc", *RING], capsys)
    assert forwards == out(["evaluate", RING[0], "--with", ", ".join(RING[1:])], capsys)
    answer = json.loads(out(["calc", *RING, "--json"], capsys))
    jsonschema.validate(answer, RuleResult.model_json_schema(by_alias=True, mode="serialization"))
    assert answer["value"] == pytest.approx(5.5986, abs=5e-5)


@pytest.mark.parametrize(
    "words",
    [
        ["message=140 GB", "ranks=1024", "bandwidth=50 GB/s", "latency=2 us"],
        ["message=140", "GB", "ranks=1024", "bandwidth=50", "GB/s", "latency=2", "us"],
        ["message=140GB,", "ranks=1024,", "bandwidth=50GB/s,", "latency=2us"],
        ["latency=0.002ms", "bandwidth=400Gb/s", "ranks=1024", "message=140e9B"],
    ],
)
def test_ways_to_write_inputs(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert out(["calc", RING[0], *words, "--in", "ms"], capsys) == "ring_all_reduce_time = 5598.623 ms\n"


@pytest.mark.parametrize(
    "unit", sorted({u for r in EVERY for u in (r.unit, *r.inputs.values()) if u != "truth"})
)
def test_what_is_written_is_read_back(unit: str) -> None:
    random = Random(unit)
    for _ in range(50):
        value = 10 ** random.uniform(-12, 24)
        assert units.parse(written(value, unit), si_unit(unit)) == pytest.approx(value, rel=1e-11)


# -- backwards -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("r", LIBRARY, ids=label)
def test_the_inverse_undoes_the_rule(r: Rule) -> None:
    """At any root the rule gives the target; and the input a result was made from is among the roots."""
    example = worked_example(r)
    assert example is not None
    if r.is_limit or not holds(r, example.inputs):
        return
    target = float(example.value)
    for name, value in example.inputs.items():
        if r.id == "noise_for_privacy" and name != "epsilon":
            continue  # each of its values is a search of its own; one input is enough
        given = {n: v for n, v in example.inputs.items() if n != name}
        found = invert(r, given, name, target)
        assert found.lowest[1] <= found.highest[1]
        for x in found.roots:
            result = float(r.fn(**{**given, name: x.value}))
            assert result == pytest.approx(x.result, rel=1e-9)
            if x.before is None:
                assert result == pytest.approx(target, rel=1e-6, abs=1e-12)
        if r.domains[name].whole or value == 0:
            continue
        slack = 1e-4 * abs(value)
        near = [x for x in found.roots if x.value - slack <= value <= (x.until or x.value) + slack]
        assert near or not _moves(r, given, name, value), (name, value, found)


def _moves(r: Rule, given: dict[str, float], name: str, value: float) -> bool:
    """Whether the rule's result depends on the input near this value, beyond rounding."""
    here, there = (float(r.fn(**{**given, name: v})) for v in (value, value * (1 + 1e-6)))
    return abs(there - here) > 1e-8 * abs(here)


def test_two_roots_around_an_optimum() -> None:
    """Waste has two intervals above its least, one at it, none below: and the least is Young's."""
    waste, times = find("checkpoint_waste"), dict(checkpoint_time=120.0, mtbf=10_800.0, recovery_time=0.0)
    best = find("young_interval").fn(120.0, 10_800.0)
    least = waste.fn(interval=best, **times)
    short, long = (x.value for x in invert(waste, times, "interval", 1.2 * least).roots)
    assert short < best < long
    assert short * long == pytest.approx(best**2)  # symmetric in the logarithm
    (touching,) = invert(waste, times, "interval", least).roots
    assert touching.value == pytest.approx(best, rel=1e-4)
    none = invert(waste, times, "interval", 0.9 * least)
    assert not none.roots
    assert none.lowest == pytest.approx((best, least), rel=1e-3)


def test_a_plateau_is_a_range() -> None:
    found = invert(find("roofline_time"), dict(flops=1e12, traffic=1e12, bandwidth=1e12), "rate", 1.0)
    (root,) = found.roots
    assert root.value == pytest.approx(1e12) and root.until is not None and root.until > 1e20


def test_a_pole_is_approached_but_not_reached() -> None:
    """The wait of a queue takes every value as its load nears 1, and none beyond."""
    queue = find("mmc_wait")
    for target in (1.0, 1e3, 1e6):
        (root,) = invert(queue, dict(servers=4, service=1.0), "arrival_rate", target).roots
        assert root.value < 4
        assert root.result == pytest.approx(target, rel=1e-3)


@pytest.mark.parametrize("target", [0.3, 0.24, 1.0, 100.0])
def test_the_smallest_number_of_servers(target: float) -> None:
    rule, given = find("mmc_sojourn_percentile"), dict(share=0.99, arrival_rate=128.0, service=0.05)
    (root,) = invert(rule, given, "servers", target).roots
    enough = [c for c in range(7, 200) if rule.fn(servers=c, **given) <= target]
    assert root.value == enough[0]


def test_what_no_value_reaches(capsys: pytest.CaptureFixture[str]) -> None:
    said = out(["calc", *RING[:3], RING[4], "--solve", "bandwidth", "target=1ms"], capsys, 2)
    assert "No bandwidth gives ring_all_reduce_time = 1 ms: its least is 4.09 ms" in said.replace("\n  ", " ")
    assert "2 * (ranks - 1) * latency is left" in said.replace("\n  ", " ")
    answer = json.loads(
        out(["calc", *RING[:3], RING[4], "--solve", "bandwidth", "target=1ms", "--json"], capsys, 2)
    )
    jsonschema.validate(answer, SolveResult.model_json_schema(by_alias=True, mode="serialization"))
    assert answer["roots"] == [] and answer["reason"]


def test_solve_gives_its_value_in_the_unit_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    args = ["calc", *RING[:3], RING[4], "--solve", "bandwidth", "target=1s"]
    assert out([*args, "--in", "Gb/s"], capsys) == "bandwidth = 2247.007 Gb/s\n"
    answer = json.loads(out([*args, "--json"], capsys))
    jsonschema.validate(answer, SolveResult.model_json_schema(by_alias=True, mode="serialization"))
    assert answer["only"] is True
    back = find("ring_all_reduce_time").fn(bandwidth=answer["roots"][0]["value"], **answer["inputs"])
    assert back == pytest.approx(1.0, rel=1e-12)


# -- the rule book -------------------------------------------------------------------------------------


def test_every_rule_is_listed_once() -> None:
    listed = [r for _, members in grouped(EVERY) for r in members]
    assert sorted(map(label, listed)) == sorted(map(label, EVERY))
    assert [w.number for w in WALLS] == list(range(1, 23))


def test_the_list_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    listed = json.loads(out(["rules", "--json"], capsys))["rules"]
    assert len(listed) == len(EVERY)
    assert len({r["name"] for r in listed}) == len({(r["layer"], r["id"]) for r in listed}) == len(listed)
    for r in listed:
        assert r.keys() >= {"id", "wall", "equation", "unit", "inputs", "cite", "file"}
        assert r["wall"] is None or 1 <= r["wall"] <= 22
        assert (find(r["name"]).layer, find(r["name"]).id) == (r["layer"], r["id"])
        assert r["equation"] and r["cite"] and ":" in r["file"]


@pytest.mark.parametrize("width", [80, 100])
def test_the_list_fits_and_holds_every_rule(width: int, capsys: pytest.CaptureFixture[str]) -> None:
    lines = out(["rules", "--width", str(width)], capsys).splitlines()
    assert all(len(line) <= width for line in lines)
    named = [line.split(" [")[0] for line in lines if " [" in line and not line.startswith(" ")]
    assert set(named) >= {r.id for r in EVERY}


def test_filters() -> None:
    assert {r.wall for r in chosen(14, "", "")} == {14}
    assert {r.layer for r in chosen(None, "serving", "")} == {"serving"}
    queues = chosen(None, "", "queue")
    assert find("mmc_wait") in queues and find("ridge_point") not in queues
    assert [r.id for r in chosen(None, "library", "young optimum")] == [
        r.id
        for r in LIBRARY
        if "young" in (r.id + r.doc + r.cite).lower() and "optimum" in (r.doc + r.cite).lower()
    ]


@pytest.mark.parametrize("r", EVERY, ids=label)
def test_a_page_for_every_rule(r: Rule) -> None:
    page = data(r, whole=True)
    assert page.latex and page.latex.startswith(r"\mathrm{")
    assert page.example and math.isfinite(page.example.value)
    assert page.documentation


def test_a_name_two_layers_share_is_found_in_each() -> None:
    assert find("device_memory").layer == "training"
    assert find("serving.device_memory").layer == "serving"
    with pytest.raises(InputError, match="unknown rule"):
        find("serving.mfu")


# -- sensitivity ---------------------------------------------------------------------------------------


def test_an_arc_is_an_elasticity_of_a_power() -> None:
    arc, ratio = find("arc_elasticity"), find("extrapolated_ratio")
    for e in (-2.0, -0.5, 0.3, 1.0, 3.0):
        assert arc.fn(ratio.fn(1.7, e), 1.7) == pytest.approx(e)


def test_sensitivity_is_shown_and_in_the_json(capsys: pytest.CaptureFixture[str]) -> None:
    answer = json.loads(out(["calc", *RING, "--sensitivity", "--json"], capsys))
    assert answer["elasticities"]["bandwidth"] == pytest.approx(-answer["elasticities"]["message"])
    assert "bandwidth" in out(["calc", *RING, "--sensitivity"], capsys)
