"""Sizing closes: what is reported is enough, less is not, and both by routes of their own."""

from __future__ import annotations

import itertools
import math
import random

import pytest

from catalogs import default_catalog, yaml
from designer.evaluating.design import values_of, violations
from designer.planning.plan import plan_question
from designer.question.question import Question
from designer.question.specifications import SPEC, base_specs, hypothetical
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of
from designer.search.archive import frontier_of
from designer.sizing.joint import surface
from designer.sizing.least import CEILING, least
from designer.sizing.rows import at_most

pytestmark = pytest.mark.slow

CATALOG = default_catalog()
QUERIES = 216
IDEAL = """
  launch_floor: 0 s
  base_launch_floor: 0 s
  compute_fraction: 1
  bandwidth_fraction: 1
  base_compute_fraction: 1
  base_bandwidth_fraction: 1
  attention_fraction: 1
  attention_half_length: 0 token
  host_step_overhead: 0 s
  decode_attention_floor: 0 s
  collective_floor: 0 s
"""


def ask(text: str) -> Question:
    return question_of(SourceMap(yaml.parse(text, "size.yaml"), [], CATALOG))


def serving(draw: random.Random, model: str, lengths: tuple[int, int], tpot: float, ttft: float) -> str:
    moe = ", ep: [1, 8], dp: [1, 8]" if model == "mixtral-8x7b" else ""
    return f"""
name: drawn
workload:
  job: serving
  model: {model}
  rate: {draw.choice([0.5, 2, 8])} request/s
  lengths: [{{share: 1, input: {lengths[0]} token, output: {lengths[1]} token}}]
candidates: {{node: {draw.choice(["dgx-h100", "dgx-a100-80gb", "dgx-b200"])}, node_count: 4, precision: bf16,
  tp: [1, 4, 8], pp: 1, batch: [1, 8, 32], replicas: [1, 2, 4]{moe}}}
budgets: {{tpot_p99: {tpot:.4g} ms, ttft_p99: {ttft:.4g} ms}}
objectives: [devices]
"""


def training(draw: random.Random) -> str:
    return f"""
name: drawn
workload: {{job: training, model: {draw.choice(["llama-3.1-8b", "mixtral-8x7b"])}, sequence_length: 4096 token,
  global_batch: 1048576 token, dataset: {draw.choice([50, 200])}e9 token}}
candidates: {{node: {draw.choice(["dgx-h100", "dgx-b200"])}, node_count: [4, 8], tp: [1, 8], pp: [1, 4], vpp: 1,
  dp: [4, 8, 16, 32, 64], micro_batch: [1, 2], recompute: [none, full], sharding: [zero1, zero3],
  checkpoint_interval: 30 min, ep: [1, 8]}}
budgets: {{time_to_train: {draw.uniform(1, 40):.4g} day}}
objectives: [devices]
"""


def drawn(seed: int) -> tuple[Question, str]:
    """A random sizing query: decode, prefill, a mixture of experts or training."""
    draw = random.Random(seed)
    kind = ("decode", "prefill", "moe", "training")[seed % 4]
    if kind == "decode":
        text = serving(draw, "llama-3.1-8b", (200, 400), draw.uniform(4, 40), 2000)
    elif kind == "prefill":
        text = serving(draw, "llama-3.1-8b", (6000, 20), 400, draw.uniform(150, 2000))
    elif kind == "moe":
        text = serving(draw, "mixtral-8x7b", (800, 200), draw.uniform(8, 60), 3000)
    else:
        text = training(draw)
    question = at_most(ask(text), draw.choice([8, 16, 32, 64]))
    known = [s for s, v in base_specs(question).items() if v == v and not s.startswith("storage")]
    return question, draw.choice(known)


@pytest.mark.parametrize("start", range(0, QUERIES, 24))
def test_closes(start: int) -> None:
    """Enough is found by the search of a plan, one percent less by none; no value helps means none does."""
    answers = 0
    for seed in range(start, start + 24):
        question, spec = drawn(seed)
        base = base_specs(question)[spec]
        found = least(question, spec, base)
        if found.value is None:
            for factor in (1.0, 10.0, CEILING):
                assert not len(frontier_of(hypothetical(question, {spec: base * factor}))[0].positions)
            continue
        at = hypothetical(question, {spec: found.value})
        assert len(frontier_of(at)[0].positions), (seed, spec)
        assert not violations(at, values_of(at, {**found.design, spec: found.value}))
        if not found.any:
            answers += 1
            for share in (0.99, 0.5):
                less = hypothetical(question, {spec: share * found.value})
                assert not len(frontier_of(less)[0].positions), (seed, spec, share)
    assert answers, "a block of queries without a binding specification tests nothing"


@pytest.mark.parametrize("seed", [0, 1, 2, 3, 8, 19])
def test_a_plan_of_the_part_is_found(seed: int) -> None:
    """`plan` itself, with its proof and its solver, finds the part enough and one percent less not."""
    for s in range(seed, 200, 4):
        question, spec = drawn(s)
        found = least(question, spec, base_specs(question)[spec])
        if found.value is not None and not found.any:
            break
    assert plan_question(hypothetical(question, {spec: found.value})).status == "found"
    assert plan_question(hypothetical(question, {spec: 0.99 * found.value})).status == "infeasible"


def ideal(budget: str) -> Question:
    return ask(f"""
name: closed-form
workload: {{job: serving, model: llama-3.1-70b, rate: 0.0001 request/s,
  lengths: [{{share: 1, input: 1 token, output: 2 token}}]}}
candidates: {{node: dgx-h100, node_count: 1, precision: bf16, weights: bf16, kv: bf16, tp: 1, pp: 1, batch: 1,
  replicas: 1, memory_capacity: 1 TB, compute_rate: 1e9 PFLOP/s}}
budgets: {{{budget}}}
objectives: [devices]
assume: {IDEAL}""")


def test_decode_of_one_sequence_is_its_weights_over_the_time() -> None:
    """Without overheads: 140 GB of weights in 50 ms are 2.8 TB/s."""
    question = ideal("decode_step_time: 50 ms")
    found = least(question, "memory_bandwidth", base_specs(question)["memory_bandwidth"])
    model = CATALOG.get("models", "llama-3.1-70b")
    shape = model.architecture
    read = model.parameters.si - shape.vocab * shape.hidden  # one row of the embedding is read
    assert found.value == pytest.approx(2 * read / 0.050, rel=1e-3)
    assert 2.7e12 < found.value < 2.85e12


@pytest.mark.parametrize(
    "spec", ["memory_bandwidth", "compute_rate", "scale_up_bandwidth", "memory_capacity"]
)
def test_agrees_with_bisection_of_evaluate(spec: str) -> None:
    """With one layout there is nothing to choose: halving the interval with `evaluate` must say the same."""
    question = ask("""
name: one-layout
workload: {job: serving, model: llama-3.1-8b, rate: 4 request/s,
  lengths: [{share: 1, input: 1500 token, output: 300 token}]}
candidates: {node: dgx-h100, node_count: 1, precision: bf16, weights: bf16, kv: bf16, tp: 4, pp: 1, batch: 16,
  replicas: 2}
budgets: {tpot_p99: 20 ms, ttft_p99: 400 ms}
objectives: [devices]
""")
    design = question.first_design()
    base = base_specs(question)[spec]

    def meets(value: float) -> bool:
        part = hypothetical(question, {spec: value})
        return not violations(part, values_of(part, {**design, spec: value}))

    low, high = base * 1e-3, base * 1e3
    assert meets(high) and not meets(low)
    for _ in range(60):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if meets(middle) else (middle, high)
    assert least(question, spec, base).value == pytest.approx(high, rel=1e-3)


def test_more_devices_never_need_more_of_each() -> None:
    question = ask(serving(random.Random(1), "llama-3.1-8b", (1000, 200), 12, 500))
    for spec, base in base_specs(question).items():
        needs = [least(at_most(question, n), spec, base).value or math.inf for n in (8, 16, 32)]
        assert all(more <= less * 1.001 for less, more in itertools.pairwise(needs)), spec


def test_surface() -> None:
    """No point is below another, each is enough, and less of any one number is not."""
    question = ask(serving(random.Random(5), "llama-3.1-8b", (1000, 200), 14, 700))
    names = ["memory_bandwidth", "compute_rate", "scale_up_bandwidth"]
    found = surface(question, 16, names)
    assert found is not None and len(found.points) > 1
    limited = at_most(question, 16)
    for p in found.points:
        others = [q for q in found.points if q is not p]
        assert not any(all(q.specs[n] <= p.specs[n] * 0.998 for n in names) for q in others)
        assert len(frontier_of(hypothetical(limited, p.specs))[0].positions)
        for n in set(names) - set(p.free):
            less = hypothetical(limited, {**p.specs, n: 0.99 * p.specs[n]})
            assert not len(frontier_of(less)[0].positions), (p.specs, n)


def test_surface_ends_where_each_number_is_least() -> None:
    """Nothing on the surface is below what a number must be when all others are as large as one likes."""
    question = ask(serving(random.Random(5), "llama-3.1-8b", (1000, 200), 14, 700))
    names = ["memory_bandwidth", "compute_rate"]
    base = base_specs(question)
    found = surface(question, 16, names)
    assert found is not None
    for n, other in (names, names[::-1]):
        rest = hypothetical(at_most(question, 16), {other: base[other] * CEILING})
        least_ever = least(rest, n, base[n]).value
        assert least_ever is not None
        assert all(p.specs[n] >= least_ever * 0.999 for p in found.points)


def test_specifications_are_decisions() -> None:
    """A rate of 16 bit moves the rates of other precisions in the proportion of the base part."""
    question = ask("""
name: rates
workload: {job: serving, model: llama-3.1-8b, rate: 1 request/s,
  lengths: [{share: 1, input: 500 token, output: 100 token}]}
candidates: {node: dgx-h100, node_count: 1, precision: [bf16, fp8], tp: 1, pp: 1,
  compute_rate: [100 TFLOP/s, 400 TFLOP/s], memory_bandwidth: 1 TB/s .. 4 TB/s by 100 %}
""")
    assert question.domains["memory_bandwidth"] == pytest.approx([1e12, 2e12, 4e12])
    acc = CATALOG.get("accelerators", "h100-sxm").compute.rates()
    for precision in ("bf16", "fp8"):
        b = question.bundle({**question.first_design(), "precision": precision, "compute_rate": 4e14})
        assert b["compute_rate"].si == pytest.approx(4e14 * acc[precision].si / acc["bf16"].si)
        assert b["attention_rate"].si == 4e14
    assert plan_question(question).status == "found"


def test_every_specification_is_a_decision_with_a_unit() -> None:
    assert all(s.unit for s in SPEC.values())


CODESIGN = """
name: codesign
workload: {job: serving, model: llama-3.1-8b, rate: 4 request/s,
  lengths: [{share: 1, input: 500 token, output: 100 token}]}
candidates: {node: dgx-h100, node_count: 1, precision: bf16, tp: 1, pp: 1, batch: [8, 32], replicas: [1, 2, 4],
  memory_bandwidth: [1 TB/s, 2 TB/s, 3 TB/s, 4 TB/s], compute_rate: [500 TFLOP/s, 1000 TFLOP/s]}
pricing: {tenure: owned, electricity: 0 USD/kWh, model: {base: 1000 USD, memory_bandwidth: %s per TB/s,
  compute_rate: 8 USD per TFLOP/s}}
budgets: {tpot_p99: 20 ms}
objectives: [cost]
"""


def test_the_price_of_a_part_follows_what_it_offers() -> None:
    question = ask(CODESIGN % "2000 USD")
    design = question.first_design()
    for bandwidth, rate in ((1e12, 5e14), (4e12, 1e15)):
        at = {**design, "memory_bandwidth": bandwidth, "compute_rate": rate}
        given = {n: k.si for n, k in question.bundle(at).items()}
        price = question.graph.evaluate(["purchase_price"], given)["purchase_price"]
        assert price == pytest.approx(1000 + 2000 * bandwidth / 1e12 + 8 * rate / 1e12)


def test_dear_bandwidth_is_bought_sparingly() -> None:
    """The dearer a specification, the less of it the cheapest part has; no part is cheaper than the cheapest."""
    chosen = []
    for price in ("1 USD", "100000 USD"):
        result = plan_question(ask(CODESIGN % price))
        chosen.append(float(result.frontier[0].design["memory_bandwidth"]))
    assert chosen[1] <= chosen[0]
    question = ask(CODESIGN % "100000 USD")
    needed = least(hypothetical(question, {"compute_rate": 1e15}), "memory_bandwidth", 3e12).value
    assert needed is not None and chosen[1] >= needed * 0.999
