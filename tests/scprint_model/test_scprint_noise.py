"""The noise that denoising undoes: published kept fractions, and what it never does."""

import pytest
import torch

from scprint_model.errors import ConfigError
from scprint_model.noise import hide, random_rates, thin


def _kept(count, rate, law="scprint"):
    generator = torch.Generator().manual_seed(1)
    counts = torch.full((1, 400_000), float(count))
    return float((thin(counts, rate, generator=generator, law=law) / count).mean())


@pytest.mark.parametrize(("count", "kept"), [(1, 0.48), (2, 0.46), (200, 0.45)])
def test_the_published_law_keeps_the_published_fractions_at_60_percent(count, kept):
    assert _kept(count, 0.6) == pytest.approx(kept, abs=0.005)


@pytest.mark.parametrize(("count", "kept"), [(1, 0.42), (200, 0.38)])
def test_the_published_law_keeps_the_published_fractions_at_70_percent(count, kept):
    assert _kept(count, 0.7) == pytest.approx(kept, abs=0.005)


@pytest.mark.parametrize("law", ["split", "binomial"])
def test_the_other_laws_keep_what_the_rate_says(law):
    assert _kept(5, 0.6, law) == pytest.approx(0.4, abs=0.005)


def test_the_law_by_depth_takes_reads_evenly_from_expressed_genes():
    counts = torch.zeros(1, 100_000)
    counts[:, :50_000] = 10.0
    kept = thin(counts, 0.4, law="depth", generator=torch.Generator().manual_seed(0))
    assert float(kept[:, :50_000].mean()) == pytest.approx(8 * 0.8, rel=0.02)
    assert not kept[:, 50_000:].any()


@pytest.mark.parametrize("law", ["scprint", "depth", "split", "binomial"])
def test_noise_gives_whole_numbers_that_are_not_negative_and_leaves_the_input(law):
    counts = torch.poisson(torch.full((6, 50), 4.0))
    before = counts.clone()
    noisy = thin(counts, 0.9, law=law, generator=torch.Generator().manual_seed(0))
    assert torch.equal(noisy, noisy.round())
    assert float(noisy.min()) == 0
    assert torch.equal(counts, before)


@pytest.mark.parametrize("law", ["scprint", "binomial"])
def test_noise_never_adds_reads(law):
    counts = torch.poisson(torch.full((6, 50), 4.0))
    assert bool((thin(counts, 0.3, law=law) <= counts).all())


def test_each_cell_can_have_a_rate_of_its_own():
    counts = torch.full((3, 100_000), 20.0)
    kept = thin(counts, torch.tensor([0.0, 0.5, 1.0]), law="binomial").mean(dim=1) / 20
    assert kept.tolist() == pytest.approx([1, 0.5, 0], abs=0.01)


def test_the_published_law_with_a_rate_per_cell_equals_that_with_one_rate():
    counts = torch.poisson(torch.full((4, 50), 6.0))
    rates = (0.6, torch.full((4,), 0.6))
    one, many = (thin(counts, rate, generator=torch.Generator().manual_seed(3)) for rate in rates)
    assert torch.equal(one, many)


def test_the_same_generator_gives_the_same_noise():
    counts = torch.poisson(torch.full((4, 50), 6.0))
    first, second = (thin(counts, 0.6, generator=torch.Generator().manual_seed(7)) for _ in range(2))
    assert torch.equal(first, second)


def test_no_noise_is_a_copy():
    counts = torch.ones(2, 3)
    copy = thin(counts, 0.0)
    assert torch.equal(copy, counts)
    assert copy is not counts


def test_random_rates_are_one_for_each_cell():
    rates = random_rates(5000, device=torch.device("cpu"))
    assert rates.shape == (5000,)
    assert float(rates.mean()) == pytest.approx(0.5, abs=0.03)


def test_hiding_takes_the_asked_share_and_more_of_heavy_genes():
    counts = torch.zeros(200, 500)
    assert float(hide(counts, 0.3).float().mean()) == pytest.approx(0.3, abs=0.01)
    weights = torch.ones(200, 500)
    weights[:, :100] = 3.0
    hidden = hide(counts, 0.2, weights=weights).float()
    assert float(hidden.mean()) == pytest.approx(0.2, abs=0.01)
    assert float(hidden[:, :100].mean() / hidden[:, 100:].mean()) == pytest.approx(3, rel=0.1)


@pytest.mark.parametrize("rate", [-0.1, 1.5])
def test_an_impossible_rate_is_refused(rate):
    with pytest.raises(ConfigError, match="from 0 to 1"):
        thin(torch.ones(1, 2), rate)


def test_an_unknown_law_and_an_impossible_mask_ratio_are_refused():
    with pytest.raises(ConfigError, match="there are scprint"):
        thin(torch.ones(1, 2), 0.5, law="gauss")
    with pytest.raises(ConfigError, match="between 0 and 1"):
        hide(torch.ones(1, 2), 1.0)
