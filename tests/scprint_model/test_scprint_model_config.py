"""A model's configuration: what it refuses, and that it survives JSON."""

import json

import pytest

from scprint_model.config import ModelConfig
from scprint_model.errors import ConfigError, ScprintError


def test_a_configuration_survives_json(tiny_config):
    config = tiny_config(kv_heads=1, mvc="concat query", depth="both", metacell_token=True, datasets=3)
    assert ModelConfig.from_dict(json.loads(json.dumps(config.to_dict()))) == config


@pytest.mark.parametrize(
    ("changes", "tokens", "first"),
    [
        ({}, 4, 2),
        ({"depth": "decoder"}, 3, 1),
        ({"depth": "both", "metacell_token": True}, 5, 2),
    ],
)
def test_cell_tokens_are_base_depth_classes_and_metacell(tiny_config, changes, tokens, first):
    config = tiny_config(**changes)
    assert (config.cell_tokens, config.first_class) == (tokens, first)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"heads": 3}, "not a multiple of heads 3"),
        ({"heads": 4, "kv_heads": 3}, "not a multiple of kv_heads 3"),
        ({"layers": 0}, "layers is 0"),
        ({"genes": 2.5}, "genes is 2.5"),
        ({"dropout": 1.0}, "dropout is 1.0"),
        ({"mvc": "dot"}, "it can be none, inner product, concat query, sum query"),
        ({"attention": "fast"}, "it can be auto, sdpa, flash, math"),
        ({"classes": (("sex", 2), ("sex", 3))}, "one class twice"),
        ({"classes": (("a.b", 2),)}, "without dots"),
        ({"classes": (("sex", 0),)}, "with 0 leaves"),
        ({"positions": "no"}, "must be true or false"),
        ({"d_model": 15, "heads": 1}, "odd"),
    ],
)
def test_an_impossible_configuration_is_refused_with_its_reason(tiny_config, changes, message):
    with pytest.raises(ConfigError, match=message):
        tiny_config(**changes)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"genes": 3, "classes": [], "width": 3}, "no setting width"),
        ({"classes": []}, "lacks genes"),
        ({"genes": 3, "classes": ["sex"]}, "must list"),
    ],
)
def test_reading_refuses_unknown_missing_and_malformed_settings(values, message):
    with pytest.raises(ConfigError, match=message):
        ModelConfig.from_dict(values)


def test_every_deliberate_error_is_a_value_error():
    assert issubclass(ConfigError, ScprintError)
    assert issubclass(ScprintError, ValueError)
