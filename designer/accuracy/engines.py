"""Which generation of an engine a table names."""

from __future__ import annotations

import re

_VERSION = re.compile(r"(\d+)\.(\d+)")
# A word of the name, the version from which it holds, and the entry of the catalog; later lines win.
_GENERATIONS: tuple[tuple[str, tuple[int, int], str], ...] = (
    ("trtllm", (0, 0), "tensorrt-llm-pytorch"),
    ("tensorrt-llm", (0, 0), "tensorrt-llm-early"),
    ("tensorrt-llm", (0, 11), "tensorrt-llm"),
    ("tensorrt-llm", (1, 0), "tensorrt-llm-pytorch"),
    ("tensorrt 10", (10, 0), "tensorrt-llm"),
    ("tensorrt 10", (10, 8), "tensorrt-llm-pytorch"),
    ("vllm", (0, 0), "vllm"),
    ("vllm 0.", (0, 0), "vllm-early"),
    ("vllm 0.", (0, 10), "vllm"),
    ("sglang", (0, 0), "sglang"),
    ("fastertransformer", (0, 0), "fastertransformer"),
    ("gpt-fast", (0, 0), "single-stream"),
    ("llama.cpp", (0, 0), "single-stream"),
    ("exllama", (0, 0), "single-stream"),
    ("mlc", (0, 0), "single-stream"),
)


def engine_of(framework: str) -> str:
    """The engine of the catalog that a framework's name and version mean, by default `default`.

    >>> engine_of("TensorRT-LLM 0.7.1(doc 0.8.0)"), engine_of("TensorRT-LLM 0.17"), engine_of("trtllm")
    ('tensorrt-llm-early', 'tensorrt-llm', 'tensorrt-llm-pytorch')
    >>> engine_of("vLLM 0.8.5 ROCm"), engine_of("vllm 0.19.0"), engine_of("vLLM (ML.ENERGY v3)"), engine_of("")
    ('vllm-early', 'vllm', 'vllm', 'default')
    """
    low = framework.lower()
    found = _VERSION.search(low)
    version = (int(found[1]), int(found[2])) if found else (0, 0)
    engine = "default"
    for word, since, name in _GENERATIONS:
        if word in low and version >= since:
            engine = name
    return engine
