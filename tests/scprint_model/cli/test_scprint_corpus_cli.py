"""`scprint corpus`, from files to a corpus."""

import gzip
import json

import anndata
import numpy as np
import pandas as pd
import pytest
import yaml
from scipy import sparse
from typer.testing import CliRunner

from scprint_model.cli.corpus import app
from scprint_model.corpus.read import Corpus
from scprint_model.errors import ConfigError, LabelError

CELL_TYPE = "cell_type_ontology_term_id"


@pytest.fixture
def scprint():
    """Run a sub-command; errors pass through."""

    def run(*arguments):
        result = CliRunner().invoke(app, [str(one) for one in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


@pytest.fixture
def inputs(tmp_path):
    """Write counts, an annotation and an ontology."""
    names = [f"ENSG{number:011d}" for number in range(12)]
    lines = [
        f"{name}\tG{number}\tprotein_coding\t1\t{number * 20_000 + 1}" for number, name in enumerate(names)
    ]
    (tmp_path / "genes.tsv").write_text("\n".join(["gene_id\tsymbol\tbiotype\tchromosome\tstart", *lines]))
    rng = np.random.default_rng(0)
    counts = rng.poisson(2, (20, 12)).astype(np.float32)
    counts[:, 11] = 0  # nowhere expressed
    obs = pd.DataFrame({CELL_TYPE: ["CL:1", "CL:2"] * 10}, index=[f"c{number}" for number in range(20)])
    for name in ("a", "b"):
        adata = anndata.AnnData(sparse.csr_matrix(counts), obs=obs, var=pd.DataFrame(index=names))
        adata.write_h5ad(tmp_path / f"{name}.h5ad")
        counts = counts[::-1]
    (tmp_path / "ontologies").mkdir()
    table = {
        "CL:0": {"ancestors": {}, "label": "cell"},
        "CL:1": {"ancestors": {"CL:0": 1}, "label": "one"},
        "CL:2": {"ancestors": {"CL:0": 1}, "label": "two"},
    }
    packed = gzip.compress(json.dumps(table).encode())
    (tmp_path / "ontologies" / "CL-ontology.json.gz").write_bytes(packed)
    return tmp_path


SMALL = ("--set", "min_genes=2", "--set", "min_cells=2", "--set", "min_mapped=4")


def _build(scprint, inputs, *more):
    genes = inputs / "genes.json"
    scprint("vocabulary", "--annotation", inputs / "genes.tsv", "--organism", "human", "--out", genes)
    return scprint(
        "build", inputs / "a.h5ad", inputs / "b.h5ad", "--organism", "human", "--vocabulary", genes,
        "--ontologies", inputs / "ontologies", "--out", inputs / "corpus", *SMALL, *more,
    )  # fmt: skip


def test_a_corpus_is_built_and_described(scprint, inputs):
    built = _build(scprint, inputs, "--set", "parents=all")
    assert built.exit_code == 0
    corpus = Corpus.open(inputs / "corpus")
    assert (corpus.cells, corpus.dataset_names) == (40, ("a", "b"))
    assert corpus.labels[0].groups == (("CL:0", (0, 1)),)
    told = scprint("info", inputs / "corpus", "--verify", "--labels").output
    assert "40 cells of 2 data sets" in told
    assert "12 of NCBITaxon:9606" in told
    assert f"{CELL_TYPE}\t0\tleaf\tCL:1\tone\t20" in told


def test_files_can_be_listed_with_what_they_do_not_tell(scprint, inputs):
    scprint(
        "vocabulary", "--annotation", inputs / "genes.tsv", "--organism", "human", "--out", inputs / "g.json"
    )
    entry = {
        "path": "a.h5ad",
        "name": "first",
        "organism": "NCBITaxon:9606",
        "labels": {"sex": "PATO:0000383"},
    }
    (inputs / "sources.yaml").write_text(yaml.safe_dump([entry]))
    scprint(
        "build", "--sources", inputs / "sources.yaml", "--vocabulary", inputs / "g.json",
        "--class", "sex", "--out", inputs / "corpus", *SMALL,
    )  # fmt: skip
    corpus = Corpus.open(inputs / "corpus")
    assert corpus.dataset_names == ("first",)
    assert [space.name for space in corpus.labels] == ["sex"]


def test_a_vocabulary_can_be_that_of_expressed_genes(scprint, inputs):
    (inputs / "sources.yaml").write_text(yaml.safe_dump([{"path": "a.h5ad", "organism": "NCBITaxon:9606"}]))
    told = scprint(
        "vocabulary", "--annotation", inputs / "genes.tsv", "--organism", "human", "--out", inputs / "g.json",
        "--sources", inputs / "sources.yaml", "--min-cells", 3, "--min-genes", 2,
    ).output  # fmt: skip
    assert "11 genes: 11 of NCBITaxon:9606" in told


def test_an_ontology_can_be_named_for_a_class(scprint, inputs):
    (inputs / "small.json").write_text(json.dumps({"CL:1": {"ancestors": {}, "label": "one"}}))
    with pytest.raises(LabelError, match=r"'CL:2' of cell_type_ontology_term_id \(10 cells of a\)"):
        _build(scprint, inputs, "--ontology", f"{CELL_TYPE}={inputs / 'small.json'}")


@pytest.mark.parametrize(
    ("more", "message"),
    [
        (("--set", "min_gene=1"), "no setting 'min_gene'"),
        (("--set", "min_genes=["), "must be NAME=VALUE"),
        (("--ontology", "file.json"), "must be CLASS=FILE"),
    ],
)
def test_wrong_options_are_refused(scprint, inputs, more, message):
    with pytest.raises(ConfigError, match=message):
        _build(scprint, inputs, *more)


@pytest.mark.parametrize(
    "content",
    [
        "a: 1",
        "- 3",
        "- {name: x}",
        "- {path: a.h5ad, lables: {}}",
        "]",
        "- {path: 5}",
        "- {path: a.h5ad, columns: [sex]}",
        "- {path: a.h5ad, labels: {sex: 3}}",
    ],
)
def test_a_list_of_files_that_is_none_is_refused(scprint, inputs, content):
    (inputs / "sources.yaml").write_text(content)
    with pytest.raises(ConfigError, match=r"sources\.yaml|needs a path|no field lables|of a source is"):
        scprint(
            "vocabulary", "--annotation", inputs / "genes.tsv", "--out", inputs / "g.json",
            "--organism", "human", "--sources", inputs / "sources.yaml",
        )  # fmt: skip


def test_a_place_that_cannot_be_written_is_refused_before_the_work(scprint, inputs):
    nowhere = inputs / "absent" / "file.json"
    with pytest.raises(ConfigError, match="no folder"):
        scprint("vocabulary", "--annotation", inputs / "genes.tsv", "--out", nowhere)
    given = ("tokens", inputs / "absent.fa", "--vocabulary", inputs / "absent.json", "--out")
    with pytest.raises(ConfigError, match="no folder"):
        scprint(*given, inputs / "table.safetensors", "--keep-genes", nowhere)
