"""`sglang.launch_server`: a script that starts one replica, and a batch job for the fleet."""

from __future__ import annotations

from designer.exporting.launch import Launch
from designer.exporting.serving import (
    cache_of,
    experts_split,
    fleet,
    formats_of,
    longest,
    pass_of,
    pooled,
    spread_of,
)
from designer.exporting.serving_job import batch_script, start_script
from designer.exporting.target import INFERENCE, Files, Target
from designer.exporting.text import Flag, brief, header, shell_array

TITLE, CHECKED = "SGLang", "SGLang 0.5.23"
_CACHES = {"fp8": "fp8_e4m3"}


def write(launch: Launch) -> Files:
    """`sglang.sh`, which starts a replica, and `sglang.sbatch`, which starts every replica."""
    said = header(launch, TITLE, CHECKED, *fleet(launch))
    start = ["python", "-m", "sglang.launch_server"]
    spans = '--nnodes "$NODES" --node-rank "$RANK" --dist-init-addr "$HEAD:5000"'
    groups = [("the replica", _options(launch))]
    return {
        "sglang.sh": start_script(launch, said, start, spans, 30000, shell_array(groups)),
        "sglang.sbatch": batch_script(launch, brief(launch, TITLE, CHECKED), "sglang.sh"),
    }


def _options(launch: Launch) -> list[Flag]:
    d, one, s = launch.decisions, pass_of(launch), spread_of(launch)
    dp = d.count("dp")
    dtype, quantized = formats_of(launch)
    out = [
        Flag("model-path", launch.model.checkpoint, "model"),
        Flag("tp-size", d.count("tp") * dp, "tp * dp, the width of a replica and stage"),
        Flag("pp-size", d.count("pp"), "pp"),
        Flag("dtype", dtype, "of activations"),
        Flag("kv-cache-dtype", cache_of(launch, dtype, _CACHES), f"kv {d.name('kv')}"),
        Flag("max-running-requests", one.sequences, f"{one.what}, of the whole replica"),
        Flag("chunked-prefill-size", one.tokens, one.why),
        Flag("max-prefill-tokens", one.tokens, one.why),
        Flag("context-length", longest(launch), "the longest request of the scenario and its answer"),
        Flag("disable-radix-cache", None, "designer counts no shared prefix; drop it in production"),
    ]
    if dp > 1:
        out.append(Flag("attn-dp-size", dp, "dp"))
    if experts_split(launch, both=True):
        out.append(
            Flag(
                "ep-size", d.count("ep"), f"ep; each expert is split by etp = tp * dp / ep = {d.count('etp')}"
            )
        )
    if quantized:
        out.append(Flag("quantization", quantized, f"weights {d.name('weights')}"))
    if pooled(launch):
        out.append(Flag("is-embedding", None, "no tokens are generated"))
    if s.devices // s.nodes * s.nodes > 1 and d.count("pp") > 1:
        out.append(Flag("disable-overlap-schedule", None, "pipelines refuse it"))
    return out


TARGET = Target(
    name="sglang",
    title=TITLE,
    checked=CHECKED,
    jobs=INFERENCE,
    vendors=frozenset({"NVIDIA", "AMD"}),
    reads=frozenset({
        "precision", "weights", "sparsity", "kv", "tp", "pp", "dp", "ep", "etp", "prefill_batch", "batch", "samples",
        "replicas", "engine",
    }),
    write=write,
    engines=frozenset({"sglang"}),
)  # fmt: skip
