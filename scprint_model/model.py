"""The model: cells as tokens through one transformer, and what is predicted from them."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from scprint_model.attention import resolve
from scprint_model.batch import Batch
from scprint_model.blocks import Among, Collector, Transformer
from scprint_model.config import ModelConfig
from scprint_model.errors import ConfigError
from scprint_model.heads import (
    ClassHead,
    Discriminator,
    Expression,
    ExpressionHead,
    MvcHead,
    expression_of,
)
from scprint_model.losses.adversarial import reverse_gradient
from scprint_model.tokens import (
    TYPICAL,
    GeneTokens,
    PositionTokens,
    ScalarTokens,
    expression_values,
    initialise_head,
)


@dataclass(frozen=True, eq=False)
class Output:
    """What one pass predicts.

    Attributes
    ----------
    expression
        Of every gene in the context.
    cell_tokens
        (B, N, d), in the order base, depth, classes, metacell; those the model has.
    class_logits
        By class, (B, leaves).
    mvc
        Expression from the cell embedding alone, where it was asked for.
    dataset_logits
        (B, datasets), behind a gradient reversal; None where the model has no discriminator.
    attention
        The back end that ran.
    """

    expression: Expression
    cell_tokens: Tensor
    class_logits: dict[str, Tensor]
    mvc: Expression | None
    dataset_logits: Tensor | None
    attention: str

    @property
    def cell_embedding(self) -> Tensor:
        """(B, d), the mean of all cell tokens."""
        return self.cell_tokens.mean(dim=1)


class ScPrint(nn.Module):
    """The transformer of single cells.

    Parameters
    ----------
    config
        Its sizes and switches.
    positions
        (G,) int, places of the genes along the genome, from 1; below 1 is unknown.
        Needed where ``config.positions`` unless weights are loaded afterwards.
    gene_table
        (G, k) features of the genes, k >= d_model, pooled to d_model. None: N(0, 1), to be trained
        (``freeze_genes=False``) or loaded.
    """

    def __init__(
        self, config: ModelConfig, *, positions: Tensor | None = None, gene_table: Tensor | None = None
    ) -> None:
        """Make and initialise every part, from torch's global random state."""
        super().__init__()
        self.config = config
        across = config.cell_blocks > 0
        self.gene_tokens = GeneTokens(config, gene_table)
        self.position_tokens = PositionTokens(config, positions) if config.positions else None
        self.expression_tokens = ScalarTokens(config)
        self.depth_token = ScalarTokens(config) if config.depth_token else None
        self.cell_tokens = nn.Embedding(1 + len(config.classes), config.d_model)
        self.metacell_token = nn.Embedding(2, config.d_model) if config.metacell_token else None
        for part in (self.gene_tokens, self.expression_tokens, self.depth_token):
            if part is not None:
                initialise_head(part)
        if config.scalar_start == "spread":
            self.expression_tokens.spread(TYPICAL[config.normalization])
            if self.depth_token is not None:
                self.depth_token.spread(TYPICAL["depth"])
        self.transformer = Transformer(config, config.layers, across=across)
        self.cell_transformer = Transformer(config, config.cell_blocks, across=True) if across else None
        self.expression_head = ExpressionHead(config)
        self.class_heads = _class_heads(config)
        self.mvc_head = MvcHead(config) if config.mvc != "none" else None
        self.discriminator = Discriminator(config) if config.datasets else None

    def forward(
        self,
        batch: Batch,
        *,
        counts: Tensor | None = None,
        mask: Tensor | None = None,
        depth: Tensor | None = None,
        scale: Tensor | None = None,
        mvc: bool = False,
        collect: Collector | None = None,
    ) -> Output:
        """Predict from a batch.

        Parameters
        ----------
        batch
            Cells.
        counts
            (B, S) input instead of the batch's own counts, for instance noisy ones.
        mask
            (B, S) bool: genes whose expression is hidden.
        depth
            (B,) total count that the model is told; the batch's own by default.
        scale
            (B,) what the predicted means sum to; the sum of the batch's counts by default.
        mvc
            Whether to run the head that predicts from the cell embedding.
        collect
            Is shown the queries and keys of each layer of the main transformer.
        """
        batch.check_shapes()
        depth = batch.depth if depth is None else depth
        scale = batch.counts.sum(dim=1) if scale is None else scale
        log_depth = torch.log2(1 + depth.float())
        identity = self.gene_tokens(batch.genes)
        values = expression_values(batch.counts if counts is None else counts, self.config.normalization)
        expression = self.expression_tokens(values)
        if mask is not None:
            expression = expression.masked_fill(mask[..., None], 0)
        genes = self._placed(identity, batch) + expression
        among = self._among(batch, genes, collect)
        cell, genes = self._encode(self._cell_tokens(batch, log_depth), genes, among)
        channels = self.expression_head(genes, log_depth if self.config.depth_in_decoder else None)
        embedding = cell.mean(dim=1)
        told = self.mvc_head(identity, embedding) if mvc and self.mvc_head is not None else None
        return Output(
            expression=expression_of(channels, scale, batch.mask),
            cell_tokens=cell,
            class_logits=self._classify(cell),
            mvc=None if told is None else expression_of(told, scale, batch.mask),
            dataset_logits=None if self.discriminator is None else self.discriminator(embedding),
            attention=among.backend,
        )

    def generate(
        self, batch: Batch, cell_tokens: Tensor, *, scale: Tensor | None = None, depth: Tensor | None = None
    ) -> Expression:
        """Predict expression from the cell tokens (B, N, d) of another pass and the genes alone.

        Parameters
        ----------
        batch
            Says which genes to predict; its counts give the scale only.
        cell_tokens
            As :class:`Output` holds them; gradients flow back into them.
        scale
            (B,) what the predicted means sum to; the sum of the batch's counts by default.
        depth
            (B,) total count, for a decoder that takes it; the batch's own by default.
        """
        return self.generate_with_tokens(batch, cell_tokens, scale=scale, depth=depth)[0]

    def generate_with_tokens(
        self, batch: Batch, cell_tokens: Tensor, *, scale: Tensor | None = None, depth: Tensor | None = None
    ) -> tuple[Expression, Tensor | None]:
        """Do as :meth:`generate`; give the cell tokens after this pass too, where they take part in it."""
        scale = batch.counts.sum(dim=1) if scale is None else scale
        log_depth = torch.log2(1 + (batch.depth if depth is None else depth).float())
        genes = self._placed(self.gene_tokens(batch.genes), batch)
        among = self._among(batch, genes, None)
        if self.cell_transformer is None:
            after, genes = self._joint(cell_tokens, genes, among)
        else:
            after = None
            genes = self.transformer(genes, Among(among.backend, among.keep, context=cell_tokens))
        channels = self.expression_head(genes, log_depth if self.config.depth_in_decoder else None)
        return expression_of(channels, scale, batch.mask), after

    def adversarial_class_logits(self, cell_tokens: Tensor) -> dict[str, Tensor]:
        """Classify each class from the reversed mean of the other classes' tokens (B, N, d)."""
        first, count = self.config.first_class, len(self.config.classes)
        tokens = reverse_gradient(cell_tokens[:, first : first + count])
        others = (tokens.sum(dim=1, keepdim=True) - tokens) / max(count - 1, 1)
        return {name: head(others[:, index]) for index, (name, head) in enumerate(self.class_heads.items())}

    def _placed(self, identity: Tensor, batch: Batch) -> Tensor:
        if self.position_tokens is None:
            return identity
        placed: Tensor = identity + self.position_tokens(batch.genes)
        return placed

    def _cell_tokens(self, batch: Batch, log_depth: Tensor) -> Tensor:
        """Return the cell tokens (B, N, d) before any attention."""
        learned = self.cell_tokens.weight[None].expand(len(batch), -1, -1)
        parts = [learned[:, :1]]
        if self.depth_token is not None:
            parts.append(self.depth_token(log_depth)[:, None])
        parts.append(learned[:, 1:])
        if self.metacell_token is not None:
            pooled = batch.metacell
            rows = torch.zeros_like(batch.dataset) if pooled is None else pooled.long()
            parts.append(self.metacell_token(rows)[:, None])
        return torch.cat(parts, dim=1)

    def _among(self, batch: Batch, tokens: Tensor, collect: Collector | None) -> Among:
        kind = tokens.device.type
        cast = torch.amp.is_autocast_available(kind) and torch.is_autocast_enabled(kind)
        dtype = torch.get_autocast_dtype(kind) if cast else tokens.dtype
        backend = resolve(self.config.attention, tokens.device, dtype)
        return Among(backend, None if batch.mask is None else ~batch.mask, collect=collect)

    def _encode(self, cell: Tensor, genes: Tensor, among: Among) -> tuple[Tensor, Tensor]:
        """Pass both kinds of tokens through the transformer, or each through its own."""
        if self.cell_transformer is None:
            return self._joint(cell, genes, among)
        genes = self.transformer(genes, among)
        return self.cell_transformer(
            cell, Among(among.backend, context=genes, context_keep=among.keep)
        ), genes

    def _joint(self, cell: Tensor, genes: Tensor, among: Among) -> tuple[Tensor, Tensor]:
        count = cell.shape[1]
        keep = among.keep
        if keep is not None:
            keep = torch.cat((keep.new_ones(len(keep), count), keep), dim=1)
        x = self.transformer(
            torch.cat((cell.to(genes.dtype), genes), dim=1), Among(among.backend, keep, collect=among.collect)
        )
        return x[:, :count], x[:, count:]

    def _classify(self, cell: Tensor) -> dict[str, Tensor]:
        first = self.config.first_class
        return {
            name: head(cell[:, first + index]) for index, (name, head) in enumerate(self.class_heads.items())
        }


def _class_heads(config: ModelConfig) -> nn.ModuleDict:
    heads = nn.ModuleDict()
    for name, count in config.classes:
        if hasattr(heads, name):
            raise ConfigError(f"A class cannot be called {name!r}, as torch's modules use it; rename it.")
        heads[name] = ClassHead(config, count)
    return heads
