"""Mutual rank passes the conformance kit, and equals its definition on three genes."""

import anndata
import numpy as np
import pytest
from mutual_rank import MutualRank

from bengrn.testing import method_checks

test_mutual_rank = method_checks("mutual-rank")


def test_scores_match_ranks_counted_by_hand():
    # |r| is 0.99 between a and b, 0.86 between a and c, 0.84 between b and c
    adata = anndata.AnnData(
        np.array([[0, 0, 0], [1, 1, 0], [2, 3, 2], [3, 3, 5], [5, 6, 3]], dtype=np.float32)
    )
    adata.var_names = ["a", "b", "c"]
    adata.obs["total_counts"] = np.full(5, 1e4, dtype=np.float32)
    scores = MutualRank().infer(adata, regulators=["a", "c"], seed=0).scores
    assert scores[0, 1] == pytest.approx(1)  # first for one another
    assert scores[0, 2] == pytest.approx(1 / np.sqrt(2))  # a is c's first, c is a's second
    assert scores[1, 1] == pytest.approx(1 / 2)  # second for one another
