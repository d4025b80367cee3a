"""Worked examples of textbooks, recomputed; beside the right value the one that is printed, where it is another."""

from __future__ import annotations

import json

import pytest

from catalogs import units
from designer.rulebook.call import call

# rule, inputs, unit of the result, right value, value often printed (None where it is right)
EXAMPLES: list[tuple[str, str, str, float, float | None]] = [
    # roofline
    ("arithmetic_intensity", "flops=2.097152 MFLOP, traffic=2.097152 MB", "FLOP/B", 1.0, None),
    ("arithmetic_intensity", "flops=134.217728 MFLOP, traffic=2.424832 MB", "FLOP/B", 55.35, 64),  # activations
    ("arithmetic_intensity", "flops=137438953472 FLOP, traffic=100663296 B", "FLOP/B", 1365.3, None),
    ("ridge_point", "rate=989 TFLOP/s, bandwidth=3.35 TB/s", "FLOP/B", 295.2, 296),
    ("ridge_point", "rate=312 TFLOP/s, bandwidth=2.039 TB/s", "FLOP/B", 153.0, 208),
    ("ridge_point", "rate=312 TFLOP/s, bandwidth=1.555 TB/s", "FLOP/B", 200.6, None),
    ("attainable_rate", "intensity=0.25 FLOP/B, rate=312 TFLOP/s, bandwidth=2.039 TB/s", "TFLOP/s", 0.50975, 0.3744),
    ("compute_time", "flops=32 GFLOP, rate=989 TFLOP/s, fraction=50 %", "ms", 0.0647, 0.03),  # 16e9 multiply-adds
    ("weight_streaming_time", "weights=16 GB, bandwidth=3.35 TB/s", "ms", 4.776, None),
    # serving
    ("compute_time", "flops=140 GFLOP, rate=989 TFLOP/s, fraction=100 %", "ms", 0.1416, None),
    ("weight_streaming_time", "weights=140 GB, bandwidth=3.35 TB/s", "ms", 41.79, None),
    ("iron_law_overlapped", "data_time=41.79 ms, compute_time=0.1416 ms, overhead=0 s", "ms", 41.79, None),
    ("prompt_flops", "parameters=8.03e9, prompt=2048 token, batch=1, layer_count=32, model_width=4096", "TFLOP",
     33.99, 32.89),
    ("kv_cache_per_token", "layer_count=80, kv_head_count=8, head_width=128, element_bytes=2 B", "B/token", 327_680,
     None),
    ("kv_cache_per_token", "layer_count=32, kv_head_count=8, head_width=128, element_bytes=2 B", "B/token", 131_072,
     524_288),  # key-value heads, not heads
    ("kv_cache_size", "per_token=327680 B/token, sequences=16, context=4096 token", "GB", 21.475, None),
    ("kv_cache_size", "per_token=327680 B/token, sequences=32, context=4096 token", "GB", 42.95, None),
    ("static_sequences", "memory=80 GB, weights=16.06 GB, per_token=131072 B/token, longest=4096 token", "", 119, 100),
    ("required_bandwidth", "traffic=140 GB, target=50 ms, fraction=100 %", "TB/s", 2.8, None),
    ("required_capacity", "weights=140 GB, per_token=327680 B/token, sequences=32, context=4096 token", "GB", 182.9,
     78),  # fits no 80 GB
    ("required_devices", "capacity=140 GB, bandwidth=2.8 TB/s, rate=1 TFLOP/s, device_memory=80 GB,"
     "device_bandwidth=3.35 TB/s, device_rate=989 TFLOP/s", "", 2, None),  # for its capacity, not its bandwidth
    ("required_devices", "capacity=100 MB, bandwidth=2.8 TB/s, rate=1 TFLOP/s, device_memory=80 GB,"
     "device_bandwidth=3.35 TB/s, device_rate=989 TFLOP/s", "", 1, 2),
    # queues
    ("littles_law", "arrival_rate=1000 1/s, time_in_system=50 ms", "", 50, None),
    ("littles_law", "arrival_rate=500 1/s, time_in_system=100 ms", "", 50, None),
    ("md1_wait", "arrival_rate=0.8 1/s, service=1 s", "s", 2.0, None),
    ("mmc_sojourn_percentile", "share=99 %, servers=1, arrival_rate=0.8 1/s, service=1 s", "s", 23.03, 10),  # 4.6 means
    ("mmc_sojourn_percentile", "share=99 %, servers=1, arrival_rate=0.95 1/s, service=1 s", "s", 92.1, 200),
    ("mmc_sojourn_percentile", "share=99 %, servers=8, arrival_rate=80 1/s, service=50 ms", "ms", 231.1, 72),
    ("mmc_sojourn_percentile", "share=99 %, servers=8, arrival_rate=128 1/s, service=50 ms", "ms", 257.6, 169),
    ("cluster_wait", "devices=8, gang=8, arrival_rate=0.8 1/h, job_time=1 h, job_variability=0", "h", 2.0, None),
    # collectives and distance
    ("ring_all_reduce_time", "message=140 GB, ranks=1024, bandwidth=50 GB/s, latency=2 us", "s", 5.5986, None),
    ("tree_all_reduce_time", "message=140 GB, ranks=1024, bandwidth=50 GB/s, latency=2 us", "s", 56.0, None),
    ("ring_tree_crossover", "ranks=1024, bandwidth=50 GB/s, latency=2 us", "MB", 11.25, 102.4),
    ("ring_all_reduce_time", "message=1 GB, ranks=8, bandwidth=50 GB/s, latency=0 s", "ms", 35.0, None),
    ("ring_all_reduce_time", "message=1 GB, ranks=8, bandwidth=450 GB/s, latency=0 s", "ms", 3.89, 35),  # NVLink 4
    ("transfer_time", "message=1 kB, bandwidth=1.25 GB/s, latency=0 s", "us", 0.8, None),
    ("transfer_time", "message=1 GB, bandwidth=1.25 GB/s, latency=5 ms", "ms", 805, 810),  # half of a ping of 10 ms
    ("round_trip_time", "distance=4000 km, signal_speed=200 km/ms", "ms", 40, None),
    ("round_trip_time", "distance=5570 km, signal_speed=200 km/ms", "ms", 55.7, 60),
    ("round_trip_time", "distance=8280 km, signal_speed=200 km/ms", "ms", 82.8, 100),
    ("round_trip_time", "distance=1 km, signal_speed=200 km/ms", "ms", 0.01, 1),  # within a data centre
    # pipelines and speed-up
    ("pipeline_bubble", "stages=4, microbatches=16, virtual_stages=1", "%", 15.79, None),
    ("pipeline_bubble", "stages=4, microbatches=16, virtual_stages=2", "%", 8.571, None),
    ("pipeline_bubble", "stages=8, microbatches=32, virtual_stages=1", "%", 17.95, None),
    ("pipeline_bubble", "stages=16, microbatches=16, virtual_stages=1", "%", 48.39, None),
    ("least_microbatches", "stages=8, virtual_stages=1, bubble=5 %", "", 133, None),
    ("amdahl_speedup", "serial_share=5 %, devices=8", "", 5.926, 7.5),
    ("amdahl_speedup", "serial_share=10 %, devices=1e12", "", 10, None),
    ("gustafson_speedup", "serial_share=5 %, devices=8", "", 7.65, 7.67),
    ("gustafson_speedup", "serial_share=5 %, devices=1000", "", 950.05, None),
    ("gustafson_speedup", "serial_share=10 %, devices=256", "", 230.5, None),
    # fleets
    ("fleet_time", "flops=3.15e23 FLOP, devices=1024, rate=312 TFLOP/s, kernel_efficiency=50 %,"
     "scaling_efficiency=100 %, goodput=100 %", "day", 22.82, 34),
    ("fleet_time", "flops=120 EFLOP, devices=1, rate=312 TFLOP/s, kernel_efficiency=40 %,"
     "scaling_efficiency=100 %, goodput=100 %", "s", 961_538.46, None),
    ("flops_utilisation", "flops=450 TFLOP, time=1 s, devices=1, rate=989 TFLOP/s", "%", 45.5, None),
    ("flops_utilisation", "flops=14 GFLOP, time=50 ms, devices=1, rate=989 TFLOP/s", "%", 0.0283, None),
    ("goodput_cascade", "kernel_efficiency=30 %, scaling_efficiency=40 %, goodput=85 %", "%", 10.2, None),
    ("goodput_cascade", "kernel_efficiency=50 %, scaling_efficiency=85 %, goodput=97 %", "%", 41.2, 35),
    ("series_mtbf", "device_mtbf=50000 h, devices=8", "month", 8.556, None),
    ("series_mtbf", "device_mtbf=50000 h, devices=1000", "h", 50, None),
    ("series_mtbf", "device_mtbf=50000 h, devices=10000", "h", 5, None),
    ("series_mtbf", "device_mtbf=50000 h, devices=16000", "h", 3.125, None),
    ("series_mtbf", "device_mtbf=50000 h, devices=100000", "min", 30, None),
    ("failure_probability", "duration=30 day, mtbf=5 h", "%", 100, None),
    ("young_interval", "checkpoint_time=2 min, mtbf=180 min", "min", 26.83, None),
    ("daly_interval", "checkpoint_time=2 min, mtbf=180 min", "min", 25.5, None),
    ("checkpoint_waste", "checkpoint_time=2 min, interval=10 min, mtbf=180 min, recovery_time=0 s", "%", 22.78, 17),
    ("checkpoint_waste", "checkpoint_time=2 min, interval=26.83 min, mtbf=180 min, recovery_time=0 s", "%", 14.91, 7),
    ("checkpoint_waste", "checkpoint_time=2 min, interval=60 min, mtbf=180 min, recovery_time=0 s", "%", 20.0, 15),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "inputs", "unit", "right", "printed"), EXAMPLES, ids=lambda v: v if isinstance(v, str) else None
)
def test_example(rule: str, inputs: str, unit: str, right: float, printed: float | None) -> None:
    value = json.loads(call(rule, inputs, json=True))["value"] / units.factor(unit)
    assert value == pytest.approx(right, rel=1e-3)
    assert printed is None or value != pytest.approx(printed, rel=1e-3)
