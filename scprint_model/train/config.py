"""What a training run is asked to do: sections of settings, each a frozen value, read from plain values."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

from scprint_model.config import ModelConfig
from scprint_model.errors import ConfigError
from scprint_model.objective_settings import Objective
from scprint_model.train.typed import check_keys, coerce, read

__all__ = ["DataSettings", "LoopSettings", "TrainConfig"]

# what the corpus decides
_FROM_CORPUS = frozenset({"genes", "classes", "datasets"})


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """Which cells and genes a step sees.

    Attributes
    ----------
    how, context
        Which genes of a cell are in its context, and how many.
    shortest, shorter_share, extra_zeros
        Of :class:`~scprint_model.corpus.collate.Collator`: V2's shorter contexts now and then, and genes
        with count 0 beyond the context.
    outliers
        Whether cells that quality control flagged are used.
    batch
        Cells of one forward pass of one process. A step sees batch x accumulate x processes.
    scale
        s of the weighted sampling: a group of n cells is drawn with weight s n / (n + s). 0: every cell
        alike.
    balance
        Classes whose combination makes a group. Empty: all classes of the corpus.
    test, test_datasets
        Share of the cells held out as whole data sets, or the held-out data sets by name.
    validation, validate_by, validation_cells
        Share of the other cells held out, at random or as whole data sets; how many of them a validation
        looks at.
    gene_table
        Protein embeddings: a file of `scprint corpus tokens`, matched by name, or a NumPy file with one row
        per gene of the vocabulary. None: genes are learned.
    workers
        Threads that read ahead. null: 4 beside a GPU, 0 on a CPU, which then reads between the steps.
    """

    how: Literal["random expressed", "most expressed", "all"] = "random expressed"
    context: int = 2200
    shortest: int | None = None
    shorter_share: float = 0.2
    extra_zeros: int = 0
    outliers: bool = True
    batch: int = 64
    scale: float = 50.0
    balance: tuple[str, ...] = ()
    test: float = 0.02
    test_datasets: tuple[str, ...] = ()
    validation: float = 0.02
    validate_by: Literal["cell", "data set"] = "cell"
    validation_cells: int = 2048
    gene_table: str | None = None
    workers: int | None = None

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        _at_least(self, "data", 1, "context", "batch", "validation_cells")
        _at_least(self, "data", 0, "scale", "test", "validation", "workers")
        for name in ("test", "validation"):
            if getattr(self, name) >= 1:
                raise ConfigError(f"data.{name} is {getattr(self, name)}; it is a share, so below 1.")


@dataclass(frozen=True, kw_only=True)
class LoopSettings:
    """How a model is trained.

    Attributes
    ----------
    steps, minutes
        Updates of the weights; time after which the run stops at a full step, to be continued later.
    accumulate
        Batches whose gradients one update averages.
    lr, betas, eps, weight_decay
        Of AdamW; the decay is on every weight, as in the paper.
    warmup
        Steps over which the rate rises linearly; the first step has 1 / warmup of it.
    schedule
        After the warm-up: ``plateau`` multiplies by ``plateau_factor`` whenever more than
        ``plateau_patience`` validations in a row brought nothing better, ``cosine`` falls to ``lr_end``
        at the last step.
    clip
        Largest norm of the gradient. null: none.
    precision
        ``auto`` is bf16 where the GPU has it, fp16 on an older one, fp32 on a CPU.
    matmul
        Inner precision of fp32 products on a GPU.
    strategy
        With several processes (torchrun): ``ddp`` copies the model, ``fsdp`` shards it.
    device, threads
        ``auto`` takes a GPU where there is one; threads of a CPU, null for all usable cores.
    validate_every, early_stop
        Steps between validations; validations in a row without a better loss that end the run (null:
        never).
    log_every, save_every
        Steps between rows of the log, and between states on disk.
    """

    steps: int = 133_000
    minutes: float | None = None
    accumulate: int = 1
    lr: float = 1e-4
    betas: tuple[float, float] = (0.9, 0.999)
    eps: float = 1e-8
    weight_decay: float = 0.01
    warmup: int = 500
    schedule: Literal["constant", "plateau", "cosine"] = "plateau"
    plateau_factor: float = 0.6
    plateau_patience: int = 1
    lr_end: float = 0.0
    clip: float | None = 100.0
    precision: Literal["auto", "fp32", "bf16", "fp16"] = "auto"
    matmul: Literal["highest", "high", "medium"] = "high"
    strategy: Literal["ddp", "fsdp"] = "ddp"
    device: Literal["auto", "cpu", "cuda"] = "auto"
    threads: int | None = None
    compile: bool = False
    validate_every: int = 7000
    early_stop: int | None = 3
    log_every: int = 10
    save_every: int = 500
    tensorboard: bool = False

    def __post_init__(self) -> None:
        """Refuse what cannot be."""
        _at_least(self, "train", 1, "steps", "accumulate", "validate_every", "log_every", "save_every")
        _at_least(self, "train", 1, "threads", "early_stop")
        _at_least(self, "train", 0, "warmup", "plateau_patience", "lr_end", "weight_decay", "minutes")
        for name in ("lr", "eps", "clip"):
            value = getattr(self, name)
            if value is not None and value <= 0:
                raise ConfigError(f"train.{name} is {value}; it must be above 0.")
        if not 0 < self.plateau_factor < 1:
            raise ConfigError(f"train.plateau_factor is {self.plateau_factor}; it must be between 0 and 1.")
        if not all(0 <= beta < 1 for beta in self.betas):
            raise ConfigError(f"train.betas is {list(self.betas)}; each must be from 0 to below 1.")
        if self.lr_end > self.lr:
            raise ConfigError(f"train.lr_end {self.lr_end} is above train.lr {self.lr}.")


@dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """One training run.

    Attributes
    ----------
    corpus
        Folder of the corpus.
    seed
        The only source of randomness.
    model
        Settings of :class:`~scprint_model.config.ModelConfig`, but those that the corpus decides.
        ``freeze_genes`` left out means: frozen where a gene table is given, learned where none is.
    objective
        Settings of :class:`~scprint_model.objective_settings.Objective`.
    data, train
        The rest.
    """

    corpus: str
    seed: int = 42
    model: Mapping[str, Any] = field(default_factory=dict)
    objective: Mapping[str, Any] = field(default_factory=dict)
    data: DataSettings = field(default_factory=DataSettings)
    train: LoopSettings = field(default_factory=LoopSettings)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read a run from plain values.

        Raises
        ------
        ConfigError
            If a key is unknown or a value has the wrong type: one line that names it.
        """
        check_keys(values, ["corpus", "seed", "model", "objective", "data", "train"], where="")
        if not values.get("corpus"):
            raise ConfigError("No corpus is given: add corpus=FOLDER (`scprint corpus build` makes one).")
        plain = {key: values[key] for key in ("corpus", "seed") if key in values}
        return cls(
            **coerce(cls, plain, where=""),
            model=coerce(ModelConfig, values.get("model"), where="model", without=_FROM_CORPUS),
            objective=_objective(values.get("objective")),
            data=read(DataSettings, values.get("data"), where="data"),
            train=read(LoopSettings, values.get("train"), where="train"),
        )

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return {**asdict(self), "model": dict(self.model), "objective": dict(self.objective)}

    def model_config(self, *, genes: int, classes: tuple[tuple[str, int], ...], datasets: int) -> ModelConfig:
        """Return the model's configuration on a corpus.

        ``datasets`` counts only where the objective asks for the data-set discriminator.

        Raises
        ------
        ConfigError
            If the model cannot be built, or genes are to be frozen and no table of them is given.
        """
        given = self.data.gene_table is not None
        freeze = self.model.get("freeze_genes", given)
        if freeze and not given:
            raise ConfigError(
                "model.freeze_genes is true, but no data.gene_table is given: random genes would stay "
                "random. Give a table, or leave the setting out."
            )
        told = bool(self.objective.get("adversarial_dataset", 0))
        values = {**self.model, "genes": genes, "classes": classes, "datasets": datasets if told else 0}
        return ModelConfig(**{**values, "freeze_genes": freeze})


def _objective(values: Any) -> dict[str, Any]:
    """Return the objective's settings, checked by building it once."""
    settings = coerce(Objective, values, where="objective")
    Objective(**settings)
    return settings


def _at_least(settings: object, where: str, least: float, *names: str) -> None:
    for name in names:
        value = getattr(settings, name)
        if value is not None and value < least:
            raise ConfigError(f"{where}.{name} is {value}; it must be at least {least}.")
