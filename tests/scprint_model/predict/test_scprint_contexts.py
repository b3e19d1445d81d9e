"""Which genes are shown: what chance hangs on, and what is refused."""

import numpy as np
import pytest

from scprint_model.errors import ConfigError, VocabularyError
from scprint_model.predict.cells import line_up
from scprint_model.predict.contexts import Context, fixed_places, varying_places


def _draws(cells, context, order=None, turn=0):
    order = np.arange(len(cells)) if order is None else order
    counts = cells.counts(order)
    return varying_places(counts, cells.rows, cells.draw(context.seed)[order], context, turn)


@pytest.fixture
def cells(tiny_pretrained, tiny_adata):
    return line_up(tiny_adata(cells=40), tiny_pretrained().vocabulary)


def test_expressed_genes_come_first_and_zeros_fill_up(cells):
    context = Context(size=16)
    counts = cells.counts(np.arange(len(cells)))
    for row, places in enumerate(_draws(cells, context)):
        shown = (counts[row, places] > 0).sum()
        assert shown == min(16, (counts[row] > 0).sum())
        assert len(set(places)) == 16
        assert (np.diff(places) > 0).all()


def test_most_expressed_takes_the_highest_counts(cells):
    counts = cells.counts(np.arange(len(cells)))
    for row, places in enumerate(_draws(cells, Context(how="most expressed", size=5))):
        rest = np.setdiff1d(np.arange(24), places)
        assert counts[row, places].min() >= counts[row, rest].max()


def test_a_draw_hangs_on_the_cells_name_the_genes_row_seed_and_turn_alone(cells, tiny_pretrained, tiny_adata):
    context = Context(size=8, seed=3)
    drawn = _draws(cells, context)
    order = np.random.default_rng(0).permutation(len(cells))
    np.testing.assert_array_equal(_draws(cells, context, order), drawn[order])
    genes = np.random.default_rng(1).permutation(26)
    turned = line_up(tiny_adata(cells=40)[:, genes].copy(), tiny_pretrained().vocabulary)
    np.testing.assert_array_equal(_draws(turned, context), drawn)
    assert (_draws(cells, context, turn=1) != drawn).any()
    assert (_draws(cells, Context(size=8, seed=4)) != drawn).any()


def test_expressed_genes_are_drawn_alike(cells):
    counts = np.ones((4000, 24), np.float32)
    drawn = np.random.default_rng(0).integers(0, 1 << 63, 4000).astype(np.uint64)
    places = varying_places(counts, cells.rows, drawn, Context(size=6))
    often = np.bincount(places.ravel(), minlength=24)
    expected = 4000 * 6 / 24
    assert ((often - expected) ** 2 / expected).sum() < 60  # chi-squared, 23 degrees: 1 in 30,000


def test_all_and_list_are_the_same_for_every_cell(cells):
    assert fixed_places(cells, Context(how="all", size=24)).tolist() == list(range(24))
    listed = Context(how="list", genes=(cells.genes[5], cells.genes[2]))
    assert fixed_places(cells, listed).tolist() == [2, 5]
    assert fixed_places(cells, Context(size=24)).tolist() == list(range(24))  # all fit: nothing to draw
    assert fixed_places(cells, Context(size=23)) is None


def test_more_genes_than_the_context_are_refused_with_both_numbers(cells):
    with pytest.raises(ConfigError, match=r"24 genes .* context of 20"):
        fixed_places(cells, Context(how="all", size=20))


def test_a_listed_gene_that_is_not_there_is_named(cells):
    with pytest.raises(VocabularyError, match="'nowhere'"):
        fixed_places(cells, Context(how="list", genes=("nowhere", cells.genes[0])))


@pytest.mark.parametrize("wrong", [{"how": "some"}, {"size": 0}, {"genes": ("a",)}, {"how": "list"}])
def test_a_context_that_chooses_nothing_is_refused(wrong):
    with pytest.raises(ConfigError):
        Context(**wrong)
