import gzip
import os
import zipfile
from pathlib import Path

import numpy as np
import pytest
from scipy import io, sparse

from bengrn.fetch import fetch
from bengrn_datasets.mccalla.expression import DATASETS, bengrn_datasets
from bengrn_datasets.mccalla.expression_files import read_counts_mtx, read_logged, read_rooted
from bengrn_datasets.mccalla.expression_table import as_adata, read_table
from bengrn_datasets.mccalla.truths import TRUTHS

MIRROR = os.environ.get("BENGRN_DATA", "")


def load(name):
    """Load a data set from the mirror; skip where it is not."""
    files = DATASETS[name].files
    if not MIRROR or not all((Path(MIRROR) / one.path).is_file() for one in files.values()):
        pytest.skip(f"needs the table of {name}: set BENGRN_DATA")
    return DATASETS[name]().load({key: fetch(one) for key, one in files.items()})


def counts(genes=150, cells=7):
    """Return counts of genes x cells, with a one in every cell."""
    made = np.random.default_rng(0).poisson(1.5, (genes, cells))
    made[0] = 1
    return made


def written(values, separator, *, corner=None, form="{:.15g}"):
    """Write a table of genes x cells as text."""
    cells = [f"cell{one}" for one in range(values.shape[1])]
    header = separator.join(cells if corner is None else [corner, *cells])
    rows = [separator.join([f"g{g}", *map(form.format, row)]) for g, row in enumerate(values)]
    return "\n".join([header, *rows]) + "\n"


def packed(path, text):
    path.write_bytes(gzip.compress(text.encode()))
    return path


def rooted(counts_GC):
    """Transform as the release does: the root of counts per 10,000, six decimals, cells in columns."""
    return written(np.sqrt(counts_GC * 1e4 / counts_GC.sum(axis=0)), ",", corner="Cell", form="{:f}")


@pytest.mark.parametrize(
    ("name", "shape"),
    [
        ("mccalla-liu", (72, 23_153)),
        ("mccalla-chen", (385, 8_595)),
        ("mccalla-semrau", (384, 10_243)),
    ],
)
def test_a_table_has_its_shape_and_holds_counts(name, shape):
    adata = load(name)
    assert adata.shape == shape
    assert isinstance(adata.X, sparse.csr_array)
    assert adata.X.dtype == np.float32
    assert np.array_equal(adata.X.data, np.rint(adata.X.data))
    assert adata.obs_names.is_unique
    assert adata.var_names.is_unique


@pytest.mark.parametrize(
    ("name", "edges", "regulators"), [("mccalla-chen", 2_969, 19), ("mccalla-liu", 10_537, 33)]
)
def test_human_full_has_its_edges_among_the_measured_genes(name, edges, regulators):
    truth = TRUTHS["mccalla-human-full"]().load({})
    measured = set(load(name).var_names)
    rows = [place for place, one in enumerate(truth.regulators) if one in measured]
    columns = [place for place, one in enumerate(truth.targets) if one in measured]
    inside = truth.edges[rows][:, columns]
    assert inside.nnz == edges
    assert (inside.sum(axis=1) > 0).sum() == regulators


def test_the_release_and_the_paper_have_eight_tables():
    assert {one.name.removeprefix("mccalla-") for one in bengrn_datasets()} == {
        *("han", "yan", "tran", "zhao"),  # of the paper
        *("liu", "chen", "duren", "semrau"),
    }


@pytest.mark.parametrize("name", ["han", "tran", "yan", "duren"])
def test_a_table_never_seen_is_known_by_its_git_object(name, tmp_path):
    path = packed(tmp_path / "table.csv.gz", rooted(counts()))
    with pytest.raises(ValueError, match="is the git object"):
        DATASETS[f"mccalla-{name}"]().load(dict.fromkeys(("table", "genes", "cells"), path))


@pytest.mark.parametrize("times", [1, 2])
@pytest.mark.parametrize("corner", [None, "gene"])
def test_logarithms_are_undone_once_or_twice(times, corner, tmp_path):
    values = there = counts()
    there[3, 2] = 363_607
    for _ in range(times):
        values = np.log2(values + 1)
    path = packed(tmp_path / "t.tsv.gz", written(values, "\t", corner=corner))
    adata = as_adata(read_logged(path))
    assert np.array_equal(adata.X.toarray(), there.T)
    assert list(adata.obs_names) == [f"cell{one}" for one in range(7)]
    assert list(adata.var_names[:2]) == ["g0", "g1"]


def test_values_that_no_logarithm_makes_whole_are_refused(tmp_path):
    path = packed(tmp_path / "t.tsv.gz", written(np.full((3, 2), 1.234), "\t"))
    with pytest.raises(ValueError, match=r"t.tsv.gz does not hold log2\(count \+ 1\)"):
        read_logged(path)


def test_large_values_are_refused_without_overflow(tmp_path):
    path = packed(tmp_path / "t.tsv.gz", written(np.full((3, 2), 1234.5), "\t"))
    with pytest.raises(ValueError, match="undone, it is not whole"):
        read_logged(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "no line after its header"),
        ("c1\tc2\n", "no line after its header"),
        ("c1\tc2\ng1\t1\t-0.5\n", "values go down to -0.5"),
        ("c1\tc2\ng1\t1\tnan\n", "not finite"),
        ("c1\tc2\ng1\t1\tinf\n", "not finite"),
        ("c1\tc2\ng1\t1\tx\n", "could not convert string 'x'"),
        ("c1\tc2\ng1\t1\t\n", "could not convert string ''"),
        ("c1\tc2\ng1\t1\t2\ng2\t1\n", "number of columns changed from 2 to 1"),
        ("c1\tc2\ng1\t1\t2\t3\n", "names 2 columns, but has lines of 3 numbers"),
        ("c1\tc2\tc3\tc4\ng1\t1\t2\n", "names 4 columns, but has lines of 2 numbers"),
        ("c1\tc2\ng1\t1\t2\ng1\t1\t2\n", "names 1 genes twice"),
        ("c1\tc1\ng1\t1\t2\n", "names 1 cells twice"),
    ],
)
def test_a_wrong_table_is_refused_in_one_line(text, message, tmp_path):
    with pytest.raises(ValueError, match=message) as caught:
        read_logged(packed(tmp_path / "t.tsv.gz", text))
    assert "\n" not in str(caught.value)


def test_the_place_of_a_wrong_value_is_named():
    lines = written(counts(), "\t").splitlines()
    lines[130] = lines[130].replace("\t", "\t?", 1)
    with pytest.raises(ValueError, match="after line 129"):  # the block begins on line 130
        read_table(lines, "\t", "t.tsv")


@pytest.mark.parametrize("keep", [5, 40, 300])
def test_a_truncated_table_is_refused(keep, tmp_path):
    path = packed(tmp_path / "t.tsv.gz", written(counts(), "\t"))
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"t.tsv.gz is truncated or damaged"):
        read_logged(path)


def test_a_table_that_is_not_packed_is_refused(tmp_path):
    (tmp_path / "t.tsv.gz").write_text("c1\tc2\n")
    with pytest.raises(ValueError, match=r"t.tsv.gz is truncated or damaged"):
        read_logged(tmp_path / "t.tsv.gz")


@pytest.mark.parametrize("name", ["t.csv", "t.csv.gz"])
def test_roots_over_depth_are_undone(name, tmp_path):
    path, text = tmp_path / name, rooted(counts())
    path.write_bytes(gzip.compress(text.encode()) if name.endswith("gz") else text.encode())
    assert np.array_equal(as_adata(read_rooted(path)).X.toarray(), counts().T)


def test_a_cell_without_counts_stays_empty(tmp_path):
    there = counts()
    values = np.sqrt(there * 1e4 / there.sum(axis=0))
    there[:, 4] = values[:, 4] = 0
    path = packed(tmp_path / "t.csv.gz", written(values, ",", corner="Cell", form="{:f}"))
    assert np.array_equal(as_adata(read_rooted(path)).X.toarray(), there.T)


def test_values_that_are_no_multiples_of_the_smallest_are_refused(tmp_path):
    values = np.random.default_rng(0).gamma(2, size=(200, 5))
    path = packed(tmp_path / "t.csv.gz", written(values, ",", corner="Cell"))
    with pytest.raises(ValueError, match="are a multiple of the smallest of their cell"):
        read_rooted(path)


def archive(path, *names):
    """Write a zip of tables; each holds as its first count the place of its name."""
    with zipfile.ZipFile(path, "w") as made:
        for place, name in enumerate(names):
            there = counts()
            there[1, 0] = place + 10
            made.writestr(name, gzip.compress(rooted(there).encode()))
    return path


def test_the_normalized_table_of_an_archive_is_taken(tmp_path):
    path = archive(
        tmp_path / "e.zip",
        "expression_data/imputed/zhao_GSE114952.csv.gz",
        "expression_data/normalized/han_GSE107552.csv.gz",
        "expression_data/normalized/zhao_GSE114952.csv.gz",
        "__MACOSX/expression_data/normalized/zhao_GSE114952.csv.gz",
    )
    assert as_adata(read_rooted(path, "zhao_GSE114952")).X[0, 1] == 12


def test_a_table_at_another_place_of_an_archive_is_found(tmp_path):
    path = archive(tmp_path / "e.zip", "data/mESC_zhao_GSE114952.csv.gz", "data/zhao_GSE114952.txt")
    assert as_adata(read_rooted(path, "zhao_GSE114952")).X[0, 1] == 10


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["normalized/han.csv.gz"], "holds no tables zhao.csv.gz.*It holds normalized/han.csv.gz"),
        (["README.md"], "It holds no csv at all"),
        (["normalized/zhao.csv.gz", "normalized/b/zhao.csv.gz"], "holds 2 tables zhao.csv.gz"),
    ],
)
def test_an_archive_without_the_one_table_is_refused(names, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        read_rooted(archive(tmp_path / "e.zip", *names), "zhao")


def test_a_damaged_archive_is_refused(tmp_path):
    path = archive(tmp_path / "e.zip", "normalized/zhao.csv.gz")
    content = bytearray(path.read_bytes())
    content[200:300] = bytes(100)
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"e.zip is truncated or damaged"):
        read_rooted(path, "zhao")


def test_a_table_of_another_shape_is_refused(tmp_path):
    path = archive(tmp_path / "e.zip", "expression_data/normalized/zhao_GSE114952.csv.gz")
    with pytest.raises(ValueError, match="7 cells x 150 genes; expected 36199 x 8442"):
        DATASETS["mccalla-zhao"]().load({"table": path})


@pytest.fixture
def market(tmp_path):
    """Write a Matrix Market file of 3 genes x 2 cells and its names."""
    paths = [tmp_path / name for name in ("c.mtx", "c.mtx_rows", "c.mtx_cols")]
    io.mmwrite(paths[0], sparse.coo_array([[1.6, 0], [0, 0.3], [2.4, 1000.5]]))
    paths[1].write_text("ENSG1\tENSG1\nENSG2\tENSG2\nENSG3\tENSG3\n")
    paths[2].write_text("SRR1\nSRR2\n")
    return paths


def test_atlas_counts_are_rounded(market):
    adata = as_adata(read_counts_mtx(*market))
    assert adata.X.toarray().tolist() == [[2, 0, 2], [0, 0, 1000]]
    assert adata.X.nnz == 3
    assert list(adata.var_names) == ["ENSG1", "ENSG2", "ENSG3"]
    assert list(adata.obs_names) == ["SRR1", "SRR2"]


def test_atlas_names_that_do_not_fit_are_refused(market):
    market[2].write_text("SRR1\n")
    with pytest.raises(ValueError, match=r"shape \(3, 2\), but there are names of 3 genes and 1 cells"):
        read_counts_mtx(*market)


@pytest.mark.parametrize(
    "text", ["", "nonsense\n", "%%MatrixMarket matrix coordinate real general\n3 2 4\n1 1 1.6\n"]
)
def test_a_broken_atlas_file_is_refused_in_one_line(text, market):
    market[0].write_text(text)
    with pytest.raises(ValueError, match=r"c.mtx is no whole Matrix Market file") as caught:
        read_counts_mtx(*market)
    assert "\n" not in str(caught.value)


def test_negative_atlas_counts_are_refused(market):
    io.mmwrite(market[0], sparse.coo_array([[-1.0, 0], [0, 1], [1, 1]]))
    with pytest.raises(ValueError, match="negative"):
        read_counts_mtx(*market)


def test_the_names_of_the_atlas_at_hand_are_those_of_28549_genes_and_115_cells():
    files = DATASETS["mccalla-yan"].files
    found = {}
    for key in ("genes", "cells"):
        here = Path(MIRROR) / files[key].path
        if not MIRROR or not (here.is_file() or here.with_name(here.name + ".gz").is_file()):
            pytest.skip("needs the names: set BENGRN_DATA")
        found[key] = len(fetch(files[key]).read_text().split("\n")) - 1
    assert (found["cells"], found["genes"]) == DATASETS["mccalla-yan"].shape
