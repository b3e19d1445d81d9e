"""Settings of a declared class, from text."""

from dataclasses import dataclass
from typing import Literal

import pytest

from bengrn.errors import SettingError, UnknownNameError
from bengrn.settings import describe, make, values


@dataclass(frozen=True)
class Example:
    ntrees: int = 10
    rate: float = 0.5
    kind: Literal["fast", "exact"] = "fast"
    scaled: bool = True
    limit: int | None = None

    def __post_init__(self):
        if self.ntrees < 1:
            raise ValueError("ntrees must be at least 1")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"ntrees": "100"}, {"ntrees": 100}),
        ({"rate": "1e-3"}, {"rate": 1e-3}),
        ({"kind": "exact"}, {"kind": "exact"}),
        ({"scaled": "false"}, {"scaled": False}),
        ({"limit": "7"}, {"limit": 7}),
        ({"limit": "none"}, {"limit": None}),
    ],
)
def test_text_is_read_as_the_type_of_the_field(given, expected):
    made = values(make(Example, given, name="example"))
    assert made == {**values(Example()), **expected}


def test_an_unknown_setting_suggests_the_nearest():
    with pytest.raises(UnknownNameError, match=r"no setting 'ntree'\. Did you mean 'ntrees'"):
        make(Example, {"ntree": "1"}, name="example")


@pytest.mark.parametrize("given", [{"ntrees": "many"}, {"kind": "slow"}, {"scaled": "perhaps"}])
def test_a_value_of_the_wrong_type_says_what_was_expected(given):
    with pytest.raises(SettingError, match="expected"):
        make(Example, given, name="example")


def test_what_the_class_refuses_is_a_setting_error():
    with pytest.raises(SettingError, match="example: ntrees must be at least 1"):
        make(Example, {"ntrees": "0"}, name="example")


def test_settings_are_described_with_types_and_defaults():
    kinds = {one.name: (one.kind, one.default) for one in describe(Example)}
    assert kinds["kind"] == ("fast | exact", "fast")
    assert kinds["limit"] == ("int | none", None)
