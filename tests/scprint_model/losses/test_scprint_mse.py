"""Squared errors of log profiles, against values computed by hand or with NumPy."""

import numpy as np
import pytest
import torch

from scprint_model.losses.mse import inflated_loss, profile_loss


def test_profiles_are_log2_and_rescaled_to_ten_thousand():
    # log2(1 + [1, 3]) = [1, 2] -> [3333.3, 6666.7]; log2(1 + [3, 1]) is the reverse
    loss = profile_loss(torch.tensor([[1.0, 3.0]]), torch.tensor([[3.0, 1.0]]))
    assert float(loss) == pytest.approx((10_000 / 3) ** 2, rel=1e-6)


def test_a_prediction_in_proportion_after_the_logarithm_has_no_loss():
    target = torch.tensor([[1.0, 3.0, 7.0]])
    assert float(profile_loss(target, 2 ** (2 * torch.log2(1 + target)) - 1)) == pytest.approx(0, abs=1e-4)


def test_an_empty_profile_stays_zero_instead_of_dividing_by_zero():
    target = torch.tensor([[0.0, 0.0]])
    assert float(profile_loss(target, torch.tensor([[1.0, 1.0]]))) == pytest.approx(5000.0**2)


def test_the_inflated_error_lowers_the_prediction_by_the_chance_of_a_structural_zero():
    rng = np.random.default_rng(1)
    target, mean, pi = rng.poisson(2, (3, 5)), rng.uniform(0.1, 5, (3, 5)), rng.normal(size=(3, 5))
    predicted = np.log1p(mean) / (1 + np.exp(pi))
    rows = [10_000 * x / x.sum(axis=1, keepdims=True) for x in (np.log1p(target), predicted)]
    ours = inflated_loss(*(torch.tensor(x) for x in (target, mean, pi)))
    assert float(ours) == pytest.approx(((rows[0] - rows[1]) ** 2).mean(), rel=1e-5)


def test_padding_changes_neither_error():
    target, mean, pi = torch.poisson(torch.full((2, 6), 3.0)), *torch.rand(2, 2, 6)
    padding = torch.zeros(2, 8, dtype=torch.bool)
    padding[:, 6:] = True
    wide = [torch.cat((x, torch.full((2, 2), 9.0)), dim=1) for x in (target, mean, pi)]
    assert float(profile_loss(wide[0], wide[1], padding=padding)) == pytest.approx(
        float(profile_loss(target, mean)), rel=1e-5
    )
    assert float(inflated_loss(*wide, padding=padding)) == pytest.approx(
        float(inflated_loss(target, mean, pi)), rel=1e-5
    )
