"""Truths out of screens that the tests plant: who is a regulator, what is an edge, what is said of it."""

import anndata
import numpy as np
import pytest
from scipy import sparse, stats

from bengrn.errors import DataError, SettingError, TruthError
from bengrn.screens.truth import ScreenRule, screen_truth

GENES = [f"G{number}" for number in range(80)]
CONTROL = "non-targeting"
# perturbed gene -> target -> by what its mean is multiplied
PLANTED = {
    "G0": {"G0": 0.1, "G10": 0.3, "G11": 0.3, "G12": 3.0, "G13": 0.4},
    "G1": {"G1": 0.2, "G20": 2.5, "G21": 0.3},
    "G2": {"G2": 1.0},  # a guide that does not work
    "G3": {"G3": 0.1},  # a knock-down without effect
    "X9": {"G30": 0.3},  # not measured
}


def planted(effects, *, cells=120, controls=600, seed=0, batches=1):
    """Return a screen with these effects on Poisson counts."""
    rng = np.random.default_rng(seed)
    labels = np.repeat([CONTROL, *effects], [controls, *[cells] * len(effects)])
    mean_CG = np.tile(np.geomspace(0.5, 8, len(GENES)), (len(labels), 1))
    for name, changed in effects.items():
        for target, factor in changed.items():
            mean_CG[labels == name, GENES.index(target)] *= factor
    batch_C = rng.integers(0, batches, len(labels))
    mean_CG[:, ::2] *= np.array([1.0, 1.6, 2.2])[batch_C][:, None]
    depth_C = rng.uniform(0.7, 1.3, len(labels))
    mean_CG *= depth_C[:, None]
    adata = anndata.AnnData(X=sparse.csr_array(rng.poisson(mean_CG).astype(np.float32)))
    adata.var_names = GENES
    adata.obs_names = [f"c{number}" for number in range(len(labels))]
    adata.obs["perturbation"], adata.obs["batch"] = labels, batch_C.astype(str)
    adata.obs["true_depth"] = depth_C * 1e5
    return adata


def derive(adata, **settings):
    extra = {key: settings.pop(key) for key in ("batch", "null_groups", "seed") if key in settings}
    rule = ScreenRule(**settings)
    return screen_truth(adata, perturbation="perturbation", control=CONTROL, rule=rule, **extra)


def edges_of(truth, matrix=None):
    found = sparse.coo_array(truth.edges if matrix is None else matrix)
    pairs = zip(found.row, found.col, found.data, strict=True)
    return {(truth.regulators[r], truth.targets[c]): value for r, c, value in pairs}


def rows_of(report):
    return {row.name: row for row in report.rows}


@pytest.fixture(scope="module")
def adata():
    return planted(PLANTED)


@pytest.fixture(scope="module")
def found(adata):
    return derive(adata)


def test_planted_edges_are_found(found):
    wanted = {(name, one) for name in ("G0", "G1", "X9") for one in PLANTED[name] if one != name}
    assert wanted <= set(edges_of(found[0]))


def test_few_edges_are_found_that_were_not_planted(found):
    assert found[0].edges.nnz <= 7 + 3


def test_no_edge_leads_from_a_gene_to_itself(found):
    assert not any(source == target for source, target in edges_of(found[0]))
    assert rows_of(found[1])["G0"].tested == 79


def test_a_target_that_falls_with_its_lost_regulator_is_activated(found):
    signs = edges_of(found[0], found[0].sign)
    assert (signs["G0", "G10"], signs["G0", "G12"]) == (1, -1)
    assert (signs["G1", "G21"], signs["G1", "G20"]) == (1, -1)


def test_a_target_that_rises_with_its_gained_regulator_is_activated():
    raised = planted({"G0": {"G0": 6.0, "G10": 3.0, "G11": 0.3}})
    truth, _ = derive(raised, direction="gain")
    signs = edges_of(truth, truth.sign)
    assert (signs["G0", "G10"], signs["G0", "G11"]) == (1, -1)


def test_the_effect_is_the_log2_fold_change(found):
    effects = edges_of(found[0], found[0].effect)
    assert effects["G0", "G12"] == pytest.approx(np.log2(3), abs=0.25)
    assert effects["G1", "G21"] == pytest.approx(np.log2(0.3), abs=0.4)


def test_a_perturbation_that_leaves_its_gene_alone_is_no_regulator(found):
    truth, report = found
    assert "G2" not in truth.regulators
    assert rows_of(report)["G2"].reason.startswith("on-target log2 fold change")
    assert truth.losses["perturbations that did not change their own gene"] == 1


def test_a_regulator_without_effect_stays_a_tested_row(found):
    assert "G3" in found[0].regulators
    assert not [one for one in edges_of(found[0]) if one[0] == "G3"]


@pytest.mark.parametrize("unmeasured", ["keep", "drop"])
def test_a_perturbed_gene_that_is_not_measured_is_kept_or_dropped_and_counted(adata, unmeasured):
    truth, report = derive(adata, unmeasured=unmeasured)
    assert ("X9" in truth.regulators) == (unmeasured == "keep")
    assert rows_of(report)["X9"].log2_fold is None
    (reason,) = [one for one in truth.losses if "cannot be checked" in one]
    assert reason.endswith("kept" if unmeasured == "keep" else "left out")


def test_a_gene_too_rare_to_show_its_loss_counts_as_unchecked():
    rare = planted({"G0": {"G0": 0.1}, "G1": {"G1": 0.1}})
    x_CG = rare.X.toarray()
    x_CG[20:, 0] = 0  # seen in at most 20 of 600 controls: 4 of 120 perturbed cells would show it
    rare.X = sparse.csr_array(x_CG)
    row = rows_of(derive(rare, unmeasured="drop")[1])["G0"]
    assert (row.passed, row.reason) == (False, "seen in too few controls to be checked")


def test_too_few_cells_are_not_tested(adata):
    few = adata[np.r_[0:720, 720:760]].copy()  # 40 cells of the second perturbation
    truth, report = derive(few)
    assert truth.regulators == ("G0",)
    assert rows_of(report)["G1"].reason == "fewer than 50 cells"
    assert truth.losses["perturbations of too few cells"] == 1


def test_targets_are_the_genes_seen_in_enough_cells(adata):
    truth, report = derive(adata, min_detected=0.6)
    share_G = (adata.X.toarray() > 0).mean(axis=0)
    assert truth.targets == tuple(np.array(GENES)[share_G >= 0.6])
    assert (report.genes, report.targets) == (80, len(truth.targets))
    assert truth.losses["measured genes seen in too few cells"] == 80 - len(truth.targets)


def test_edges_are_those_of_scipys_test_with_its_correction(adata, found):
    labels, depth_C = adata.obs["perturbation"].to_numpy(), adata.X.sum(axis=1)
    value_CG = np.log1p(adata.X.toarray() / depth_C[:, None] * 1e4)
    expected = set()
    for name in found[0].regulators:
        p_G = stats.mannwhitneyu(
            value_CG[labels == name], value_CG[labels == CONTROL], axis=0, use_continuity=False
        ).pvalue
        others = [gene for gene in range(80) if GENES[gene] != name]
        adjusted = stats.false_discovery_control(p_G[others])
        expected |= {(name, GENES[gene]) for gene, q in zip(others, adjusted, strict=True) if q < 0.05}
    assert set(edges_of(found[0])) == expected


def test_without_effects_hardly_any_row_holds_an_edge():
    null = planted({f"X{number}": {} for number in range(40)}, cells=60, seed=3)
    truth, _ = derive(null)
    assert len(truth.regulators) == 40
    assert (np.diff(truth.edges.indptr) > 0).sum() <= 6  # 2 expected


def test_the_share_of_false_edges_is_what_alpha_says():
    effects = {f"X{number}": dict.fromkeys(GENES[40:60], 0.4) for number in range(12)}
    screen = planted(effects, seed=7)
    screen.obs["total_counts"] = screen.obs["true_depth"]
    found = edges_of(derive(screen)[0])
    false = [pair for pair in found if pair[1] not in effects[pair[0]]]
    assert len(found) - len(false) == 12 * 20
    assert 0.005 < len(false) / len(found) < 0.07  # 0.05 x 60 / 80 expected; 0.042 over 15 seeds


def test_where_a_quarter_of_the_genes_fall_the_median_ratio_keeps_most_false_edges_out():
    effects = {f"X{number}": dict.fromkeys(GENES[40:60], 0.4) for number in range(12)}
    screen = planted(effects, seed=7)
    false = {}
    for depth in ("total", "median-ratio"):
        pairs = edges_of(derive(screen, depth=depth)[0])
        false[depth] = sum(target not in effects[source] for source, target in pairs) / len(pairs)
    assert false["total"] > 0.5
    assert false["median-ratio"] < 0.15


def test_a_strong_row_does_not_lend_a_weak_one_its_cut_unless_asked():
    effects = {"X0": dict.fromkeys(GENES[20:60], 0.4), **{f"X{number}": {} for number in range(1, 4)}}
    screen = planted(effects, seed=2)
    cuts = {one: rows_of(derive(screen, correction=one)[1]) for one in ("perturbation", "screen")}
    assert cuts["screen"]["X1"].detectable < cuts["perturbation"]["X1"].detectable


def test_an_effect_floor_drops_small_effects_only(adata, found):
    floored, _ = derive(adata, min_effect=1.5)
    effects = edges_of(found[0], found[0].effect)
    assert set(edges_of(floored)) == {pair for pair, size in effects.items() if abs(size) >= 1.5}
    assert 0 < floored.edges.nnz < found[0].edges.nnz


def test_the_order_of_cells_and_genes_changes_nothing(adata, found):
    rng = np.random.default_rng(0)
    shuffled = adata[rng.permutation(adata.n_obs), rng.permutation(adata.n_vars)].copy()
    truth, report = derive(shuffled)
    assert edges_of(truth, truth.effect) == pytest.approx(edges_of(found[0], found[0].effect), rel=1e-5)
    assert [row.significant for row in report.rows] == [row.significant for row in found[1].rows]


def test_batches_are_compared_within_themselves():
    # all cells of X0 come from one of two batches, in which every second gene is higher
    screen = planted({"X0": {}, "X1": {"G40": 0.3}}, cells=200, batches=2, seed=1)
    screen = screen[(screen.obs["perturbation"] != "X0") | (screen.obs["batch"] == "1")].copy()
    blind, aware = derive(screen)[0], derive(screen, batch="batch")[0]
    assert rows_of(derive(screen)[1])["X0"].significant >= 10
    assert len([one for one in edges_of(aware) if one[0] == "X0"]) <= 1
    assert ("X1", "G40") in edges_of(aware)
    assert blind.edges.nnz > aware.edges.nnz


def test_cells_of_batches_without_controls_are_left_out_and_counted(adata):
    screen = adata.copy()
    screen.obs["batch"] = np.where(np.arange(screen.n_obs) % 10 == 0, "b", "a")
    screen.obs.loc[screen.obs["perturbation"] == CONTROL, "batch"] = "a"
    truth, _ = derive(screen, batch="batch")
    assert truth.losses["cells of batches without controls"] == 60


def test_cells_without_a_label_or_without_counts_are_left_out_and_counted(adata):
    screen = adata.copy()
    labels = screen.obs["perturbation"].astype(object).to_numpy()
    labels[[3, 700]] = [None, ""]
    x_CG = screen.X.toarray()
    x_CG[5] = 0
    screen.X = sparse.csr_array(x_CG)
    truth, report = screen_truth(screen, perturbation=list(labels), control=CONTROL)
    assert truth.losses["cells without a perturbation"] == 2
    assert truth.losses["cells without counts"] == 1
    assert report.controls == 598


def test_a_stated_depth_is_used(adata):
    screen = adata.copy()
    screen.obs["total_counts"] = np.asarray(screen.X.sum(axis=1)).ravel() * 4.0
    truth, _ = derive(screen)
    assert edges_of(truth) == edges_of(derive(adata)[0])
    assert derive(screen)[1].typical == derive(adata)[1].typical


def test_the_report_says_what_was_tested_and_with_which_power(found):
    row = rows_of(found[1])["G0"]
    assert (row.cells, row.tested, row.passed) == (120, 79, True)
    assert row.log2_fold == pytest.approx(np.log2(0.1), abs=1)
    assert row.on_target_p < 1e-6
    assert 0.2 < row.detectable < 2
    assert found[1].controls == 600


def test_the_calibration_is_of_controls_only(adata):
    _, report = derive(adata, null_groups=20, seed=1)
    assert report.calibration.groups == 20
    assert report.calibration.below_05 == pytest.approx(0.05, abs=0.02)


def test_the_input_is_not_modified(adata):
    before, columns = adata.X.copy(), list(adata.obs)
    derive(adata, depth="median-ratio", null_groups=2)
    assert (before != adata.X).nnz == 0
    assert list(adata.obs) == columns


def test_stored_zeros_change_nothing_and_stay(adata, found):
    stored = adata.copy()
    dense = stored.X.toarray()
    full = sparse.csr_array(np.ones_like(dense))
    full.data[:] = dense.ravel()
    stored.X = full
    assert edges_of(derive(stored)[0]) == edges_of(found[0])
    assert stored.X.nnz == dense.size


def test_a_dense_matrix_gives_the_same(adata, found):
    dense = adata.copy()
    dense.X = dense.X.toarray()
    assert edges_of(derive(dense)[0]) == edges_of(found[0])


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        ({"perturbation": "guide"}, DataError, "no obs['guide']"),
        ({"perturbation": ["a"]}, DataError, "1 perturbation labels for 1200 cells"),
        ({"control": "NT"}, DataError, "No cell is labelled 'NT'"),
        ({"batch": "lane"}, DataError, "no obs['lane']"),
        ({"layer": "raw_counts"}, DataError, "no layer 'raw_counts'"),
        ({"rule": ScreenRule(min_controls=700)}, DataError, "600 control cells"),
        ({"rule": ScreenRule(min_cells=500)}, TruthError, "the largest has 120"),
        ({"rule": ScreenRule(min_detected=1.0, remaining=0.01)}, TruthError, "Relax the rule"),
    ],
)
def test_what_cannot_be_a_screen_is_refused_in_one_line(adata, change, error, said):
    arguments = {"perturbation": "perturbation", "control": CONTROL, **change}
    if "rule" in change and change["rule"].min_detected == 1.0:
        adata = adata[adata.obs["perturbation"] != "X9"].copy()  # all others can be checked
    with pytest.raises(error) as caught:
        screen_truth(adata, **arguments)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_genes_seen_in_too_few_cells_alone_are_refused(adata):
    scarce = adata.copy()
    cell_C, gene_G = np.arange(scarce.n_obs)[:, None], np.arange(scarce.n_vars)
    scarce.X = sparse.csr_array(np.where((cell_C + gene_G) % 12 == 0, 1.0, 0.0).astype(np.float32))
    with pytest.raises(TruthError, match="No gene is seen in 10%"):
        derive(scarce)


def test_expression_that_is_no_count_is_refused(adata):
    logged = adata.copy()
    logged.X = sparse.csr_array(np.log1p(logged.X.toarray()))
    with pytest.raises(DataError, match="not whole numbers"):
        derive(logged)


@pytest.mark.parametrize(
    "settings",
    [
        {"alpha": 0.0}, {"alpha": 1.5}, {"remaining": 1.0}, {"power": 1.0}, {"min_detected": 1.1},
        {"min_cells": 1}, {"min_controls": 0}, {"min_effect": -1.0}, {"pseudocount": 0.0},
        {"alpha": float("nan")}, {"min_effect": float("nan")},
    ],
)  # fmt: skip
def test_rules_without_meaning_are_refused(settings):
    with pytest.raises(SettingError):
        ScreenRule(**settings)
