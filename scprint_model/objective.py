"""What a training step asks of the model: its passes over a batch, and the losses of each."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from scprint_model.batch import Batch
from scprint_model.errors import ConfigError, LabelError
from scprint_model.heads import Expression
from scprint_model.losses.adversarial import dataset_loss
from scprint_model.losses.embedding import (
    contrastive_over,
    cosine_dissimilarity,
    distance_dissimilarity,
    elastic_similarity,
)
from scprint_model.losses.hierarchical import ancestors_loss, hierarchical_loss
from scprint_model.losses.mse import inflated_loss, profile_loss
from scprint_model.losses.zinb import zinb_loss
from scprint_model.model import Output, ScPrint
from scprint_model.noise import hide, random_rates, thin
from scprint_model.objective_settings import Objective, idle_parts

__all__ = ["Objective", "compute_losses", "idle_parts"]

_MOST_THINNED = 0.5


def compute_losses(
    model: ScPrint,
    batch: Batch,
    objective: Objective,
    *,
    hierarchies: Mapping[str, Tensor],
    generator: torch.Generator | None = None,
    gene_weights: Tensor | None = None,
) -> dict[str, Tensor]:
    """Make every pass of a step and return its losses; one backward of ``total`` trains all of them.

    Parameters
    ----------
    model, batch, objective
        The model's mode (training or not) is left as it is; noise is drawn in both.
    hierarchies
        By class, (groups, leaves) bool, on the batch's device.
    generator
        Of noise and masks, on the batch's device; None: torch's global one.
    gene_weights
        (G,) relative chances to be masked, for instance larger for transcription factors.

    Returns
    -------
    dict
        Weighted terms, named "pass/loss" (``denoise 0.6/expression``, ``denoise 0.6/class sex``,
        ``generate/dissimilarity``), then ``total``, their sum.

    Raises
    ------
    ConfigError
        If the objective weighs a head that the model lacks, or leaves no loss at all.
    LabelError
        If a class has no hierarchy.
    """
    objective.check(model.config)
    batch.check_shapes(classes=len(model.config.classes))
    step = _Step(model, objective, hierarchies)
    for one in _passes(batch, objective, generator, gene_weights):
        step.run(one)
    if objective.generate:
        step.generate(batch)
    if objective.cce and len(step.embeddings) > 1:
        contrast = contrastive_over(
            step.embeddings, temperature=objective.cce_temperature, divisor=objective.cce_divisor
        )
        step.terms["contrast"] = objective.cce * contrast
    if not step.terms:
        raise ConfigError("The objective leaves no loss: give a noise rate, generate=true or classify=true.")
    return {**step.terms, "total": torch.stack(list(step.terms.values())).sum()}


@dataclass(frozen=True, eq=False)
class _Pass:
    name: str
    batch: Batch
    counts: Tensor | None = None
    mask: Tensor | None = None


def _passes(
    batch: Batch, objective: Objective, generator: torch.Generator | None, gene_weights: Tensor | None
) -> Iterator[_Pass]:
    """Give the passes in the order in which they are made."""
    law = objective.noise_law
    if objective.full:
        yield _Pass("full", batch)
    for ratio in objective.mask:
        target = batch
        if objective.mask_thinned:
            rates = _MOST_THINNED * random_rates(len(batch), device=batch.counts.device, generator=generator)
            counts = thin(batch.counts, rates, generator=generator, law=law)
            target = replace(batch, counts=counts, depth=counts.sum(dim=1))
        weights = None if gene_weights is None else gene_weights[batch.genes]
        hidden = hide(batch.counts, ratio, generator=generator, weights=weights)
        yield _Pass(f"mask {ratio:g}", target, mask=hidden)
    for rate in objective.denoise:
        drawn: float | Tensor = rate
        if objective.noise_per_cell:
            drawn = rate * random_rates(len(batch), device=batch.counts.device, generator=generator)
        noisy = thin(batch.counts, drawn, generator=generator, law=law)
        yield _Pass(f"denoise {rate:g}", batch, counts=noisy)


class _Step:
    """The terms gathered so far, and what later passes need of earlier ones."""

    def __init__(self, model: ScPrint, objective: Objective, hierarchies: Mapping[str, Tensor]) -> None:
        self.model, self.objective, self.hierarchies = model, objective, hierarchies
        self.terms: dict[str, Tensor] = {}
        self.embeddings: list[Tensor] = []
        self.tokens: Tensor | None = None

    def run(self, one: _Pass) -> None:
        """Make one pass of the model and add its terms."""
        first = not self.embeddings
        mvc = first and self.objective.mvc > 0
        out = self.model(one.batch, counts=one.counts, mask=one.mask, mvc=mvc)
        if one.name != "full":
            self.terms[f"{one.name}/expression"] = self._expression(one.batch, out.expression)
        if first:
            self._once(one.name, one.batch, out)
        self._cells(one.name, out.cell_tokens)
        if first or not self.objective.full:
            self.tokens = out.cell_tokens

    def generate(self, batch: Batch) -> None:
        """Predict from the cell tokens of an earlier pass and add the terms."""
        if self.tokens is None:
            raise ConfigError("There is no earlier pass to generate from.")
        expression, tokens = self.model.generate_with_tokens(batch, self.tokens)
        self.terms["generate/expression"] = self._expression(batch, expression)
        if tokens is not None:
            self._cells("generate", tokens)

    def _expression(self, batch: Batch, expression: Expression) -> Tensor:
        mean, dispersion, zero_logits = expression.mean, expression.dispersion, expression.zero_logits
        if dispersion is None or zero_logits is None:
            return profile_loss(batch.counts, mean, padding=batch.mask)
        loss = zinb_loss(batch.counts, mean, dispersion, zero_logits, padding=batch.mask)
        if self.model.config.expression == "zinb":
            return loss
        error = inflated_loss(batch.counts, mean, zero_logits, padding=batch.mask)
        return loss + self.objective.inflated_mse * error

    def _cells(self, name: str, tokens: Tensor) -> None:
        """Add what every pass asks of its cell tokens (B, N, d)."""
        objective, embedding = self.objective, tokens.mean(dim=1)
        self.embeddings.append(embedding)
        if objective.dissimilarity:
            kind = (
                cosine_dissimilarity if objective.dissimilarity_kind == "cosine" else distance_dissimilarity
            )
            self.terms[f"{name}/dissimilarity"] = objective.dissimilarity * kind(tokens)
        if objective.ecs:
            loss = elastic_similarity(embedding, threshold=objective.ecs_threshold)
            self.terms[f"{name}/similarity"] = objective.ecs * loss

    def _once(self, name: str, batch: Batch, out: Output) -> None:
        """Add what only the first pass is asked."""
        objective = self.objective
        if objective.classify:
            self._classes(f"{name}/class", batch, out.class_logits, objective.class_scale)
        if objective.adversarial_class:
            logits = self.model.adversarial_class_logits(out.cell_tokens)
            self._classes(f"{name}/adversarial", batch, logits, objective.adversarial_class)
        if objective.adversarial_dataset and out.dataset_logits is not None:
            loss = dataset_loss(out.dataset_logits, batch.dataset)
            self.terms[f"{name}/adversarial dataset"] = objective.adversarial_dataset * loss
        if out.mvc is not None:
            self.terms[f"{name}/mvc"] = objective.mvc * self._expression(batch, out.mvc)

    def _classes(self, prefix: str, batch: Batch, logits: Mapping[str, Tensor], scale: float) -> None:
        kind = self.objective.class_kind
        for index, (name, values) in enumerate(logits.items()):
            if name not in self.hierarchies:
                raise LabelError(f"Class {name} has no hierarchy; give (0, leaves) if it has no groups.")
            labels, hierarchy = batch.classes[:, index], self.hierarchies[name].to(values.device)
            if kind == "ancestors":
                term = ancestors_loss(values, labels, hierarchy)
            else:
                term = hierarchical_loss(values, labels, hierarchy, by_batch=kind == "published")
            self.terms[f"{prefix} {name}"] = scale * term
