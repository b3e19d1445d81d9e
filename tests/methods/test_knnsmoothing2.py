"""kNN-smoothing 2: the authors' results, an independent write-up of the algorithm, and difficult input."""

import contextlib
import hashlib
import importlib.util
import io
import os
from pathlib import Path

import anndata
import numpy as np
import pytest
from scipy import sparse

from bengrn_methods.knnsmoothing2 import KnnSmoothing2, smooth

# the first 16 digits of the SHA-256 of the sums, cells x genes, int32: of knn_smooth.py 2.1 of
# github.com/yanailab/knn-smoothing, commit 87132e6, on `grouped_counts`, in float64 with numpy 2.4.6 and
# scikit-learn 1.9.1; before scikit-learn 1.5 its components, and so its noise, had other signs
GOLDEN = [
    ({"k": 8, "d": 10, "dither": 0.03, "seed": 0}, 551957, "0ac2286931ef023e"),
    ({"k": 15, "d": 10, "dither": 0.03, "seed": 42}, 1059363, "01665d2303f64f87"),
    ({"k": 10, "d": 10, "dither": 0.03, "seed": 1}, 697536, "42cd51411db99b26"),
    ({"k": 32, "d": 2, "dither": 0.03, "seed": 0}, 2184815, "f01de77d61ec396b"),
]


def grouped_counts():
    """150 cells of 4 groups x 300 genes, from a generator whose numbers never change."""
    draw = np.random.RandomState(0)
    group = draw.randint(4, size=150)
    level, slope = draw.gamma(0.5, size=(4, 300)) * 20, draw.gamma(1.0, size=300)
    mean = level[group] * 0.1 * (1 + np.outer(draw.rand(150), slope))
    return draw.poisson(mean).astype(np.float32)


def cells(x, **options):
    return anndata.AnnData(
        x,
        obs={"name": [f"c{place}" for place in range(x.shape[0])]},
        var={"name": [f"g{place:04d}" for place in range(x.shape[1])]},
        **options,
    )


@pytest.fixture
def run():
    return lambda x, seed=0, **settings: KnnSmoothing2(**settings).denoise(cells(x), seed=seed).values


@pytest.mark.parametrize(("settings", "total", "digest"), GOLDEN)
def test_the_sums_are_those_of_the_authors_program(settings, total, digest):
    counts = grouped_counts()
    assert hashlib.sha256(counts.astype("<i4").tobytes()).hexdigest()[:16] == "498cf3a16fb2b7f9"
    sums = smooth(counts, **settings)
    assert sums.sum() == total
    assert hashlib.sha256(sums.astype("<i4").tobytes()).hexdigest()[:16] == digest


def test_the_authors_own_test_matrix_gives_the_same_as_their_program():
    folder = os.environ.get("BENGRN_KNN_SMOOTHING", "")
    path = Path(folder) / "test_expression.tsv"
    if not folder or not path.is_file():
        pytest.skip("BENGRN_KNN_SMOOTHING names no copy of yanailab/knn-smoothing with test_expression.tsv")
    spec = importlib.util.spec_from_file_location("authors", path.parent / "knn_smooth.py")
    authors = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(authors)
    counts = np.loadtxt(path, delimiter="\t", skiprows=1, usecols=range(1, 101))  # genes x cells
    with contextlib.redirect_stdout(io.StringIO()):
        expected = authors.knn_smoothing(counts, 32, d=2)
    ours = smooth(np.ascontiguousarray(counts.T, np.float32), k=32, d=2, dither=0.03, seed=0)
    np.testing.assert_array_equal(ours, expected.T)


def plainly(x, k, d, dither, seed):
    """In float64, with an exact decomposition and whole tables of distances."""
    noise = np.random.RandomState(seed)
    x = x.astype(float)
    total, k_now = x, 1
    while k_now < k:
        k_now = min(2 * k_now, k)
        depth = total.sum(axis=1, keepdims=True)
        y = total * np.median(depth) / depth
        y = np.sqrt(y) + np.sqrt(y + 1)
        left, size, right = np.linalg.svd(y - y.mean(axis=0), full_matrices=False)
        heaviest = right[np.arange(len(right)), np.abs(right).argmax(axis=1)]
        y = (left * size * np.sign(heaviest))[:, :d].T
        y = y + (noise.random_sample(y.shape) - 0.5) * np.ptp(y, axis=1, keepdims=True) * dither
        distance = ((y[:, :, None] - y[:, None]) ** 2).sum(axis=0)
        total = x[np.argsort(distance, axis=1, kind="stable")[:, :k_now]].sum(axis=1)
    return total


@pytest.mark.parametrize(("k", "dither"), [(2, 0.0), (2, 0.03), (10, 0.03), (20, 0.1)])
def test_the_sums_are_those_of_a_plain_write_up(k, dither):
    # three components tell the four groups apart, and any way to find them finds the same
    counts = grouped_counts()
    expected = plainly(counts, k, 3, dither, seed=5)
    np.testing.assert_array_equal(smooth(counts, k=k, d=3, dither=dither, seed=5), expected)


def test_every_cell_is_among_the_cells_that_it_is_the_sum_of(run):
    counts = grouped_counts()
    assert (run(counts) >= counts).all()


def test_one_neighbour_is_the_cell_itself(run):
    counts = grouped_counts()
    np.testing.assert_array_equal(run(counts, k=1), counts)


def test_threads_change_nothing(monkeypatch):
    counts = grouped_counts()
    monkeypatch.setenv("BENGRN_CPUS", "1")
    one = smooth(counts, k=10, d=5, dither=0.03, seed=0)
    monkeypatch.setenv("BENGRN_CPUS", "7")
    np.testing.assert_array_equal(smooth(counts, k=10, d=5, dither=0.03, seed=0), one)


def test_another_seed_draws_other_noise(run):
    counts = grouped_counts()
    assert (run(counts, seed=0) != run(counts, seed=1)).any()


def test_only_the_canonical_order_follows_permuted_cells(run):
    counts = grouped_counts()
    order = np.random.default_rng(0).permutation(len(counts))
    data, moved = cells(counts), cells(counts)[order].copy()
    first, second = (KnnSmoothing2().denoise(one, seed=0).values for one in (data, moved))
    np.testing.assert_array_equal(first[order], second)
    given = KnnSmoothing2(order="given")
    assert (given.denoise(data, seed=0).values[order] != given.denoise(moved, seed=0).values).any()


def test_the_given_order_is_that_of_the_program(run):
    counts = grouped_counts()
    np.testing.assert_array_equal(
        run(counts, order="given", seed=1), smooth(counts, k=10, d=10, dither=0.03, seed=1)
    )


@pytest.mark.parametrize(
    "stored",
    [sparse.csr_matrix, sparse.csr_array, sparse.csc_array, np.asfortranarray, lambda x: x.astype(np.int64)],
    ids=["csr_matrix", "csr_array", "csc_array", "fortran", "integers"],
)
def test_how_the_counts_are_stored_changes_nothing(run, stored):
    counts = grouped_counts()
    np.testing.assert_array_equal(run(stored(counts)), run(counts))


def test_counts_above_two_bytes_are_summed_without_wrapping(run):
    counts = grouped_counts()
    counts[:, 0] = 70_000
    assert (run(counts, k=8)[:, 0] == 560_000).all()


def test_a_matrix_of_zeros_stays_zero(run):
    assert not run(np.zeros((30, 20), np.float32)).any()


def test_cells_without_counts_and_constant_genes_are_summed_like_others(run):
    counts = grouped_counts()
    counts[:5], counts[:, 0], counts[:, 1] = 0, 0, 1
    sums = run(counts, k=4)
    assert np.isfinite(sums).all()
    assert not sums[:, 0].any()
    assert (sums[:, 1] == 4).all()


@pytest.mark.parametrize(
    ("n_cells", "n_genes", "most"), [(150, 3, 3), (150, 1, 1), (12, 300, 11), (2, 300, 1)]
)
def test_fewer_genes_or_cells_than_components_use_all_components(run, n_cells, n_genes, most):
    counts, k = grouped_counts()[:n_cells, :n_genes], min(10, n_cells)
    np.testing.assert_array_equal(run(counts, k=k, d=50), run(counts, k=k, d=most))


@pytest.mark.parametrize(("n_cells", "k"), [(1, 10), (9, 10)])
def test_more_neighbours_than_cells_are_refused(run, n_cells, k):
    with pytest.raises(ValueError, match=f"k is {k}, but there are {n_cells} cells.*Set k lower"):
        run(grouped_counts()[:n_cells], k=k)


@pytest.mark.parametrize("bad", [-1.0, np.nan, np.inf])
def test_values_that_are_no_counts_are_refused(run, bad):
    counts = grouped_counts()
    counts[0, 0] = bad
    with pytest.raises(ValueError, match="expected raw counts in X"):
        run(counts)


@pytest.mark.parametrize("settings", [{"k": 0}, {"d": 0}, {"dither": -0.1}, {"dither": 1.5}])
def test_settings_that_mean_nothing_are_refused(settings):
    with pytest.raises(ValueError, match="expected"):
        KnnSmoothing2(**settings)
