"""Small h5ad files and corpora."""

from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from scprint_model.corpus.read import Corpus
from scprint_model.corpus.settings import Settings, Source
from scprint_model.corpus.write import build_corpus
from scprint_model.ontology import Ontology
from scprint_model.vocabulary import Vocabulary

HUMAN, MOUSE = "NCBITaxon:9606", "NCBITaxon:10090"
CELL_TYPE, SEX = "cell_type_ontology_term_id", "sex_ontology_term_id"
TYPES = ("CL:0000624", "CL:0000625", "CL:0000236", "CL:0000084", "unknown")
ABOVE = {
    "CL:0000084": frozenset(),
    "CL:0000236": frozenset(),
    "CL:0000624": frozenset({"CL:0000084"}),
    "CL:0000625": frozenset({"CL:0000084"}),
}


@pytest.fixture
def vocabulary() -> Vocabulary:
    """Return 24 human and 12 mouse genes."""
    genes = [f"ENSG{number:011d}" for number in range(24)] + [f"ENSMUSG{number:011d}" for number in range(12)]
    symbols = ["MT-ND1", "RPS3", "HBA1", *(f"GENE{number}" for number in range(3, 24))]
    symbols += ["mt-Nd1", "Rps3", "Hba-a1", *(f"Gene{number}" for number in range(3, 12))]
    places = [*range(1, 25), *range(1, 13)]
    return Vocabulary(tuple(genes), tuple(symbols), (HUMAN,) * 24 + (MOUSE,) * 12, np.array(places, np.int32))


@pytest.fixture
def ontologies() -> dict[str, Ontology]:
    """Return T cells above two kinds of them, and B cells."""
    return {CELL_TYPE: Ontology(ABOVE)}


@pytest.fixture
def settings() -> Settings:
    """Return settings that keep small data sets."""
    return Settings(min_genes=2, min_cells=2, min_mapped=4, block=7)


@pytest.fixture
def cells(vocabulary: Vocabulary) -> Callable[..., anndata.AnnData]:
    """Make labelled counts on the vocabulary's genes of one organism, shuffled, and an unknown gene."""

    def make(
        n: int = 20, *, seed: int = 0, organism: str = HUMAN, rate: float = 2.0, genes: int | None = None
    ) -> anndata.AnnData:
        rng = np.random.default_rng(seed)
        names = list(vocabulary.genes[vocabulary.span(organism)])[:genes]
        names = [*rng.permutation(names), "unknown"]
        counts = rng.poisson(rng.gamma(1.0, rate, len(names)), size=(n, len(names)))
        counts[:, :4] += 1
        obs = pd.DataFrame(
            {
                CELL_TYPE: pd.Categorical([TYPES[number % len(TYPES)] for number in range(n)]),
                SEX: pd.Categorical([("PATO:0000383", "PATO:0000384")[number % 2] for number in range(n)]),
                "organism_ontology_term_id": pd.Categorical([organism] * n),
            },
            index=[f"cell{number}" for number in range(n)],
        )
        x_CG = sparse.csr_matrix(counts.astype(np.float32))
        return anndata.AnnData(x_CG, obs=obs, var=pd.DataFrame(index=names))

    return make


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., Path]:
    """Write cells to an h5ad file."""

    def save(adata: anndata.AnnData, name: str = "one") -> Path:
        adata.write_h5ad(tmp_path / f"{name}.h5ad")
        return tmp_path / f"{name}.h5ad"

    return save


@pytest.fixture
def build(tmp_path, vocabulary, settings, ontologies) -> Callable[..., Corpus]:
    """Build and open a corpus of files."""

    def make(*files: Path | Source, name: str = "corpus", **rest: object) -> Corpus:
        given = {"vocabulary": vocabulary, "settings": settings, "ontologies": ontologies, **rest}
        build_corpus(files, tmp_path / name, **given)
        return Corpus.open(tmp_path / name)

    return make


@pytest.fixture
def corpus(build, write, cells) -> Corpus:
    """Return a corpus of three human data sets and a mouse one."""
    made = [write(cells(30 + 5 * seed, seed=seed), f"set{seed}") for seed in range(3)]
    return build(*made, write(cells(12, seed=9, organism=MOUSE), "mouse"))
