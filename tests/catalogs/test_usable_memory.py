"""Memory a program may have of a device, against what drivers print in public logs."""

from __future__ import annotations

import pytest

from catalogs import Catalog
from constraints.bundles.device import memory_capacity

CATALOG = Catalog()

# Bytes that nvidia-smi, rocm-smi, XLA, PyTorch or Metal print as the total, string search of public logs, 2026-12.
REPORTED = {
    "a100-pcie-40gb": 42_949_672_960, "a100-pcie-80gb": 85_899_345_920, "a100-sxm-40gb": 42_949_672_960,
    "a100-sxm-80gb": 85_899_345_920, "a10g": 24_146_608_128, "a30": 25_769_803_776, "a40": 48_305_799_168,
    "a800-sxm-80gb": 85_899_345_920, "apple-m1": 11_453_250_000, "apple-m1-ultra": 115_427_246_080,
    "apple-m2-ultra": 154_618_822_656, "apple-m3-max": 103_079_215_104, "apple-m4-max": 115_448_720_916,
    "b200-sxm": 192_265_846_784, "b300-sxm": 288_400_343_040, "gb10": 128_526_896_332,
    "gb200": 198_674_743_296, "gb300": 298_013_687_808, "gh200-96gb": 102_625_181_696,
    "h100-nvl": 100_485_038_080, "h100-sxm": 85_520_809_984, "h20": 102_625_181_696,
    "h200-sxm": 150_754_820_096, "inferentia2": 34_359_738_368, "jetson-thor": 131_900_000_000,
    "l4": 24_152_899_584, "l40s": 48_305_799_168, "mi210": 68_702_699_520, "mi250x": 137_405_399_040,
    "mi300x": 206_141_652_992, "mi350x": 309_220_868_096, "mi355x": 309_220_868_096,
    "p100-sxm2": 17_070_817_280, "rtx-3090": 25_769_803_776, "rtx-4090": 25_757_220_864,
    "rtx-5090": 34_190_917_632, "rtx-6000-ada": 51_527_024_640, "rtx-a6000": 51_527_024_640,
    "rtx-pro-6000-blackwell": 102_641_958_912, "rx-7900-xtx": 25_753_026_560, "t4": 16_106_127_360,
    "tpu-v6e": 33_550_237_696, "tpu-v7x": 206_158_430_208, "trainium1": 34_359_738_368,
    "trainium2": 103_079_215_104, "trainium3": 154_618_822_656, "v100-sxm2-32gb": 34_359_738_368,
    "rtx-5080": 17_094_934_528, "rtx-5070-ti": 17_094_934_528, "rtx-5070": 12_820_938_752,
}  # fmt: skip
# What CUDA leaves of it, as programs print it: newer drivers count their own share in the total.
OF_CUDA = {
    "rtx-3090": 23.58 * 2**30, "a100-pcie-40gb": 39.38 * 2**30, "a100-sxm-40gb": 39.4 * 2**30,
    "a100-sxm-80gb": 79.2 * 2**30, "rtx-4090": 24_564 * 2**20, "h800-sxm": 81_559 * 2**20,
    "h100-sxm": 81_559 * 2**20, "mi300x": 206_141_652_992,
}  # fmt: skip


@pytest.mark.parametrize("part", sorted(REPORTED))
def test_a_driver_reports_it(part: str) -> None:
    """No more than the total that is printed, and less of it by what a driver keeps at most."""
    known = memory_capacity(CATALOG.get("accelerators", part))
    assert 0.98 * REPORTED[part] <= known.si <= 1.001 * REPORTED[part]


@pytest.mark.parametrize("part", sorted(OF_CUDA))
def test_programs_print_it(part: str) -> None:
    assert memory_capacity(CATALOG.get("accelerators", part)).si == pytest.approx(OF_CUDA[part], rel=1e-4)


def test_a_label_of_dram_is_in_gib_where_no_driver_is_known() -> None:
    known = memory_capacity(CATALOG.get("accelerators", "b100-sxm"))
    assert known.si == 180 * 2**30 and known.kind == "assumed"
    on_chip = memory_capacity(CATALOG.get("accelerators", "cerebras-cs-3"))
    assert on_chip.si == 44e9 and on_chip.kind == "datasheet"
