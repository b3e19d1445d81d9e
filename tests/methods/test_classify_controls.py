"""The control for labelling: the most frequent label."""

import anndata
import numpy as np
import pytest

from bengrn_methods.classify_controls import Majority


def labelled(labels):
    adata = anndata.AnnData(np.ones((len(labels), 2), np.float32))
    adata.obs["cell_type"] = labels
    return adata


CELLS = anndata.AnnData(np.ones((2, 2), np.float32))


@pytest.mark.parametrize("labels", [["b", "a", "b"], ["b", "b"], ["c", "b", "c", "b"]])
def test_everybody_gets_the_most_frequent_training_label_of_a_tie_the_first(labels):
    found = Majority().classify(labelled(labels), CELLS, seed=0)
    assert found.labels == ("b", "b")
    assert found.reachable == ("b",)


def test_training_cells_without_labels_are_refused():
    with pytest.raises(ValueError, match="1 of 2 training cells have no label"):
        Majority().classify(labelled(["a", None]), CELLS, seed=0)
