"""MAGIC: the package's results, a plain write-up of the diffusion, and difficult input."""

import warnings

import anndata
import numpy as np
import pytest
from scipy import sparse

from bengrn_methods._ordered import ordered_counts
from bengrn_methods.magic import Magic

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # of modules of 2021
    magic = pytest.importorskip("magic.magic", reason="needs the extra magic")


def grouped_counts(n_cells=150, n_genes=300):
    """Cells of 4 groups."""
    rng = np.random.default_rng(0)
    group, level = rng.integers(4, size=n_cells), rng.gamma(0.5, size=(4, n_genes)) * 5
    return rng.poisson(level[group] * (1 + rng.random((n_cells, 1)))).astype(np.float32)


def cells(x):
    data = anndata.AnnData(x)
    data.obs_names = [f"c{place}" for place in range(x.shape[0])]
    data.var_names = [f"g{place:04d}" for place in range(x.shape[1])]
    return data


@pytest.fixture
def run():
    return lambda x, seed=0, **settings: Magic(**settings).denoise(cells(x), seed=seed).values


@pytest.fixture(scope="module")
def package():
    """Return what the package makes of values on the scale, cells in the order in which ours go in."""

    def denoise(data, seed=0, *, on_scale, **settings):
        ordered = ordered_counts(data)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            program = magic.MAGIC(verbose=0, random_state=seed, n_jobs=1, **settings)
            return ordered.restore(program.fit_transform(sparse.csr_matrix(on_scale(ordered.x_CG))))

    return denoise


def per_ten_thousand(x):
    return 1e4 * x / x.sum(axis=1, keepdims=True)


SCALES = {"counts": lambda x: x, "sqrt": lambda x: np.sqrt(per_ten_thousand(x))}
SCALES["log"] = lambda x: np.log1p(per_ten_thousand(x))


@pytest.mark.parametrize("scale", list(SCALES))
@pytest.mark.parametrize("solver", ["exact", "approximate"])
@pytest.mark.parametrize("n_genes", [300, 60])  # with components and without
def test_values_are_those_of_the_package(run, package, scale, solver, n_genes):
    counts = grouped_counts(n_genes=n_genes)
    expected = package(cells(counts), on_scale=SCALES[scale], solver=solver)
    values = run(counts, scale=scale, solver=solver)
    np.testing.assert_allclose(values, expected, rtol=1e-4, atol=1e-5 * expected.max())


@pytest.mark.parametrize("settings", [{"knn": 3}, {"decay": 5.0}, {"t": 1}, {"t": 6}, {"n_pca": 20}])
def test_settings_mean_what_they_mean_in_the_package(run, package, settings):
    counts = grouped_counts()
    expected = package(cells(counts), on_scale=SCALES["sqrt"], **settings)
    np.testing.assert_allclose(run(counts, **settings), expected, rtol=1e-4)


@pytest.mark.parametrize("kind", ["dense", "float64"])
def test_a_dense_matrix_in_the_package_gives_nearly_the_same(run, kind):
    counts = grouped_counts()
    on_scale = SCALES["sqrt"](counts.astype(float))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        program = magic.MAGIC(verbose=0, random_state=0, n_jobs=1)
        expected = program.fit_transform(on_scale if kind == "dense" else sparse.csr_matrix(on_scale))
    assert np.corrcoef(run(counts).ravel(), np.asarray(expected).ravel())[0, 1] > 0.999


def test_values_are_those_of_a_plain_write_up(run):
    # no more than 100 genes: neighbours are sought among the genes themselves
    counts = grouped_counts(n_genes=60)
    x = np.sqrt(per_ten_thousand(counts.astype(float)))
    distance = np.sqrt(((x[:, None] - x[None]) ** 2).sum(axis=2))
    near = np.sort(distance, axis=1)
    kernel = np.exp(-distance / near[:, 5:6])
    kernel[(kernel < 1e-4) | (distance > near[:, 15:16])] = 0  # 15 neighbours and the cell itself
    kernel = (kernel + kernel.T) / 2
    step = kernel / kernel.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(run(counts), np.linalg.matrix_power(step, 3) @ x, rtol=1e-4)


def test_depth_is_that_of_all_genes_where_it_is_known(run):
    counts = grouped_counts()
    data = cells(counts)
    data.obs["total_counts"] = counts.sum(axis=1) * 4
    np.testing.assert_allclose(Magic().denoise(data, seed=0).values, run(counts) / 2, rtol=1e-4)


def test_presets_name_the_scale_that_comes_out():
    from bengrn.testing import find_method

    data = cells(grouped_counts())
    made = {name: find_method(f"magic:{name}").instance.denoise(data, seed=0) for name in ("author", "paper")}
    assert {name: (one.scale, one.signed) for name, one in made.items()} == {
        "author": ("sqrt", False),
        "paper": ("counts", True),
    }
    assert made["paper"].values.min() < 0


@pytest.mark.parametrize("solver", ["exact", "approximate"])
@pytest.mark.parametrize(
    "stored",
    [sparse.csr_matrix, sparse.csr_array, sparse.csc_array, np.asfortranarray, lambda x: x.astype(np.int64)],
    ids=["csr_matrix", "csr_array", "csc_array", "fortran", "integers"],
)
def test_how_the_counts_are_stored_changes_nothing(run, stored, solver):
    counts = grouped_counts(n_cells=40)
    np.testing.assert_array_equal(run(stored(counts), solver=solver), run(counts, solver=solver))


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_the_package_itself_refuses_a_sparse_array():
    program = magic.MAGIC(verbose=0)
    with pytest.raises(TypeError, match="array-like"):
        program.fit_transform(sparse.csr_array(grouped_counts(40, 50)))


def test_warnings_stay_inside_and_the_state_of_numpy_untouched(run, recwarn):
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - the state that packages share
    run(grouped_counts(n_cells=40) * (np.arange(300) > 2))
    assert not recwarn
    np.testing.assert_array_equal(np.random.get_state()[1], before)  # noqa: NPY002 - as above


def test_threads_change_nothing(run, monkeypatch):
    counts = grouped_counts()
    monkeypatch.setenv("BENGRN_CPUS", "1")
    one = run(counts)
    monkeypatch.setenv("BENGRN_CPUS", "3")
    np.testing.assert_array_equal(run(counts), one)


def test_counts_above_two_bytes_do_not_wrap(run):
    counts = grouped_counts()
    counts[:, 0] = 70_000
    np.testing.assert_allclose(run(counts, scale="counts")[:, 0], 70_000, rtol=1e-5)


@pytest.mark.parametrize("solver", ["exact", "approximate"])
def test_a_matrix_of_zeros_stays_zero(run, solver):
    assert not run(np.zeros((30, 150), np.float32), solver=solver).any()


def test_equal_cells_cells_without_counts_and_constant_genes_give_finite_values(run):
    counts = grouped_counts()
    counts[:30], counts[30:60], counts[:, 0] = 0, counts[60], 0
    values = run(counts)
    assert np.isfinite(values).all()
    assert not values[:, 0].any()


@pytest.mark.parametrize(("n_cells", "knn", "least"), [(1, 5, 16), (15, 5, 16), (9, 3, 10)])
def test_too_few_cells_are_refused(run, n_cells, knn, least):
    with pytest.raises(ValueError, match=f"got {n_cells} cells; expected at least {least}.*set knn lower"):
        run(grouped_counts()[:n_cells], knn=knn)


@pytest.mark.parametrize(("n_cells", "n_genes"), [(16, 300), (150, 1), (150, 5)])
def test_few_cells_or_genes_do(run, n_cells, n_genes):
    assert run(grouped_counts()[:n_cells, :n_genes]).shape == (n_cells, n_genes)


@pytest.mark.parametrize("settings", [{"knn": 0}, {"t": 0}, {"n_pca": 0}, {"decay": 0.0}])
def test_settings_that_mean_nothing_are_refused(settings):
    with pytest.raises(ValueError, match="expected"):
        Magic(**settings)
