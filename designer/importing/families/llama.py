"""Llama and the models of its layout: RMSNorm, a gated block of three matrices, rotary positions."""

from designer.importing.family import Family

FAMILIES = (
    Family(types=("llama", "internlm", "internlm2", "internlm3", "yi", "tinyllama"), name="llama"),
    Family(types=("mistral", "ministral", "ministral3", "mistral3"), name="mistral", windows="all"),
    Family(types=("phi3",), name="phi3", windows="all"),
    Family(types=("granite", "olmo2", "olmo3", "seed_oss", "hunyuan_v1_dense", "exaone4")),
    Family(types=("ernie4_5", "smollm3"), tied=True),
    Family(types=("glm", "glm4"), biased="qkv"),
    Family(types=("mimo",), biased="qkv"),
    Family(types=("hy_v3",), dense_first=1, shared=1),
    Family(types=("muse_glimmer_text",), name="muse_glimmer", gate="channel"),
)
