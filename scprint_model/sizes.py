"""The named sizes, and how many numbers a model of a configuration holds (counted without making them)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from scprint_model.config import ModelConfig
from scprint_model.errors import ConfigError

# vlarge follows the published configuration (32 x 20), not the paper's text; medium and large have 4 and 8
# heads, as their checkpoints say: the 2 and 4 of one published file are left over from an ablation
SIZES: Mapping[str, Mapping[str, int]] = {
    "small": {"d_model": 128, "layers": 4, "heads": 2, "class_hidden": 128},
    "medium": {"d_model": 256, "layers": 8, "heads": 4, "class_hidden": 256},
    "large": {"d_model": 512, "layers": 16, "heads": 8, "class_hidden": 512},
    "vlarge": {"d_model": 1280, "layers": 32, "heads": 20, "class_hidden": 512},
}


@dataclass(frozen=True, kw_only=True)
class Counts:
    """Numbers in a model.

    Attributes
    ----------
    backbone
        In the transformer's blocks.
    genes
        In the gene table.
    total
        All parameters, frozen ones too.
    trainable
        Those that get a gradient.
    with_positions
        ``total`` and the buffer of positions.
    tensors
        How many tensors a checkpoint holds.
    """

    backbone: int
    genes: int
    total: int
    trainable: int
    with_positions: int
    tensors: int


def size(name: str, **rest: Any) -> ModelConfig:
    """Return the configuration of a named size.

    Parameters
    ----------
    name
        small, medium, large or vlarge.
    rest
        Other fields of :class:`~scprint_model.config.ModelConfig`; ``genes`` and ``classes`` are needed.
    """
    if name not in SIZES:
        raise ConfigError(f"There is no size {name!r}; there are {', '.join(SIZES)}.")
    return ModelConfig.from_dict({**SIZES[name], **rest})


def count_parameters(config: ModelConfig) -> Counts:
    """Count what a model holds; nothing is allocated, so any size fits."""
    import torch

    from scprint_model.model import ScPrint

    with torch.device("meta"):
        model = ScPrint(config)
    total = sum(parameter.numel() for parameter in model.parameters())
    return Counts(
        backbone=sum(parameter.numel() for parameter in model.transformer.blocks.parameters()),
        genes=model.gene_tokens.table.weight.numel(),
        total=total,
        trainable=sum(parameter.numel() for parameter in model.parameters() if parameter.requires_grad),
        with_positions=total + sum(buffer.numel() for buffer in model.buffers()),
        tensors=len(model.state_dict()),
    )
