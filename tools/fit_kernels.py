"""Refit the kernel parameters of the catalog to tables of single operations, and compare.

    python tools/fit_kernels.py OPS_DIR [--only gemm|prefill|decode|reduce|experts]

OPS_DIR holds the files of OPERATIONS below, in the columns of the tables of aiconfigurator-core. Times are
predicted by the rules that plan; each line shows what the catalog holds, the fit to these rows, and
the error of both, with the fit's held out in fifths. Deterministic. Needs scipy (the `fit` extra). Nothing
is written: the catalog was fitted to the whole tables, of which a sample may be at hand.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from catalogs import default_catalog
from catalogs.schema import Accelerator
from constraints.bundles.device import ELEMENT_BYTES, collective_bundle, rate_bundle
from constraints.rules.library.collectives import measured_all_reduce_time
from constraints.rules.serving.decode import decode_attention_time
from constraints.rules.serving.experts import decode_expert_time
from constraints.rules.training.compute import fused_attention_time
from designer.calibrating.fitting import FitProblem, Parameter, fit_all
from designer.calibrating.operations import KERNELS, LINKS, gemm_predictor, parameters

CATALOG = default_catalog()
DEFAULT = {name: fact.si for name, fact in CATALOG.get("assumptions", "device").values.items()}
ENGINE = CATALOG.get("assumptions", "serving-kernels").values
GPUS = {
    "a100_sxm": "a100-sxm-80gb", "h100_sxm": "h100-sxm", "h200_sxm": "h200-sxm", "b200_sxm": "b200-sxm",
}  # fmt: skip
# Names of precisions in the tables whose products the catalog knows.
DTYPES = {"bfloat16": "bf16", "fp8": "fp8", "nvfp4": "fp4", "sq": "int8"}
OPERATIONS = {
    "gemm": "gemm.csv",
    "prefill": "context_attention.csv",
    "decode": "generation_attention.csv",
    "reduce": "nccl_collectives.csv",
    "engine reduce": "custom_allreduce.csv",
    "experts": "moe.csv",
}
Range = tuple[float, float, float]
PREFILL: dict[str, Range] = {"attention_fraction": (0.3, 0.01, 1), "attention_half_length": (1, 1, 1e5)}
DECODE: dict[str, Range] = {
    "decode_attention_floor": (1, 1e-7, 1e-3),
    "decode_attention_fraction": (0.3, 0.01, 1),
}
EXPERTS: dict[str, Range] = {
    "expert_floor": (1, 1e-7, 1e-2), "expert_compute_fraction": (0.5, 0.01, 1),
    "expert_bandwidth_fraction": (0.3, 0.01, 1), "expert_each_floor": (1, 1e-9, 1e-4),
    "expert_half_width": (1, 1, 1e5),
}  # fmt: skip
Predict = Callable[[Mapping[str, float]], Any]


def problem(
    ranges: Mapping[str, Range], prior: Mapping[str, float], predict: Predict, rows: pd.DataFrame
) -> FitProblem:
    names = dict.fromkeys(ranges, len(rows))
    found: list[Parameter] = parameters(ranges, prior, names)
    return FitProblem(found, predict, rows.latency_ms.to_numpy(float) * 1e-3)


def per_gpu(rows: pd.DataFrame, column: str | None) -> Iterator[tuple[str, Accelerator, str, pd.DataFrame]]:
    """Label, accelerator, dtype and rows of each device, and of each dtype it and the catalog know."""
    for gpu, id in GPUS.items():
        acc = CATALOG.get("accelerators", id)
        mine = rows[rows.gpu == gpu]
        for name, dtype in DTYPES.items() if column else [("", "bf16")]:
            part = mine[mine[column] == name] if column else mine
            if len(part) and dtype in acc.compute.rates():
                yield f"{id} {dtype if column else ''}".strip(), acc, dtype, part


def gemm(rows: pd.DataFrame) -> Iterator[tuple[str, FitProblem]]:
    rows = rows[rows.backend == "trtllm"]
    for label, acc, dtype, part in per_gpu(rows, "dtype"):
        known = rate_bundle(CATALOG, acc, dtype)
        size = (part[c].to_numpy(float) for c in "mnk")
        predict = gemm_predictor(dtype, known["compute_rate"].si, acc.memory_bandwidth.si, *size)
        yield label, problem(KERNELS, {n: known[n].si for n in KERNELS}, predict, part)


def prefill(rows: pd.DataFrame) -> Iterator[tuple[str, FitProblem]]:
    """Heads of 128 in 16 bit, calls that are not all launch."""
    rows = rows[
        (rows.head_dim == 128)
        & (rows.isl >= 128)
        & (rows.latency_ms > 0.05)
        & (rows.kv_cache_dtype == "bfloat16")
    ]
    for label, acc, dtype, part in per_gpu(rows, None):
        fitted = acc.attention.get("bf16")
        own = (fitted.compute_fraction.si, fitted.half_length.si) if fitted else None
        values = own or (DEFAULT["attention_fraction"], DEFAULT["attention_half_length"])
        batch, isl, heads, width = (
            part[c].to_numpy(float) for c in ("batch_size", "isl", "num_heads", "head_dim")
        )
        given = dict(
            microbatch_tokens=batch * isl, attention_span=isl / 2, heads=heads, qk_width=width, v_width=width, tp=1,
            attention_rate=acc.compute.rates()[dtype].si, attention_kernel_share=1.0, sequence_length=isl,
            base_launch_floor=rate_bundle(CATALOG, acc, dtype)["launch_floor"].si,
        )  # fmt: skip
        yield (
            label,
            problem(
                PREFILL,
                dict(zip(PREFILL, values, strict=True)),
                partial_of(fused_attention_time, given),
                part,
            ),
        )


def decode(rows: pd.DataFrame) -> Iterator[tuple[str, FitProblem]]:
    """Up to 16 query heads a cache head; more take another kernel. All devices, for the default, last."""
    rows = rows[rows.num_heads / rows.num_kv_heads <= 16]
    for label, parts in (*((p[0], [p]) for p in per_gpu(rows, None)), ("default", list(per_gpu(rows, None)))):
        part = pd.concat(p[3] for p in parts)
        of = np.concatenate([np.full(len(p[3]), i) for i, p in enumerate(parts)])
        acc = parts[0][1].attention.get("bf16")
        floor, fraction = (
            (acc.decode_floor, acc.decode_fraction) if acc and label != "default" else (None, None)
        )
        prior = {
            "decode_attention_floor": floor.si if floor else DEFAULT["decode_attention_floor"],
            "decode_attention_fraction": fraction.si if fraction else DEFAULT["decode_attention_fraction"],
        }
        width = part.head_dim.to_numpy(float)
        given = dict(
            decode_tokens=part.batch_size.to_numpy(float), decode_context=(part.isl + part.step).to_numpy(float),
            kv_cache_width=2 * part.num_kv_heads.to_numpy(float) * width,
            kv_element_bytes=np.where(part.kv_cache_dtype == "fp8", 1.0, 2.0), kv_cache_ranks=1,
            heads=part.num_heads.to_numpy(float), qk_width=width, v_width=width, kv_up_in=0, latent=0, tp=1,
            attention_rate=np.array([p[1].compute.rates()["bf16"].si for p in parts])[of],
            attention_fraction=DEFAULT["attention_fraction"],
            memory_bandwidth=np.array([p[1].memory_bandwidth.si for p in parts])[of],
        )  # fmt: skip
        yield label, problem(DECODE, prior, partial_of(decode_attention_time, given), part)


def reduce(rows: pd.DataFrame) -> Iterator[tuple[str, FitProblem]]:
    for label, acc, _, part in per_gpu(rows[rows.op == "all_reduce"], None):
        known = collective_bundle(CATALOG, acc)
        yield label, problem(LINKS, {n: known[n].si for n in LINKS}, all_reduce(acc, part), part)


def engine_reduce(rows: pd.DataFrame) -> Iterator[tuple[str, FitProblem]]:
    """The all-reduce that an engine brings; the catalog has one for all devices."""
    stored = ("engine_collective_fraction", "engine_collective_floor", "engine_inner_latency")
    prior = dict(zip(LINKS, (ENGINE[n].si for n in stored), strict=True))
    for label, acc, _, part in per_gpu(rows[rows["mode"].isin(("trtllm", "vllm_graph"))], None):
        yield label, problem(LINKS, prior, all_reduce(acc, part), part)


def all_reduce(acc: Accelerator, part: pd.DataFrame) -> Predict:
    assert acc.scale_up
    given = dict(
        message=part.bytes.to_numpy(float),
        ranks=part.num_gpus.to_numpy(float),
        bandwidth=acc.scale_up.bandwidth.si,
    )
    return partial_of(measured_all_reduce_time, given)


def experts(rows: pd.DataFrame) -> Iterator[tuple[str, FitProblem]]:
    """Balanced routing. All devices and dtypes together are what the default stands for."""
    rows = rows[rows.distribution == "balanced"]
    parts = list(per_gpu(rows, "moe_dtype"))
    for label, of in (
        *((p[0], [p]) for p in parts),
        ("default", [p for p in parts if p[2] in ("bf16", "fp8")]),
    ):
        part = pd.concat(p[3] for p in of)
        at = np.concatenate([np.full(len(p[3]), i) for i, p in enumerate(of)])
        kernels = {n: np.array([rate_bundle(CATALOG, p[1], p[2])[n].si for p in of])[at] for n in KERNELS}
        element = np.array([ELEMENT_BYTES[p[2]] for p in of])[at]
        tokens, inter = part.num_tokens.to_numpy(float), part.inter_size.to_numpy(float)
        given = dict(
            decode_tokens=tokens, decode_group_tokens=tokens, hidden=part.hidden_size.to_numpy(float),
            experts=part.num_experts.to_numpy(float), experts_per_token=part.topk.to_numpy(float),
            shared_experts=0.0, expert_ffn=inter, expert_width=inter / part.moe_tp_size.to_numpy(float),
            ffn_matrices=np.where(part.kernel_source.str.endswith("nongated"), 2.0, 3.0), tp=1,
            ep=part.moe_ep_size.to_numpy(float), weight_bytes=element, operand_bytes=element, activation_bytes=2.0,
            compute_rate=np.array([p[1].compute.rates()[p[2]].si for p in of])[at],
            memory_bandwidth=np.array([p[1].memory_bandwidth.si for p in of])[at], expert_imbalance=1.0, **kernels,
        )  # fmt: skip
        prior = {n: DEFAULT[n] for n in EXPERTS}
        fitted = of[0][1].experts.get(of[0][2]) if label != "default" else None  # type: ignore[call-overload]
        if fitted:
            prior |= {
                f"expert_{n}": getattr(fitted, n).si
                for n in ("floor", "compute_fraction", "bandwidth_fraction")
            }
        yield label, problem(EXPERTS, prior, partial_of(decode_expert_time, given), part)


def partial_of(rule: Callable[..., Any], given: Mapping[str, Any]) -> Predict:
    return lambda values: rule(**given, **values)


FITS = {
    "gemm": gemm, "prefill": prefill, "decode": decode, "reduce": reduce, "engine reduce": engine_reduce,
    "experts": experts,
}  # fmt: skip


def report(label: str, of: FitProblem) -> None:
    """One fit: errors of the catalog and of the fit, and both sets of values."""
    found = fit_all(of)
    assert found.after and found.held_out
    errors = " ".join(
        f"{name} {100 * s.median:5.1f} / {100 * s.p90:5.1f} %"
        for name, s in (("catalog", found.before), ("  fit", found.after), ("  held out", found.held_out))
    )
    print(f"  {label:22s} n {found.rows:5d}   {errors}")
    for p in of.parameters:
        print(f"      {p.name:28s} {p.prior:10.4g} -> {found.values[p.name]:10.4g}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, help="folder of the tables")
    parser.add_argument("--only", choices=FITS, help="one kind of operation")
    options = parser.parse_args()
    for kind, fits in FITS.items():
        path = options.folder / OPERATIONS[kind]
        if options.only not in (None, kind):
            continue
        if not path.exists():
            raise SystemExit(f"{path}: no such table")
        print(f"{kind}   {path.name}, median / p90 of |predicted / measured - 1|")
        for label, of in fits(pd.read_csv(path)):
            report(label, of)


if __name__ == "__main__":
    main()
