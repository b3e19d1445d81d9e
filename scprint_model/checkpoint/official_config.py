"""What an official file's tensors and settings say about the model: tensors first, settings second."""

import re
from collections.abc import Mapping
from typing import Any

from torch import Tensor

from scprint_model.config import DepthPlace, ExpressionKind, ModelConfig
from scprint_model.errors import CheckpointError, ConfigError

__all__ = ["check_settings", "config_of", "crossing_blocks"]

Tensors = Mapping[str, Tensor]
_TABLES = ("gene_encoder.embedding.weight", "gene_encoder.embeddings.weight")
_ADAPTED = ("gene_encoder.0.embedding.weight", "gene_encoder.0.embeddings.weight")
_HEAD_WIDTH = 64  # of every published size, for files that do not tell the number of heads

# settings that are read, and what they are; unknown ones are ignored
_KINDS: Mapping[str, tuple[type, ...]] = {
    "genes": (Mapping, list, tuple),
    "organisms": (list, tuple),
    "gene_pos_enc": (list, tuple, Tensor),
    "classes": (Mapping, list, tuple),
    "label_counts": (Mapping,),
    "label_decoders": (Mapping,),
    "labels_hierarchy": (Mapping,),
}


def check_settings(settings: Mapping[str, Any], path: str) -> None:
    """Refuse settings of another kind than those of such a model; one that is missing or None is none."""
    for name, kinds in _KINDS.items():
        value = settings.get(name)
        if value is not None and not isinstance(value, kinds):
            wanted = " or ".join(kind.__name__.lower() for kind in kinds)
            raise CheckpointError(
                f"{path}: its setting {name} is {type(value).__name__}; expected {wanted}: another model's?"
            )


def config_of(tensors: Tensors, settings: Mapping[str, Any], path: str) -> ModelConfig:
    """Return the configuration that fits an official file.

    Parameters
    ----------
    tensors
        ``state_dict``.
    settings
        ``hyper_parameters``; unknown ones are ignored, and a path in them is never opened.
    path
        The file, for messages.

    Raises
    ------
    CheckpointError
        If this is not the file of such a model, or its parts contradict each other.
    """
    width = int(_table(tensors, path).shape[1])
    classes = _classes(tensors, settings, path)
    _check_class_tokens(tensors, classes, width, path)
    blocks = _blocks(tensors, "transformer.", "mixer.Wqkv.weight")
    if not blocks:
        raise CheckpointError(f"{path} has no transformer blocks: it is no scPRINT checkpoint.")
    heads = _whole(settings.get("nhead"), width // _HEAD_WIDTH or 1)
    try:
        return ModelConfig(
            genes=int(_table(tensors, path).shape[0]),
            classes=classes,
            d_model=width,
            layers=len(blocks),
            heads=heads,
            kv_heads=_key_heads(tensors[blocks[0]], width, heads, path),
            class_hidden=_class_hidden(tensors, width),
            dropout=float(settings.get("dropout") or 0.0),
            normalization=settings.get("normalization") or "sum",
            expression=_expression(tensors, path),
            mvc="inner product" if _has_inner_product(tensors, width) else "none",
            positions="pos_encoder.pe" in tensors,
            freeze_genes=bool(settings.get("freeze_embeddings", True)),
            gene_adapter="gene_encoder.1.weight" in tensors,
            depth=_depth(tensors, width, path),
            metacell_token="metacell_encoder.embedding.weight" in tensors,
            cell_blocks=len(_blocks(tensors, "cell_transformer.", "mixer.Wqkv.weight")),
            cell_layout="alternating" if crossing_blocks(tensors) else "joined",
            datasets=_datasets(tensors),
        )
    except CheckpointError:
        raise
    except (ConfigError, TypeError, ValueError) as error:
        raise CheckpointError(f"{path} describes a model that cannot be built: {error}") from error


def crossing_blocks(tensors: Tensors) -> tuple[str, ...]:
    """Return the blocks whose ``mixer`` attends across: those of the alternating layout of older V2 files."""
    found = [re.fullmatch(r"((?:cell_)?transformer\.blocks\.\d+)\.mixer\.Wq\.weight", one) for one in tensors]
    return tuple(match[1] for match in found if match)


def _table(tensors: Tensors, path: str) -> Tensor:
    for name in (*_TABLES, *_ADAPTED):
        if name in tensors:
            if tensors[name].ndim != 2:
                raise CheckpointError(
                    f"{path}: {name} has shape {tuple(tensors[name].shape)}; expected two axes."
                )
            return tensors[name]
    shown = ", ".join(sorted(tensors)[:3]) or "nothing"
    raise CheckpointError(
        f"{path} is no scPRINT checkpoint: it has no gene table (gene_encoder.embedding.weight); it holds "
        f"{len(tensors)} tensors, such as {shown}."
    )


def _expression(tensors: Tensors, path: str) -> ExpressionKind:
    """Say what the decoder predicts: three channels, or the mean alone."""
    return "mse" if _need(tensors, "expr_decoder.pred_var_zero.weight", path).shape[0] == 1 else "zinb"


def _depth(tensors: Tensors, width: int, path: str) -> DepthPlace:
    """Say where the depth enters: as a token, in the decoder whose first layer is one wider then, or both."""
    in_decoder = _need(tensors, "expr_decoder.fc.0.weight", path).shape[1] == width + 1
    token = any(name.startswith("depth_encoder.") for name in tensors)
    return "both" if in_decoder and token else "decoder" if in_decoder else "token"


def _need(tensors: Tensors, name: str, path: str) -> Tensor:
    if name not in tensors or tensors[name].ndim != 2:
        raise CheckpointError(
            f"{path} lacks the matrix {name}: it is no scPRINT checkpoint, or a part of one."
        )
    return tensors[name]


def _classes(tensors: Tensors, settings: Mapping[str, Any], path: str) -> tuple[tuple[str, int], ...]:
    """Return classes and leaves: order from the settings, sizes from the tensors where there are any."""
    named = settings.get("classes") or {}
    counts = settings.get("label_counts") or (named if isinstance(named, Mapping) else {})
    found: dict[str, int] = {}
    for name, tensor in tensors.items():
        match = re.fullmatch(r"cls_decoders\.([^.]+)\.out_layer\.bias", name)
        if match:
            found[match[1]] = tensor.numel()
    order = [str(name) for name in (named or counts or found)]
    sizes = {name: found.get(name, _whole(counts.get(name), 0)) for name in order}
    unsized = [name for name in order if not sizes[name]]
    strangers = sorted(set(found) - set(order))
    if unsized or strangers:
        odd = (unsized or strangers)[0]
        raise CheckpointError(f"{path}: the class {odd} is in its tensors or its settings, not in both.")
    return tuple(sizes.items())


def _check_class_tokens(
    tensors: Tensors, classes: tuple[tuple[str, int], ...], width: int, path: str
) -> None:
    tokens = _need(tensors, "class_encoder.embedding.weight", path)
    if tokens.shape[1] != width:
        raise CheckpointError(
            f"{path} has cell tokens {tokens.shape[1]} wide beside genes {width} wide; this layout of later "
            "versions is not supported."
        )
    if tokens.shape[0] != len(classes) + 1:
        raise CheckpointError(
            f"{path} has {tokens.shape[0]} learned cell tokens, but names {len(classes)} classes; expected "
            "one more token than classes."
        )


def _blocks(tensors: Tensors, prefix: str, inside: str) -> list[str]:
    """Return the names of one matrix per block that attends within."""
    return [name for name in tensors if name.startswith(f"{prefix}blocks.") and name.endswith(f".{inside}")]


def _key_heads(fused: Tensor, width: int, heads: int, path: str) -> int | None:
    """Return the heads of keys and values: the fused matrix has a row per query, key and value feature."""
    if fused.ndim != 2:
        raise CheckpointError(f"{path}: Wqkv has shape {tuple(fused.shape)}; expected two axes.")
    if width % heads:
        raise CheckpointError(f"{path} says {heads} heads, which do not divide its width {width}.")
    head_width = width // heads
    shared, rest = divmod(int(fused.shape[0]) - width, 2 * head_width)
    if rest or shared < 1:
        raise CheckpointError(
            f"{path}: Wqkv has {fused.shape[0]} rows, which {heads} heads of {head_width} cannot make up."
        )
    return None if shared == heads else shared


def _class_hidden(tensors: Tensors, width: int) -> int:
    for name, tensor in tensors.items():
        if re.fullmatch(r"cls_decoders\.[^.]+\.decoder\.0\.weight", name):
            return int(tensor.shape[0])
    return width


def _has_inner_product(tensors: Tensors, width: int) -> bool:
    query = tensors.get("mvc_decoder.gene2query.weight")
    last = tensors.get("mvc_decoder.pred_var_zero.weight")
    return (
        query is not None
        and last is not None
        and tuple(query.shape) == (width, width)
        and last.ndim == 2
        and int(last.shape[1]) == width
        and last.shape[0] in (width, 3 * width)
    )


def _datasets(tensors: Tensors) -> int:
    bias = tensors.get("grad_reverse_discriminator_loss.out_layer.bias")
    return 0 if bias is None else bias.numel()


def _whole(value: Any, otherwise: int) -> int:
    return value if isinstance(value, int) and value > 0 else otherwise
