"""Which cells and genes a network is made from, against scanpy and by hand."""

import anndata
import numpy as np
import pytest
from scipy import sparse

from scprint_model.errors import ConfigError, CorpusError
from scprint_model.networks.select import choose_cells, choose_genes
from scprint_model.predict.cells import line_up
from scprint_model.vocabulary import Vocabulary


@pytest.fixture
def cells(tiny_pretrained, tiny_adata):
    return line_up(tiny_adata(cells=30), tiny_pretrained().vocabulary)


def test_the_deepest_cells_come_first_in_any_order_of_the_data(cells, tiny_pretrained, tiny_adata):
    chosen = choose_cells(cells, 5)
    assert (np.diff(cells.depth[chosen]) <= 0).all()
    assert cells.depth[chosen].min() >= np.delete(cells.depth, chosen).max()
    order = np.random.default_rng(0).permutation(30)
    turned = line_up(tiny_adata(cells=30)[order].copy(), tiny_pretrained().vocabulary)
    assert [turned.names[one] for one in choose_cells(turned, 5)] == [cells.names[one] for one in chosen]


def test_only_cells_of_the_wanted_kind_are_chosen(cells):
    labels = ["b"] * 10 + ["a"] * 20
    assert set(choose_cells(cells, None, labels, "b")) == set(range(10))
    with pytest.raises(CorpusError, match="'c'; the cells are a, b"):
        choose_cells(cells, None, labels, "c")


def test_expressed_genes_are_those_of_the_highest_total(cells):
    total = cells.counts(np.arange(30)).sum(axis=0)
    chosen = choose_genes(cells, "expressed", 6)
    places = [cells.genes.index(name) for name in chosen]
    assert places == sorted(places)
    assert total[places].min() >= np.delete(total, places).max()
    assert choose_genes(cells, "all", 3) == cells.genes


def test_different_genes_are_those_that_the_chosen_cells_have_more_of(tiny_pretrained, tiny_adata):
    adata = tiny_adata(cells=30)
    counts = adata.X.toarray()
    up = list(adata.var_names).index("ENSG00000000007")
    down = list(adata.var_names).index("ENSG00000000011")
    counts[:10, up] += 40
    counts[10:, down] += 40
    adata.X = sparse.csr_array(counts)
    cells = line_up(adata, tiny_pretrained().vocabulary)
    assert choose_genes(cells, "different", 1, np.arange(10)) == ("ENSG00000000007",)
    assert choose_genes(cells, "different", 1, np.arange(10, 30)) == ("ENSG00000000011",)


def test_variable_genes_are_those_of_scanpy():
    scanpy = pytest.importorskip("scanpy")
    rng = np.random.default_rng(0)
    rate = rng.lognormal(0, 1.5, size=1200)
    spread = np.where(rng.random(1200) < 0.1, 0.3, 3.0)
    counts = rng.poisson(rate * rng.gamma(spread, 1 / spread, size=(300, 1200))).astype(np.float32)
    names = tuple(f"ENSG{number:011d}" for number in range(1200))
    adata = anndata.AnnData(sparse.csr_matrix(counts))
    adata.var_names = list(names)
    vocabulary = Vocabulary(names, ("",) * 1200, ("NCBITaxon:9606",) * 1200)
    ours = set(choose_genes(line_up(adata, vocabulary), "variable", 120))
    scanpy.pp.highly_variable_genes(adata, flavor="seurat_v3", n_top_genes=120)
    theirs = set(adata.var_names[adata.var["highly_variable"]])
    assert len(ours & theirs) >= 114  # 95 %: the trend is read at knots


def test_variable_genes_of_constant_data_are_just_some(cells, tiny_pretrained, tiny_adata):
    adata = tiny_adata()
    adata.X = np.ones(adata.shape, np.float32)
    assert len(choose_genes(line_up(adata, tiny_pretrained().vocabulary), "variable", 4)) == 4


def test_what_cannot_be_chosen_is_refused(cells):
    with pytest.raises(ConfigError, match="'best'"):
        choose_genes(cells, "best", 3)
    with pytest.raises(ConfigError, match="0"):
        choose_genes(cells, "variable", 0)
    with pytest.raises(ConfigError, match="other cells"):
        choose_genes(cells, "different", 3)
    for few in (0, -3):
        with pytest.raises(ConfigError, match=f"number of cells is {few}"):
            choose_cells(cells, few)
