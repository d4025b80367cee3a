"""The framework a run is trained by: a choice of the scenario, with numbers of the catalog."""

from __future__ import annotations

from pathlib import Path

import pytest

import designer
from catalogs import Catalog, default_catalog
from catalogs.errors import InputError
from constraints.bundles.software import software_bundle
from designer.reading.loading import load, locate

CATALOG = default_catalog()
RUN = "gpt-3-175b-carbon"


def numbers(*sets: str, catalog: Catalog = CATALOG) -> dict[str, float]:
    question = load(locate(RUN), list(sets), catalog)
    return {n: k.si for n, k in question.bundle(question.first_design()).items()}


def test_the_default_is_what_a_scenario_has_that_names_none() -> None:
    assert numbers() == pytest.approx(numbers("framework=default"), nan_ok=True)


@pytest.mark.parametrize("name", CATALOG.ids("frameworks"))
def test_every_framework_gives_what_the_default_gives(name: str) -> None:
    """None leaves a number out that a plan asks for, and all it states is asked for."""
    usual = set(software_bundle(CATALOG, "frameworks", "default"))
    own = set(software_bundle(CATALOG, "frameworks", name))
    assert usual <= own
    assert own - usual <= {"optimizer_bytes"}, "what else it states no plan reads"
    assert numbers(f"framework={name}")["elementwise_passes"] > 0


def test_an_entry_takes_what_it_leaves_out_from_the_one_it_is_like() -> None:
    bloom, classic = numbers("framework=megatron-deepspeed"), numbers("framework=classic")
    assert bloom["unfused_attention"] == classic["unfused_attention"] == 1
    assert bloom["recompute_stall"] > classic["recompute_stall"] == 0


def test_a_framework_has_a_say_in_what_the_optimizer_keeps() -> None:
    """16-bit gradients that DeepSpeed's fp16 optimizer turns to fp32 for its step: 16 byte beside the weights."""
    assert numbers("framework=megatron-deepspeed-fp16")["optimizer_bytes"] == 16
    assert numbers("framework=classic")["optimizer_bytes"] == 12


def test_kernels_written_for_ampere_are_not_slow_there() -> None:
    on = {n: numbers("framework=torchtitan", f"candidates.node={n}") for n in ("dgx-a100-80gb", "dgx-h100")}
    assert on["dgx-a100-80gb"]["attention_kernel_share"] == 1
    assert on["dgx-h100"]["attention_kernel_share"] < 1


def test_an_assumption_of_the_scenario_outweighs_the_framework() -> None:
    assert numbers("framework=classic", "assume.elementwise_passes=7")["elementwise_passes"] == 7


def test_one_of_several_is_chosen() -> None:
    """The best of several frameworks is the best that each reaches alone."""

    def best(choice: str) -> tuple[float, str]:
        plan = designer.plan("llama-3.1-405b-pretrain", [choice, "objectives=[step_time]"])
        value = plan.frontier[0].metrics["step_time"].value
        assert value is not None
        return value, str(plan.frontier[0].design["framework"])

    alone = [best(f"framework={n}") for n in ("fsdp", "megatron", "recipe")]
    assert len({value for value, _ in alone}) == 3
    assert best("candidates.framework=[fsdp, megatron-core, recipe]") == min(alone)


@pytest.mark.parametrize(
    ("sets", "said"),
    [
        (["framework=megatronn"], "unknown training framework 'megatronn'; did you mean 'megatron'?"),
        (["framework=fsdp", "candidates.framework=classic"], "give either framework or candidates.framework"),
    ],
)
def test_a_mistake_is_one_line(sets: list[str], said: str) -> None:
    with pytest.raises(InputError, match="--set") as e:
        load(locate(RUN), sets, CATALOG)
    assert said in str(e.value)
    assert len(e.value.problems) == 1


def test_a_serving_job_has_an_engine() -> None:
    with pytest.raises(InputError, match="unused by a serving workload, which has 'engine' instead"):
        load(locate("llama-3.1-70b-chat"), ["framework=fsdp"], CATALOG)


def test_what_goes_round_in_a_circle_is_said(tmp_path: Path) -> None:
    (tmp_path / "frameworks").mkdir()
    for one, other in (("a", "b"), ("b", "a")):
        (tmp_path / "frameworks" / f"{one}.yaml").write_text(
            f"id: {one}\nname: {one}\nlike: {other}\nsources:\n  runs: {{ref: own runs, date: 2026-11}}\n"
            "values:\n  tp_overlap: {value: '0.1', kind: measured, source: runs}\n"
        )
    with pytest.raises(InputError, match="goes round in a circle"):
        numbers("framework=a", catalog=Catalog([tmp_path]))
