"""An embedding of cells: what it keeps and what it refuses; and what an embedder may be asked for."""

import numpy as np
import pytest
from scipy import sparse

from bengrn.errors import EmbeddingError
from bengrn.plugin import Embedding, Embeds

CELLS = ("a", "b", "c")
VALUES = np.array([[0.5, -1.0], [2.0, 0.0], [0.0, 3.0]])


@pytest.mark.parametrize(
    "given", [VALUES, VALUES.tolist(), sparse.csr_array(VALUES), np.asfortranarray(VALUES)]
)
def test_values_are_dense_float32_and_read_only(given):
    values = Embedding(given, CELLS).values
    np.testing.assert_array_equal(values, VALUES)
    assert values.dtype == np.float32
    assert not values.flags.writeable


def test_the_array_that_was_given_stays_writeable():
    given = VALUES.astype(np.float32)
    Embedding(given, CELLS)
    assert given.flags.writeable


@pytest.mark.parametrize(
    ("values", "said"),
    [
        (VALUES[:2], r"shape \(2, 2\), but there are 3 cells; expected \(3, dimensions\)"),
        (VALUES.T, r"shape \(2, 3\).*Transposed\? Rows must be cells"),
        (VALUES[:, 0], r"shape \(3,\)"),
        (VALUES[:, :0], r"shape \(3, 0\).*one dimension or more"),
        (VALUES[None], r"shape \(1, 3, 2\)"),
        (VALUES * [1.0, np.nan], "3 values that are NaN or infinite"),
        (VALUES * 1e39, "4 values that are NaN or infinite"),
    ],
)
@pytest.mark.filterwarnings("ignore:invalid value")
def test_what_is_no_embedding_is_refused_in_one_line(values, said):
    with pytest.raises(EmbeddingError, match=said) as found:
        Embedding(values, CELLS)
    assert "\n" not in str(found.value)


def test_a_square_embedding_is_not_called_transposed():
    Embedding(np.eye(3), CELLS)


def test_names_that_repeat_are_refused():
    with pytest.raises(EmbeddingError, match="1 cells of the embedding repeat a name"):
        Embedding(VALUES, ("a", "b", "a"))


@pytest.mark.parametrize("name", ["pca", "random-embedding", "scprint"])
def test_installed_embedders_follow_the_protocol(name):
    from bengrn.testing import find_method

    method = find_method(name)
    assert isinstance(method.instance, Embeds)
    assert "embed" in method.card()["capabilities"]


def test_a_run_refuses_an_embedder_and_says_what_can_be_done_with_it(bengrn):
    ran = bengrn("run", "--method", "pca", "--truth", "omnipath")
    assert ran.code == 2
    assert ran.message.startswith("bengrn: The method 'pca' embeds and infers no network")
    assert "`bengrn validate pca`" in ran.message
    assert "\n" not in ran.message


def test_the_list_of_methods_says_who_can_embed(bengrn):
    ran = bengrn("methods")
    (line,) = [line for line in ran.out.splitlines() if line.split()[:1] == ["pca"]]
    assert "embed" in line


def test_a_record_marks_a_method_that_uses_labels(tmp_path):
    from bengrn.testing import find_method

    path = tmp_path / "mine.py"
    path.write_text(
        "from dataclasses import dataclass\nfrom typing import ClassVar\nfrom bengrn.plugin import hookimpl\n"
        "@dataclass(frozen=True)\nclass Mine:\n"
        "    name: ClassVar[str] = 'mine'\n    source: ClassVar[str] = 'test'\n"
        "    uses_labels: ClassVar[bool] = True\n"
        "    def embed(self, adata, *, seed): ...\n"
        "@hookimpl\ndef bengrn_methods(): return [Mine]\n"
    )
    assert find_method(str(path)).card()["uses_labels"] is True
    assert "uses_labels" not in find_method("pca").card()
