"""Heads come one by one, and odd ones are refused with one clear line."""

import gc
import weakref

import numpy as np
import pytest

from bengrn.errors import NetworkError
from bengrn.heads.stream import visit_heads
from bengrn.values import Network


def _head(names=("a", "b")):
    return Network(np.ones((2, 2)), names, names)


def test_no_earlier_head_is_alive_when_the_next_is_asked_for():
    def heads():
        for number in range(4):
            one = _head()
            earlier.append(weakref.ref(one))
            item = (f"h{number}", one)
            del one
            yield item
            del item
            gc.collect()
            assert not any(reference() for reference in earlier)

    earlier = []
    seen = []
    visit_heads(heads(), lambda name, head: seen.append(name))
    assert seen == ["h0", "h1", "h2", "h3"]


@pytest.mark.parametrize(
    ("heads", "said"),
    [
        ([], "no head; expected two or more"),
        ([("only", _head())], "one head, 'only'"),
        ([("a", _head()), ("a", _head())], "named 'a'"),
        ([("a", _head()), ("b", _head(("a", "c")))], "common genes"),
        ([("a", _head()), ("b", _head(("b", "a")))], "another order"),
        ([_head()], "Item 0 of the heads is a Network"),
        ([(1, _head())], "a pair of a name and a Network"),
        ([("a", _head()), ("b", np.ones((2, 2)))], "Item 1"),
    ],
)
def test_odd_heads_are_refused(heads, said):
    with pytest.raises(NetworkError, match=said) as refused:
        visit_heads(heads, lambda name, head: None)
    assert len(str(refused.value).splitlines()) == 1
