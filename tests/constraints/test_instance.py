"""Rules with renamed and fixed inputs, and that rules are called by name where they have many."""

from __future__ import annotations

import ast
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from catalogs import InputError
from constraints import domain
from constraints.algebras import dimension
from constraints.algebras.signs import box, lift
from constraints.algebras.symbolic import trace
from constraints.instance import instance
from constraints.quantities import Bytes, Constant, Count, Fraction, Seconds, Tokens
from constraints.rule import LAYERS, ROOT, Rule, layered, rule, rules
from constraints.rules.library.queueing import mg1_wait
from constraints.rules.library.roofline import gemm_time
from constraints.rules.serving.step import decode_full_step
from constraints.rules.shared.layout import within_reach

INSTANCES = [r for layer in LAYERS for r in rules(layer).values() if r.base]
MOST_BY_POSITION = 8


@rule(cite="a test")
def exposed(
    messages: Count, size: Bytes, seconds_per_byte: Seconds, latency: Seconds, rest: Seconds
) -> Seconds:
    """Time with messages.

    >>> exposed(2, 3.0, 1.0, 1.0, 4.0)
    12.0
    """
    return rest + messages * (latency + size / 1 * seconds_per_byte)


@rule(cite="a test", wall=3, where={"or it never ends": lambda load: load < 1})
def stretched(load: Fraction, work: Seconds, tokens: Count) -> Seconds:
    """Work that is held up."""
    return tokens * work / (1 - load)


@instance(stretched, {"work": "reading", "tokens": "prompt_tokens"})
def stretched_reading(prompt_tokens: Tokens) -> Seconds:
    """Reading that is held up."""


@instance(stretched_reading, {"load": "duty"}, fixed={"prompt_tokens": 2}, wall=4, cite="twice")
def stretched_twice() -> Seconds:
    """Two tokens of it.

    The second paragraph.
    """


def of(fn: object) -> Rule:
    return fn.__rule__  # type: ignore[attr-defined, no-any-return]


def test_an_instance_is_a_rule() -> None:
    r = of(stretched_reading)
    assert (r.id, r.inputs, r.unit) == (
        "stretched_reading", {"load": "%", "reading": "s", "prompt_tokens": "token"}, "s",
    )  # fmt: skip
    assert (r.cite, r.wall) == ("a test", 3), "those of its base"
    assert (of(stretched_twice).cite, of(stretched_twice).wall) == ("twice", 4)
    assert r.domains["load"].high == 1
    line = Path(__file__).read_text(encoding="utf-8").splitlines()[r.line - 1]
    assert line.startswith("def stretched_reading(") and r.file == str(Path(__file__).relative_to(ROOT))
    assert r.title == "Reading that is held up"
    assert "It is `stretched` with `reading` for `work` and `prompt_tokens` for `tokens`." in r.doc
    assert [p.split()[0] for p in of(stretched_twice).doc.split("\n\n")] == ["Two", "It", "The"]


def test_it_is_called_by_name_and_by_position() -> None:
    assert stretched_reading(0.5, 2.0, 3) == stretched_reading(load=0.5, prompt_tokens=3, reading=2.0) == 12.0
    assert stretched_twice(duty=0.5, reading=2.0) == 8.0
    for wrong in ((), (0.5,), (0.5, 2.0, 3, 4)):
        with pytest.raises(TypeError, match="stretched_reading"):
            stretched_reading(*wrong)
    with pytest.raises(TypeError, match="work"):
        stretched_reading(load=0.5, work=2.0, prompt_tokens=3)
    many = stretched_twice(np.array([0.0, 0.5]), np.array([1.0, 2.0]))
    assert many.tolist() == [2 * 1.0, 2 * 4.0]


def test_its_formula_has_the_new_names() -> None:
    at = {"load": 0.5, "reading": 2.0, "prompt_tokens": 3.0}
    assert trace(of(stretched_reading), at).text() == "prompt_tokens * reading / (1 - load)"
    assert "prompt\\_tokens" in trace(of(stretched_reading), at).latex()
    assert trace(of(stretched_twice), {"duty": 0.5, "reading": 2.0}).text() == "2 * reading / (1 - duty)"


def test_a_rule_that_calls_it_shows_its_name() -> None:
    @rule(cite="a test")
    def both(load: Fraction, reading: Seconds) -> Seconds:
        """Two of them."""
        return stretched_reading(load=load, reading=reading, prompt_tokens=1) + reading

    assert (
        trace(of(both), {"load": 0.5, "reading": 2.0}).text()
        == "stretched_reading(load, reading, 1) + reading"
    )
    assert dimension.check(of(both)) == ""


def test_it_holds_where_its_base_holds() -> None:
    r = of(stretched_twice)
    assert domain.describe(r)[-1] == "duty < 1, or it never ends"
    with pytest.raises(InputError, match="duty = 1: needs duty < 1, or it never ends"):
        domain.check(r, {"duty": 1.0, "reading": 1.0})


def test_signs_and_intervals_know_its_inputs() -> None:
    proven = lift(of(stretched_twice).fn(duty=box("duty", 0.0, 0.5), reading=box("reading", 1.0, 2.0)))
    assert (proven.low, proven.high) == (2.0, 8.0)
    assert proven.moves == {"duty": (True, False), "reading": (True, False)}


def test_what_is_fixed_has_the_unit_of_the_input() -> None:
    """A message of no latency and no seconds per byte takes no seconds, whatever its bytes."""
    nothing = {"latency": 0.0, "messages": 2}

    @instance(exposed, fixed=nothing)
    def quiet() -> Seconds:
        """No latency."""

    assert dimension.check(of(exposed)) == dimension.check(of(quiet)) != "", "byte times second is no second"

    @instance(decode_full_step, fixed={"handover_latency": 0.0, "handover_seconds_per_token": 0.0})
    def silent() -> Seconds:
        """No hand-over."""

    @instance(decode_full_step, fixed={"decode_head_time": 1.0})
    def headed() -> Seconds:
        """A second for the head."""

    assert dimension.check(of(silent)) == dimension.check(of(headed)) == ""


def test_two_inputs_may_become_one() -> None:
    @instance(mg1_wait, {"service_square": "service"})
    def equal() -> Seconds:
        """Equal requests."""

    assert list(of(equal).inputs) == ["arrival_rate", "service"]
    assert equal(0.5, 1.0) == mg1_wait(0.5, 1.0, 1.0)


@pytest.mark.parametrize(
    ("renamed", "fixed", "said"),
    [
        ({"loads": "duty"}, {}, "stretched has no input called 'loads'"),
        ({}, {"reading": 1.0}, "stretched has no input called 'reading'"),
        ({"work": "reading"}, {"work": 1.0}, "work cannot be renamed and fixed"),
        ({"work": "load"}, {}, "load in '%' is not work in 's'"),
    ],
)
def test_names_and_units_are_checked_where_it_is_declared(
    renamed: dict[str, str], fixed: dict[str, float], said: str
) -> None:
    with pytest.raises(TypeError, match=said):

        @instance(stretched, renamed, fixed=fixed)
        def wrong() -> Seconds:
            """Wrong."""


def test_units_are_checked_where_it_is_declared() -> None:
    with pytest.raises(TypeError, match="reading in 'byte' is not work in 's'"):

        @instance(stretched, {"work": "reading"})
        def bytes_for_seconds(reading: Bytes) -> Seconds:
            """Wrong."""

    with pytest.raises(TypeError, match="gives 'byte', stretched gives 's'"):

        @instance(stretched)
        def bytes_given() -> Bytes:
            """Wrong."""

    with pytest.raises(TypeError, match="'work' is no new name"):

        @instance(stretched)
        def nothing_renamed(work: Seconds) -> Seconds:
            """Wrong."""

    with pytest.raises(TypeError, match="unit of 'scale_up_domain' is stated nowhere"):

        @instance(within_reach, {"devices": "group"})
        def formula_without_units(group: Count, has_network: Count) -> Count:
            """Wrong."""


@pytest.mark.parametrize("r", INSTANCES, ids=lambda r: f"{r.layer}.{r.id}")
def test_every_instance_is_its_base_called_by_name(r: Rule) -> None:
    assert r.base
    rng = random.Random(r.id)
    given = {n: rng.uniform(0.1, 0.9) for n in r.inputs}
    passed = {o: float(new) if isinstance(new, Constant) else given[new] for o, new in r.given.items()}
    assert r.fn(**given) == r.base(**passed)
    assert r.base.__closure__ is None, "it keeps nothing but its equation"


def test_a_layer_says_what_it_keeps_of_those_below() -> None:
    below, both = layered(("shared", "serving")), layered(("shared", "serving", "bounds"))
    assert both["expected_ttft"].fn is below["ttft"].fn and both["expected_ttft"].id == "expected_ttft"
    assert both["ttft"].inputs.keys() == {"expected_ttft", "ttft_bound"}
    with pytest.raises(TypeError, match="keeps expected_ttft, but replaces no rule"):
        layered(("shared", "bounds"))


def functions() -> Iterator[tuple[Path, ast.FunctionDef, set[str]]]:
    """Every function of the rules' files, with the names that are functions of the algebra."""
    for path in sorted((ROOT / "constraints" / "rules").rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        algebra = {
            a.asname or a.name
            for n in ast.walk(tree)
            if isinstance(n, ast.ImportFrom) and (n.module or "").startswith("constraints.algebras")
            for a in n.names
        }
        yield from ((path, n, algebra) for n in ast.walk(tree) if isinstance(n, ast.FunctionDef))


def test_no_rule_only_passes_its_inputs_on() -> None:
    """A rule of this kind is an instance; a body that is one `maximum` of its inputs is an equation."""
    found, passing = 0, []
    for path, function, algebra in functions():
        found += 1
        parameters = {a.arg for a in function.args.args}
        body = [
            s for s in function.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
        ]
        if len(body) == 1 and isinstance(body[0], ast.Return) and isinstance(body[0].value, ast.Call):
            call = body[0].value
            given = [*call.args, *(k.value for k in call.keywords)]
            plain = all(
                isinstance(a, ast.Constant) or (isinstance(a, ast.Name) and a.id in parameters) for a in given
            )
            if plain and ast.unparse(call.func) not in algebra:
                passing.append(f"{path.name}:{function.lineno} {function.name}")
    assert found > 400 and not passing


def test_what_takes_many_inputs_is_given_them_by_name() -> None:
    unnamed = []
    for path, function, _ in functions():
        for call in ast.walk(function):
            if isinstance(call, ast.Call) and (
                len(call.args) > MOST_BY_POSITION or any(isinstance(a, ast.Starred) for a in call.args)
            ):
                unnamed.append(f"{path.name}:{call.lineno} {ast.unparse(call.func)}")
    assert not unnamed


def test_these_counts_count() -> None:
    """The two checks above see what they look for in a rule of many inputs."""
    assert len(of(gemm_time).inputs) > MOST_BY_POSITION
    assert len(INSTANCES) > 40 and any(len(r.inputs) > 20 for r in INSTANCES)
