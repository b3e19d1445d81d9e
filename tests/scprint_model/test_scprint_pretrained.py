"""The model that comes with the package: small, honest about itself, and better than no training."""

import json

import numpy as np
import pytest

from scprint_model.checkpoint.hub import open_model
from scprint_model.checkpoint.places import default_folder, trained_on

# 12 MB is what the package may carry
MOST_BYTES = 12_000_000
HELD_OUT = ("pbmc3k", "pancreas")


@pytest.fixture(scope="module")
def said():
    return json.loads((default_folder() / "model.json").read_text())


def test_it_is_small_enough_to_come_along():
    assert sum(path.stat().st_size for path in default_folder().iterdir()) <= MOST_BYTES


def test_it_opens_whole():
    pretrained = open_model("", device="cpu")
    assert pretrained.report.complete
    assert len(pretrained.vocabulary.genes) == pretrained.model.config.genes


def test_what_it_was_tested_on_was_held_out(said):
    assert tuple(said["card"]["tests"]) == HELD_OUT
    assert not set(HELD_OUT) & set(trained_on(""))
    assert len(trained_on("")) >= 5


def test_its_card_names_no_place_of_a_machine(said):
    text = json.dumps(said["card"])
    assert '"/' not in text
    assert "corpus" not in said["card"]["config"]


@pytest.mark.parametrize("name", HELD_OUT)
def test_its_card_says_that_it_denoises_cells_it_has_not_seen(said, name):
    found = said["card"]["tests"][name]["denoising"]
    assert found["gain"] > 0
    assert found["model"] > found["untrained"]


def test_it_separates_planted_counts_from_their_noise():
    """Predicted means follow a gene's own counts, on genes of the vocabulary that are given by name."""
    import anndata
    from scipy import sparse

    from scprint_model.predict.cells import line_up
    from scprint_model.predict.contexts import Context
    from scprint_model.predict.denoise import denoise

    pretrained = open_model("", device="cpu")
    genes = pretrained.vocabulary.genes[:300]
    rng = np.random.default_rng(0)
    mean_G = rng.lognormal(0, 1.5, len(genes))
    counts_CG = rng.poisson(mean_G, size=(20, len(genes))).astype(np.float32)
    cells = anndata.AnnData(sparse.csr_matrix(counts_CG))
    cells.var_names = list(genes)
    found = denoise(
        pretrained,
        line_up(cells, pretrained.vocabulary, organism="NCBITaxon:9606"),
        context=Context(how="all", size=len(genes)),
        times=1.0,
        batch=20,
    )
    from scipy.stats import spearmanr

    rank = [spearmanr(found.values["mu"][cell], mean_G[found.columns]).statistic for cell in range(20)]
    assert np.mean(rank) > 0.5
