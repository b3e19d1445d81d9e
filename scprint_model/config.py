"""What a model is made of: a frozen value that says every size and switch, and fits into JSON."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self, get_args

from scprint_model.errors import ConfigError

Normalization = Literal["sum", "log"]
ExpressionKind = Literal["zinb", "mse", "zinb+mse"]
MvcStyle = Literal["none", "inner product", "concat query", "sum query"]
DepthPlace = Literal["token", "decoder", "both"]
CellLayout = Literal["joined", "alternating"]
ScalarStart = Literal["published", "spread"]
NoiseLaw = Literal["scprint", "depth", "split", "binomial"]
AttentionBackend = Literal["auto", "sdpa", "flash", "math"]

_CHOICES: Mapping[str, tuple[str, ...]] = {
    "normalization": get_args(Normalization),
    "expression": get_args(ExpressionKind),
    "mvc": get_args(MvcStyle),
    "depth": get_args(DepthPlace),
    "cell_layout": get_args(CellLayout),
    "scalar_start": get_args(ScalarStart),
    "attention": get_args(AttentionBackend),
}
_FLAGS = ("positions", "freeze_genes", "gene_adapter", "metacell_token", "checkpoint_gradients")


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """Sizes and switches of one model. The defaults are those of the paper (V1), at size small.

    Attributes
    ----------
    genes
        Rows of the gene table.
    classes
        Name and number of leaf labels of every class, in token order.
    d_model, layers, heads
        Width, number of blocks, and attention heads of the transformer.
    kv_heads
        Heads of keys and values, shared by groups of query heads. None: as many as ``heads``.
    class_hidden
        Width of the classifiers' hidden layer. None: ``d_model``.
    dropout, drop_path
        Dropout of branches and tokens; stochastic depth of the last block (it rises linearly from 0).
    normalization
        Of the expression input: counts divided by their sum in the context, or log2(1 + count).
    expression
        What the decoder predicts and how it is trained: three channels, or the mean alone (``mse``).
    mvc
        The head that predicts expression from the cell embedding and the genes alone.
    positions
        Whether gene tokens carry the genes' places on the genome.
    freeze_genes
        Whether the gene table gets no gradient (it holds protein embeddings). False for learned tokens.
    gene_adapter
        V2: a small network after the gene table.
    depth
        Where the total count enters: a cell token, the decoder's input, or both.
    metacell_token
        V2: a token that says whether the cell is the sum of several.
    cell_blocks, cell_layout
        V2: blocks of a transformer of their own for the cell tokens; 0 for none. ``alternating`` keeps
        attention across and attention within in blocks of their own, as older V2 checkpoints do.
    datasets
        Outputs of the data-set discriminator; 0 for none.
    scalar_start
        First weights of what encodes counts and depth, for training anew. As published, the norm behind
        them hides how large a number is until biases have grown; ``spread`` shows it from the first step.
    attention
        The back end; ``auto`` is ``sdpa``.
    checkpoint_gradients
        Compute each block again in the backward pass instead of keeping its activations.

    Raises
    ------
    ConfigError
        If a value is out of its range, or values contradict each other.
    """

    genes: int
    classes: tuple[tuple[str, int], ...]
    d_model: int = 128
    layers: int = 4
    heads: int = 2
    kv_heads: int | None = None
    class_hidden: int | None = None
    dropout: float = 0.1
    drop_path: float = 0.0
    normalization: Normalization = "sum"
    expression: ExpressionKind = "zinb"
    mvc: MvcStyle = "none"
    positions: bool = True
    freeze_genes: bool = True
    gene_adapter: bool = False
    depth: DepthPlace = "token"
    metacell_token: bool = False
    cell_blocks: int = 0
    cell_layout: CellLayout = "joined"
    datasets: int = 0
    scalar_start: ScalarStart = "published"
    attention: AttentionBackend = "auto"
    checkpoint_gradients: bool = False

    def __post_init__(self) -> None:
        """Refuse what no model can be built from."""
        object.__setattr__(self, "classes", tuple((str(name), count) for name, count in self.classes))
        self._check_numbers()
        self._check_classes()
        for name, allowed in _CHOICES.items():
            if getattr(self, name) not in allowed:
                raise ConfigError(f"{name} is {getattr(self, name)!r}; it can be {', '.join(allowed)}.")
        for name in _FLAGS:
            if not isinstance(getattr(self, name), bool):
                raise ConfigError(f"{name} is {getattr(self, name)!r}; it must be true or false.")
        if self.d_model % self.heads:
            raise ConfigError(f"d_model {self.d_model} is not a multiple of heads {self.heads}.")
        if self.heads % self.key_heads:
            raise ConfigError(f"heads {self.heads} is not a multiple of kv_heads {self.kv_heads}.")
        if self.positions and self.d_model % 2:
            raise ConfigError(f"d_model {self.d_model} is odd; positions need pairs of features.")

    def _check_numbers(self) -> None:
        optional = [name for name in ("kv_heads", "class_hidden") if getattr(self, name) is not None]
        lowest = dict.fromkeys(("genes", "d_model", "layers", "heads", *optional), 1)
        for name, low in {**lowest, "cell_blocks": 0, "datasets": 0}.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < low:
                raise ConfigError(f"{name} is {value!r}; it must be a whole number of at least {low}.")
        for name in ("dropout", "drop_path"):
            value = getattr(self, name)
            if not isinstance(value, int | float) or not 0 <= value < 1:
                raise ConfigError(f"{name} is {value!r}; it must be a number from 0 to below 1.")

    def _check_classes(self) -> None:
        names = [name for name, _ in self.classes]
        if len(set(names)) < len(names):
            raise ConfigError(f"classes name one class twice: {', '.join(names)}.")
        for name, count in self.classes:
            if not name or "." in name or not isinstance(count, int) or count < 1:
                raise ConfigError(
                    f"class {name!r} with {count!r} leaves: needs a name without dots and >= 1."
                )

    @property
    def key_heads(self) -> int:
        """Heads of keys and values."""
        return self.heads if self.kv_heads is None else self.kv_heads

    @property
    def head_dim(self) -> int:
        """Width of one head."""
        return self.d_model // self.heads

    @property
    def depth_token(self) -> bool:
        """Whether the total count is a cell token."""
        return self.depth != "decoder"

    @property
    def depth_in_decoder(self) -> bool:
        """Whether the total count enters the decoder."""
        return self.depth != "token"

    @property
    def first_class(self) -> int:
        """Index of the first class token: after base and, where it exists, depth."""
        return 2 if self.depth_token else 1

    @property
    def cell_tokens(self) -> int:
        """Tokens before the genes: base, depth, one per class, metacell."""
        return self.first_class + len(self.classes) + self.metacell_token

    @property
    def tokens_before_genes(self) -> int:
        """Cell tokens in the sequence of the main transformer; none where they have one of their own."""
        return 0 if self.cell_blocks else self.cell_tokens

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return {**asdict(self), "classes": [list(pair) for pair in self.classes]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what :meth:`to_dict` wrote; an unknown key is an error."""
        unknown = sorted(set(values) - {field.name for field in fields(cls)})
        if unknown:
            raise ConfigError(f"The model has no setting {', '.join(unknown)}.")
        missing = sorted({"genes", "classes"} - set(values))
        if missing:
            raise ConfigError(f"The model's configuration lacks {', '.join(missing)}.")
        try:
            classes = tuple((name, count) for name, count in values["classes"])
        except (TypeError, ValueError):
            raise ConfigError(f"classes is {values['classes']!r}; it must list [name, leaves].") from None
        return cls(**{**values, "classes": classes})
