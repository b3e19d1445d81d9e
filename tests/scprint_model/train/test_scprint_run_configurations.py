"""Every shipped configuration trains, gene tables enter a run, and held-out cells do not."""

from collections.abc import Iterator

import numpy as np
import pytest

from scprint_model.checkpoint.ours import load
from scprint_model.errors import ConfigError
from scprint_model.train.cells import CorpusSource
from scprint_model.train.config import TrainConfig
from scprint_model.train.layering import layered, merge
from scprint_model.train.log import read_log
from scprint_model.train.loop import fit


def test_a_given_gene_table_is_frozen_and_kept(config, tmp_path):
    table = np.random.default_rng(0).normal(size=(30, 32))
    np.save(tmp_path / "table.npy", table)
    fit(config(data={"gene_table": str(tmp_path / "table.npy")}), out=tmp_path / "run")
    weight = load(tmp_path / "run/model").model.gene_tokens.table.weight
    np.testing.assert_allclose(weight.detach(), table.reshape(30, 16, 2).mean(axis=2), rtol=1e-5)


def test_an_unfrozen_table_starts_from_the_given_one_and_learns(config, tmp_path):
    np.save(tmp_path / "table.npy", np.ones((30, 16)))
    data, model = {"gene_table": str(tmp_path / "table.npy")}, {"freeze_genes": False}
    fit(config(data=data, model=model), out=tmp_path / "run")
    weight = load(tmp_path / "run/model").model.gene_tokens.table.weight
    assert 0 < (weight - 1).abs().max() < 0.1


def test_a_gene_table_of_other_genes_is_refused(config, tmp_path):
    np.save(tmp_path / "table.npy", np.ones((31, 16)))
    with pytest.raises(ConfigError, match=r"has shape \(31, 16\); the corpus has 30 genes"):
        fit(config(data={"gene_table": str(tmp_path / "table.npy")}), out=tmp_path / "run")


@pytest.mark.parametrize(
    "layers",
    [["nofreeze"], ["2-heads"], ["MSE"], ["MVC"], ["noPE"], ["no-random-weighted"], ["MLM"], ["lognorm"],
     ["small"], ["medium"], ["large"], ["vlarge"], ["v2"], ["short"]],
    ids=lambda names: names[0],
)  # fmt: skip
def test_each_configuration_builds_its_model_and_makes_a_step(plain_config, tmp_path, layers):
    tiny = plain_config(train={"steps": 1}, data={"batch": 4})
    np.save(tmp_path / "table.npy", np.ones((30, 32)))
    if layers == ["nofreeze"]:
        tiny["data"]["gene_table"] = str(tmp_path / "table.npy")
    narrow = {"d_model": 16, "layers": 2, "heads": 2, "class_hidden": 8}
    given = layered(["base", *layers])
    values = merge(merge(given, tiny), {"data": {"shortest": None}})
    if layers[0] in {"small", "medium", "large", "vlarge"}:
        narrow["heads"] = {"small": 2, "medium": 4, "large": 8, "vlarge": 4}[layers[0]]
    config = TrainConfig.from_dict(merge(values, {"model": narrow}))
    fit(config, out=tmp_path / "run")
    terms = {name for name in read_log(tmp_path / "run/log.csv")[-1] if "/" in name}
    model = load(tmp_path / "run/model").model.config
    expected = {
        "nofreeze": not model.freeze_genes,
        "2-heads": model.heads == 2,
        "MSE": model.expression == "mse",
        "MVC": "denoise 0.6/mvc" in terms and not any(name.startswith("generate") for name in terms),
        "noPE": not model.positions,
        "MLM": "mask 0.3/expression" in terms and not any(name.startswith("denoise") for name in terms),
        "lognorm": model.normalization == "log",
        "v2": any(name.startswith("full/class") for name in terms),
        "vlarge": model.checkpoint_gradients,
    }
    assert expected.get(layers[0], True)


def test_uniform_sampling_draws_cells_by_their_number(config):
    source = CorpusSource.open(config(data={"scale": 0}))
    sizes = np.bincount(np.unique(source.corpus.classes[source.split.train], axis=0, return_inverse=True)[1])
    np.testing.assert_allclose(np.sort(source.sampler.probability_K), np.sort(sizes / sizes.sum()))


def test_training_never_sees_held_out_cells(config):
    source = CorpusSource.open(config())
    stream: Iterator = source.training(shard=0, shards=1, start=0, workers=0)
    seen = {cell for _ in range(50) for cell in next(stream).cells.tolist()}
    assert not seen & {*source.split.validation.tolist(), *source.split.test.tolist()}
    assert {source.dataset_names[code] for code in source.corpus.dataset[source.split.test]} == {"set2"}
