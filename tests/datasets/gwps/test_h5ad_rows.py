import tracemalloc

import anndata
import h5py
import numpy as np
import pandas as pd
import pytest
from scipy import sparse

from bengrn_datasets.gwps.h5ad_rows import (
    opened,
    read_column,
    read_names,
    row_blocks,
    rows_where,
    whole_counts,
)

RNG = np.random.default_rng(0)
COUNTS = RNG.poisson(0.5, (40, 7)).astype(np.float32)
KIND = np.where(np.arange(40) % 3 == 0, "control", "other")
ROWS = np.flatnonzero(KIND == "control")


def write_new(path, x, **options):
    """Write what today's anndata writes."""
    obs = pd.DataFrame({"kind": pd.Categorical(KIND), "depth": x.sum(1)}, index=[f"c{i}" for i in range(40)])
    obs["note"] = [f"n{i % 5}" for i in range(40)]
    var = pd.DataFrame({"symbol": list("abcdefg")}, index=[f"g{i}" for i in range(7)])
    anndata.AnnData(x, obs=obs, var=var).write_h5ad(path, **options)
    return path


def write_old(path, x):
    """Write what anndata 0.7 wrote: codes beside a group of categories, columns without encodings."""
    with h5py.File(path, "w") as stored:
        stored["X"] = x
        for part, index, names in (("obs", "cell_barcode", range(40)), ("var", "gene_id", range(7))):
            group = stored.create_group(part)
            group.attrs.update({"_index": index, "encoding-type": "dataframe", "encoding-version": "0.1.0"})
            letter = "c" if part == "obs" else "g"
            group.create_dataset(
                index, data=[f"{letter}{one}" for one in names], dtype=h5py.string_dtype("utf-8")
            )
        stored["obs/kind"] = (KIND == "other").astype(np.int8)
        stored["obs/__categories/kind"] = np.array(["control", "other"], dtype="S")
        stored["obs/depth"] = x.sum(1)
    return path


@pytest.fixture(params=["dense", "dense-compressed", "csr", "old"])
def path(request, tmp_path):
    path = tmp_path / "cells.h5ad"
    if request.param == "old":
        return write_old(path, COUNTS)
    x = sparse.csr_array(COUNTS) if request.param == "csr" else COUNTS
    return write_new(path, x, compression="gzip" if request.param == "dense-compressed" else None)


@pytest.mark.parametrize("rows", [ROWS, np.arange(40), np.array([39]), np.array([0, 1, 2, 20, 39])])
def test_the_chosen_rows_come_in_order_whatever_the_layout(path, rows):
    with opened(path) as stored:
        found = whole_counts(row_blocks(stored["X"], rows))
    assert isinstance(found, sparse.csr_array)
    assert found.dtype == np.float32
    assert np.array_equal(found.toarray(), COUNTS[rows])


@pytest.mark.parametrize("values", [1, 14, 50, 10_000])
def test_the_size_of_the_pieces_changes_nothing(path, values):
    with opened(path) as stored:
        blocks = list(row_blocks(stored["X"], ROWS, values=values))
    assert np.array_equal(np.vstack([block.toarray() for block in blocks]), COUNTS[ROWS])


def test_rows_are_found_by_a_column(path):
    with opened(path) as stored:
        assert np.array_equal(rows_where(stored["obs"], "kind", "control"), ROWS)


def test_names_and_columns_are_read_as_text_and_numbers(path):
    with opened(path) as stored:
        assert list(read_names(stored["obs"])[:2]) == ["c0", "c1"]
        assert list(read_names(stored["var"])) == [f"g{one}" for one in range(7)]
        assert list(read_column(stored["obs"], "kind")) == list(KIND)
        assert np.array_equal(read_column(stored["obs"], "depth"), COUNTS.sum(1))


def test_rows_are_found_by_a_column_of_plain_text(tmp_path):
    with opened(write_new(tmp_path / "cells.h5ad", COUNTS)) as stored:
        assert np.array_equal(rows_where(stored["obs"], "note", "n3"), np.arange(3, 40, 5))


def test_a_missing_category_is_empty_text_and_no_row(tmp_path):
    adata = anndata.AnnData(COUNTS, obs=pd.DataFrame(index=[f"c{one}" for one in range(40)]))
    adata.obs["kind"] = pd.Categorical(["control", None] * 20)
    adata.write_h5ad(tmp_path / "cells.h5ad")
    with opened(tmp_path / "cells.h5ad") as stored:
        assert list(read_column(stored["obs"], "kind")[:2]) == ["control", ""]
        assert np.array_equal(rows_where(stored["obs"], "kind", "control"), np.arange(0, 40, 2))


def test_a_value_that_is_nowhere_is_refused_with_those_there_are(path):
    with (
        opened(path) as stored,
        pytest.raises(ValueError, match="no kind is 'non-targeting'; it is 'control', 'other'"),
    ):
        rows_where(stored["obs"], "kind", "non-targeting")


def test_a_missing_column_is_refused_with_those_there_are(path):
    with (
        opened(path) as stored,
        pytest.raises(ValueError, match=r"obs has no column 'gene_id'; it has .*kind"),
    ):
        rows_where(stored["obs"], "gene_id", "non-targeting")


def test_dense_rows_are_read_without_the_matrix(tmp_path):
    with h5py.File(tmp_path / "wide.h5ad", "w") as stored:
        matrix = stored.create_dataset("X", (3_000, 2_000), np.float32)  # 24 MB
        matrix[::10] = 1
        tracemalloc.start()
        total = sum(block.sum() for block in row_blocks(matrix, np.arange(0, 3_000, 10), values=20_000))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert total == 300 * 2_000
    assert peak < 1e6


@pytest.mark.parametrize("wrong", [0.5, -1.0, np.nan, np.inf])
def test_values_that_are_no_counts_are_refused(wrong):
    with pytest.raises(ValueError, match="expected raw counts"):
        whole_counts(iter([sparse.csr_array(np.array([[1.0, wrong]]))]))


def test_a_matrix_stored_by_columns_is_refused(tmp_path):
    path = write_new(tmp_path / "cells.h5ad", sparse.csc_array(COUNTS))
    with (
        opened(path) as stored,
        pytest.raises(ValueError, match=r"stored as csc_matrix.*expected a dense or CSR"),
    ):
        list(row_blocks(stored["X"], ROWS))


@pytest.mark.parametrize("kept", [0.0, 0.5, 0.9])
def test_a_truncated_file_is_refused_in_one_line(tmp_path, kept):
    path = write_new(tmp_path / "cells.h5ad", COUNTS)
    path.write_bytes(path.read_bytes()[: int(kept * path.stat().st_size)])
    with (
        pytest.raises(ValueError, match=r"cells\.h5ad cannot be read as h5ad .*download it again") as error,
        opened(path),
    ):
        pass
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_anndata_is_refused(tmp_path):
    with h5py.File(tmp_path / "other.h5ad", "w") as stored:
        stored["X"] = COUNTS
    with pytest.raises(ValueError, match=r"other\.h5ad has no obs, var"), opened(tmp_path / "other.h5ad"):
        pass
