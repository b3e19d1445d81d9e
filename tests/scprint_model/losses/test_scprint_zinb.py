"""The zero-inflated negative binomial against SciPy's, at ordinary and at extreme parameters."""

import numpy as np
import pytest
import torch
from scipy import special, stats

from scprint_model.losses.zinb import zinb_log_likelihood, zinb_loss, zinb_sample


def _scipy(x, mu, theta, pi):
    zero = special.expit(pi)
    density = (1 - zero) * stats.nbinom.pmf(x, theta, theta / (theta + mu))
    return np.log(density + zero * (x == 0))


def test_it_equals_scipys_negative_binomial_with_zero_inflation():
    rng = np.random.default_rng(0)
    x = rng.poisson(3, 500).astype(float)
    mu, theta, pi = rng.uniform(0.1, 20, 500), np.exp(rng.uniform(-3, 4, 500)), rng.uniform(-4, 4, 500)
    ours = zinb_log_likelihood(*(torch.tensor(value) for value in (x, mu, theta, pi)))
    np.testing.assert_allclose(ours.numpy(), _scipy(x, mu, theta, pi), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("log_theta", [-15.0, -5.0, 4.5, 4.7, 8.0, 15.0])
@pytest.mark.parametrize("mu", [1e-4, 0.1, 30.0, 3000.0])
@pytest.mark.parametrize("x", [0.0, 1.0, 50.0])
def test_extreme_dispersions_lose_no_precision_in_float32(log_theta, mu, x):
    ours = zinb_log_likelihood(*(torch.tensor(value) for value in (x, mu, np.exp(log_theta), -3.0)))
    # SciPy's density itself rounds at large theta: the logarithm by the rising factorial instead
    theta = np.exp(log_theta)
    k = np.arange(int(x))
    log_nb = np.log(theta + k).sum() - special.gammaln(x + 1) - theta * np.log1p(mu / theta)
    log_nb += x * (np.log(mu) - np.log(theta + mu))
    zero = special.expit(-3.0)
    truth = np.log(zero + (1 - zero) * np.exp(log_nb)) if x == 0 else np.log1p(-zero) + log_nb
    # the published 1e-8 beside mu moves the likelihood of 50 counts at mu = 1e-4 by 0.005
    assert float(ours) == pytest.approx(truth, rel=2e-5, abs=1e-5 + 1.1 * x * 1e-8 / mu)


def test_probabilities_sum_to_one():
    x = torch.arange(0, 2000.0)
    total = zinb_log_likelihood(x, torch.tensor(7.0), torch.tensor(0.8), torch.tensor(0.3)).exp().sum()
    assert float(total) == pytest.approx(1, abs=1e-4)


def test_gradients_equal_those_in_double_precision_and_are_finite_at_the_edges():
    mu = torch.tensor([1e-7, 0.2, 5.0, 1e5], requires_grad=True)
    theta = torch.tensor([3e6, 1e-8, 80.0, 200.0], requires_grad=True)
    pi = torch.tensor([-30.0, 30.0, 0.0, 1.0], requires_grad=True)
    for x in (torch.zeros(4), torch.tensor([0.0, 3.0, 40.0, 1e5])):
        loss = zinb_log_likelihood(x, mu, theta, pi).sum()
        assert all(torch.isfinite(one).all() for one in torch.autograd.grad(loss, (mu, theta, pi)))


def test_bf16_autocast_leaves_the_loss_in_float32():
    x = torch.poisson(torch.full((4, 50), 2.0))
    mean, theta, pi = torch.rand(3, 4, 50)
    plain = zinb_loss(x, mean, theta, pi)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = zinb_loss(x, mean, theta, pi)
    assert inside.dtype == torch.float32
    assert torch.equal(plain, inside)


def test_half_precision_parameters_are_computed_with_in_float32():
    x = torch.poisson(torch.full((4, 50), 2.0))
    half = [value.bfloat16() for value in torch.rand(3, 4, 50)]
    ours = zinb_log_likelihood(x.bfloat16(), *half)
    assert ours.dtype == torch.float32
    assert torch.equal(ours, zinb_log_likelihood(x, *(value.float() for value in half)))


def test_the_mean_is_over_every_gene_but_those_that_are_padding():
    x, mean, theta, pi = torch.poisson(torch.ones(3, 6)), *torch.rand(3, 3, 6)
    padding = torch.zeros(3, 6, dtype=torch.bool)
    padding[1, 4:] = True
    each = -zinb_log_likelihood(x, mean, theta, pi)
    assert torch.equal(zinb_loss(x, mean, theta, pi), each.mean())
    assert float(zinb_loss(x, mean, theta, pi, padding=padding)) == pytest.approx(
        float(each[~padding].mean())
    )


def test_draws_have_the_mean_and_the_zeros_of_the_law():
    generator = torch.Generator().manual_seed(0)
    shape = (200_000,)
    mean, theta, pi = (torch.full(shape, value) for value in (4.0, 2.0, -1.0))
    drawn = zinb_sample(mean, theta, pi, generator=generator)
    kept = 1 - special.expit(-1.0)
    assert float(drawn.mean()) == pytest.approx(4 * kept, rel=0.02)
    zeros = np.exp(_scipy(np.zeros(1), 4.0, 2.0, -1.0)[0])
    assert float((drawn == 0).float().mean()) == pytest.approx(zeros, abs=0.005)


def test_a_vanishing_dispersion_draws_zeros_instead_of_failing():
    mean, theta, pi = (torch.full((1000,), value) for value in (4.0, 0.0, -1.0))
    assert not zinb_sample(mean, theta, pi).any()
