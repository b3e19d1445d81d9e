"""The transformer: pre-norm blocks, attention in both directions, optionally across to other tokens."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from scprint_model.attention import attend
from scprint_model.config import ModelConfig

BLOCK_EPS = 1e-6


class Collector(Protocol):
    """Something that is shown the queries and keys of every layer; nothing else keeps them."""

    def __call__(self, layer: int, q: Tensor, k: Tensor) -> None:
        """Take one layer's queries (B, H, L, e) and keys (B, Hkv, L, e).

        Tokens are those of the main transformer: the first ``config.tokens_before_genes`` are cell tokens.
        """


@dataclass(frozen=True, eq=False)
class Among:
    """Whom tokens attend to.

    Attributes
    ----------
    backend
        Of attention, as resolved.
    keep
        (B, L) bool, the tokens that count; None: all.
    context, context_keep
        (B, M, d) other tokens to attend across to, and which of them count; None: nothing across.
    collect
        Is shown every layer's queries and keys.
    """

    backend: str
    keep: Tensor | None = None
    context: Tensor | None = None
    context_keep: Tensor | None = None
    collect: Collector | None = None


class SelfAttention(nn.Module):
    """Attention of tokens among themselves, with one fused projection ordered queries, keys, values."""

    def __init__(self, config: ModelConfig) -> None:
        """Make the projections."""
        super().__init__()
        self.heads, self.key_heads, self.head_dim = config.heads, config.key_heads, config.head_dim
        width = (self.heads + 2 * self.key_heads) * self.head_dim
        self.qkv = nn.Linear(config.d_model, width)
        self.output = nn.Linear(config.d_model, config.d_model)

    def forward(self, x: Tensor, among: Among, layer: int) -> Tensor:
        """Attend; x is (B, L, d)."""
        packed = self.qkv(x).unflatten(-1, (-1, self.head_dim)).transpose(1, 2)
        q, k, v = packed.split((self.heads, self.key_heads, self.key_heads), dim=1)
        if among.collect is not None:
            among.collect(layer, q.detach(), k.detach())
        out: Tensor = self.output(
            attend(q, k, v, mask=among.keep, backend=among.backend).transpose(1, 2).flatten(2)
        )
        return out


class CrossAttention(nn.Module):
    """Attention of tokens to other tokens."""

    def __init__(self, config: ModelConfig) -> None:
        """Make the projections."""
        super().__init__()
        self.head_dim, self.key_heads = config.head_dim, config.key_heads
        self.query = nn.Linear(config.d_model, config.d_model)
        self.key_value = nn.Linear(config.d_model, 2 * self.key_heads * self.head_dim)
        self.output = nn.Linear(config.d_model, config.d_model)

    def forward(self, x: Tensor, context: Tensor, among: Among) -> Tensor:
        """Attend from x (B, L, d) to the context (B, M, d)."""
        q = self.query(x).unflatten(-1, (-1, self.head_dim)).transpose(1, 2)
        k, v = self.key_value(context).unflatten(-1, (-1, self.head_dim)).transpose(1, 2).chunk(2, dim=1)
        out = attend(q, k, v, mask=among.context_keep, backend=among.backend)
        result: Tensor = self.output(out.transpose(1, 2).flatten(2))
        return result


class Mlp(nn.Module):
    """Two layers, four times as wide between, exact GELU."""

    def __init__(self, width: int) -> None:
        """Make both layers."""
        super().__init__()
        self.up = nn.Linear(width, 4 * width)
        self.down = nn.Linear(4 * width, width)

    def forward(self, x: Tensor) -> Tensor:
        """Transform each token by itself."""
        result: Tensor = self.down(functional.gelu(self.up(x)))
        return result


class Block(nn.Module):
    """One pre-norm block: attention within, attention across (where asked for), then the MLP.

    Written with the sum after each branch; this equals the published order, which delays each sum to the
    next norm so that a kernel can fuse both.
    """

    def __init__(
        self, config: ModelConfig, drop_path: float, *, within: bool = True, across: bool = False
    ) -> None:
        """Make the branches; a block of the alternating layout has one kind of attention only."""
        super().__init__()
        self.drop_path = drop_path
        self.norm1 = nn.LayerNorm(config.d_model, eps=BLOCK_EPS)
        self.attention = SelfAttention(config) if within else None
        self.cross = CrossAttention(config) if across else None
        self.norm3 = nn.LayerNorm(config.d_model, eps=BLOCK_EPS) if within and across else None
        self.norm2 = nn.LayerNorm(config.d_model, eps=BLOCK_EPS)
        self.mlp = Mlp(config.d_model)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, among: Among, layer: int) -> Tensor:
        """Return the residual stream (B, L, d) after this block."""
        if self.attention is None and among.context is None:
            return x
        if self.attention is not None:
            x = x + self._branch(self.attention(self.norm1(x), among, layer))
        if self.cross is not None and among.context is not None:
            norm = self.norm1 if self.norm3 is None else self.norm3
            x = x + self._branch(self.cross(norm(x), among.context, among))
        return x + self._branch(self.mlp(self.norm2(x)))

    def _branch(self, h: Tensor) -> Tensor:
        h = self.dropout(h)
        if not self.training or self.drop_path == 0:
            return h
        keep = torch.rand(h.shape[0], 1, 1, device=h.device) >= self.drop_path
        return h * (keep / (1 - self.drop_path)).to(h.dtype)


class Transformer(nn.Module):
    """A stack of blocks and a last norm."""

    def __init__(self, config: ModelConfig, layers: int, *, across: bool = False) -> None:
        """Make the blocks; stochastic depth rises linearly with the layer."""
        super().__init__()
        self.checkpoint = config.checkpoint_gradients
        self.dropout = nn.Dropout(config.dropout)
        rates = [config.drop_path * layer / max(layers - 1, 1) for layer in range(layers)]
        if across and config.cell_layout == "alternating":
            kinds = [(rate, within) for rate in rates for within in (False, True)]
            blocks = [Block(config, rate, within=within, across=not within) for rate, within in kinds]
        else:
            blocks = [Block(config, rate, across=across) for rate in rates]
        self.blocks = nn.ModuleList(blocks)
        self.norm = nn.LayerNorm(config.d_model, eps=BLOCK_EPS)
        _initialise(self, layers)

    def numbered(self) -> Iterator[tuple[int, Block]]:
        """Give each block with the number of attention layers within before it."""
        layer = 0
        for block in self.blocks:
            assert isinstance(block, Block)  # noqa: S101 - for the type checker
            yield layer, block
            layer += block.attention is not None

    def forward(self, x: Tensor, among: Among) -> Tensor:
        """Transform tokens (B, L, d)."""
        x = self.dropout(x)
        again = self.checkpoint and torch.is_grad_enabled() and among.collect is None
        for layer, block in self.numbered():
            x = checkpoint(block, x, among, layer, use_reentrant=False) if again else block(x, among, layer)
        result: Tensor = self.norm(x)
        return result


def _initialise(transformer: Transformer, layers: int) -> None:
    """Draw weights from N(0, 0.02); what is added to the residual stream is narrower with depth."""
    for name, module in transformer.named_modules():
        if isinstance(module, nn.Linear):
            into_residual = name.endswith((".output", ".down"))
            nn.init.normal_(module.weight, std=0.02 / (2 * layers) ** 0.5 if into_residual else 0.02)
            nn.init.zeros_(module.bias)
