"""DeepSEM from inside: a pass and its loss against numpy, tables against networks, solves against inverse."""

import anndata
import numpy as np
import pytest
import torch

from bengrn_methods.deepsem.cells import prepare
from bengrn_methods.deepsem.losses import divergence, loss, reconstruction
from bengrn_methods.deepsem.method import DeepSEM
from bengrn_methods.deepsem.model import Networks, forward
from bengrn_methods.deepsem.structure import apply, factorised, solve, start
from bengrn_methods.deepsem.table import evaluate
from bengrn_methods.deepsem.training import Member

B, G = 5, 7
ALL = torch.arange(G)


@pytest.fixture
def draws():
    return torch.Generator().manual_seed(0)


def double(shape, draws, scale=1.0):
    return scale * torch.randn(shape, generator=draws, dtype=torch.float64)


def weights(draws, source_R=ALL, scale=0.2):
    a_RG = double((len(source_R), G), draws, scale)
    a_RG[torch.arange(len(source_R)), source_R] = 0.0
    return a_RG


def layers(network):
    """Return (weight, bias) of each layer as numpy arrays."""
    found = [layer for layer in network if isinstance(layer, torch.nn.Linear)]
    return [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in found]


def by_numpy(network, x_NI):
    """Evaluate a perceptron with tanh between its layers."""
    *hidden, (weight, bias) = layers(network)
    for weight_in, bias_in in hidden:
        x_NI = np.tanh(x_NI @ weight_in.T + bias_in)
    return x_NI @ weight.T + bias


def log_density(z, mean, variance):
    return -0.5 * (np.log(2 * np.pi) + np.log(variance + 1e-8) + (z - mean) ** 2 / (variance + 1e-8))


def test_one_pass_and_its_loss_equal_an_independent_computation(draws):
    networks = Networks(G, 6, draws).double()
    a_RG = weights(draws)
    x_BG, noise_BG = double((B, G), draws), double((B, G), draws)
    counted_BG = torch.rand((B, G), generator=draws) < 0.6
    outcome = forward(networks, x_BG, noise_BG, a_RG, ALL, lambda z_BG: solve(z_BG, a_RG, ALL), knots=0)
    found = loss(x_BG, counted_BG, outcome, a_RG, alpha=3.0, beta=0.7)

    # in the notation of the paper: W is target x regulator, x = x W^T + z
    w_GG, x, noise = a_RG.numpy().T, x_BG.numpy(), noise_BG.numpy()
    minus_GG = np.eye(G) - w_GG.T
    encoded = by_numpy(networks.encoder, np.stack([x.ravel(), np.ones(x.size)], axis=1))
    mean = encoded[:, 0].reshape(B, G) @ minus_GG
    variance = np.exp(encoded[:, 1].reshape(B, G) @ minus_GG)
    z = mean + noise * np.sqrt(variance + 1e-10)
    decoded = by_numpy(networks.decoder, (z @ np.linalg.inv(minus_GG)).reshape(-1, 1)).reshape(B, G)
    prior_mean = by_numpy(networks.prior_mean, np.ones((1, 1))) @ minus_GG
    prior_variance = np.exp(by_numpy(networks.prior_spread, np.ones((1, 1))) @ minus_GG)
    counted = counted_BG.numpy()
    expected = ((x - decoded) ** 2)[counted].mean() + 3.0 * np.abs(w_GG).mean()
    expected += 0.7 * (log_density(z, mean, variance) - log_density(z, prior_mean, prior_variance)).mean()
    np.testing.assert_allclose(outcome.x_BG.detach().numpy(), decoded, rtol=1e-9)
    assert found.item() == pytest.approx(expected, rel=1e-9)


def test_the_divergence_of_a_distribution_from_itself_is_zero(draws):
    networks = Networks(G, 6, draws).double()
    a_RG = weights(draws)
    x_BG, noise_BG = double((B, G), draws), double((B, G), draws)
    outcome = forward(networks, x_BG, noise_BG, a_RG, ALL, factorised(a_RG, ALL), knots=0)
    same = type(outcome)(
        **vars(outcome) | {"prior_mean_1G": outcome.mean_BG, "prior_variance_1G": outcome.variance_BG}
    )
    assert divergence(same).item() == 0.0


def test_a_batch_without_counted_entries_has_no_reconstruction_loss(draws):
    x_BG = double((B, G), draws)
    assert reconstruction(x_BG, x_BG + 1, torch.zeros((B, G), dtype=torch.bool)).item() == 0.0


@pytest.mark.parametrize("sources", [list(range(G)), [4, 1, 6]])
def test_solving_undoes_applying(draws, sources):
    source_R = torch.tensor(sources)
    a_RG, z_BG = weights(draws, source_R), double((B, G), draws)
    inverse_GG = np.eye(G)
    inverse_GG[sources] -= a_RG.numpy()
    expected = z_BG.numpy() @ np.linalg.inv(inverse_GG)
    for solved in (solve(z_BG, a_RG, source_R), factorised(a_RG, source_R)(z_BG)):
        np.testing.assert_allclose(solved.numpy(), expected, rtol=1e-9)
        np.testing.assert_allclose(apply(solved, a_RG, source_R).numpy(), z_BG.numpy(), rtol=1e-9)


@pytest.mark.parametrize("sources", [list(range(G)), [4, 1, 6]])
def test_the_gradient_of_a_solve_is_that_of_finite_differences(draws, sources):
    source_R = torch.tensor(sources)
    a_RG = weights(draws, source_R).requires_grad_()
    z_BG = double((B, G), draws).requires_grad_()
    assert torch.autograd.gradcheck(lambda z, a: solve(z, a, source_R), (z_BG, a_RG))
    assert torch.autograd.gradcheck(factorised(a_RG.detach(), source_R), (z_BG,))


def test_the_first_weights_are_those_of_the_original(draws):
    a_RG = start(G, ALL, draws)
    off = a_RG[~torch.eye(G, dtype=torch.bool)]
    assert not a_RG.diagonal().any()
    assert off.min() > 1 / (G - 1)
    assert off.max() < 1 / (G - 1) + 2e-4


@pytest.mark.parametrize("reach", [1.0, 15.0, 400.0])
def test_a_table_gives_what_the_network_gives_with_its_gradients(draws, reach):
    networks = Networks(G, 64, draws)
    with torch.no_grad():
        for parameter in networks.parameters():
            parameter.mul_(1.5)
    x_N = torch.randn(5000, generator=draws) * reach / 4
    pull_N2 = torch.randn((5000, 2), generator=draws)
    found = {}
    for name, run in {"table": lambda x_N: evaluate(networks.encode, x_N), "exact": networks.encode}.items():
        own_N = x_N.clone().requires_grad_()
        networks.zero_grad()
        value_N2 = run(own_N)
        (value_N2 * pull_N2).sum().backward()
        gradients = [one.grad.clone() for one in networks.encoder.parameters()]
        found[name] = [value_N2.detach(), own_N.grad, *gradients]
    for table, exact in zip(found["table"], found["exact"], strict=True):
        assert (table - exact).abs().max() <= 1e-4 * exact.abs().max()


def test_few_numbers_are_evaluated_one_by_one(draws):
    networks = Networks(G, 8, draws)
    x_N = torch.randn(20, generator=draws)
    assert torch.equal(evaluate(networks.encode, x_N), networks.encode(x_N))


@pytest.mark.parametrize("value", [0.0, 2.5])
def test_a_table_of_equal_numbers_is_no_problem(draws, value):
    networks = Networks(G, 8, draws)
    x_N = torch.full((2000,), value)
    np.testing.assert_allclose(
        evaluate(networks.decode, x_N).detach(), networks.decode(x_N).detach(), rtol=1e-5, atol=1e-6
    )


def make_cells(counts_CG, **settings):
    adata = anndata.AnnData(np.asarray(counts_CG, dtype=np.float32))
    adata.var_names = [f"g{gene:02d}" for gene in range(adata.n_vars)]
    adata.obs["total_counts"] = 100.0
    return prepare(adata, None, **({"values": "log", "entries": "nonzero", "clip": 15.0} | settings))


def counts():
    return np.random.default_rng(2).poisson(1.5, size=(60, 8))


def test_entries_that_are_not_zero_are_standardised_and_zeros_go_uncounted():
    cells = make_cells(counts())
    assert cells.counted_CG.sum() == np.count_nonzero(counts())
    for gene in range(8):
        seen = cells.x_CG[cells.counted_CG[:, gene], gene]
        assert seen.mean() == pytest.approx(0, abs=1e-5)
        assert seen.std() == pytest.approx(1, rel=1e-4)
        unseen = cells.x_CG[~cells.counted_CG[:, gene], gene]
        assert np.ptp(unseen) == 0  # all the same: 0 less the mean, over the deviation
        assert unseen[0] < -1


def test_values_are_clipped():
    assert np.abs(make_cells(counts(), clip=0.5).x_CG).max() == 0.5


@pytest.mark.parametrize("settings", [{"values": "scaled"}, {"entries": "all"}])
def test_scaling_first_and_taking_all_entries_leave_none_uncounted(settings):
    cells = make_cells(counts(), **settings)
    assert cells.counted_CG.all()
    np.testing.assert_allclose(cells.x_CG.std(axis=0), 1, rtol=1e-4)


@pytest.mark.parametrize("of_weights", [False, True])
def test_an_epoch_moves_either_the_networks_or_the_weights(of_weights):
    member = Member(make_cells(counts()), DeepSEM(hidden=8), 0, "cpu")
    before = [member.a_RG.clone(), *[one.detach().clone() for one in member.networks.parameters()]]
    member.epoch(of_weights=of_weights)
    after = [member.a_RG.detach(), *[one.detach() for one in member.networks.parameters()]]
    moved = [not torch.equal(one, other) for one, other in zip(before, after, strict=True)]
    assert moved == [of_weights] + [not of_weights] * (len(moved) - 1)


def test_the_learning_rate_decays_after_each_epoch_where_it_is_asked_to():
    member = Member(make_cells(counts()), DeepSEM(hidden=8, epochs=4, decay=0.5, rate=0.1), 0, "cpu")
    member.train(lambda: None)
    assert member.network_steps.param_groups[0]["lr"] == pytest.approx(0.1 / 16)
    assert member.weight_steps.param_groups[0]["lr"] == 2e-5


def test_tables_train_the_same_network_as_exact_curves():
    rng = np.random.default_rng(0)
    cells = make_cells(rng.poisson(rng.gamma(2, 2, size=(64, 40))))  # 2,560 numbers: more than knots
    found = {}
    for curves in ("table", "exact"):
        settings = DeepSEM(hidden=16, epochs=9, curves=curves)
        found[curves] = Member(cells, settings, 0, "cpu").train(lambda: None)
    np.testing.assert_allclose(found["table"], found["exact"], atol=1e-3 * np.abs(found["exact"]).max())


def test_a_singular_system_is_a_clear_line(monkeypatch):
    def refuse(*_):
        raise torch.linalg.LinAlgError("singular")

    member = Member(make_cells(counts()), DeepSEM(hidden=8), 0, "cpu")
    monkeypatch.setattr(member, "_loss", refuse)
    with pytest.raises(ValueError, match="the loss is nan in epoch 1 of 120; expected it finite"):
        member.train(lambda: None)
