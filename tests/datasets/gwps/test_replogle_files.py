import gzip
import tracemalloc

import h5py
import numpy as np
import pytest
from scipy import sparse

from bengrn_datasets.gwps.tables import read_checks, read_effects, read_p_values

A, B, C, D = (f"ENSG0000000000{digit}" for digit in "1234")
HEADER = [f"7_AAA_P1P2_{A}", "8_non-targeting_non-targeting_non-targeting", f"9_BBB_P1_{B}", f"3_AAA_P2_{A}"]


def write_csv(path, header, rows):
    """Write the upstream format: the first column unnamed, a row per measured gene."""
    lines = [",".join(["", *header]), *(",".join([gene, *map(str, values)]) for gene, values in rows.items())]
    path.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 1))
    return path


@pytest.fixture
def small(tmp_path):
    rows = {B: [0.001, 0.0, 0.2, 0.0], C: [0.05, 0.0, 0.049, 0.0], D: [1.0, 0.0, 0.9, 0.01]}
    return write_csv(tmp_path / "p.csv.gz", HEADER, rows)


def names_of(found):
    edges = sparse.coo_array(found.edges)
    return {(found.regulators[i], found.targets[j]) for i, j in zip(edges.row, edges.col, strict=True)}


def test_a_row_is_the_perturbed_gene_and_a_column_the_measured_one(small):
    found = read_p_values(small, alpha=0.01)
    assert (found.regulators, found.targets) == ((A, B), (B, C, D))
    assert names_of(found) == {(A, B)}  # A -> B, not B -> A


def test_a_p_value_must_be_below_the_level_not_at_it(small):
    assert names_of(read_p_values(small, alpha=0.05)) == {(A, B), (B, C)}  # (A, C) has 0.05
    assert names_of(read_p_values(small, alpha=0.0501)) == {(A, B), (B, C), (A, C)}


def test_the_first_column_of_a_perturbed_gene_is_kept(small):
    found = read_p_values(small, alpha=0.05)
    assert found.columns == (HEADER[0], HEADER[2])
    assert (A, D) not in names_of(found)  # only its second column says so
    assert found.losses["further columns of a perturbed gene"] == 1


def test_control_columns_are_no_regulators_and_are_counted(small):
    assert read_p_values(small, alpha=0.05).losses["columns of controls"] == 1


def test_a_column_without_a_gene_id_is_counted(tmp_path):
    path = write_csv(tmp_path / "p.csv.gz", [*HEADER, "99_UNRESOLVED_nan"], {B: [0.01] * 5})
    assert read_p_values(path, alpha=0.05).losses["columns without a gene id"] == 1


@pytest.mark.parametrize("missing", ["", "nan", "NaN"])
def test_a_missing_p_value_is_no_edge_and_is_counted(tmp_path, missing):
    path = write_csv(tmp_path / "p.csv.gz", HEADER, {B: [missing, 0, 0.01, missing], C: [0.01, 0, 0.01, 0]})
    found = read_p_values(path, alpha=0.05)
    assert names_of(found) == {(A, C), (B, B), (B, C)}
    assert found.losses["pairs without a p-value"] == 1


def test_a_gene_without_any_p_value_was_not_tested(tmp_path):
    rows = {B: ["", "", "", ""], C: ["", 0, 0.01, ""], D: ["", 0, 0.9, 0]}
    found = read_p_values(write_csv(tmp_path / "p.csv.gz", HEADER, rows), alpha=0.05)
    assert (found.regulators, found.targets) == ((B,), (C, D))
    assert found.losses["perturbed genes without a p-value"] == 1
    assert found.losses["measured genes without a p-value"] == 1


def test_rows_that_name_no_gene_or_one_again_are_counted(tmp_path):
    path = write_csv(tmp_path / "p.csv.gz", HEADER, {"GAPDH": [0] * 4, B: [0.01] * 4})
    with gzip.open(path, "at") as more:
        more.write(f"{B},1,1,1,1\n")
    found = read_p_values(path, alpha=0.05)
    assert found.targets == (B,)
    assert found.edges.nnz == 2
    assert found.losses["rows without a gene id"] == found.losses["rows of a gene listed before"] == 1


def test_all_values_agree_with_an_independent_reader(tmp_path):
    import pandas as pd

    rng = np.random.default_rng(0)
    genes = [f"ENSG{number:011d}" for number in range(60)]
    header = [f"{place}_X_P1_{gene}" for place, gene in enumerate(rng.permutation(genes)[:40])]
    values_TR = rng.random((50, 40)) ** 3
    path = write_csv(tmp_path / "p.csv.gz", header, dict(zip(genes[:50], values_TR, strict=True)))
    table = pd.read_csv(path, index_col=0) < 0.05
    found = read_p_values(path, alpha=0.05)
    assert found.targets == tuple(table.index)
    assert np.array_equal(found.edges.toarray(), table.to_numpy().T)


def test_memory_does_not_grow_with_the_rows(tmp_path):
    rng = np.random.default_rng(0)
    header = [f"{place}_X_P1_ENSG{place:011d}" for place in range(2_000)]
    peaks = []
    for n_rows in (20, 200):  # 0.8 and 8 MB of text
        rows = {f"ENSG{row:011d}": rng.random(2_000) for row in range(n_rows)}
        path = write_csv(tmp_path / f"{n_rows}.csv.gz", header, rows)
        read_p_values(path, alpha=0.001)
        tracemalloc.start()
        read_p_values(path, alpha=0.001)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert max(peaks) < 6e6
    assert peaks[1] < peaks[0] + 1e6


@pytest.mark.parametrize(
    ("header", "words"),
    [
        (["AAA", "BBB"], "'AAA', 'BBB' and so on; expected perturbations that end in an underscore"),
        ([A, B], "Is it transposed"),
        (["0_non-targeting_non-targeting_non-targeting"], "expected perturbations"),
        ([], "names nothing"),
    ],
)
def test_another_header_is_refused(tmp_path, header, words):
    path = write_csv(tmp_path / "p.csv.gz", header, {B: [0.5] * len(header)})
    with pytest.raises(ValueError, match=words):
        read_p_values(path, alpha=0.05)


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([0.1, 0, 1.5, 0], f"row {C} holds 1.5; expected p-values between 0 and 1"),
        ([-0.1, 0, 0.5, 0], "holds -0.1"),
        ([0.1, 0, "inf", 0], "holds inf"),
        ([0.1, 0, "high", 0], "something else than numbers .*'high'"),
        ([0.1, 0, 0.5], "has 3 values, but the header names 4"),
        ([0.1, 0, 0.5, 0, 0], "has 5 values"),
    ],
)
def test_values_that_are_no_p_values_are_refused(tmp_path, values, words):
    path = write_csv(tmp_path / "p.csv.gz", HEADER, {B: [0.1] * 4, C: values})
    with pytest.raises(ValueError, match=words):
        read_p_values(path, alpha=0.05)


@pytest.mark.parametrize("kept", [0.6, 0.0])
def test_a_truncated_file_is_refused_in_one_line(tmp_path, kept):
    rng = np.random.default_rng(0)
    header = [f"{place}_X_P1_ENSG{place:011d}" for place in range(200)]
    path = write_csv(tmp_path / "p.csv.gz", header, {f"ENSG{row:011d}": rng.random(200) for row in range(50)})
    content = path.read_bytes()
    path.write_bytes(content[: int(kept * len(content))])
    with pytest.raises(ValueError) as error:  # noqa: PT011 - the words are checked below
        read_p_values(path, alpha=0.05)
    assert "p.csv.gz" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_file_that_is_no_gzip_is_refused(tmp_path):
    path = tmp_path / "p.csv.gz"
    path.write_text("<html>not found</html>")
    with pytest.raises(ValueError, match="truncated or no gzip file"):
        read_p_values(path, alpha=0.05)


def write_bulk(path, rows, genes, x, **obs):
    """Write the upstream format: dense X, obs and var without encodings of columns."""
    with h5py.File(path, "w") as stored:
        stored["X"] = np.asarray(x, np.float32)
        for part, index, names in (("obs", "gene_transcript", rows), ("var", "gene_id", genes)):
            stored.create_group(part).attrs["_index"] = index
            stored[f"{part}/{index}"] = np.array(names, dtype="S")
        for name, values in obs.items():
            stored[f"obs/{name}"] = np.asarray(values, np.float64)
    return path


def test_checks_follow_the_names_not_the_order(tmp_path):
    path = write_bulk(
        tmp_path / "bulk.h5ad",
        [HEADER[2], "x_non-targeting", HEADER[0]],
        [B],
        np.zeros((3, 1)),
        num_cells_filtered=[50, 1000, 49],
        fold_expr=[0.25, np.nan, np.nan],
    )
    cells_R, remaining_R = read_checks(path, (HEADER[0], HEADER[2], HEADER[3]))
    assert np.array_equal(cells_R, [49, 50, np.nan], equal_nan=True)
    assert np.array_equal(remaining_R, [np.nan, 0.25, np.nan], equal_nan=True)


def test_effects_are_those_of_the_edges_in_their_order(tmp_path):
    x = [[1, 2, 3], [4, np.inf, 6]]  # rows B, A; columns D, C, B
    path = write_bulk(tmp_path / "bulk.h5ad", [HEADER[2], HEADER[0]], [D, C, B], x)
    edges = sparse.csr_array(np.array([[1, 1, 0, 1], [0, 0, 1, 0]], bool))
    effect_E = read_effects(path, (HEADER[0], HEADER[2]), (B, C, D, A), edges)
    # A -> B 6, A -> C infinite, A -> A not measured, B -> D 1
    assert np.array_equal(effect_E, np.array([6, np.nan, np.nan, 1], np.float32), equal_nan=True)


def test_a_bulk_file_of_another_screen_is_refused(tmp_path):
    path = write_bulk(tmp_path / "bulk.h5ad", ["g1", "g2"], [B], np.zeros((2, 1)), num_cells_filtered=[1, 1])
    with pytest.raises(
        ValueError, match=r"bulk\.h5ad names 'g1', 'g2' and so on; expected names such as '7_AAA"
    ):
        read_checks(path, (HEADER[0],))


def test_a_bulk_file_without_the_checks_is_refused(tmp_path):
    path = write_bulk(tmp_path / "bulk.h5ad", [HEADER[0]], [B], np.zeros((1, 1)))
    with pytest.raises(ValueError, match="obs has no column 'num_cells_filtered'; it has gene_transcript"):
        read_checks(path, (HEADER[0],))


def test_quotes_of_the_header_and_na_are_understood(tmp_path):
    path = tmp_path / "p.csv.gz"
    header = '"","1_A_P1_ENSG00000000001","2_B_P1_ENSG00000000002"'
    path.write_bytes(gzip.compress(f"{header}\nENSG00000000003,0.01,NA\n".encode()))
    found = read_p_values(path, alpha=0.05)
    assert found.edges.toarray().tolist() == [[True]]
