"""Groups of ranks on domains of devices, against a count of every rank of every group."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from constraints.rule import ROOT
from constraints.rules.library.collectives import hierarchical_gather_time, ranks_inside
from designer.evaluating.design import evaluate
from designer.planning.plan import plan_question
from designer.reading.loading import load


def smallest_share(ranks: int, stride: int, domain: int, devices: int) -> int:
    """Fewest ranks that any group has in a domain it has any in, by placing all of them."""
    least = ranks
    span = ranks * stride
    for block in range(devices // span):
        for offset in range(stride):
            group = (block * span + offset + stride * i for i in range(ranks))
            least = min(least, *Counter(device // domain for device in group).values())
    return least


def test_the_smallest_part_of_a_group_is_the_one_counted() -> None:
    rng = random.Random(1)
    for _ in range(2000):
        stride, domain = rng.choice((1, 2, 3, 4, 6, 8)), rng.choice((1, 2, 4, 8, 12, 72))
        ranks = rng.randint(1, 40)
        devices = ranks * stride * rng.randint(1, 9)
        counted, told = (
            smallest_share(ranks, stride, domain, devices),
            ranks_inside(ranks, stride, domain, devices),
        )
        # A domain that holds no whole number of strides is taken for the fewest that it can hold.
        assert told == counted if domain % stride == 0 or stride % domain == 0 else told <= counted


def test_a_group_that_is_cut_waits_for_its_smallest_part() -> None:
    """Of 18 ranks on 3 nodes of 8 the last two get 16/18 of a message over their two ports, whatever is done."""
    for ranks, inside in ((18, 2), (6, 2), (12, 4), (24, 8)):
        told = hierarchical_gather_time(9e9, ranks, inside, 300e9, 37e9, 0.0, 0.0)
        over_ports = 9e9 * (1 - inside / ranks) / inside / 37e9
        assert over_ports <= told <= over_ports + 9e9 / 300e9


RUN = """
name: run
workload: {job: training, model: %s, sequence_length: 2048 token, global_batch: %d token, dataset: 1e11 token}
candidates: {node: %s, node_count: %d, precision: bf16}
objectives: [time_to_train]
"""


def test_no_tensor_group_lies_across_two_nodes_in_the_best_layout(tmp_path: Path) -> None:
    """TP 6 on nodes of 8 leaves every second group on two nodes: it cannot be the fastest of OPT-175B on 124 x 8."""
    file = tmp_path / "opt.yaml"
    file.write_text(RUN % ("opt-175b", 1024 * 2048, "dgx-a100-80gb", 124))
    question = load(file)
    (best, *_) = plan_question(question).frontier
    assert 8 % int(best.design["tp"]) == 0
    cut = {**best.design, "tp": 6, "pp": 20, "dp": 8, "vpp": 1}
    made = evaluate(question, cut).metrics
    whole = evaluate(question, {**cut, "tp": 4}).metrics
    # 2 + 4 ranks: each of the two gets a third of the layer's tensor over its port, four times
    message = made["microbatch_tokens"].value * 12288 * 2
    assert made["tp_inside"].value == 2
    assert made["tp_layer_time"].value >= 4 * message / 3 / made["outer_bandwidth"].value
    assert made["tp_layer_time"].value > 4 * whole["tp_layer_time"].value


def test_gradients_of_a_rest_pass_the_ports_of_a_rest(tmp_path: Path) -> None:
    """18 data ranks on 3 nodes of 8: two ranks are alone on the third, and get 16/18 of all over two ports."""
    file = tmp_path / "eight.yaml"
    file.write_text(RUN % ("llama-3.1-8b", 144 * 2048, "dgx-h100", 3))
    made = evaluate(load(file), {"dp": 18, "node_count": 3}).metrics
    gradients = 4 * made["stage_dense_parameters"].value
    assert made["gradient_reduce_time"].value >= gradients * 16 / 18 / 2 / made["outer_bandwidth"].value


def test_parts_of_a_pod_are_equal(tmp_path: Path) -> None:
    """PaLM 540B ran on two pods of 3,072 TPU v4, TP 12 inside a pod (Chowdhery et al. 2022, section 4)."""
    file = tmp_path / "palm.yaml"
    file.write_text(RUN % ("palm-540b", 2048 * 2048, "tpu-v4-host", 1536))
    found = evaluate(load(file), {"tp": 12, "dp": 512, "node_count": 1536, "sharding": "zero3"})
    assert found.metrics["domain_devices"].value == 3072
    assert found.metrics["tp_inside"].value == 12
    assert not {"network_reaches", "idle_share <= 25 %"} & {b.name for b in found.violated}


@pytest.mark.parametrize(("tp", "replicas", "nodes"), [(6, 4, 4), (2, 4, 1), (3, 5, 3), (8, 3, 3)])
def test_a_replica_is_not_cut_by_the_end_of_a_node(tp: int, replicas: int, nodes: int) -> None:
    question = load(ROOT / "scenarios" / "llama-3.1-70b-chat.yaml", ["candidates.node_count=16"])
    found = evaluate(question, {"tp": tp, "replicas": replicas, "node": "p5.48xlarge"})
    assert found.metrics["node_count"].value == nodes


@pytest.mark.parametrize(
    ("tp", "dp", "pod", "lost"), [(8, 64, 128, 4), (4, 32, 64, 2), (8, 16, 128, 4), (1, 64, 32, 2)]
)
def test_uplinks_of_a_pod_carry_what_its_ranks_get_from_others(
    tmp_path: Path, tp: int, dp: int, pod: int, lost: int
) -> None:
    """Every rank of every data group placed, and the bytes added up that enter a pod over its fewer uplinks."""
    file = tmp_path / "eight.yaml"
    nodes = tp * dp // 8
    file.write_text(RUN % ("llama-3.1-8b", 256 * 2048, "dgx-h100", nodes))
    design = {"tp": tp, "dp": dp, "pp": 1, "node_count": nodes}
    lossless = evaluate(load(file), design).metrics
    made = evaluate(
        load(file, [f"assume.oversubscription={lost}", f"assume.pod_devices={pod}"]), design
    ).metrics
    message = 4 * made["stage_dense_parameters"].value
    port = made["outer_bandwidth"].value
    entering: Counter[int] = Counter()
    for first in range(tp):
        here = Counter((first + tp * i) // pod for i in range(dp))
        for of, ranks in here.items():
            entering[of] += message * (1 - ranks / dp)
    uplinks = max(entering.values()) / (min(pod, tp * dp) * port / lost)
    without = max(entering.values()) / (min(pod, tp * dp) * port)
    more = made["gradient_reduce_time"].value - lossless["gradient_reduce_time"].value
    assert more == pytest.approx(uplinks - without)
    assert (more > 0) == (tp * dp > pod)
    # What stays in a node, or in a pod, does not notice.
    assert made["tp_layer_time"].value == lossless["tp_layer_time"].value
