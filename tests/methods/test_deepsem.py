"""DeepSEM from outside: direction, order, bad input, progress."""

import dataclasses

import anndata
import numpy as np
import pytest
import torch
from scipy import sparse
from sklearn.metrics import average_precision_score

from bengrn.testing import method_checks
from bengrn_methods.deepsem import ensemble
from bengrn_methods.deepsem.cells import prepare
from bengrn_methods.deepsem.method import DeepSEM
from bengrn_methods.deepsem.training import Member

N_CELLS, N_GENES = 70, 10
GENES = tuple(f"g{gene:02d}" for gene in range(N_GENES))
QUICK = DeepSEM(ensemble=2, epochs=3, hidden=16, device="cpu")

test_it_conforms = method_checks("deepsem", settings={"ensemble": 2, "epochs": 3, "device": "cpu"})


def make_adata(counts_CG):
    made = anndata.AnnData(sparse.csr_array(counts_CG.astype(np.float32)))
    made.var_names = [f"g{gene:02d}" for gene in range(counts_CG.shape[1])]
    made.obs["total_counts"] = np.full(len(counts_CG), 300.0, dtype=np.float32)
    return made


def make_counts(scale=1.0):
    rng = np.random.default_rng(3)
    rate_CG = rng.gamma(2, 2, size=(N_CELLS, 3)) @ rng.random((3, N_GENES))
    return np.round(rng.poisson(rate_CG) * scale).astype(np.float32)


def infer(method, adata, seed=0):
    return method.infer(adata, regulators=tuple(adata.var_names), seed=seed).scores


def several_regulators_each(n_blocks=3, n_regulators=8, n_cells=256):
    """Make blocks of independent regulators that drive one target together, and their edges."""
    rng = np.random.default_rng(0)
    regulator_CBR = rng.normal(size=(n_cells, n_blocks, n_regulators))
    target_CB1 = regulator_CBR.sum(axis=2, keepdims=True) / np.sqrt(n_regulators)
    target_CB1 += 0.2 * rng.normal(size=target_CB1.shape)
    level_CG = np.concatenate([regulator_CBR, target_CB1], axis=2).reshape(n_cells, -1)
    edges_GG = np.zeros((level_CG.shape[1],) * 2, dtype=bool)
    for block in range(n_blocks):
        first = block * (n_regulators + 1)
        edges_GG[first : first + n_regulators, first + n_regulators] = True
    adata = make_adata(rng.poisson(np.exp(3 + 0.6 * level_CG)))
    adata.obs["total_counts"] = 1e4
    return adata, edges_GG


@pytest.mark.slow
def test_regulators_of_a_common_target_are_found_in_rows_and_not_in_columns():
    adata, edges_GG = several_regulators_each()
    scores = infer(DeepSEM(ensemble=3, epochs=300, device="cpu"), adata, seed=1)
    pairs = ~np.eye(len(scores), dtype=bool)
    right = average_precision_score(edges_GG[pairs], scores[pairs])
    turned = average_precision_score(edges_GG[pairs], scores.T[pairs])
    assert right > 0.5
    assert right > 1.3 * turned


def test_a_row_of_the_weights_is_a_row_of_the_network(monkeypatch):
    """What training hands over, source x gene, arrives as regulator x gene under the right names."""
    counts_CG = make_counts()
    counts_CG[:, 4] = 0
    adata = make_adata(counts_CG)[:, ::-1]  # stored from the last name to the first

    def known(cells, *_):
        return np.add.outer(100 * cells.place_G[cells.source_R], cells.place_G)

    monkeypatch.setattr(ensemble, "train_ensemble", known)
    network = QUICK.infer(adata, regulators=("g02", "g04", "g09"), seed=0)
    place = {name: number for number, name in enumerate(network.targets)}
    for row, regulator in enumerate(network.regulators):
        for name in set(GENES) - {"g04"}:
            expected = 0 if regulator == "g04" else 100 * place[regulator] + place[name]
            assert network.scores[row, place[name]] == expected


def test_the_network_is_the_mean_magnitude_of_the_weights_of_the_runs():
    adata = make_adata(make_counts())
    cells = prepare(adata, None, values="log", entries="nonzero", clip=15.0)
    seeds = np.random.SeedSequence(5).generate_state(2)
    runs = [Member(cells, QUICK, int(seed), "cpu").train(lambda: None) for seed in seeds]
    np.testing.assert_allclose(infer(QUICK, adata, seed=5), np.abs(runs).mean(axis=0), rtol=1e-6)
    signed = dataclasses.replace(QUICK, signed=True)
    np.testing.assert_allclose(infer(signed, adata, seed=5), np.mean(runs, axis=0), rtol=1e-5, atol=1e-9)


def test_the_number_of_workers_changes_nothing(monkeypatch):
    adata = make_adata(make_counts())
    monkeypatch.setenv("BENGRN_CPUS", "1")
    alone = infer(QUICK, adata)
    monkeypatch.setenv("BENGRN_CPUS", "2")
    np.testing.assert_array_equal(infer(QUICK, adata), alone)


def test_another_order_of_genes_cells_and_regulators_changes_nothing():
    adata = make_adata(make_counts())
    rng = np.random.default_rng(1)
    genes, cells = rng.permutation(N_GENES), rng.permutation(N_CELLS)
    for method in (QUICK, DeepSEM(**DeepSEM.presets["paper"] | {"epochs": 3})):
        whole = infer(method, adata)
        permuted = method.infer(adata[cells][:, genes], regulators=GENES[::-1], seed=0).scores
        np.testing.assert_array_equal(permuted, whole[::-1][:, genes])


def test_another_seed_gives_another_network():
    adata = make_adata(make_counts())
    assert np.any(infer(QUICK, adata, seed=0) != infer(QUICK, adata, seed=1))


def test_torch_gets_its_threads_back():
    before = torch.get_num_threads()
    infer(QUICK, make_adata(make_counts()))
    assert torch.get_num_threads() == before


def test_no_gene_regulates_itself():
    scores = infer(dataclasses.replace(QUICK, epochs=6), make_adata(make_counts()))
    assert not np.diag(scores).any()
    assert np.all(scores[~np.eye(N_GENES, dtype=bool)] > 0)


def test_regulators_alone_may_be_sources():
    adata = make_adata(make_counts())
    method = dataclasses.replace(QUICK, sources="regulators")
    network = method.infer(adata, regulators=("g07", "g02"), seed=0)
    assert network.scores.shape == (2, N_GENES)
    assert network.scores[0, 7] == network.scores[1, 2] == 0
    assert np.count_nonzero(network.scores) == 2 * N_GENES - 2


def test_a_constant_gene_scores_zero_as_regulator_and_as_target():
    counts_CG = make_counts()
    counts_CG[:, 3], counts_CG[:, 4] = 0, 7
    counts_CG[:, 5] = np.eye(N_CELLS)[0]  # not 0 in one cell only: no deviation
    scores = infer(QUICK, make_adata(counts_CG))
    assert not scores[3:6].any()
    assert not scores[:, 3:6].any()
    assert np.count_nonzero(scores) == 7 * 6


def test_a_lone_constant_regulator_scores_zero():
    counts_CG = make_counts()
    counts_CG[:, 3] = 0
    for sources in ("all", "regulators"):
        method = dataclasses.replace(QUICK, sources=sources)
        assert not method.infer(make_adata(counts_CG), regulators=["g03"], seed=0).scores.any()


def test_data_without_any_counts_give_zeros():
    assert not infer(QUICK, make_adata(np.zeros((N_CELLS, N_GENES)))).any()


@pytest.mark.parametrize("n_cells", [0, 1])
def test_too_few_cells_are_refused(n_cells):
    with pytest.raises(ValueError, match=f"got {n_cells} cells x 10 genes; expected at least 2"):
        infer(QUICK, make_adata(make_counts()[:n_cells]))


def test_two_cells_are_enough_to_run():
    assert np.isfinite(infer(QUICK, make_adata(make_counts()[:2]))).all()


@pytest.mark.parametrize("store", [sparse.csr_array, sparse.csc_matrix, np.asfortranarray])
def test_how_counts_are_stored_changes_nothing(store):
    adata = make_adata(make_counts())
    stored = anndata.AnnData(store(adata.X.toarray()), obs=adata.obs, var=adata.var)
    np.testing.assert_array_equal(infer(QUICK, stored), infer(QUICK, adata))


def test_counts_above_65535_are_taken_as_they_are():
    small, huge = make_adata(make_counts()), make_adata(make_counts(scale=70_000))
    huge.obs["total_counts"] *= 70_000
    seen = [prepare(one, None, values="log", entries="nonzero", clip=15.0).x_CG for one in (small, huge)]
    # the order of the cells follows the last bit of their values
    np.testing.assert_allclose(np.sort(seen[1], axis=0), np.sort(seen[0], axis=0), atol=1e-4)
    assert np.count_nonzero(infer(QUICK, huge)) == N_GENES * (N_GENES - 1)


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"device": "cuda"}, "device is 'cuda', but torch finds no GPU"),
        ({"precision": "mixed", "device": "auto"}, "precision is 'mixed', which needs a GPU"),
    ],
)
def test_a_gpu_that_is_not_there_is_one_clear_line(settings, message):
    with pytest.raises(ValueError, match=message):
        infer(dataclasses.replace(QUICK, **settings), make_adata(make_counts()))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"ensemble": 0}, "ensemble is 0; expected 1 or more"),
        ({"alpha": -1.0}, "alpha is -1.0; expected 0 or more"),
        ({"decay": 0.0}, "decay is 0.0; expected more than 0"),
        ({"normalize": "z"}, "normalize is 'z'; expected log or scaled"),
    ],
)
def test_a_setting_that_cannot_be_used_is_refused(settings, message):
    with pytest.raises(ValueError, match=message):
        DeepSEM(**settings)


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_run_that_diverges_ends_the_others_with_a_clear_line(monkeypatch, workers):
    monkeypatch.setenv("BENGRN_CPUS", workers)
    method = dataclasses.replace(QUICK, ensemble=4, epochs=10_000, rate=1e30)
    with pytest.raises(ValueError, match="expected it finite"):
        infer(method, make_adata(make_counts()))


def test_progress_counts_the_epochs_of_all_runs_as_they_end(monkeypatch):
    seen = []

    def spy(items, label, total):
        seen.append((label, total))
        for item in items:
            seen.append("epoch")
            yield item

    monkeypatch.setattr(ensemble, "track", spy)
    infer(QUICK, make_adata(make_counts()))
    assert seen == [("epochs", 6), *["epoch"] * 6]


def test_presets_name_the_settings_of_the_paper_and_of_the_authors():
    author = DeepSEM(**DeepSEM.presets["author"])
    assert (author.ensemble, author.epochs, author.decay, author.signed) == (10, 120, 0.95, False)
    paper = DeepSEM(**DeepSEM.presets["paper"])
    assert (paper.ensemble, paper.epochs, paper.normalize, paper.signed) == (1, 50, "scaled", True)
