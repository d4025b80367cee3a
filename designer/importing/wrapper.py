"""The language model inside a configuration, and what stands beside it and is left out."""

from __future__ import annotations

from designer.importing.config import Config

_TEXT = ("text_config", "llm_config", "language_config")
_TOWERS = ("vision_config", "audio_config", "speech_config", "talker_config", "code2wav_config")
_DEPTH = ("num_hidden_layers", "depth", "vt_num_hidden_layers", "num_layers", "encoder_layers")
_WIDTH = ("hidden_size", "vt_hidden_size", "d_model", "embed_dim")
_FURTHER = (
    "num_nextn_predict_layers", "mtp_num_hidden_layers", "num_mtp_modules", "mtp_transformer_layers",
    "mtp_layers_block_type", "mtp_hybrid_override_pattern",
)  # fmt: skip


def language_model(whole: Config) -> Config:
    """The part that describes the language model: one inside a wrapper, else the whole."""
    thinker = whole.part("thinker_config")
    holder = thinker if thinker is not None else whole
    return holder.part(*_TEXT) or holder


def left_out(whole: Config, text: Config) -> list[str]:
    """What the configuration describes beside the language model, whose parameters are not counted."""
    return [*_towers(whole), *_further_tokens(text)]


def _towers(whole: Config) -> list[str]:
    found = []
    for holder in (whole, whole.part("thinker_config")):
        for key in _TOWERS if holder is not None else ():
            tower = holder.part(key) if holder is not None else None
            if tower is None or not tower.data:
                continue
            depth, width = tower.raw(*_DEPTH)[1], tower.raw(*_WIDTH)[1]
            sizes = (
                f" ({depth} layers x {width})" if isinstance(depth, int) and isinstance(width, int) else ""
            )
            found.append(f"{key.removesuffix('_config')} tower{sizes}")
    return found


def _further_tokens(text: Config) -> list[str]:
    """Layers that predict tokens after the next (MTP)."""
    counts = [text.data.get(key) for key in _FURTHER if isinstance(text.data.get(key), int)]
    text.read.update(_FURTHER)
    layers = max((n for n in counts if isinstance(n, int)), default=0)
    return (
        [f"{layers} layer{'s' * (layers > 1)} that predict{'s' * (layers == 1)} further tokens"]
        if layers
        else []
    )
