"""The worked examples of the field's texts, each beside what its own formula gives when it is right.

The texts are the chapters of the Machine Learning Systems book on these walls. A case names a rule, its
inputs as one types them, the correct value to the digits given, and what the text or the program beside it
prints: "same" where that is right, else the number that is not.
"""

from __future__ import annotations

import math

import pytest

from catalogs import default_catalog, units
from constraints.rule import find
from designer.cli import main
from designer.evaluating.design import si_unit
from designer.rulebook.call import called, split_words, values_of

RING = "message=140GB ranks=1024 bandwidth=50GB/s latency=2us"
FLEET = "devices=64 device_power=400W time=336h"
H100, A100 = "rate=989TFLOP/s bandwidth=3.35TB/s", "rate=312TFLOP/s bandwidth=2.039TB/s"
WASTE = "checkpoint_time=2min mtbf=180min recovery_time=0s"
KV_70B = "per_token=327680B/token context=4096token"
NODE = "node_rate=13.926940639269406USD/h devices=8"  # 122,000 USD a year
OWNED = "owned_per_hour=1.7408675799086758USD/h"
M8 = "servers=8 service=50ms"

# name: rule, inputs, correct, printed in the text
EXAMPLES: dict[str, tuple[str, str, str, str]] = {
    # -- compute and memory
    "a 2048 x 512 layer at batch 1": (
        "arithmetic_intensity", "flops=2097152FLOP traffic=2102272B", "1.0 FLOP/byte", "same"),
    "at batch 64, its activations counted": (
        "arithmetic_intensity", "flops=134217728FLOP traffic=2424832B", "55.4 FLOP/byte", "64 FLOP/byte"),
    "ridge of the H100": ("ridge_point", H100, "295.2 FLOP/byte", "same"),
    "ridge of the A100": ("ridge_point", A100, "153.0 FLOP/byte", "208 FLOP/byte"),
    "ridge of the A100 with 40 GB": (
        "ridge_point", "rate=312TFLOP/s bandwidth=1.555TB/s", "200.6 FLOP/byte", "100 FLOP/byte"),
    "ridge of the H200": ("ridge_point", "rate=989TFLOP/s bandwidth=4.8TB/s", "206 FLOP/byte", "100 FLOP/byte"),
    "ridge of the B200": ("ridge_point", "rate=2250TFLOP/s bandwidth=8TB/s", "281 FLOP/byte", "100 FLOP/byte"),
    "ridge of the MI300X": ("ridge_point", "rate=1307.4TFLOP/s bandwidth=5.3TB/s", "247 FLOP/byte", "100 FLOP/byte"),
    "a square product of 4096": (
        "arithmetic_intensity", "flops=137438953472FLOP traffic=100663296B", "1365.3 FLOP/byte", "same"),
    "ReLU on an A100": ("attainable_rate", f"intensity=0.25FLOP/byte {A100}", "0.5098 TFLOP/s", "0.374 TFLOP/s"),
    "ReLU on an A100 with 40 GB": (
        "attainable_rate", "intensity=0.25FLOP/byte rate=312TFLOP/s bandwidth=1.555TB/s", "0.3888 TFLOP/s", "same"),
    "16 G operations on an H100 at half of peak": (
        "compute_time", "flops=16e9FLOP rate=989TFLOP/s fraction=50%", "0.0324 ms", "same"),
    "16 G multiply-adds are twice as many": (
        "compute_time", "flops=32e9FLOP rate=989TFLOP/s fraction=50%", "0.065 ms", "0.03 ms"),
    "16 GB over an H100's memory": ("weight_streaming_time", "weights=16GB bandwidth=3.35TB/s", "4.776 ms", "same"),
    "weights of 70B in 16 bit": ("weights_size", "parameters=70e9 element_bytes=2B", "140 GB", "35 GB"),
    "weights of 70B in 4 bit": ("weights_size", "parameters=70e9 element_bytes=0.5B", "35 GB", "same"),
    "state of a parameter under Adam, gradients counted": (
        "sharded_state_bytes",
        "ranks=1 parameter_bytes=2B gradient_bytes=2B optimizer_bytes=12B shard_weights=0 shard_gradients=0"
        " shard_optimizer=0", "16 B", "14 B"),
    # -- serving
    "arithmetic of decoding 70B at batch 1": (
        "compute_time", "flops=140GFLOP rate=989TFLOP/s fraction=100%", "0.1416 ms", "same"),
    "reading its weights": ("weight_streaming_time", "weights=140GB bandwidth=3.35TB/s", "41.79 ms", "same"),
    "share of arithmetic in it": ("share_of_step", "part=0.14156ms step_time=41.93ms", "0.34 %", "3 %"),
    "share of memory in it": ("share_of_step", "part=41.791ms step_time=41.9326ms", "99.66 %", "97 %"),
    "time between its tokens": (
        "inter_token_latency", f"weights=140GB kv_cache=0GB flops=140GFLOP {H100} compute_fraction=100%", "41.8 ms",
        "same"),
    "first token of an 8B model after 2048, attention counted": (
        "time_to_first_token", f"flops=33.99TFLOP weights=16.06GB {H100} compute_fraction=50% overhead=0s", "68.7 ms",
        "66.5 ms"),
    "8B at batch 2048 is bound by arithmetic": (
        "inter_token_latency", f"weights=16.06GB kv_cache=17.2GB flops=32890.88GFLOP {H100} compute_fraction=50%",
        "66.5 ms", "15.37 ms"),
    "at batch 1024": (
        "inter_token_latency", f"weights=16.06GB kv_cache=17.2GB flops=16445.44GFLOP {H100} compute_fraction=50%",
        "33.3 ms", "10.24 ms"),
    "cache of a token of 70B": (
        "kv_cache_per_token", "layer_count=80 kv_head_count=8 head_width=128 element_bytes=2B", "327680 B/token",
        "same"),
    "cache at batch 16": ("kv_cache_size", f"{KV_70B} sequences=16", "21.47 GB", "same"),
    "cache at batch 32": ("kv_cache_size", f"{KV_70B} sequences=32", "42.95 GB", "same"),
    "cache of 8B at 4K, by its 8 KV heads": (
        "kv_cache_size", "per_token=131072B/token sequences=1 context=4096token", "536.9 MB", "2.15 GB"),
    "sequences of 4K beside 8B on 80 GB": (
        "static_sequences", "memory=80GB weights=16.06GB per_token=131072B/token longest=4096token", "119", "100"),
    "on 80 GiB": (
        "static_sequences", "memory=80GiB weights=16.06GB per_token=131072B/token longest=4096token", "130", "100"),
    "140 GB in 50 ms": ("required_bandwidth", "traffic=140GB target=50ms fraction=100%", "2.8 TB/s", "same"),
    "which takes two H100 for their memory, not their bandwidth": (
        "required_devices", "capacity=140GB bandwidth=2.8TB/s rate=1TFLOP/s device_memory=80GB"
        " device_bandwidth=3.35TB/s device_rate=989TFLOP/s", "2", "same"),
    "and one H200": (
        "required_devices", "capacity=140GB bandwidth=2.8TB/s rate=1TFLOP/s device_memory=141GB"
        " device_bandwidth=4.8TB/s device_rate=989TFLOP/s", "1", "same"),
    "a token of 7B at 50 ms: operations": (
        "work_flops", "active_parameters=7e9 tokens=1token passes=1", "14 GFLOP", "same"),
    "its MFU": ("flops_utilisation", "flops=14GFLOP time=50ms devices=1 rate=989TFLOP/s", "0.0283 %", "same"),
    "its memory floor": ("weight_streaming_time", "weights=14GB bandwidth=3.35TB/s", "4.18 ms", "same"),
    # -- queues
    "a deterministic server at 80 %: wait over service": ("md1_wait", "arrival_rate=0.8/s service=1s", "2.0 s", "same"),
    "99th percentile of one server at 80 %, mean 5 s: not twice that": (
        "mmc_sojourn_percentile", "share=99% servers=1 arrival_rate=0.8/s service=1s", "23.0 s", "10 s"),
    "at 95 %, mean 20 s: not ten times that": (
        "mmc_sojourn_percentile", "share=99% servers=1 arrival_rate=0.95/s service=1s", "92.1 s", "200 s"),
    "eight servers at 80 %, mean 1.29 s": (
        "mmc_sojourn_percentile", "share=99% servers=8 arrival_rate=6.4/s service=1s", "5.15 s", "2.57 s"),
    "eight servers at 95 %, mean 3.1 s": (
        "mmc_sojourn_percentile", "share=99% servers=8 arrival_rate=7.6/s service=1s", "12.4 s", "31 s"),
    "eight servers of 50 ms at half load": (
        "mmc_sojourn_percentile", f"share=99% {M8} arrival_rate=80/s", "231 ms", "72 ms"),
    "at 80 %": ("mmc_sojourn_percentile", f"share=99% {M8} arrival_rate=128/s", "258 ms", "169 ms"),
    "Little: 1000 a second for 50 ms": ("littles_law", "arrival_rate=1000/s time_in_system=50ms", "50", "same"),
    "Little: 24 slots of 50 ms": ("littles_law", "arrival_rate=480/s time_in_system=50ms", "24", "same"),
    "Little: 500 a second for 100 ms": ("littles_law", "arrival_rate=500/s time_in_system=100ms", "50", "same"),
    # -- data
    "storage of 2 GB/s, samples of 500 kB": (
        "storage_sample_rate", "storage_bandwidth=2GB/s sample_size=500kB/sample", "4000 sample/s", "850 sample/s"),
    "JPEGs of ImageNet": (
        "storage_sample_rate", "storage_bandwidth=2GB/s sample_size=110kB/sample", "18182 sample/s", "850 sample/s"),
    "eight workers of 500 a second": (
        "preprocessing_rate", "workers=8 worker_sample_rate=500sample/s", "4000 sample/s", "850 sample/s"),
    "a step of 256 fed at 4,000 a second": (
        "pipelined_step_time", "storage_time=0s transform_time=64ms accelerate_time=13.97ms", "64 ms", "same"),
    "stages one after another": (
        "sequential_step_time", "storage_time=5ms transform_time=35ms accelerate_time=20ms", "60 ms", "35 ms"),
    "stages at once": (
        "pipelined_step_time", "storage_time=5ms transform_time=35ms accelerate_time=20ms", "35 ms", "same"),
    "20 of 35 ms": ("accelerator_utilisation", "accelerate_time=20ms step_time=35ms", "57.1 %", "same"),
    "256 images in 13.97 ms, every 64": (
        "accelerator_utilisation", "accelerate_time=13.97ms step_time=64ms", "21.8 %", "16 %"),
    "training takes three times as long": (
        "accelerator_utilisation", "accelerate_time=41.9ms step_time=64ms", "65.5 %", "16 %"),
    "batch from which the device waits": (
        "crossover_batch",
        "accelerator_overhead=0.515ms accelerator_time_per_sample=0.0526ms transform_time_per_sample=0.25ms", "2.6",
        "32"),
    "workers that keep it busy": (
        "workers_to_saturate", "samples=256sample accelerate_time=41.9ms worker_sample_rate=500sample/s", "13", "same"),
    "bisection of a ring of 64": ("bisection_share", "bisection=100GB/s ranks=64 bandwidth=50GB/s", "6.25 %", "3.1 %"),
    "bisection of a 3D torus of 4096": (
        "torus_bisection", "ranks=4096 dimensions=3 bandwidth=100GB/s", "51.2 TB/s", "25.6 TB/s"),
    # -- algorithm
    "training GPT-3": ("training_flops", "parameters=175e9 tokens=300e9token", "3.15e23 FLOP", "same"),
    "90B on 1.8T": ("training_flops", "parameters=90e9 tokens=1.8e12token", "9.72e23 FLOP", "same"),
    "its price on H100 at 2 USD/h": (
        "training_price", "compute=9.72e23FLOP rate=2USD/h peak=989TFLOP/s utilisation=40%", "1.37 MUSD", "10 MUSD"),
    "at 4 USD/h": (
        "training_price", "compute=9.72e23FLOP rate=4USD/h peak=989TFLOP/s utilisation=40%", "2.73 MUSD", "10 MUSD"),
    "what 10 MUSD buy": (
        "budget_flops", "budget=10MUSD rate=2USD/h peak=989TFLOP/s utilisation=40%", "7.12e24 FLOP", "9.72e23 FLOP"),
    "parameters they train": (
        "chinchilla_parameters", "compute=7.1208e24FLOP tokens_per_parameter=20", "244e9", "90e9"),
    "on so many tokens": (
        "chinchilla_tokens", "compute=7.1208e24FLOP tokens_per_parameter=20", "4.87e12 token", "1.8e12 token"),
    "optimum of 1e24 operations": (
        "chinchilla_parameters", "compute=1e24FLOP tokens_per_parameter=20", "91.3e9", "same"),
    "its tokens": ("chinchilla_tokens", "compute=1e24FLOP tokens_per_parameter=20", "1.826e12 token", "same"),
    "70B on 15T": ("training_flops", "parameters=70e9 tokens=15e12token", "6.3e24 FLOP", "same"),
    "its price": (
        "training_price", "compute=6.3e24FLOP rate=2USD/h peak=989TFLOP/s utilisation=40%", "8.85 MUSD", "2 MUSD"),
    "loss of an 8 times larger model": ("extrapolated_ratio", "input_ratio=8 elasticity=-0.076", "0.854", "same"),
    "fidelity: 4 bit against the 16 that models are served from": (
        "compression_ratio", "bits_before=16 bits_after=4", "4", "8"),
    "token after 32,000 of reasoning": (
        "token_time_at",
        "context=34048token weights=16.06GB per_token=131072B/token bandwidth=3.35TB/s overhead=0.32ms",
        "6.45 ms", "5.19 ms"),
    # -- communication
    "ring all-reduce of 140 GB": ("ring_all_reduce_time", RING, "5.5986 s", "same"),
    "its latency": ("ring_all_reduce_time", RING.replace("140GB", "0GB"), "4.092 ms", "same"),
    "a tree that is not pipelined": ("tree_all_reduce_time", RING, "56.0 s", "same"),
    "two trees, pipelined, as libraries do": ("double_tree_all_reduce_time", RING, "5.64 s", "56 s"),
    "message at which ring and tree are equal": (
        "ring_tree_crossover", "ranks=1024 bandwidth=50GB/s latency=2us", "11.25 MB", "102.4 MB"),
    "1 GB over one network port each": (
        "ring_all_reduce_time", "message=1GB ranks=8 bandwidth=50GB/s latency=0s", "35.0 ms", "same"),
    "over NVLink": ("ring_all_reduce_time", "message=1GB ranks=8 bandwidth=450GB/s latency=0s", "3.9 ms", "35 ms"),
    "a ring of a million ranks": (
        "ring_all_reduce_time", "message=140GB ranks=1000000 bandwidth=50GB/s latency=0s", "5.600 s", "same"),
    "bubble of 4 stages, 16 micro-batches": (
        "pipeline_bubble", "stages=4 microbatches=16 virtual_stages=1", "15.79 %", "same"),
    "with 2 virtual stages": ("pipeline_bubble", "stages=4 microbatches=16 virtual_stages=2", "8.57 %", "same"),
    "of 8 and 32": ("pipeline_bubble", "stages=8 microbatches=32 virtual_stages=1", "17.95 %", "same"),
    "of 16 and 16": ("pipeline_bubble", "stages=16 microbatches=16 virtual_stages=1", "48.39 %", "same"),
    "19 micro-batches for each further stage": (
        "pipeline_bubble", "stages=8 microbatches=133 virtual_stages=1", "5.000 %", "same"),
    "1 KB over 10 Gb/s": ("transfer_time", "message=1kB bandwidth=10Gb/s latency=0s", "0.8 us", "same"),
    "1 GB over 10 Gb/s, 10 ms away": ("transfer_time", "message=1GB bandwidth=10Gb/s latency=10ms", "810 ms", "same"),
    "across the United States and back": ("round_trip_time", "distance=4000km signal_speed=2e8m/s", "40 ms", "same"),
    "across the Atlantic": ("round_trip_time", "distance=5570km signal_speed=2e8m/s", "55.7 ms", "60 ms"),
    "across the Pacific": ("round_trip_time", "distance=8280km signal_speed=2e8m/s", "82.8 ms", "100 ms"),
    "across a data centre": ("round_trip_time", "distance=1km signal_speed=2e8m/s", "10 us", "1 ms"),
    # -- laws
    "GPT-3 on 1,024 A100 at half of peak": (
        "fleet_time", "flops=3.15e23FLOP devices=1024 rate=312TFLOP/s kernel_efficiency=50% scaling_efficiency=100%"
        " goodput=100%", "22.82 day", "same"),
    "with recomputation, at the 140 TFLOP/s measured": (
        "fleet_time", "flops=4.2e23FLOP devices=1024 rate=140TFLOP/s kernel_efficiency=100% scaling_efficiency=100%"
        " goodput=100%", "33.9 day", "same"),
    "1B on 20B tokens on an A100 at 40 %": (
        "compute_time", "flops=1.2e20FLOP rate=312TFLOP/s fraction=40%", "961538 s", "same"),
    "Amdahl: 5 % serial on 8": ("amdahl_speedup", "serial_share=5% devices=8", "5.93", "7.5"),
    "Amdahl: 5 % serial on any number": ("amdahl_speedup", "serial_share=5% devices=1e12", "20.00", "same"),
    "Amdahl: 10 % serial": ("amdahl_speedup", "serial_share=10% devices=1e12", "10.00", "same"),
    "Gustafson: 5 % serial on 8": ("gustafson_speedup", "serial_share=5% devices=8", "7.65", "7.67"),
    "Gustafson: on 1000": ("gustafson_speedup", "serial_share=5% devices=1000", "950.05", "951"),
    "Gustafson: 10 % serial on 256": ("gustafson_speedup", "serial_share=10% devices=256", "230.5", "same"),
    "the worst cascade of goodput": (
        "goodput_cascade", "kernel_efficiency=30% scaling_efficiency=40% goodput=85%", "10.2 %", "same"),
    "the best": ("goodput_cascade", "kernel_efficiency=50% scaling_efficiency=85% goodput=97%", "41.2 %", "35 %"),
    # -- failures and checkpoints
    "8 devices": ("series_mtbf", "device_mtbf=50000h devices=8", "8.56 month", "8 month"),
    "1,000 devices": ("series_mtbf", "device_mtbf=50000h devices=1000", "50 h", "same"),
    "10,000 devices": ("series_mtbf", "device_mtbf=50000h devices=10000", "5 h", "same"),
    "16,000 devices": ("series_mtbf", "device_mtbf=50000h devices=16000", "3.125 h", "3 h"),
    "100,000 devices": ("series_mtbf", "device_mtbf=50000h devices=100000", "0.5 h", "same"),
    "a failure within 30 days": ("failure_probability", "duration=30day mtbf=5h", "100.0 %", "same"),
    "Young's interval": ("young_interval", "checkpoint_time=2min mtbf=180min", "26.83 min", "same"),
    "Daly's": ("daly_interval", "checkpoint_time=2min mtbf=180min", "25.5 min", "same"),
    "waste every 10 min": ("checkpoint_waste", f"{WASTE} interval=10min", "22.8 %", "17 %"),
    "every 26.83 min": ("checkpoint_waste", f"{WASTE} interval=26.83min", "14.9 %", "7 %"),
    "every 60 min": ("checkpoint_waste", f"{WASTE} interval=60min", "20.0 %", "15 %"),
    "exact, every 10 min": ("checkpoint_goodput", f"{WASTE} interval=10min", "80.6 %", "83 %"),
    "exact, every 26.83 min": ("checkpoint_goodput", f"{WASTE} interval=26.83min", "85.8 %", "93 %"),
    "exact, every 60 min": ("checkpoint_goodput", f"{WASTE} interval=60min", "81.1 %", "85 %"),
    # -- money, energy, carbon
    "an hour in use at 80 %": ("useful_rate", f"{NODE} utilisation=80%", "2.18 USD/h", "2.40 USD/h"),
    "at 20 %": ("useful_rate", f"{NODE} utilisation=20%", "8.70 USD/h", "6 USD/h"),
    "break-even against 4 USD/h": ("break_even_utilisation", f"{OWNED} rented_per_hour=4USD/h", "43.5 %", "55 %"),
    "break-even of what the node really costs": (
        "break_even_utilisation", "owned_per_hour=2.086USD/h rented_per_hour=4USD/h", "52 %", "55 %"),
    "1,024 H100 in nodes": (
        "fleet_price", "devices=1024 devices_per_node=8 node_price=350kUSD", "44.8 MUSD", "30 MUSD"),
    "two weeks of 64 devices": ("it_energy_used", FLEET, "8601.6 kWh", "same"),
    "at the meter": ("facility_energy_used", "it_energy=8601.6kWh pue=1.2", "10321.9 kWh", "same"),
    "carbon on hydro power": (
        "operational_carbon_of", "facility_energy=10321.92kWh carbon_intensity=20g/kWh", "206.4 kg", "same"),
    "on the mean grid": (
        "operational_carbon_of", "facility_energy=10321.92kWh carbon_intensity=429g/kWh", "4428.1 kg", "same"),
    "on coal": (
        "operational_carbon_of", "facility_energy=10321.92kWh carbon_intensity=820g/kWh", "8464.0 kg", "same"),
    "coal over hydro": ("carbon_saved_by_moving", "here=820g/kWh there=20g/kWh", "41.0", "same"),
    "what PUE 1.4 takes of the meter": ("overhead_of_facility", "pue=1.4", "28.6 %", "40 %"),
    "PUE 1.58": ("overhead_of_facility", "pue=1.58", "36.7 %", "same"),
    "water per IT energy, whatever the PUE": (
        "water_used", "it_energy=1000kWh water_usage=1.8L/kWh", "1.80 m**3", "same"),
}  # fmt: skip


def precision(text: str) -> tuple[float, str, float]:
    """Number and unit of a text, and half of the place of its last digit.

    >>> precision("5.60 s"), precision("3.15e23 FLOP")[2]
    ((5.6, 's', 0.005), 5e+20)
    """
    value, unit = units.split(text)
    digits, _, exponent = text.split()[0].partition("e")
    places = len(digits.partition(".")[2])
    return value, unit, 0.5 * 10.0 ** (int(exponent or 0) - places)


@pytest.mark.parametrize("name", EXAMPLES)
def test_worked_example(name: str) -> None:
    rule, inputs, correct, printed = EXAMPLES[name]
    r = find(rule)
    made = float(called(r, values_of(r, split_words(inputs.split()), "")).value)
    value, unit, half = precision(correct)
    assert units.dimension(unit) == units.dimension(si_unit(r.unit))
    made /= units.factor(unit)
    assert made == pytest.approx(value, abs=half * (1 + 1e-9), rel=0), f"{made} {unit}"
    if printed != "same":
        text = units.parse(printed, si_unit(r.unit)) / units.factor(unit)
        assert abs(text - made) > half, "the text is right after all"


def test_there_are_enough_of_them() -> None:
    assert len(EXAMPLES) >= 120
    corrected = [name for name, (*_, printed) in EXAMPLES.items() if printed != "same"]
    assert len(corrected) >= 40


def test_an_example_is_a_command(capsys: pytest.CaptureFixture[str]) -> None:
    rule, inputs, _, _ = EXAMPLES["waste every 10 min"]
    assert main(["calc", rule, *inputs.split()]) == 0
    assert "22.8 %" in capsys.readouterr().out


def test_young_is_where_both_parts_of_the_waste_are_equal() -> None:
    """Only with one write for each interval, not half of one, is the printed optimum the optimum."""
    best = find("young_interval").fn(120.0, 10_800.0)
    assert 120.0 / best == pytest.approx(best / (2 * 10_800.0))
    assert find("checkpoint_waste").fn(120.0, best, 10_800.0, 0.0) == pytest.approx(2 * 120.0 / best)


def test_communication_does_not_outgrow_everything() -> None:
    """The bandwidth term of a ring tends to two messages; only the latency grows with the ranks."""
    ring = find("ring_all_reduce_time").fn
    no_latency = [ring(140e9, n, 50e9, 0.0) for n in (2, 64, 1024, 10**6)]
    assert no_latency == sorted(no_latency) and no_latency[-1] < 2 * 140e9 / 50e9
    assert ring(0.0, 2047, 50e9, 2e-6) == pytest.approx(2 * ring(0.0, 1024, 50e9, 2e-6))


def test_one_h100_is_three_a100_in_the_same_precision() -> None:
    h100, a100 = (
        default_catalog().get("accelerators", n).compute.rates()["bf16"].si
        for n in ("h100-sxm", "a100-sxm-80gb")
    )
    assert h100 / a100 == pytest.approx(3.17, abs=0.01)


def test_the_tail_of_one_server_is_the_same_multiple_at_every_load() -> None:
    for load in (0.1, 0.5, 0.8, 0.95):
        tail = find("mmc_sojourn_percentile").fn(0.99, 1, load, 1.0)
        assert tail / find("mmc_sojourn").fn(1, load, 1.0) == pytest.approx(math.log(100))
