"""The three enrichment scores: found where planted, not found at random, refused where undefined."""

import dataclasses
import json
from collections import Counter

import numpy as np
import pytest

from bengrn.enrichment.gene_sets import chip_entries, chip_targets, marker_sets
from bengrn.enrichment.scores import cell_type_enrichment, tf_enrichment, tf_target_enrichment
from bengrn.errors import MetricError
from bengrn.genes import gene_table, transcription_factors
from bengrn.values import Network

FACTORS = [name for name, targets in chip_targets().targets.items() if len(targets) > 200][:30]
MARKERS = sorted({gene for genes in marker_sets().values() for gene in genes})


def _genes():
    """Name 1,500 genes: factors of the library, other TFs, genes with markers among them."""
    others = [gene for gene, one in gene_table().genes.items() if one.group == "protein"]
    drawn = np.random.default_rng(0).choice(others, 1200, replace=False).tolist()
    return list(dict.fromkeys([*FACTORS, *MARKERS[::10], *drawn]))[:1500]


GENES = _genes()


def _network(change=None, seed=0, regulators=GENES):
    scores = np.exp(np.random.default_rng(seed).standard_normal((len(regulators), len(GENES)), np.float32))
    if change is not None:
        change(scores)
    return Network(scores, regulators, GENES)


def _plant_targets(scores):
    for factor in FACTORS[:15]:
        known = set(chip_targets().targets[factor])
        scores[GENES.index(factor), [gene in known for gene in GENES]] *= 3


def _plant_factors(scores):
    scores[[gene in transcription_factors() for gene in GENES]] *= 3


def test_planted_outgoing_targets_are_found_and_others_are_not():
    result = tf_target_enrichment(_network(_plant_targets))
    found = {row.factor for row in result.rows if row.enriched}
    assert set(FACTORS[:15]) <= found
    assert len(found) <= 15 + 2
    assert result.percent == 100 * result.n_enriched / result.n_tested
    assert result.mean_auroc > 0.55
    assert result.null_percent < result.percent / 4


def test_random_networks_have_few_enriched_factors():
    percents = [tf_target_enrichment(_network(seed=seed), null_draws=3) for seed in range(4)]
    assert np.mean([one.percent for one in percents]) < 5
    assert np.mean([one.null_percent for one in percents]) < 5
    assert np.mean([one.mean_auroc for one in percents]) == pytest.approx(0.5, abs=0.01)
    assert np.mean([one.mean_nes for one in percents]) == pytest.approx(1, abs=0.03)


def test_popular_targets_raise_the_null_with_the_score():
    bound = Counter(gene for targets in chip_targets().targets.values() for gene in targets)

    def popular(scores):
        scores[:, [bound[gene] > 15 for gene in GENES]] *= 4

    result = tf_target_enrichment(_network(popular), null_draws=3)
    assert result.percent > 25
    assert result.null_percent > result.percent / 2


def test_strict_looks_at_rows_and_compat_at_columns():
    network = _network(_plant_targets)
    turned = Network(network.scores.T, GENES, GENES)
    assert tf_target_enrichment(network).percent > 3 * tf_target_enrichment(turned).percent
    compat, compat_turned = (tf_target_enrichment(one, mode="compat") for one in (network, turned))
    assert compat_turned.percent > 3 * compat.percent


def test_compat_counts_the_entries_whose_name_is_a_target_each_by_itself():
    result = tf_target_enrichment(_network(), mode="compat")
    named = [entry for entry in chip_entries() if entry.split(" ")[0] in GENES]
    assert [row.entries for row in result.rows] == [(entry,) for entry in named]
    assert len(result.absent) == 166 - len(named)
    assert all(row.enriched == (row.p < 0.05 and row.nes > 1) for row in result.rows)


def test_compat_counts_an_entry_without_overlap_as_a_failure():
    genes = ["JUND", "GATA1", *(f"x{number}" for number in range(50))]
    scores = np.random.default_rng(0).random((52, 52))
    result = tf_target_enrichment(Network(scores, genes, genes), mode="compat")
    assert result.percent == 0
    assert result.n_tested == 6  # four cells of JUND, two of GATA1
    assert any(row.status.startswith("0 of its genes") for row in result.rows)


def test_entries_of_a_factor_are_tested_once_in_strict_mode():
    result = tf_target_enrichment(_network(), null_draws=0)
    assert len({row.factor for row in result.rows}) == len(result.rows)
    assert result.null_percent is None
    assert len(result.rows) + len(result.too_few) + len(result.absent) == 94


def test_a_factor_that_the_network_ranks_nothing_for_is_a_failure_not_a_gap():
    def flatten(scores):
        _plant_targets(scores)
        scores[GENES.index(FACTORS[0])] = 0.5

    result = tf_target_enrichment(_network(flatten), null_draws=0)
    row = next(one for one in result.rows if one.factor == FACTORS[0])
    assert (row.status, row.p, row.auroc, row.enriched) == ("no ranking", 1, 0.5, False)
    assert result.n_tested == tf_target_enrichment(_network(_plant_targets), null_draws=0).n_tested


def test_an_out_degree_ranks_no_targets_and_scores_zero():
    degrees = np.repeat(np.arange(1, len(GENES) + 1, dtype=np.float32)[:, None], len(GENES), axis=1)
    result = tf_target_enrichment(Network(degrees, GENES, GENES), null_draws=1)
    assert (result.percent, result.null_percent) == (0, 0)


def test_the_order_of_genes_changes_no_result():
    network = _network(_plant_targets)
    order = np.random.default_rng(1).permutation(len(GENES))
    names = [GENES[one] for one in order]
    moved = Network(network.scores[order][:, order], names, names)
    for score in (tf_target_enrichment, tf_enrichment):
        here, there = (dataclasses.asdict(score(one)) for one in (network, moved))
        for key in ("percent", "null_draws", "n_enriched") if "percent" in here else ("q", "nes"):
            assert here[key] == pytest.approx(there[key], rel=1e-4)


def test_the_sign_of_a_strict_score_does_not_matter():
    network = _network(_plant_targets)
    sign = np.where(np.random.default_rng(2).random(network.scores.shape) < 0.5, -1, 1)
    signed = Network(network.scores * sign, GENES, GENES, signed=True)
    assert tf_target_enrichment(signed).percent == tf_target_enrichment(network).percent
    assert tf_enrichment(signed).q == tf_enrichment(network).q


def test_planted_factors_are_found_by_both_modes_in_the_view_of_targets():
    network = _network(_plant_factors)
    strict, compat = (tf_enrichment(network, mode=mode) for mode in ("strict", "compat"))
    assert (strict.enriched, strict.view) == (True, "targets")
    assert strict.nes > 1
    assert compat.enriched
    assert {row.view for row in strict.rows} == {"targets", "regulators", "central"}


def test_only_the_declared_view_decides_in_strict_mode():
    network = _network(_plant_factors, seed=3)
    assert tf_enrichment(network).enriched
    assert not tf_enrichment(network, view="regulators").enriched


def test_compat_ignores_the_sign_and_strict_does_not():
    def deplete(scores):
        scores[[gene in transcription_factors() for gene in GENES]] /= 20

    network = _network(deplete)
    strict = tf_enrichment(network)
    assert not strict.enriched
    assert strict.q > 0.9
    compat = next(row for row in tf_enrichment(network, mode="compat").rows if row.view == "targets")
    assert compat.nes < 0


def test_random_networks_have_no_enriched_factors():
    found = [tf_enrichment(_network(seed=seed), permutations=200).enriched for seed in range(20)]
    assert sum(found) <= 4


def test_the_planted_cell_type_is_found_first_and_another_is_not():
    alpha = set(marker_sets()["Pancreas: Alpha cells"])
    names = list(dict.fromkeys([*alpha, *GENES]))
    scores = np.exp(np.random.default_rng(0).standard_normal((len(names), len(names)), np.float32))
    scores[:, : len(alpha)] *= 2
    network = Network(scores, names, names)
    result = cell_type_enrichment(network, "pancreatic A cell")
    assert result.found
    assert (result.best.gene_set, result.best.view, result.rank) == (
        "Pancreas: Alpha cells",
        "regulators",
        1,
    )
    other = cell_type_enrichment(network, "podocyte")
    assert not other.found
    assert other.n_false >= 1


def test_random_networks_show_no_cell_type():
    results = [cell_type_enrichment(_network(seed=seed), "macrophage") for seed in range(3)]
    assert not any(result.found for result in results)
    assert all(result.n_false <= 1 for result in results)


def test_results_are_plain_json():
    for result in (
        tf_enrichment(_network(), permutations=50),
        tf_target_enrichment(_network(), permutations=50, null_draws=1),
        cell_type_enrichment(_network(), "T cell", permutations=50),
    ):
        json.dumps(dataclasses.asdict(result), allow_nan=False)


FOREIGN = [f"x{number}" for number in range(20)]


@pytest.mark.parametrize("score", [tf_enrichment, tf_target_enrichment])
@pytest.mark.parametrize("mode", ["strict", "compat"])
@pytest.mark.parametrize(
    ("scores", "names", "message"),
    [
        (np.random.default_rng(0).random((20, 20)), FOREIGN, "symbols"),
        (np.zeros((20, 20)), FOREIGN, "All scores of the network are 0"),
        (np.ones((20, 20)), FOREIGN, "All scores of the network are 1"),
        (np.random.default_rng(0).random((1, 20)), FOREIGN, "has 1 regulator"),
    ],
)
def test_what_is_undefined_is_refused_in_one_line(score, mode, scores, names, message):
    network = Network(scores, names[: len(scores)], names)
    with pytest.raises(MetricError, match=message) as caught:
        score(network, mode=mode)
    assert "\n" not in str(caught.value)


def test_a_network_of_factors_alone_has_no_tf_enrichment_by_targets():
    network = _network(regulators=[gene for gene in GENES if gene in transcription_factors()])
    with pytest.raises(MetricError, match="view 'targets'"):
        tf_enrichment(network)
    assert tf_enrichment(network, view="regulators").view == "regulators"


def test_a_cell_type_whose_markers_the_network_lacks_is_refused():
    with pytest.raises(MetricError, match="symbols"):
        cell_type_enrichment(Network(np.random.default_rng(0).random((20, 20)), FOREIGN, FOREIGN), "T cell")
    with pytest.raises(MetricError, match="'unicorn'"):
        cell_type_enrichment(_network(), "unicorn")
