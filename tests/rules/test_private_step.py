"""What private training costs in time."""

from __future__ import annotations

import pytest

from catalogs import Catalog
from designer.reading.loading import load, locate


def test_clipping_each_sample_takes_time_and_no_messages() -> None:
    """One H200, 8 billion parameters, 1,024 tokens a sample: 32 GB of gradients written and read twice.

    3 x 4 B x 8.03e9 at 4.8 TB/s and 84 % of it are 24 ms for each sample; 6 x 8.03e9 x 1,024 FLOP take
    49.9 ms at the peak. A second backward pass is kernels, not traffic: one device sends nothing.
    """
    q = load(
        locate("private-finetune"), ["candidates.node=p5e.48xlarge", "candidates.node_count=1"], Catalog()
    )
    alone = {
        "tp": 1,
        "dp": 1,
        "micro_batch": 2,
        "recompute": "none",
        "sharding": "zero1",
        "global_batch": 512,
    }
    made = {}
    for clipping in ("per_sample", "ghost"):
        design = {**q.first_design(), **alone, "clipping": clipping}
        given = {n: known.si for n, known in q.bundle(design).items()}
        names = ["stage_time", "sample_gradient_time", "step_communication_share"]
        made[clipping] = q.graph.evaluate(names, given)
    per_sample, ghost = made["per_sample"], made["ghost"]
    written = 2 * 3 * 4 * 8.03e9 / (4.8e12 * 0.844)
    assert per_sample["sample_gradient_time"] == pytest.approx(written, rel=5e-3)
    plain = per_sample["stage_time"] - per_sample["sample_gradient_time"]
    assert per_sample["sample_gradient_time"] / plain == pytest.approx(0.28, abs=0.03)
    assert ghost["sample_gradient_time"] == 0 and ghost["stage_time"] / plain == pytest.approx(
        5 / 3, rel=0.03
    )
    assert ghost["step_communication_share"] == pytest.approx(0, abs=2e-3)
    assert per_sample["step_communication_share"] == pytest.approx(0, abs=2e-3)
