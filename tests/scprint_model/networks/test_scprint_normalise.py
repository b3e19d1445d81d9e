"""Normalising, correcting and thinning out scores, against values by hand."""

import numpy as np
import pytest
import torch

from scprint_model.errors import ConfigError
from scprint_model.networks.normalise import average_product_correction, normalised_rows, sinkhorn
from scprint_model.networks.sparsify import strongest

LOGITS = torch.tensor([[0.0, 1.0, 2.0], [1.0, 1.0, 1.0]])


def test_softmax_is_over_keys_and_leaves_out_those_that_stood_in_no_cell():
    torch.testing.assert_close(normalised_rows(LOGITS.clone(), None, "softmax"), LOGITS.softmax(dim=-1))
    seen = torch.tensor([True, False, True])
    found = normalised_rows(LOGITS.clone(), seen, "softmax")
    torch.testing.assert_close(found[1], torch.tensor([0.5, 0.0, 0.5]))
    torch.testing.assert_close(found.sum(dim=1), torch.ones(2))
    raw = normalised_rows(LOGITS.clone(), seen, "none")
    assert raw.tolist() == [[0, 0, 2], [1, 0, 1]]


def test_sinkhorn_balances_rows_and_columns_and_keeps_the_kernels_form():
    logits = torch.randn(6, 6, generator=torch.Generator().manual_seed(0)) / 5
    plan = sinkhorn(logits)
    torch.testing.assert_close(plan.sum(dim=0), torch.ones(6), atol=1e-5, rtol=0)
    torch.testing.assert_close(plan.sum(dim=1), torch.ones(6), atol=1e-2, rtol=0)
    # diag(u) K diag(v): cross ratios are those of the kernel
    kernel = (logits.double() / 0.1).exp()
    ratio = [x[0, 0] * x[1, 1] / (x[0, 1] * x[1, 0]) for x in (plan.double(), kernel)]
    assert float(ratio[0]) == pytest.approx(float(ratio[1]), rel=1e-3)


def test_sinkhorn_of_large_logits_stays_finite_and_of_too_many_genes_is_refused():
    assert torch.isfinite(sinkhorn(torch.randn(5, 5) * 100)).all()
    with pytest.raises(ConfigError, match="11000 genes"):
        sinkhorn(torch.zeros(1).expand(11000, 11000))


def test_correction_takes_away_what_row_and_column_make_expected():
    rank_one = torch.outer(torch.tensor([1.0, 2.0, 3.0]), torch.tensor([4.0, 5.0, 6.0]))
    assert average_product_correction(rank_one).abs().max() < 1e-5
    scores = torch.tensor([[1.0, 0.0], [0.0, 3.0]])
    # rows 1 and 3, columns 1 and 3, total 4
    expected = torch.tensor([[0.75, -0.75], [-0.75, 0.75]])
    torch.testing.assert_close(average_product_correction(scores), expected)
    assert not average_product_correction(torch.zeros(2, 2)).any()


SCORES = np.array([[5, 1, 3], [4, 2, 2], [0, 9, 1]], np.float32)


def test_the_strongest_of_each_target_or_regulator_remain():
    assert strongest(SCORES, 1, of="target").toarray().tolist() == [[5, 0, 3], [0, 0, 0], [0, 9, 0]]
    assert strongest(SCORES, 2, of="regulator").toarray().tolist() == [[5, 0, 3], [4, 0, 2], [0, 9, 1]]
    assert (strongest(SCORES, 99, of="target").toarray() == SCORES).all()
    with pytest.raises(ConfigError):
        strongest(SCORES, 0, of="target")
