"""Which passes a training step makes, and what each loss weighs: a frozen value that fits into JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from math import inf
from typing import Any, Literal, Self, get_args

from scprint_model.config import ModelConfig, NoiseLaw
from scprint_model.errors import ConfigError

_FLAGS = ("full", "generate", "classify", "noise_per_cell", "mask_thinned")
_WEIGHTS = (
    "class_scale",
    "dissimilarity",
    "ecs",
    "ecs_threshold",
    "cce",
    "cce_temperature",
    "adversarial_class",
    "adversarial_dataset",
    "mvc",
    "inflated_mse",
)


@dataclass(frozen=True, kw_only=True)
class Objective:
    """Passes and weights of a training step. The defaults are V1's, the paper's, but for ``class_kind``.

    Attributes
    ----------
    denoise
        Noise rates; one pass for each, whose target is the profile before the noise.
    mask
        Shares of genes to hide; one pass for each, before those of ``denoise``.
    full
        Also a pass over the profile as it is, first, without a loss on expression.
    generate
        Predict expression from the cell tokens of the full pass, else of the last one.
    classify
        Whether classes are learned, in the first pass.
    class_scale, class_kind
        Weight of every class, and which loss: ``label``; ``published``, the same but that its mean depends
        on whether any cell of the batch has a group, so that processes that share a batch differ from one
        that has it whole; ``ancestors``, where all groups above a label are learned too (scPRINT-2).
    dissimilarity, dissimilarity_kind
        Weight, in every pass, of what keeps cell tokens apart; ``cosine`` is V1's, the other V2's.
    ecs, ecs_threshold
        Weight and threshold of elastic cell similarity, in every pass.
    cce, cce_temperature, cce_divisor
        Weight, temperature and divisor of the contrast between passes; it needs two of them.
    adversarial_class, adversarial_dataset, mvc
        Weights of the losses behind a gradient reversal and of the MVC head, in the first pass.
    inflated_mse
        Weight of the squared error in ``zinb+mse`` models.
    noise_law, noise_per_cell
        See :func:`~scprint_model.noise.thin`; and whether each cell draws its rate, from 0 to that given.
    mask_thinned
        V2: the profile of masked passes, input and target, is thinned by up to a half.
    """

    denoise: tuple[float, ...] = (0.6,)
    mask: tuple[float, ...] = ()
    full: bool = False
    generate: bool = True
    classify: bool = True
    class_scale: float = 1.5
    class_kind: Literal["label", "published", "ancestors"] = "label"
    dissimilarity: float = 0.2
    dissimilarity_kind: Literal["cosine", "cosine+distance"] = "cosine"
    ecs: float = 0.0
    ecs_threshold: float = 0.3
    cce: float = 0.0
    cce_temperature: float = 0.5
    cce_divisor: Literal["passes", "pairs"] = "passes"
    adversarial_class: float = 0.0
    adversarial_dataset: float = 0.0
    mvc: float = 0.0
    inflated_mse: float = 0.1
    noise_law: NoiseLaw = "scprint"
    noise_per_cell: bool = False
    mask_thinned: bool = False

    def __post_init__(self) -> None:
        """Refuse weights and rates that mean nothing."""
        for name in ("denoise", "mask"):
            rates = _rates(name, getattr(self, name))
            if not all(0 < rate <= 1 for rate in rates) or len(set(rates)) < len(rates):
                raise ConfigError(f"{name} is {rates}; it lists different rates above 0 and up to 1.")
            object.__setattr__(self, name, rates)
        if 1.0 in self.mask:
            raise ConfigError("mask hides every gene of a cell; it must be below 1.")
        if not (self.denoise or self.mask or self.full):
            raise ConfigError("The objective has no pass: give denoise rates, mask ratios or full=true.")
        self._check_types()
        choices = {
            "noise_law": get_args(NoiseLaw),
            "class_kind": ("label", "published", "ancestors"),
            "dissimilarity_kind": ("cosine", "cosine+distance"),
        }
        for name, allowed in {**choices, "cce_divisor": ("passes", "pairs")}.items():
            if getattr(self, name) not in allowed:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; it can be {', '.join(allowed)}.")

    def _check_types(self) -> None:
        for name in _WEIGHTS:
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not 0 <= value < inf:
                raise ConfigError(f"{name} is {value!r}; it must be a number of at least 0.")
        if self.cce_temperature == 0:
            raise ConfigError("cce_temperature is 0; it must be above 0.")
        for name in _FLAGS:
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"{name} is {getattr(self, name)!r}; it must be true or false.")

    def check(self, config: ModelConfig) -> None:
        """Refuse a loss on what the model or the passes do not have."""
        if self.mvc and config.mvc == "none":
            raise ConfigError("The objective weighs mvc, but the model has no such head: set model.mvc.")
        if self.adversarial_dataset and not config.datasets:
            raise ConfigError("adversarial_dataset needs model.datasets, the number of data sets.")
        if self.adversarial_class and len(config.classes) < 2:
            raise ConfigError("adversarial_class needs a model with at least two classes.")
        # where cell tokens have a transformer of their own, generation gives no embedding to compare
        embeddings = (
            self.full + len(self.mask) + len(self.denoise) + (self.generate and not config.cell_blocks)
        )
        if self.cce and embeddings < 2:
            raise ConfigError("cce compares passes, and the objective makes one: add one, such as full=true.")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return {**asdict(self), "denoise": list(self.denoise), "mask": list(self.mask)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote; an unknown key is an error."""
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise ConfigError(f"The objective has no setting {', '.join(unknown)}.")
        return cls(**values)


def _rates(name: str, values: Any) -> tuple[float, ...]:
    try:
        return tuple(float(rate) for rate in values)
    except (TypeError, ValueError):
        raise ConfigError(f"{name} is {values!r}; it must be a list of numbers.") from None


def idle_parts(config: ModelConfig, objective: Objective) -> tuple[str, ...]:
    """Name the parts of a model that get no gradient from an objective (distributed training asks)."""
    expression = bool(objective.denoise or objective.mask or objective.generate)
    adversary = objective.adversarial_class or objective.adversarial_dataset
    cells = objective.generate or objective.classify or adversary or objective.mvc
    cells = cells or objective.dissimilarity or objective.ecs or objective.cce
    idle = {
        "expression_head": not expression,
        "mvc_head": config.mvc != "none" and not objective.mvc,
        "discriminator": bool(config.datasets) and not objective.adversarial_dataset,
        "class_heads": not objective.classify and not objective.adversarial_class,
        # with a transformer of their own, cell tokens reach no loss but their own and generation's
        "cell_transformer": config.cell_blocks > 0 and not cells,
        "cell_tokens": config.cell_blocks > 0 and not cells,
        "depth_token": config.cell_blocks > 0 and config.depth_token and not cells,
        "metacell_token": config.cell_blocks > 0 and config.metacell_token and not cells,
    }
    parts = [name for name, yes in idle.items() if yes]
    if config.cell_blocks and not objective.generate:
        # only generation looks from genes at cells
        joined = config.cell_layout == "joined"
        for block in range(config.layers):
            place = "transformer.blocks"
            parts += (
                [f"{place}.{block}.cross", f"{place}.{block}.norm3"] if joined else [f"{place}.{2 * block}"]
            )
    return tuple(parts)
