"""What keeps cell tokens apart and cells together, against NumPy and closed forms."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional

from scprint_model.losses.adversarial import dataset_loss, reverse_gradient
from scprint_model.losses.embedding import (
    contrastive,
    contrastive_over,
    cosine_dissimilarity,
    distance_dissimilarity,
    elastic_similarity,
)


def _cosines(x):
    unit = x / np.linalg.norm(x, axis=-1, keepdims=True)
    return unit @ unit.swapaxes(-1, -2)


def test_cosine_dissimilarity_is_the_mean_of_the_matrix_with_its_diagonal_zero():
    tokens = np.random.default_rng(0).normal(size=(6, 8, 5))
    matrix = np.abs(_cosines(tokens)).mean(axis=0)
    np.fill_diagonal(matrix, 0)
    assert float(cosine_dissimilarity(torch.tensor(tokens))) == pytest.approx(matrix.mean(), rel=1e-5)


@pytest.mark.parametrize(("tokens", "value"), [(torch.eye(8)[None], 0.0), (torch.ones(3, 8, 4), 56 / 64)])
def test_cosine_dissimilarity_of_orthogonal_and_of_equal_tokens(tokens, value):
    assert float(cosine_dissimilarity(tokens)) == pytest.approx(value, abs=1e-6)


def test_distance_dissimilarity_by_numpy():
    tokens = np.random.default_rng(1).normal(size=(4, 5, 6))
    off = ~np.eye(5, dtype=bool)
    squares = (_cosines(tokens) ** 2)[:, off].mean()
    gaps = np.linalg.norm(tokens[:, :, None] - tokens[:, None], axis=-1) / math.sqrt(6)
    expected = 0.5 * squares + 0.5 / (gaps.mean() + 1e-3)
    assert float(distance_dissimilarity(torch.tensor(tokens))) == pytest.approx(expected, rel=1e-5)


def test_distance_dissimilarity_of_equal_tokens_has_a_finite_gradient():
    tokens = torch.ones(2, 4, 3, requires_grad=True)
    distance_dissimilarity(tokens).backward()
    assert torch.isfinite(tokens.grad).all()


def test_elastic_similarity_by_numpy():
    cells = np.random.default_rng(2).normal(size=(7, 3))
    matrix = _cosines(cells)
    np.fill_diagonal(matrix, 0)
    expected = (1 - (np.maximum(matrix, 0) - 0.3) ** 2).mean()
    assert float(elastic_similarity(torch.tensor(cells))) == pytest.approx(expected, rel=1e-5)


def test_the_contrast_of_orthogonal_cells_has_a_closed_form():
    cells, temperature = torch.eye(5), 0.5
    expected = -math.log(math.exp(2) / (math.exp(2) + 4))
    assert float(contrastive(cells, cells, temperature=temperature)) == pytest.approx(expected, rel=1e-6)


def test_the_contrast_is_divided_by_passes_or_by_pairs():
    passes = [torch.randn(4, 6) for _ in range(4)]
    pairs = [contrastive(a, b) for index, a in enumerate(passes) for b in passes[index + 1 :]]
    total = float(torch.stack(pairs).sum())
    assert float(contrastive_over(passes)) == pytest.approx(total / 4, rel=1e-6)
    assert float(contrastive_over(passes, divisor="pairs")) == pytest.approx(total / 6, rel=1e-6)


def test_one_pass_has_no_contrast():
    assert float(contrastive_over([torch.randn(4, 6)])) == 0


def test_gradients_turn_round():
    x = torch.tensor([1.0, -2.0], requires_grad=True)
    (reverse_gradient(x, 0.5) * torch.tensor([3.0, 4.0])).sum().backward()
    assert x.grad.tolist() == [-1.5, -2.0]


def test_the_data_set_loss_leaves_out_unknown_ones():
    logits = torch.randn(4, 3)
    ours = dataset_loss(logits, torch.tensor([0, 2, -1, 7]))
    torch.testing.assert_close(ours, functional.cross_entropy(logits[:2], torch.tensor([0, 2])))
    assert float(dataset_loss(logits, torch.tensor([-1] * 4))) == 0


def test_half_precision_tokens_are_compared_in_float32():
    tokens = torch.randn(3, 4, 5).bfloat16()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = cosine_dissimilarity(tokens)
    assert torch.equal(inside, cosine_dissimilarity(tokens.float()))
