"""How genes, counts, places and the cell itself become tokens."""

import torch
from torch import Tensor, nn
from torch.nn import functional

from scprint_model.config import ModelConfig
from scprint_model.errors import ConfigError

MAX_VALUE = 1e5
# where a number is neither small nor large: one read in a thousand, a count of 2, a total of 4096
TYPICAL = {"sum": 1e-3, "log": 1.5, "depth": 12.0}


class GeneTokens(nn.Module):
    """The gene table, frozen where it holds protein embeddings, and the adapter of V2 after it."""

    def __init__(self, config: ModelConfig, table: Tensor | None = None) -> None:
        """Make the table, from (G, k) features pooled to d_model where given, else from N(0, 1)."""
        super().__init__()
        self.table = nn.Embedding(config.genes, config.d_model)
        if table is not None:
            with torch.no_grad():
                self.table.weight.copy_(pool_features(table, config.genes, config.d_model))
        self.table.weight.requires_grad_(not config.freeze_genes)
        self.adapter = _Adapter(config.d_model) if config.gene_adapter else None

    def forward(self, genes: Tensor) -> Tensor:
        """Look up rows (B, S) as tokens (B, S, d)."""
        tokens: Tensor = self.table(genes)
        return tokens if self.adapter is None else self.adapter(tokens)


class _Adapter(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.input = nn.Linear(width, width)
        self.output = nn.Linear(width, width)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.output(functional.relu(self.input(x)))
        return result


def pool_features(table: Tensor, genes: int, width: int) -> Tensor:
    """Average neighbouring features of (G, k) so that ``width`` remain, as the released tables were made."""
    if table.ndim != 2 or table.shape[0] != genes or table.shape[1] < width:
        shape = tuple(table.shape)
        raise ConfigError(
            f"The gene table is {shape}; the model needs {genes} genes x at least {width} features."
        )
    return functional.adaptive_avg_pool1d(table.double()[None], width)[0].float()


class PositionTokens(nn.Module):
    """A fixed sinusoid of each gene's rank along the genome."""

    table: Tensor

    def __init__(self, config: ModelConfig, positions: Tensor | None = None) -> None:
        """Fill the buffer; without positions it is zero, until a checkpoint fills it."""
        super().__init__()
        if positions is None:
            table = torch.zeros(config.genes, config.d_model)
        elif positions.shape != (config.genes,):
            shape = tuple(positions.shape)
            raise ConfigError(f"The positions have shape {shape}; the model has {config.genes} genes.")
        else:
            table = sinusoid(positions, config.d_model)
        self.register_buffer("table", table)

    def forward(self, genes: Tensor) -> Tensor:
        """Look up rows (B, S) as (B, S, d)."""
        return functional.embedding(genes, self.table)


def sinusoid(positions: Tensor, width: int) -> Tensor:
    """Return (G, width): sine on even and cosine on odd features of the place, counted from 1.

    A place below 1 is unknown and gives zeros.
    """
    k = torch.arange(0, width, 2, dtype=torch.float64, device=positions.device)
    angles = (positions.double()[:, None] - 1) * 10000.0 ** (-k / width)
    table = torch.stack((angles.sin(), angles.cos()), dim=-1).flatten(1)
    return (table * (positions > 0)[:, None]).float()


class ScalarTokens(nn.Module):
    """A number as a token: linear, norm, ReLU, dropout, linear."""

    def __init__(self, config: ModelConfig) -> None:
        """Make the layers."""
        super().__init__()
        self.input = nn.Linear(1, config.d_model)
        self.norm = nn.LayerNorm(config.d_model)
        self.dropout = nn.Dropout(config.dropout)
        self.output = nn.Linear(config.d_model, config.d_model)

    def spread(self, typical: float) -> None:
        """Start with biases as large as a typical number's share: the norm then keeps its size."""
        nn.init.normal_(self.input.weight, std=0.02 / typical)
        nn.init.normal_(self.input.bias, std=0.02)

    def forward(self, values: Tensor) -> Tensor:
        """Encode values of any shape; adds the axis d."""
        # by elements, not as a matrix product: autocast would round the number itself to 8 bits
        x = values.clamp(0, MAX_VALUE)[..., None] * self.input.weight[:, 0] + self.input.bias
        result: Tensor = self.output(self.dropout(functional.relu(self.norm(x))))
        return result


def expression_values(counts: Tensor, normalization: str) -> Tensor:
    """Scale counts (B, S) for the expression tokens: by their sum, or as log2(1 + count).

    An empty cell gives zeros, not a division by zero.
    """
    if normalization == "log":
        return torch.log2(1 + counts)
    total = counts.sum(dim=1, keepdim=True)
    return counts / torch.where(total > 0, total, 1)


def initialise_head(module: nn.Module) -> None:
    """Draw the weights of every linear layer from N(0, 0.02), biases 0; tables stay at N(0, 1)."""
    for part in module.modules():
        if isinstance(part, nn.Linear):
            nn.init.normal_(part.weight, std=0.02)
            if part.bias is not None:
                nn.init.zeros_(part.bias)
