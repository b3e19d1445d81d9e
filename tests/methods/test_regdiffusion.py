"""RegDiffusion: the package's weights, under our names; bad input; nothing left behind in the process."""

import dataclasses
import random
import sys

import anndata
import numpy as np
import pytest
import torch
from scipy import sparse

from bengrn.testing import find_method, method_checks, validate_method
from bengrn_methods import regdiffusion as plugin
from bengrn_methods.regdiffusion import RegDiffusion

N_CELLS, N_GENES = 60, 9
QUICK = RegDiffusion(n_steps=3, device="cpu")


@pytest.fixture
def package():
    return pytest.importorskip("regdiffusion", reason="the extra regdiffusion is not installed")


@pytest.fixture(autouse=True)
def one_worker(monkeypatch):
    monkeypatch.setenv("BENGRN_CPUS", "1")


@pytest.mark.usefixtures("package")
class TestConformance:
    test_it_conforms = staticmethod(
        method_checks(
            "regdiffusion",
            settings={"n_steps": 3, "device": "cpu"},
            expected_failures={"direction": "three steps of 1,000 learn nothing"},
        )
    )


@pytest.mark.slow
@pytest.mark.usefixtures("package")
def test_the_published_settings_find_a_planted_network_in_the_right_direction():
    outcome = validate_method(find_method("regdiffusion"), "direction")
    assert outcome.result == "passed", outcome.message


def make_counts():
    rng = np.random.default_rng(3)
    return rng.poisson(rng.gamma(2, 2, size=(N_CELLS, 3)) @ rng.random((3, N_GENES))).astype(np.float32)


def make_adata(counts_CG):
    made = anndata.AnnData(sparse.csr_array(counts_CG.astype(np.float32)))
    made.var_names = [f"g{gene:02d}" for gene in range(counts_CG.shape[1])]
    made.obs["total_counts"] = np.full(len(counts_CG), 300.0, dtype=np.float32)
    return made


def infer(method, adata, seed=0):
    return method.infer(adata, regulators=tuple(adata.var_names), seed=seed).scores


def test_settings_are_the_defaults_of_the_package(package):
    import inspect

    defaults = inspect.signature(package.RegDiffusionTrainer.__init__).parameters
    for field in dataclasses.fields(RegDiffusion):
        if field.name != "device":
            assert field.default == defaults[field.name].default, field.name


def test_a_row_of_the_packages_weights_is_a_regulator(package):
    """With one block, dropout off and the weight 0 -> 1 alone, gene 0 moves the output of gene 1 only."""
    from regdiffusion.models import RegDiffusion as Model

    torch.manual_seed(0)
    model = Model(n_gene=3, time_dim=4, n_celltype=1).eval()
    with torch.no_grad():
        model.adj_A.zero_()
        model.adj_A[0, 1] = 2.0
    assert model.get_adj_()[0, 1] > 0
    step, kind = torch.zeros(1, dtype=torch.long), torch.zeros(1, dtype=torch.long)
    with torch.no_grad():
        before = model(torch.tensor([[0.0, 0.0, 0.0]]), step, kind)
        after = model(torch.tensor([[1.0, 0.0, 0.0]]), step, kind)
    assert ((after - before).abs() > 1e-6).tolist() == [[True, True, False]]


def test_scores_are_the_magnitudes_of_the_packages_weights(package, monkeypatch):
    adata = make_adata(make_counts())[:, ::-1]
    trained = []
    original = package.trainer.RegDiffusionTrainer.train
    monkeypatch.setattr(
        package.trainer.RegDiffusionTrainer, "train", lambda run: [original(run), trained.append(run)]
    )
    network = QUICK.infer(adata, regulators=["g07", "g02"], seed=0)
    weights_GG = np.abs(trained[0].model.get_adj_().detach().numpy())  # genes in the order of their names
    np.testing.assert_array_equal(network.scores, weights_GG[[7, 2]][:, ::-1])


def test_neighbouring_seeds_share_no_noise(package, monkeypatch):
    given = []
    original = package.trainer.set_seed
    monkeypatch.setattr(package.trainer, "set_seed", lambda seed: [given.append(seed), original(seed)])
    adata = make_adata(make_counts())
    for seed in (0, 1):
        infer(QUICK, adata, seed=seed)
    assert abs(given[0] - given[1]) > 1000  # the package counts on from the seed, one a step


@pytest.mark.usefixtures("package")
def test_another_seed_gives_another_network():
    adata = make_adata(make_counts())
    assert np.any(infer(QUICK, adata, seed=0) != infer(QUICK, adata, seed=1))


@pytest.mark.usefixtures("package")
def test_the_process_is_left_as_it_was(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    adata = make_adata(make_counts())
    infer(QUICK, adata)

    def state():
        return (
            random.getstate(),
            np.random.get_state()[1].tolist(),  # noqa: NPY002
            torch.random.get_rng_state().tolist(),
            torch.get_num_threads(),
            torch.get_float32_matmul_precision(),
        )

    before = state()
    infer(QUICK, adata)
    assert state() == before
    assert not list(tmp_path.iterdir())


@pytest.mark.usefixtures("package")
def test_nothing_is_printed(capfd):
    infer(QUICK, make_adata(make_counts()))
    assert capfd.readouterr() == ("", "")


@pytest.mark.usefixtures("package")
def test_progress_counts_the_steps(monkeypatch):
    seen = []
    monkeypatch.setattr(
        plugin, "track", lambda items, label, total: seen.append((label, total)) or iter(items)
    )
    infer(QUICK, make_adata(make_counts()))
    assert seen == [("steps", 3)]


@pytest.mark.usefixtures("package")
def test_a_constant_gene_scores_zero_and_a_cell_without_counts_goes_unused():
    counts_CG = make_counts()
    counts_CG[:, 3], counts_CG[5] = 0, 0
    scores = infer(QUICK, make_adata(counts_CG))
    assert not scores[3].any()
    assert not scores[:, 3].any()
    assert np.count_nonzero(scores) == 8 * 7
    others = np.delete(np.arange(N_CELLS), 5)
    np.testing.assert_array_equal(scores, infer(QUICK, make_adata(counts_CG)[others]))


@pytest.mark.parametrize("counts_CG", [np.zeros((20, 5)), np.full((20, 5), 3.0), np.eye(5)[[0] * 20]])
def test_data_without_variation_give_zeros(counts_CG):
    assert not infer(QUICK, make_adata(counts_CG)).any()


@pytest.mark.parametrize("n_cells", [0, 1])
def test_too_few_cells_are_refused(n_cells):
    with pytest.raises(ValueError, match=f"got {n_cells} cells x 9 genes; expected at least 2"):
        infer(QUICK, make_adata(make_counts()[:n_cells]))


@pytest.mark.usefixtures("package")
@pytest.mark.parametrize("store", [sparse.csr_array, sparse.csc_matrix, np.asfortranarray])
def test_how_counts_are_stored_changes_nothing(store):
    adata = make_adata(make_counts())
    stored = anndata.AnnData(store(adata.X.toarray()), obs=adata.obs, var=adata.var)
    np.testing.assert_array_equal(infer(QUICK, stored), infer(QUICK, adata))


@pytest.mark.usefixtures("package")
def test_counts_above_65535_are_taken_as_they_are():
    huge = make_adata(make_counts() * 70_000)
    scores = infer(QUICK, huge)
    assert np.count_nonzero(scores) == N_GENES * (N_GENES - 1)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there_is_one_clear_line():
    with pytest.raises(ValueError, match="device is 'cuda', but torch finds no GPU"):
        infer(RegDiffusion(device="cuda"), make_adata(make_counts()))


def test_without_the_package_the_import_fails_with_its_name(monkeypatch):
    monkeypatch.setitem(sys.modules, "regdiffusion", None)
    with pytest.raises(ImportError, match="regdiffusion"):
        infer(QUICK, make_adata(make_counts()))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"n_steps": 0}, "n_steps is 0; expected 1 or more"),
        ({"adj_dropout": 1.0}, "adj_dropout is 1.0; expected at least 0 and below 1"),
        ({"device": "mps"}, "device is 'mps'; expected auto, cpu or cuda"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        RegDiffusion(**settings)
