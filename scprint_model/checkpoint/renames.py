"""The names of tensors in the authors' files, and ours: a pure table, nothing is loaded here."""

import re
from collections.abc import Callable, Iterable

from scprint_model.config import ModelConfig

__all__ = ["OFFICIAL_TENSORS", "expected_tensors", "is_encoder", "our_name", "skipped_name"]

_NUMBERED = {"0": "input", "1": "norm", "4": "output"}
_EXPRESSION = {"0": "hidden1", "1": "norm1", "4": "hidden2", "5": "norm2"}
_DISCRIMINATOR = {"0": "hidden1", "1": "norm1", "3": "hidden2", "4": "norm2"}
_ADAPTER = {"1": "input", "3": "output"}
_CLASS = {"0": "hidden", "1": "norm"}
_BLOCK = {
    "norm1": "norm1",
    "norm2": "norm2",
    "norm3": "norm3",
    "mixer.Wqkv": "attention.qkv",
    "mixer.out_proj": "attention.output",
    "mixer.Wq": "cross.query",
    "mixer.Wkv": "cross.key_value",
    "cross_attn.Wq": "cross.query",
    "cross_attn.Wkv": "cross.key_value",
    "cross_attn.out_proj": "cross.output",
    "mlp.fc1": "mlp.up",
    "mlp.fc2": "mlp.down",
}
_TABLE = r"gene_encoder\.(?:0\.)?embeddings?\.weight"
# known, and without a use here: weights of switches that the models of the hub leave off
_SKIPPED = (
    "attn.",
    "mvc_decoder.",
    "splicing_head.",
    "adv_assay_decoder.",
    "adv_organism_decoder.",
    "tf_masker.",
)
# what a model cannot do without: the way from genes and counts to tokens, and the transformer
_ENCODER = (
    "gene_tokens.",
    "position_tokens.",
    "expression_tokens.",
    "depth_token.",
    "cell_tokens.",
    "metacell_token.",
    "transformer.",
    "cell_transformer.",
)
# names of V1 that hold in every size: 78 + 12 x layers tensors (126 small, 174 medium, 270 large)
OFFICIAL_TENSORS = 78
_OF_A_LAYER = 12


def expected_tensors(config: ModelConfig) -> int:
    """Return how many tensors a V1 file of these layers and classes holds, discriminator and MVC included."""
    return OFFICIAL_TENSORS + _OF_A_LAYER * config.layers + 6 * (len(config.classes) - 6)


def our_name(official: str, crossing: Iterable[str] = ()) -> str | None:
    """Return our name of an official tensor; None where the model has no place for it.

    Parameters
    ----------
    official
        Its key in ``state_dict``.
    crossing
        Prefixes of blocks (such as ``transformer.blocks.0``) whose ``mixer`` attends across: the layout in
        which such blocks alternate.
    """
    if re.fullmatch(_TABLE, official):
        return "gene_tokens.table.weight"
    if official == "pos_encoder.pe":
        return "position_tokens.table"
    for pattern, make in _PATTERNS:
        match = pattern.fullmatch(official)
        if match:
            return make(match)
    return _of_transformer(official, tuple(crossing))


def skipped_name(official: str) -> bool:
    """Whether a tensor is known and has no use here."""
    return official.startswith(_SKIPPED)


def is_encoder(ours: str) -> bool:
    """Whether a model means nothing without this tensor of ours."""
    return ours.startswith(_ENCODER)


def _adapter(match: re.Match[str]) -> str:
    return f"gene_tokens.adapter.{_ADAPTER[match[1]]}.{match[2]}"


def _scalar(match: re.Match[str]) -> str:
    part = "expression_tokens" if match[1] == "expr" else "depth_token"
    return f"{part}.{_NUMBERED[match[2]]}.{match[3]}"


def _token(match: re.Match[str]) -> str:
    return "cell_tokens.weight" if match[1] == "class" else "metacell_token.weight"


def _decoder(match: re.Match[str]) -> str:
    return f"expression_head.{_EXPRESSION.get(match[1], 'output')}.{match[2]}"


def _classifier(match: re.Match[str]) -> str:
    return f"class_heads.{match[1]}.{_CLASS.get(match[2], 'output')}.{match[3]}"


def _discriminator(match: re.Match[str]) -> str:
    return f"discriminator.{_DISCRIMINATOR.get(match[1], 'output')}.{match[2]}"


def _mvc(match: re.Match[str]) -> str:
    """Return the name of a tensor of the MVC head of the style "inner product"; others are left out."""
    names = {"gene2query": "query", "norm": "norm", "pred_var_zero": "output"}
    return f"mvc_head.{names[match[1]]}.{match[2]}"


_PATTERNS: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = tuple(
    (re.compile(pattern), make)
    for pattern, make in (
        (r"gene_encoder\.([13])\.(weight|bias)", _adapter),
        (r"(expr|depth)_encoder\.encoder\.([014])\.(weight|bias)", _scalar),
        (r"(class|metacell)_encoder\.embedding\.weight", _token),
        (r"expr_decoder\.(?:fc\.([0145])|pred_var_zero)\.(weight|bias)", _decoder),
        (r"cls_decoders\.([^.]+)\.(?:decoder\.([01])|out_layer)\.(weight|bias)", _classifier),
        (r"grad_reverse_discriminator_loss\.(?:decoder\.([0134])|out_layer)\.(weight|bias)", _discriminator),
        (r"mvc_decoder\.(gene2query|norm|pred_var_zero)\.(weight|bias)", _mvc),
    )
)


def _of_transformer(official: str, crossing: tuple[str, ...]) -> str | None:
    """Return the name of a tensor of the main or the cells' own transformer."""
    match = re.fullmatch(r"((?:cell_)?transformer)\.(?:norm|blocks\.(\d+)\.(.+))\.(weight|bias)", official)
    if not match:
        return None
    part, block, inside, kind = match.groups()
    if block is None:
        return f"{part}.norm.{kind}"
    if inside not in _BLOCK:
        return None
    name = _BLOCK[inside]
    if inside == "mixer.out_proj" and f"{part}.blocks.{block}" in crossing:
        name = "cross.output"
    return f"{part}.blocks.{block}.{name}.{kind}"
