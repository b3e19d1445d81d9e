"""Which genes a batch shows; the compiled and the plain reader show the same."""

import numpy as np
import pytest
import torch

from scprint_model.corpus.collate import Collator
from scprint_model.corpus.draw import reader
from scprint_model.corpus.settings import Settings
from scprint_model.errors import ConfigError, CorpusError, VocabularyError


def _batch(corpus, rows=range(12), *, seed=0, kind="auto", **settings):
    collator = Collator(**settings)
    seeds = np.random.default_rng(seed).integers(0, 2**64, size=len(rows), dtype=np.uint64)
    rows = np.asarray(rows)
    return corpus.collate(rows, collator=collator, context=collator.context, seeds=seeds, kind=kind)


def _dense(batch, genes):
    """Return counts (B, G) that a batch shows, NaN where it shows none."""
    shown = torch.full((len(batch), genes), torch.nan)
    for cell in range(len(batch)):
        keep = slice(None) if batch.mask is None else ~batch.mask[cell]
        shown[cell, batch.genes[cell][keep]] = batch.counts[cell][keep]
    return shown.numpy()


@pytest.mark.parametrize("kind", ["numba", "numpy"])
def test_dense_rows_are_the_same_in_both_readers(corpus, kind):
    rows = np.random.default_rng(0).integers(0, corpus.cells, 50)
    np.testing.assert_array_equal(corpus.dense(rows, kind=kind), corpus.dense(rows))
    out = np.full((50, 36), 7, np.float32)
    assert corpus.dense(rows, out=out, kind=kind) is out
    np.testing.assert_array_equal(out, corpus.dense(rows))


@pytest.mark.parametrize("how", ["random expressed", "most expressed"])
@pytest.mark.parametrize("context", [1, 5, 15, 24, 36, 100])
@pytest.mark.parametrize("extra", [0, 3])
@pytest.mark.parametrize("unmeasured", ["skip", "zero"])
def test_both_readers_choose_the_same_genes(corpus, how, context, extra, unmeasured):
    given = {"how": how, "context": context, "extra_zeros": extra, "unmeasured": unmeasured}
    rows = np.arange(corpus.cells)
    one, two = (_batch(corpus, rows, kind=kind, **given) for kind in ("numba", "numpy"))
    assert torch.equal(one.genes, two.genes)
    assert torch.equal(one.counts, two.counts)
    assert (one.mask is None) == (two.mask is None)
    assert one.mask is None or torch.equal(one.mask, two.mask)


def test_without_numba_the_plain_reader_is_used(monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "scprint_model.corpus.draw_compiled", None)
    reader.cache_clear()
    assert type(reader()).__name__ == "PlainReader"
    reader.cache_clear()


@pytest.mark.parametrize("how", ["random expressed", "most expressed", "all"])
def test_counts_belong_to_their_genes(corpus, how):
    batch = _batch(corpus, np.arange(corpus.cells), how=how, context=9)
    shown, dense = _dense(batch, 36), corpus.dense(np.arange(corpus.cells))
    np.testing.assert_array_equal(shown[~np.isnan(shown)], dense[~np.isnan(shown)])


def test_no_gene_is_shown_twice(corpus):
    for cell in _batch(corpus, how="random expressed", context=20).genes:
        assert len(set(cell.tolist())) == 20


def test_only_expressed_genes_are_shown_where_there_are_enough(corpus):
    dense = corpus.dense(np.arange(12))
    least = int((dense > 0).sum(axis=1).min())
    assert (_batch(corpus, context=least).counts > 0).all()


def test_all_expressed_genes_are_shown_where_there_are_few(corpus):
    batch = _batch(corpus, context=24)
    assert (batch.counts > 0).sum(dim=1).tolist() == (corpus.dense(np.arange(12)) > 0).sum(axis=1).tolist()


def test_the_highest_counts_are_shown(corpus):
    dense = corpus.dense(np.arange(12))
    batch = _batch(corpus, how="most expressed", context=4)
    for counts, cell in zip(batch.counts.numpy(), dense, strict=True):
        assert sorted(counts) == sorted(np.sort(cell)[-4:])


def test_expressed_genes_are_drawn_uniformly(corpus):
    dense = corpus.dense([0])[0]
    expressed = np.flatnonzero(dense)
    draws = 6000
    batch = _batch(corpus, np.zeros(draws, np.int64), context=4)
    seen = np.bincount(batch.genes.flatten().numpy(), minlength=36)[expressed]
    expected = draws * 4 / len(expressed)
    assert seen.sum() == draws * 4
    # draws without replacement vary less than a multinomial: the limit is generous
    assert ((seen - expected) ** 2 / expected).sum() < 60


def test_zeros_are_drawn_uniformly(corpus):
    zero = np.flatnonzero(corpus.dense([0])[0, :24] == 0)
    expressed = 24 - len(zero)
    batch = _batch(corpus, np.zeros(4000, np.int64), context=expressed + 1)
    added = batch.genes[batch.counts == 0].numpy()
    seen = np.bincount(added, minlength=36)[zero]
    assert seen.sum() == 4000
    assert ((seen - seen.mean()) ** 2 / seen.mean()).sum() < 45


def test_other_seeds_draw_other_genes(corpus):
    assert not torch.equal(_batch(corpus, context=5).genes, _batch(corpus, context=5, seed=1).genes)


def test_extra_zeros_come_on_top_of_the_context(corpus):
    batch = _batch(corpus, context=4, extra_zeros=3)
    assert batch.genes.shape == (12, 7)
    assert ((batch.counts > 0).sum(dim=1) == 4).all()


def test_a_cell_is_shown_genes_of_its_organism_alone(corpus):
    mouse = np.flatnonzero(corpus.dataset == 3)
    for how in ("random expressed", "most expressed", "all"):
        batch = _batch(corpus, mouse, how=how, context=12)
        shown = batch.genes if batch.mask is None else batch.genes[~batch.mask]
        assert (shown >= 24).all()


def test_a_cell_of_few_genes_is_padded(corpus):
    batch = _batch(corpus, [0, corpus.cells - 1], context=24)
    assert batch.mask.sum(dim=1).tolist() == [0, 12]
    assert (batch.counts[batch.mask] == 0).all()
    batch.check(genes=36, classes=3)


@pytest.mark.parametrize("how", ["random expressed", "most expressed", "all", "list"])
def test_genes_that_were_not_measured_are_not_shown_as_zeros(cells, write, build, how):
    corpus = build(write(cells(genes=14)))
    names = tuple(corpus.vocabulary.genes[:24]) if how == "list" else ()
    batch = _batch(corpus, how=how, context=24, genes=names)
    assert (~batch.mask).sum(dim=1).tolist() == [14] * 12
    assert (batch.genes[~batch.mask] < 14).all()
    shown = _batch(corpus, how=how, context=24, genes=names, unmeasured="zero")
    assert shown.mask is None


def test_a_list_shows_its_genes_in_order_of_the_model(corpus):
    names = ("GENE9", "ENSG00000000004", "Gene3")
    batch = _batch(corpus, how="list", genes=names)
    assert batch.genes.tolist() == [[4, 9]] * 12
    np.testing.assert_array_equal(batch.counts, corpus.dense(np.arange(12))[:, [4, 9]])


def test_a_listed_gene_outside_the_vocabulary_is_refused(corpus):
    with pytest.raises(VocabularyError, match="1 listed genes are not in the vocabulary: XYZ"):
        _batch(corpus, how="list", genes=("GENE9", "XYZ"))


def test_a_cells_genes_hang_on_its_own_seed_alone(corpus):
    seeds = np.arange(12, dtype=np.uint64)
    collator = Collator(context=7)
    whole = corpus.collate(np.arange(12), collator=collator, context=7, seeds=seeds)
    part = corpus.collate(np.arange(5, 9), collator=collator, context=7, seeds=seeds[5:9])
    assert torch.equal(whole.genes[5:9], part.genes)


def test_contexts_are_shortened_in_their_share_of_batches():
    collator = Collator(context=100, shortest=40, shorter_share=0.2)
    generator = np.random.default_rng(0)
    contexts = np.array([collator.context_of(generator) for _ in range(4000)])
    assert (contexts < 100).mean() == pytest.approx(0.2, abs=0.03)
    assert contexts.min() == 40


def test_a_batch_carries_labels_depth_and_origin(corpus):
    rows = np.array([40, 3])
    batch = _batch(corpus, rows, context=5)
    assert batch.cells.tolist() == [40, 3]
    assert batch.dataset.tolist() == [1, 0]
    np.testing.assert_array_equal(batch.depth, corpus.depth[rows])
    np.testing.assert_array_equal(batch.classes, corpus.classes[rows])


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"how": "some"}, "how is 'some'"),
        ({"context": 0}, "context 0 must be"),
        ({"shortest": 3000}, "shortest is 3000"),
        ({"how": "list"}, "genes go with how='list'"),
        ({"genes": ("A",)}, "genes go with how='list'"),
        ({"unmeasured": "nan"}, "unmeasured is 'nan'"),
    ],
)
def test_impossible_collators_are_refused(settings, message):
    with pytest.raises(ConfigError, match=message):
        Collator(**settings)


def test_a_collator_survives_json():
    collator = Collator(how="list", genes=("A", "B"))
    assert Collator.from_dict(collator.to_dict()) == collator
    with pytest.raises(ConfigError, match="no setting contxt"):
        Collator.from_dict({"contxt": 3})


@pytest.mark.parametrize(
    ("rows", "message"), [([], "batch is empty"), ([-1], "row -1"), ([10**6], "1000000")]
)
def test_impossible_rows_are_refused(corpus, rows, message):
    with pytest.raises(CorpusError, match=message):
        corpus.dense(np.array(rows, np.int64))


def test_wide_pairs_choose_the_same_genes(cells, write, build):
    narrow, large = cells(), cells()
    large.X[19, 2] = 70_000
    one, two = (
        build(write(narrow)),
        build(write(large, "large"), name="wide", settings=Settings(min_genes=2, min_cells=2, min_mapped=4)),
    )
    first, second = (_batch(corpus, context=9, how="most expressed") for corpus in (one, two))
    assert torch.equal(first.genes, second.genes)
