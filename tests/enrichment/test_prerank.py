"""Prerank: scores by hand and by gseapy, p-values that hold, and results that depend on nothing else."""

import logging
import warnings

import numpy as np
import pytest
from scipy import sparse

from bengrn.enrichment.prerank import prerank
from bengrn.errors import MetricError

GENES = [f"g{number:03d}" for number in range(400)]
FIVE = ["a", "b", "c", "d", "e"]


def _scores(rows=1, seed=0):
    return np.exp(np.random.default_rng(seed).standard_normal((rows, len(GENES))))


def _sets(n_sets, size=30, seed=1):
    rng = np.random.default_rng(seed)
    return {f"set{number}": rng.choice(GENES, size, replace=False).tolist() for number in range(n_sets)}


def _gseapy(score_G, sets, permutations=1000, seed=0):
    pandas = pytest.importorskip("pandas")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        gseapy = pytest.importorskip("gseapy", reason="gseapy, the oracle, is not installed")
        logging.disable(logging.WARNING)
        try:
            ranking = pandas.Series(score_G, index=GENES).sort_values(ascending=False)
            found = gseapy.prerank(
                ranking, sets, min_size=1, max_size=4000, permutation_num=permutations, seed=seed
            )
        finally:
            logging.disable(logging.NOTSET)
    return found.res2d.set_index("Term")


@pytest.mark.parametrize(
    ("scores", "members", "expected"),
    [
        ([5, 4, 3, 2, 1], "ac", 2 / 3),  # 5/8 - 1/3 + 3/8
        ([5, 4, 3, 2, 1], "de", -1.0),
        ([5, 4, 3, 2, 1], "ab", 1.0),
        ([4, 3, 2, 1, -5], "ae", 4 / 9 - 1),  # up 4/9, down 3 x 1/3, up the magnitude's 5/9
        ([1, 2, 3, 4, 5], "ac", -2 / 3),  # e and d are missed before c
    ],
)
def test_enrichment_scores_match_hand_computation(scores, members, expected):
    table = prerank(np.array([scores], float), FIVE, ["r"], {"s": list(members)}, permutations=10)
    assert table.es_P[0] == pytest.approx(expected)


def test_enrichment_scores_equal_those_of_gseapy():
    score_RG, sets = _scores(3), _sets(20)
    score_RG[2] = np.random.default_rng(5).standard_normal(len(GENES))  # negative scores too
    table = prerank(score_RG, GENES, ["r0", "r1", "r2"], sets, permutations=10)
    for row in range(3):
        oracle = _gseapy(score_RG[row], sets, permutations=10)
        own = dict(
            zip(table.sets[row * 20 : row * 20 + 20], table.es_P[row * 20 : row * 20 + 20], strict=True)
        )
        for name, es in own.items():
            assert abs(es - oracle.loc[name, "ES"]) < 1e-12


def test_normalised_scores_and_p_agree_with_gseapy_within_sampling_error():
    score_RG, sets = _scores(), _sets(12)
    table = prerank(score_RG, GENES, ["r"], sets, permutations=4000)
    oracle = _gseapy(score_RG[0], sets, permutations=4000)
    for name, nes, p in zip(table.sets, table.nes_P, table.p_P, strict=True):
        assert nes == pytest.approx(oracle.loc[name, "NES"], abs=0.03)
        assert p == pytest.approx(oracle.loc[name, "NOM p-val"], abs=0.045)  # 4 standard errors


def test_gsea_q_is_the_share_of_random_over_the_share_of_found_scores():
    score_RG, sets = np.random.default_rng(6).standard_normal((1, len(GENES))), _sets(8)
    table = prerank(score_RG, GENES, ["r"], sets, permutations=100, keep_null=True)
    scaled = []
    for null in table.null_PB:
        high, low = null[null >= 0].mean(), -null[null < 0].mean()
        scaled += [one / (high if one >= 0 else low) for one in null]
    for nes, q in zip(table.nes_P, table.gsea_q(), strict=True):
        shares = []
        for values in (scaled, table.nes_P):
            side = [one for one in values if (one >= 0) == (nes >= 0)]
            shares.append(sum(abs(one) >= abs(nes) for one in side) / len(side))
        assert q == pytest.approx(min(1, shares[0] / shares[1]))


def test_gsea_q_of_a_single_set_is_its_nominal_p():
    table = prerank(_scores(), GENES, ["r"], _sets(1), permutations=100, keep_null=True)
    assert table.gsea_q()[0] == pytest.approx(table.p_P[0])


def test_gsea_q_without_random_scores_says_how_to_keep_them():
    with pytest.raises(MetricError, match="keep_null"):
        prerank(_scores(), GENES, ["r"], _sets(1), permutations=10).gsea_q()


def test_neither_threads_nor_the_rest_of_the_batch_change_a_result(monkeypatch):
    score_RG, sets = _scores(6), _sets(5)
    rankings = [f"r{row}" for row in range(6)]
    monkeypatch.setenv("BENGRN_CPUS", "1")
    one = prerank(score_RG, GENES, rankings, sets, permutations=200)
    monkeypatch.setenv("BENGRN_CPUS", "4")
    four = prerank(score_RG, GENES, rankings, sets, permutations=200)
    alone = prerank(score_RG[3:4], GENES, ["r3"], {"set2": sets["set2"]}, permutations=200)
    assert one.nes_P.tolist() == four.nes_P.tolist()
    assert alone.nes_P[0] == one.nes_P[3 * 5 + 2]
    assert alone.p_high_P[0] == one.p_high_P[3 * 5 + 2]


def test_another_seed_gives_other_random_sets():
    first, second = (
        prerank(_scores(), GENES, ["r"], _sets(1), permutations=200, seed=seed) for seed in (0, 1)
    )
    assert first.es_P[0] == second.es_P[0]
    assert first.nes_P[0] != second.nes_P[0]


def test_the_order_of_genes_changes_nothing_even_with_ties():
    score_RG = np.floor(3 * _scores())  # many ties
    order = np.random.default_rng(2).permutation(len(GENES))
    here = prerank(score_RG, GENES, ["r"], _sets(5), permutations=100)
    there = prerank(score_RG[:, order], [GENES[one] for one in order], ["r"], _sets(5), permutations=100)
    for name in ("es_P", "nes_P", "p_P", "p_high_P", "auroc_P"):
        assert getattr(here, name).tolist() == getattr(there, name).tolist()


def test_planted_sets_are_found_and_random_sets_are_not():
    score_RG, sets = _scores(60), _sets(60)
    place = {gene: position for position, gene in enumerate(GENES)}
    for row in range(0, 60, 3):
        score_RG[row, [place[gene] for gene in sets[f"set{row}"]]] *= 4
    pairs = [(f"r{row}", f"set{row}") for row in range(60)]
    table = prerank(score_RG, GENES, [a for a, _ in pairs], sets, pairs=pairs, permutations=1000)
    found = table.q("all") < 0.05
    assert found[::3].all()
    assert found[np.arange(60) % 3 > 0].mean() < 0.1


@pytest.mark.parametrize("stop_after", [0, 20])
def test_p_values_of_random_sets_are_uniform(stop_after):
    score_RG, sets = _scores(400, seed=7), _sets(400, size=15, seed=8)
    pairs = [(f"r{row}", f"set{row}") for row in range(400)]
    table = prerank(
        score_RG,
        GENES,
        [a for a, _ in pairs],
        sets,
        pairs=pairs,
        permutations=400,
        stop_after=stop_after,
    )
    for level in (0.05, 0.2, 0.5, 0.8):
        share = (table.p_high_P <= level).mean()
        assert share == pytest.approx(level, abs=4 * np.sqrt(level * (1 - level) / 400))


@pytest.mark.parametrize("size", [1, 3, 199, 200, 201, 330, 399])
def test_random_sets_have_the_mean_score_of_sets_drawn_by_numpy(size):
    score_RG = _scores()
    rng = np.random.default_rng(3)
    drawn = {f"s{number}": rng.choice(GENES, size, replace=False).tolist() for number in range(600)}
    oracle = prerank(score_RG, GENES, ["r"], drawn, permutations=1).es_P
    null = prerank(score_RG, GENES, ["r"], {"s": drawn["s0"]}, permutations=20_000, keep_null=True).null_PB[0]
    error = oracle.std() / np.sqrt(len(oracle)) + null.std() / np.sqrt(len(null))
    assert abs(oracle.mean() - null.mean()) < 4 * error
    assert null.std() == pytest.approx(oracle.std(), rel=0.15)


def test_the_top_gene_alone_has_the_p_of_a_rank():
    score_RG = _scores()
    top = GENES[int(score_RG[0].argmax())]
    table = prerank(score_RG, GENES, ["r"], {"s": [top]}, permutations=40_000)
    assert table.p_high_P[0] == pytest.approx(1 / len(GENES), rel=0.5)


def test_csr_gives_what_dense_gives():
    score_RG = _scores(3) * (np.random.default_rng(4).random((3, len(GENES))) < 0.2)
    dense = prerank(score_RG, GENES, ["x", "y", "z"], _sets(4), permutations=50)
    stored = prerank(sparse.csr_array(score_RG), GENES, ["x", "y", "z"], _sets(4), permutations=50)
    assert dense.nes_P.tolist() == stored.nes_P.tolist()


def test_auroc_counts_ties_half():
    # set: 3 and 1; others: 3, 2, 1: of six pairs it wins 2.5 + 0.5
    table = prerank(np.array([[3.0, 3, 2, 1, 1]]), FIVE, ["r"], {"s": ["a", "d"]}, permutations=5)
    assert table.auroc_P[0] == pytest.approx((0.5 + 1 + 1 + 0.5) / 6)


def test_magnitude_ranks_repression_high():
    table = prerank(np.array([[-5.0, 1, 2, 3, 4]]), FIVE, ["r"], {"s": ["a"]}, permutations=5, magnitude=True)
    assert table.es_P[0] == 1


def test_the_gene_of_the_ranking_is_left_out_of_it():
    score_RG = np.array([[9.0, 5, 4, 3, 2]])
    table = prerank(score_RG, FIVE, ["a"], {"s": ["a", "c"]}, permutations=5, without_own=True)
    assert table.size_P[0] == 1
    assert table.es_P[0] == pytest.approx(1 - 1 / 3)


def test_a_set_of_genes_without_weight_is_not_enriched():
    table = prerank(np.array([[2.0, 1, 0, 0, 0]]), FIVE, ["r"], {"s": ["d", "e"]}, permutations=5)
    assert (table.es_P[0], table.nes_P[0], table.p_P[0], table.p_high_P[0]) == (0, 0, 1, 1)


def test_q_is_adjusted_within_the_family_that_is_named():
    table = prerank(_scores(3), GENES, ["x", "y", "z"], _sets(4), permutations=50)
    first = [position for position, name in enumerate(table.sets) if name == "set0"]
    ordered = np.sort(table.p_high_P[first])
    by_hand = [min(1.0, *(3 * ordered[k:] / np.arange(k + 1, 4))) for k in range(3)]
    assert sorted(table.q("set")[first]) == pytest.approx(by_hand)


@pytest.mark.parametrize(
    ("scores", "sets", "message"),
    [
        ([[1, 2, 3, 4, 5]], {"s": ["TP53", "MYC"]}, "0 of its genes are among the 5"),
        ([[1, 2, 3, 4, 5]], {"s": FIVE}, "5 of its genes are among the 5"),
        ([[2, 2, 2, 2, 2]], {"s": ["a"]}, "5 genes with the same score"),
        ([[0, 0, 0, 0, 0]], {"s": ["a"]}, "5 genes with the same score"),
        ([[1, 2, np.nan, 4, np.inf]], {"s": ["a"]}, "2 scores that are NaN or infinite"),
        ([[1, 2, 3, 4, 5]], {}, "None of 0 pairs"),
    ],
)
def test_what_cannot_be_tested_is_refused_in_one_line(scores, sets, message):
    with pytest.raises(MetricError, match=message) as caught:
        prerank(np.array(scores, float), FIVE, ["r"], sets, permutations=5)
    assert "\n" not in str(caught.value)


def test_a_pair_that_names_no_set_is_refused():
    with pytest.raises(MetricError, match="'other'"):
        prerank(_scores(), GENES, ["r"], _sets(1), pairs=[("r", "other")])


def test_pairs_that_cannot_be_tested_are_listed_beside_those_that_can():
    table = prerank(_scores(), GENES, ["r"], {**_sets(1), "none": ["TP53"]}, permutations=5)
    assert table.sets == ("set0",)
    assert table.skipped == (("r", "none", "0 of its genes are among the 400 of the ranking"),)
