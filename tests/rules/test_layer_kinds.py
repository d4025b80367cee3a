"""Layers of every kind: counted pair by pair, held against published sizes, and the same where all are alike."""

from __future__ import annotations

import math

import pytest

from catalogs import default_catalog, yaml
from constraints.bundles.layers import uniform
from constraints.bundles.model import model_bundle, uncovered
from constraints.counting import parameters
from constraints.graph import Graph
from constraints.rules.library.recurrence import chunked_recurrence_time, recurrence_flops
from constraints.rules.library.spans import chunk_pairs, local_pairs, window_pairs
from designer.jobs import JOBS, job_rules
from designer.question.question import Question
from designer.reading.source_map import SourceMap
from designer.reading.steps import question_of

CATALOG = default_catalog()
# Formulas that instances of them, or rules, give values of other names.
CALLED_ONLY = {
    "packed_time", "stage_activations", "stage_state", "forward_time", "backward_time", "kv_sequence_bytes",
    "hybrid_sequence_bytes",
}  # fmt: skip
WORK = {
    "serving": "rate: 0.01 request/s, lengths: [{share: 1, input: 100000 token, output: 1000 token}]",
    "concurrent": "concurrency: 8 request, lengths: [{share: 1, input: 100000 token, output: 1000 token}]",
    "training": "sequence_length: 8192 token, global_batch: 4194304 token, dataset: 1e12 token",
}
# one model of every kind of layer
KINDS = [
    "qwen3.5-35b-a3b", "kimi-linear-48b-a3b", "nemotron-3-super-120b-a12b", "nemotron-h-56b", "gemma-3-27b",
    "gemma-4-26b-a4b", "llama-4-scout-17b-16e", "mimo-v2-flash", "deepseek-v3.2", "glm-5.2", "minimax-m3",
    "gpt-oss-120b", "llama-3.3-nemotron-super-49b",
]  # fmt: skip


def question(model: str, job: str = "concurrent", context: int | None = None) -> Question:
    work = WORK[job] if context is None else WORK[job].replace("100000", str(context))
    machines = "node: dgx-h200, node_count: 1" if job != "training" else "node: dgx-h200, node_count: 64"
    text = f"name: kinds\nworkload: {{job: {job}, model: {model}, {work}}}\ncandidates: {{{machines}}}\n"
    return question_of(SourceMap(yaml.parse(text, "kinds.yaml"), [], CATALOG))


def made(
    model: str, job: str = "concurrent", context: int | None = None, **design: object
) -> dict[str, float]:
    """Quantities of a design of a model on eight H200, made outside any search."""
    q = question(model, job, context)
    first = q.first_design()
    split = {n: 8 for n in ("tp", "etp") if n in first}
    given = {n: k.si for n, k in q.bundle({**first, **split, **design}).items()}
    return q.graph.evaluate([n for n in q.graph.rules if n not in CALLED_ONLY], given)


def numbers(model: str) -> dict[str, float]:
    return {n: k.si for n, k in model_bundle(CATALOG.get("models", model)).items()}


@pytest.mark.parametrize(("length", "width"), [(100, 300), (300, 300), (600, 300), (900, 300), (1000, 300)])
def test_pairs_are_those_counted_one_by_one(length: int, width: int) -> None:
    """A token that is the n-th of those it may see is taken to see n - 1/2, as in S / 2 for all of them."""
    window = sum(min(i + 0.5, width) for i in range(length))
    chunk = sum(i % width + 0.5 for i in range(length))
    assert window_pairs(length, length, width, 0.5) == pytest.approx(window, rel=1e-3)
    assert chunk_pairs(length, length, width, 0.5) == pytest.approx(chunk, rel=1e-9)
    for chunked, counted in ((0, window), (1, chunk)):
        assert local_pairs(length, length, width, chunked, 0.5) == pytest.approx(counted, rel=1e-3)
    # what a chunk sees is within a window of its width, and either within all there is
    within = [local_pairs(length, length, width, chunked, 0.5) for chunked in (1, 0)]
    assert within == sorted(within) and within[1] <= length**2 / 2


def test_at_twice_its_length_a_window_sees_three_quarters_of_itself() -> None:
    # W (1 - W / 2 S) = 3/4 W, where half of the sequence would be W
    assert window_pairs(2048, 2048, 1024, 0.5) / 2048 == 768


def test_a_mix_of_lengths_sees_no_more_than_whole_windows() -> None:
    """Half of the prompts have 500 tokens and half 3500; a window of 1000 sees 125,000 and 3,000,000 pairs."""
    mean, square = 2000.0, math.sqrt((500**2 + 3500**2) / 2)
    exact = (500**2 / 2 + 1000 * 3500 - 1000**2 / 2) / 2
    assert window_pairs(mean, square, 1000, 0.5) == pytest.approx(exact, rel=0.05)


def test_a_recurrence_is_its_products_multiplied_out() -> None:
    """Chunks of a gated delta rule, of Yang et al. 2024: each product by the sizes of its matrices, 2 FLOP a pair."""
    heads, keys, values, chunk, chunks = 4, 128, 256, 64, 10
    with_state = [
        (chunk, keys, values)
    ] * 3  # what the state holds of keys, of queries, and what is added to it
    inside = [(chunk, keys, chunk)] * 2 + [(chunk, chunk, values)] * 2
    counted = 2 * chunks * heads * sum(m * k * n for m, k, n in (*with_state, *inside))
    flops = recurrence_flops(3, heads * keys * values, chunk, heads * 2 * (keys + values))
    assert flops * chunk * chunks == counted
    # one chunk of the whole sequence is attention: as many pairs as tokens squared
    alone = [
        s * recurrence_flops(0, heads * keys * values, s, heads * 2 * (keys + values)) for s in (1024, 2048)
    ]
    assert alone[1] == 4 * alone[0]


def test_the_best_chunk_of_a_recurrence_is_between_memory_and_arithmetic() -> None:
    """Small chunks hand over their state often, large ones multiply squares: least where both cost the same."""
    products, elements, width, rate, bandwidth = 3, 64 * 128 * 128, 64 * 5 * 128, 400e12, 3e12

    def time(tokens: float, chunk: float, tp: int = 1, floor: float = 0.0) -> float:
        kernel = (products, elements, chunk, width, tp, 2)
        return chunked_recurrence_time(tokens, *kernel, rate / 0.8, 0.8, bandwidth / 0.9, 0.9, floor)

    # 2 w C / rate of arithmetic, and 2 x 2 bytes of E / C elements: d/dC = 0 at C^2 = 2 E rate / (w bandwidth)
    best = math.sqrt(2 * elements * rate / (width * bandwidth))
    assert min(range(8, 1024), key=lambda chunk: time(1e4, chunk)) == pytest.approx(best, abs=1)
    # four kernels are launched however short the prompt; beyond them time grows with tokens, and ranks share it
    assert time(0, 64, floor=5e-6) == 2e-5
    assert time(8192, 64, 4, 5e-6) - 2e-5 == pytest.approx(time(8192, 64) / 4)
    assert time(8192, 64) == pytest.approx(8 * time(1024, 64))


def test_qwen3_5_397b_caches_fifteen_of_sixty_layers() -> None:
    """15 x 2 x 2 heads x 256 x 2 byte; 8 users of 262k tokens fit on one node of H200 in fp8."""
    m = made("qwen3.5-397b-a17b", context=261_000, precision="fp8", weights="fp8", kv="bf16", batch=8, ep=1)
    assert m["kv_bytes_per_token"] == 30_720
    assert m["weight_memory"] / 2**30 == pytest.approx(46.2, rel=0.01)  # 397e9 byte over 8 devices
    # 261,500 tokens in the mean, 30,720 byte each over the 2 KV heads, and 45 x 4.3 MB of states over 8 ranks
    one = 261_500 * 30_720 / 2 + 45 * 4_268_032 / 8
    assert m["mean_sequence_memory"] == pytest.approx(one, rel=1e-9)
    assert m["kv_memory"] == pytest.approx(8 * one, rel=2e-3)
    assert m["device_memory"] < m["usable_memory"]


# Published: the size of the fp32 states of one sequence (model cards of Nemotron-H, Nano 2, Nemotron-3).
@pytest.mark.parametrize(
    ("model", "size"),
    [("nemotron-h-56b", 906.0e6), ("nemotron-nano-9b-v2", 141.6e6), ("nemotron-3-super-120b-a12b", 167.8e6)],
)
def test_states_are_as_large_as_their_heads_say(model: str, size: float) -> None:
    n = numbers(model)
    assert n["recurrent_layers"] * n["state_elements"] * 4 == pytest.approx(size, rel=1e-3)


# Stated by the publishers to three digits; some count both embeddings, one or none.
ACTIVE = {
    "deepseek-v3.2": 37e9, "gpt-oss-120b": 5.13e9, "gpt-oss-20b": 3.61e9, "nemotron-3-super-120b-a12b": 12.7e9,
    "nemotron-3-ultra-550b-a55b": 55e9, "nemotron-3-nano-30b-a3b": 3.2e9, "mimo-v2-flash": 15e9,
    "qwen3.5-397b-a17b": 17e9, "qwen3.8-2.4t-a95b": 95e9, "minimax-m3": 26e9, "llama-4-maverick-17b-128e": 17e9,
}  # fmt: skip


@pytest.mark.parametrize("model", ACTIVE)
def test_active_parameters_are_those_stated(model: str) -> None:
    n = numbers(model)
    counted, embedding = parameters(n).active, n["vocab"] * n["hidden"]
    assert 0.98 * (counted - embedding) <= ACTIVE[model] <= 1.02 * (counted + embedding)


def test_lightning_attention_makes_the_456_billion_of_minimax_01() -> None:
    """MiniMax-01 (2025), sec. 2: 80 layers of 6144, 7 of 8 with lightning attention; 456e9 and 45.9e9 active."""
    entry = CATALOG.get("models", "minimax-m2.7")
    assert entry.architecture is not None
    shape = dict(
        layers=80, hidden=6144, heads=64, kv_heads=8, head_dim=128, vocab=200_064, experts=32, experts_per_token=2,
        shared_experts=0, expert_ffn=9216, dense_layers=None, attention_blocks=10, q_lora_rank=None,
        linear_attention="lightning_attention", linear_layers=70, linear_heads=64, linear_key_dim=128,
    )  # fmt: skip
    model = entry.model_copy(update={"architecture": entry.architecture.model_copy(update=shape)})
    assert not uncovered(model)
    n = {name: known.si for name, known in model_bundle(model).items()}
    counted = parameters(n)
    assert counted.total == pytest.approx(456e9, rel=0.01)
    assert counted.active - n["vocab"] * n["hidden"] == pytest.approx(45.9e9, rel=0.01)


@pytest.mark.parametrize("job", ["serving", "training"])
@pytest.mark.parametrize("model", ["llama-3.1-70b", "deepseek-v3", "mixtral-8x7b"])
def test_rules_for_kinds_say_the_same_where_all_layers_are_alike(model: str, job: str) -> None:
    q = question(model, job, 30_000)
    assert uniform(model_bundle(CATALOG.get("models", model))) and not any(
        p.startswith("hybrid") for p in q.parts
    )
    values = {n: k.si for n, k in q.bundle(q.first_design()).items()} | {"tp": 8.0}
    plain, kinds = (Graph(job_rules(job, parts)) for parts in ((), (f"hybrid_{job}",)))
    names = sorted(set(plain.rules) - CALLED_ONLY)
    before, after = plain.evaluate(names, values), kinds.evaluate(names, values)
    for name in names:
        if not isinstance(before[name], bool) and not math.isnan(before[name]):
            assert after[name] == pytest.approx(before[name], rel=1e-9), name


@pytest.mark.parametrize("job", ["serving", "concurrent", "training"])
@pytest.mark.parametrize("model", KINDS)
def test_every_quantity_of_a_hybrid_is_a_number(model: str, job: str) -> None:
    q = question(model, job, 7_000)
    assert any(p.startswith("hybrid") for p in q.parts) and set(q.parts) <= set(JOBS[job].parts)
    values = made(model, job, 7_000)
    unknown = {n for n, k in q.bundle(q.first_design()).items() if math.isnan(k.si)}
    for name in values:
        if not q.graph.inputs_of([name]) & unknown:
            assert math.isfinite(values[name]), name
    for name in ("device_memory", "tpot" if job != "training" else "step_time", "parameters"):
        assert values[name] > 0, name


def test_cache_and_time_of_each_kind_beyond_its_span() -> None:
    """From 60k to 120k tokens the full layers' cache doubles, a window's and a state stay, keys of an indexer grow."""

    def grown(model: str, quantity: str) -> float:
        near, far = (made(model, context=c, batch=64)[quantity] for c in (59_000, 119_000))
        return far / near

    assert grown("qwen3.5-35b-a3b", "state_time") == 1
    assert grown("gpt-oss-120b", "local_attention_time") == 1
    assert grown("llama-4-maverick-17b-128e", "local_attention_time") == 1
    assert grown("deepseek-v3.2", "sparse_attention_time") == 1
    assert grown("deepseek-v3.2", "index_time") > 1.5
    # 18 layers keep their 128 tokens; a tenth of the cache of Qwen3.5 are states that do not grow
    assert grown("gpt-oss-120b", "mean_sequence_memory") == pytest.approx(2, rel=0.01)
    assert 1.7 < grown("qwen3.5-35b-a3b", "mean_sequence_memory") < 2


def test_tensor_ranks_repeat_heads_and_indexers_and_split_states() -> None:
    one, two, eight = (made("qwen3.5-35b-a3b", tp=tp)["mean_sequence_memory"] for tp in (1, 2, 8))
    n = numbers("qwen3.5-35b-a3b")
    held = made("qwen3.5-35b-a3b")["held_context"]
    cache = held * n["full_layers"] * n["kv_cache_width"] * 2
    states = n["recurrent_layers"] * (4 * n["state_elements"] + 2 * n["convolved_elements"])
    assert one == pytest.approx(cache + states)
    assert (two, eight) == (pytest.approx((cache + states) / 2), pytest.approx(cache / 2 + states / 8))
    keys = [made("deepseek-v3.2", tp=tp)["mean_sequence_memory"] for tp in (1, 8)]
    assert keys[0] == keys[1] == pytest.approx(held * 61 * (2 * 576 + 132))


def test_a_choice_of_tokens_saves_prefill_only_where_prompts_are_long() -> None:
    """Latent vectors are 1088 wide and a head is 320: below 14k tokens it is cheaper to attend to all of them."""

    def over(model: str, context: int) -> float:
        m = made(model, context=context)
        return m["prefill_score_flops"] / m["input_tokens"] ** 2

    assert over("deepseek-v3.2", 4_000) == pytest.approx(over("deepseek-v3.2", 8_000), rel=1e-9)
    assert over("deepseek-v3.2", 100_000) < 0.7 * over("deepseek-v3.2", 8_000)


def test_a_server_of_qwen3_6_27b_has_the_cache_and_the_states_it_prints() -> None:
    """SGLang, 8-bit cache, TP 2: 600,075 tokens in 9.16 GiB a device, 8 states in 0.63 GB.

    Logged in club-3090@4a29ab5, models/qwen3.6-27b/sglang/README.md.
    """
    m = made("qwen3.6-27b", tp=2, kv="fp8")
    assert m["kv_bytes_per_token"] / 2 == pytest.approx(9.16 * 2**30 / 600_075, rel=1e-3)
    states = numbers("qwen3.6-27b")["recurrent_layers"] * m["state_bytes"] / 2
    assert 8 * states == pytest.approx(0.63e9, rel=0.03)


def test_a_server_of_gpt_oss_120b_has_the_cache_it_prints() -> None:
    """vLLM, 16-bit cache, pages for all 36 layers: 78,384 tokens in 5.38 GiB (hf-mem issue 60)."""
    assert made("gpt-oss-120b", kv="bf16")["kv_bytes_per_token"] == pytest.approx(
        5.38 * 2**30 / 78_384, rel=1e-3
    )
