"""scPRINT on cells: where it puts them, what it calls them, and what the record learns of its labels."""

import anndata
import numpy as np
import pytest
import torch
from scipy import sparse

from bengrn.notes import taken_notes
from bengrn_methods.scprint.method import Scprint
from scprint_model.checkpoint.ours import save
from scprint_model.labels import LabelSpace
from scprint_model.model import ScPrint
from scprint_model.sizes import size
from scprint_model.vocabulary import Vocabulary

GENES = [f"ENSG{number:011d}" for number in range(12)]
B, T, NEUTROPHIL, LYMPHOCYTE = "CL:0000236", "CL:0000084", "CL:0000775", "CL:0000542"
TYPES = LabelSpace("cell_type_ontology_term_id", (T, B, NEUTROPHIL), ((LYMPHOCYTE, (0, 1)),))
SEX = LabelSpace("sex_ontology_term_id", ("PATO:0000383", "PATO:0000384"))


@pytest.fixture(autouse=True)
def _one_thread():
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def scprint(tmp_path):
    """Make the method with a tiny checkpoint of random weights that predicts these classes."""

    def make(labels=(TYPES, SEX), **settings):
        torch.manual_seed(0)
        classes = tuple((space.name, len(space.leaves)) for space in labels)
        config = size("small", genes=len(GENES), classes=classes, positions=False, freeze_genes=False)
        symbols = [f"SYMBOL{number}" for number in range(len(GENES))]
        vocabulary = Vocabulary(tuple(GENES), tuple(symbols), ("NCBITaxon:9606",) * len(GENES))
        folder = save(tmp_path / "tiny", ScPrint(config), vocabulary=vocabulary, labels=labels)
        return Scprint(checkpoint=str(folder), device="cpu", **settings)

    return make


def cells(n_cells=6, seed=0, **obs):
    rng = np.random.default_rng(seed)
    counts = rng.poisson(rng.gamma(1.0, 4.0, size=(n_cells, 12)))
    adata = anndata.AnnData(sparse.csr_array(counts.astype(np.float32)))
    adata.var_names = GENES
    adata.obs_names = [f"cell{number}" for number in range(n_cells)]
    adata.obs["total_counts"] = 5000.0
    adata.obs["batch"] = "one"
    for column, values in obs.items():
        adata.obs[column] = values
    return adata


TRAIN = cells(2, seed=1, cell_type=[LYMPHOCYTE, "CL:0000169"])


def test_the_embedding_is_the_token_of_the_cell_type(scprint):
    from scprint_model.checkpoint.hub import open_model
    from scprint_model.predict.cells import line_up
    from scprint_model.predict.contexts import Context
    from scprint_model.predict.embed import embed

    method = scprint()
    found = method.embed(cells(), seed=0)
    model = open_model(method.checkpoint, device="cpu", attention="auto", download=False)
    lined_up = line_up(cells(), model.vocabulary, depth="total_counts")
    tokens = embed(model, lined_up, context=Context(how="all", size=99), tokens=["cell_type"]).embedding
    np.testing.assert_allclose(found.values, tokens, atol=1e-5)
    assert found.cells == tuple(f"cell{number}" for number in range(6))
    assert any("embedding of the tokens cell_type" in line for line in taken_notes())


def test_other_tokens_give_other_embeddings_and_two_give_their_mean(scprint):
    one, other, both = (
        scprint(tokens=tokens).embed(cells(), seed=0).values
        for tokens in ("cell_type", "sex", "cell_type, sex")
    )
    assert np.abs(one - other).max() > 1e-3
    np.testing.assert_allclose(both, (one + other) / 2, atol=1e-5)


def test_a_token_that_the_model_lacks_is_one_line(scprint):
    with pytest.raises(ValueError, match="predicts no class 'mood'") as found:
        scprint(tokens="mood").embed(cells(), seed=0)
    assert "\n" not in str(found.value)


def test_every_cell_gets_a_leaf_whatever_the_training_cells_are(scprint):
    first, second = (scprint().classify(train, cells(), seed=0) for train in (TRAIN, cells(3)))
    assert first.labels == second.labels
    assert set(first.labels) <= {T, B, NEUTROPHIL}
    assert first.reachable == (T, B, NEUTROPHIL)


def test_where_no_leaf_is_sure_its_group_is_named(scprint):
    # of random weights every leaf has a probability about 1/2, and two of them together about 2/3
    leaves = scprint().classify(TRAIN, cells(), seed=0).labels
    found = scprint(sure=0.62).classify(TRAIN, cells(), seed=0)
    assert found.reachable == (T, B, NEUTROPHIL, LYMPHOCYTE)
    expected = {T: LYMPHOCYTE, B: LYMPHOCYTE, NEUTROPHIL: NEUTROPHIL}
    assert found.labels == tuple(expected[leaf] for leaf in leaves)


def test_terms_that_are_no_cell_types_are_no_answer(scprint):
    odd = LabelSpace("cell_type_ontology_term_id", ("unknown", "a", "b"))
    found = scprint((odd,)).classify(TRAIN, cells(), seed=0)
    assert set(found.labels) == {None}
    assert found.reachable == ()


def test_the_record_learns_which_labels_are_in_reach(scprint):
    taken_notes()
    scprint().classify(TRAIN, cells(), seed=0)
    said = taken_notes()
    assert "it names 3 cell types, and knows 1 groups of them" in said
    assert "of the 2 labels of the training cells in its reach: CL:0000542; out of reach: CL:0000169" in said


def test_a_model_without_cell_types_is_one_line(scprint):
    with pytest.raises(ValueError, match="predicts no class 'cell_type'; it has sex_ontology_term_id"):
        scprint((SEX,)).classify(TRAIN, cells(), seed=0)


def test_more_genes_than_the_context_are_drawn_and_the_record_says_so(scprint):
    first, again, other = (scprint(context=5).embed(cells(), seed=seed).values for seed in (0, 0, 1))
    assert "each cell was shown 5 random expressed genes of 12" in taken_notes()
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-3


def test_an_untrained_model_gives_no_labels_but_an_embedding():
    method = Scprint(untrained=True, device="cpu")
    found = method.classify(TRAIN, cells(), seed=0)
    assert found.labels == (None,) * 6
    assert "an untrained model has no labels to give" in taken_notes()
    assert method.embed(cells(), seed=0).values.std() > 0


@pytest.mark.parametrize("wrong", [{"sure": 1.0}, {"sure": -0.1}, {"tokens": ""}, {"tokens": "cell_type,"}])
def test_settings_of_both_that_mean_nothing_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Scprint(untrained=True, **wrong)
