"""Configurations of a run: what they may hold, what they refuse, and how layers lie on each other."""

import json

import pytest

from scprint_model.errors import ConfigError
from scprint_model.train.config import DataSettings, LoopSettings, TrainConfig
from scprint_model.train.layering import layered, merge, names

ABLATIONS = ["nofreeze", "2-heads", "MSE", "MVC", "noPE", "no-random-weighted", "MLM", "lognorm"]
SIZES = ["small", "medium", "large", "vlarge"]


def test_the_defaults_are_the_base_configuration():
    assert TrainConfig.from_dict({"corpus": "c", **layered(["base"])}).to_dict() | {
        "model": {},
        "objective": {},
    } == TrainConfig.from_dict({"corpus": "c"}).to_dict() | {"model": {}, "objective": {}}


def test_base_sets_nothing_but_defaults_of_the_model():
    base = TrainConfig.from_dict({"corpus": "c", **layered(["base"])})
    plain = TrainConfig.from_dict({"corpus": "c"})
    few = {"genes": 3, "classes": (("a", 2),), "datasets": 1}
    assert base.model_config(**few) == plain.model_config(**few)


@pytest.mark.parametrize("name", [*SIZES, *ABLATIONS, "base", "short", "v2"])
def test_a_shipped_configuration_is_valid(name):
    assert TrainConfig.from_dict({"corpus": "c", **layered(["base", name])})


def test_every_shipped_configuration_is_tested():
    assert {*SIZES, *(name.lower() for name in ABLATIONS), "base", "short", "v2"} == set(names())


@pytest.mark.parametrize("name", SIZES)
def test_a_size_file_has_the_numbers_of_the_named_size(name):
    from scprint_model.sizes import SIZES as NAMED

    model = layered([name])["model"]
    assert {key: model[key] for key in NAMED[name]} == dict(NAMED[name])


def test_a_configuration_survives_json():
    config = TrainConfig.from_dict({"corpus": "c", **layered(["base", "large", "v2"])})
    assert TrainConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("train.stepz=3", "There is no setting train.stepz; did you mean train.steps?"),
        ("trian.steps=3", "There is no setting trian; did you mean train?"),
        ("model.genes=3", "There is no setting model.genes; known are d_model"),
        ("model.head=3", "There is no setting model.head; did you mean model.heads?"),
        ("objective.noise=0.3", "There is no setting objective.noise"),
        ("train.steps=many", "train.steps is 'many'; it must be a whole number."),
        ("train.steps=2.5", "train.steps is 2.5; it must be a whole number."),
        ("train.lr=true", "train.lr is True; it must be a number."),
        ("train.lr=NaN", "train.lr is nan; it must be a number."),
        ("train.schedule=linear", "it must be one of 'constant', 'plateau', 'cosine'."),
        ("train.betas=0.9", "train.betas is 0.9; it must be a list."),
        ("train.clip=0", "train.clip is 0.0; it must be above 0."),
        ("train.lr_end=1", "train.lr_end 1.0 is above train.lr 0.0001."),
        ("data.validation=1", "data.validation is 1.0; it is a share, so below 1."),
        ("data.batch=0", "data.batch is 0; it must be at least 1."),
        ("model.positions=1", "model.positions is 1; it must be true or false."),
        ("objective.denoise=a", "objective.denoise is 'a'; it must be a list, each a number."),
        ("train=3", "train is 3; it must be a table of settings."),
    ],
)
def test_a_bad_setting_is_one_line(setting, message):
    with pytest.raises(ConfigError) as caught:
        TrainConfig.from_dict(layered([], ["corpus=c", setting]))
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_run_without_a_corpus_says_how_to_give_one():
    with pytest.raises(ConfigError, match="add corpus=FOLDER"):
        TrainConfig.from_dict({})


def test_text_that_yaml_leaves_a_number_is_read_as_one():
    assert TrainConfig.from_dict({"corpus": "c", "train": {"lr": "3e-4"}}).train.lr == 3e-4


def test_a_later_layer_holds_and_leaves_the_rest(tmp_path):
    (tmp_path / "a.yaml").write_text("train: {steps: 5, lr: 0.1}\ndata: {batch: 2}\n")
    (tmp_path / "b.json").write_text('{"train": {"steps": 7}}')
    values = layered([str(tmp_path / "a.yaml"), str(tmp_path / "b.json")], ["train.warmup=1", "seed=3"])
    assert values == {"train": {"steps": 7, "lr": 0.1, "warmup": 1}, "data": {"batch": 2}, "seed": 3}


def test_merging_changes_neither_table():
    under, over = {"a": {"b": 1}}, {"a": {"c": 2}}
    assert merge(under, over) == {"a": {"b": 1, "c": 2}}
    assert (under, over) == ({"a": {"b": 1}}, {"a": {"c": 2}})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("data.test_datasets=a,b", {"data": {"test_datasets": "a,b"}}),
        ("train.clip=none", {"train": {"clip": None}}),
        ("model.positions=False", {"model": {"positions": False}}),
        ("objective.denoise=[0.5,0.6]", {"objective": {"denoise": [0.5, 0.6]}}),
        ("corpus=/a=b", {"corpus": "/a=b"}),
    ],
)
def test_a_setting_is_read_as_its_value(text, value):
    assert layered([], [text]) == value


def test_a_list_may_be_written_with_commas():
    assert TrainConfig.from_dict(layered([], ["corpus=c", "data.test_datasets=a, b"])).data == DataSettings(
        test_datasets=("a", "b")
    )


@pytest.mark.parametrize(
    ("config", "content", "message"),
    [
        ("huge", None, "There is no configuration 'huge'; there are 2-heads, base"),
        ("no.yaml", None, "cannot be read"),
        ("x.yaml", "a: [", "is not YAML"),
        ("x.yaml", "- a", "holds list; it must be a table."),
        ("x.json", "{", "is not JSON"),
    ],
)
def test_a_configuration_that_cannot_be_read_is_one_line(tmp_path, config, content, message):
    path = tmp_path / config
    if content is not None:
        path.write_text(content)
    with pytest.raises(ConfigError, match=message) as caught:
        layered([str(path) if path.suffix else config])
    assert "\n" not in str(caught.value)


def test_a_setting_without_a_value_is_refused():
    with pytest.raises(ConfigError, match="is no setting; write KEY=VALUE"):
        layered([], ["train.steps"])


def test_genes_are_learned_where_no_table_is_given():
    few = {"genes": 3, "classes": (), "datasets": 1}
    config = TrainConfig.from_dict({"corpus": "c"})
    assert not config.model_config(**few).freeze_genes
    assert (
        TrainConfig.from_dict({"corpus": "c", "data": {"gene_table": "t"}}).model_config(**few).freeze_genes
    )


def test_freezing_random_genes_is_refused():
    config = TrainConfig.from_dict({"corpus": "c", "model": {"freeze_genes": True}})
    with pytest.raises(ConfigError, match="random genes would stay random"):
        config.model_config(genes=3, classes=(), datasets=1)


def test_the_discriminator_has_an_output_per_data_set_only_where_it_is_trained():
    few = {"genes": 3, "classes": (), "datasets": 5}
    assert TrainConfig.from_dict({"corpus": "c"}).model_config(**few).datasets == 0
    config = TrainConfig.from_dict({"corpus": "c", "objective": {"adversarial_dataset": 0.1}})
    assert config.model_config(**few).datasets == 5


def test_loop_settings_are_those_of_the_paper():
    loop = LoopSettings()
    assert (loop.lr, loop.warmup, loop.plateau_factor, loop.clip) == (1e-4, 500, 0.6, 100)
    assert (loop.betas, loop.eps, loop.weight_decay) == ((0.9, 0.999), 1e-8, 0.01)
