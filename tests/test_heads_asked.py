"""What can be said about heads on the command line, and what is refused in one line."""

import pytest

from bengrn.errors import SettingError, UnknownNameError
from bengrn.request import HeadsAsked, Named, Request, parse_heads


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ((None, None, None), None),
        (("split", None, None), HeadsAsked("split")),
        (("split", None, 0.7), HeadsAsked("split", share=0.7)),
        ((None, "trrust-human", None), HeadsAsked("other", Named("trrust-human"))),
        ((None, "omnipath:published", 0.3), HeadsAsked("other", Named("omnipath", "published"), share=0.3)),
        (("published:gwps", None, None), HeadsAsked("published", recipe="gwps")),
        (("published:gwps", "omnipath", None), HeadsAsked("published", Named("omnipath"), "gwps")),
    ],
)
def test_the_words_mean_a_selection(words, asked):
    assert parse_heads(*words) == asked


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (("spilt", None, None), UnknownNameError, "no selection of heads 'spilt'. Did you mean 'split'"),
        (("other", None, None), UnknownNameError, "no selection of heads 'other'"),
        (("split:half", None, None), UnknownNameError, "no selection of heads 'split:half'"),
        (("published", None, None), SettingError, "needs a recipe: published:NAME. There are: gwps"),
        (("published:omnipat", None, None), SettingError, "'omnipat'.*Did you mean 'omnipath'"),
        (("published:gwps", None, 0.5), SettingError, "no part of a published recipe"),
        (("split", "trrust-human", None), SettingError, "expected one of the two"),
        (("split", None, 0.0), SettingError, "--heads-share is 0; expected a number between 0 and 1"),
        ((None, "omnipath", 1.5), SettingError, "--heads-share is 1.5; expected a number between 0 and 1"),
        (("split", None, float("nan")), SettingError, "--heads-share is nan"),
        ((None, None, 0.5), SettingError, "give --heads split or --heads-from TRUTH too"),
    ],
)
def test_words_that_select_nothing_are_refused(words, error, said):
    with pytest.raises(error, match=said):
        parse_heads(*words)


def test_a_recipe_beside_a_split_is_refused():
    with pytest.raises(SettingError, match="one way of selection"):
        HeadsAsked("split", recipe="gwps")


def test_an_unknown_universe_is_refused():
    with pytest.raises(UnknownNameError, match=r"There is no universe 'ft'\. There are: all, tf"):
        Request((), (), universe="ft")
