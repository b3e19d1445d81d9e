"""The cards of lifts, published numbers and enrichment: known answers, and none is missing."""

from itertools import product

import numpy as np
import pytest
from scipy import sparse

from bengrn.enrichment.cards import EXAMPLE_CELL_TYPE
from bengrn.errors import MetricError
from bengrn.metrics import ALL_METRICS
from bengrn.metrics.compat import compat_scores
from bengrn.metrics.metric import Example
from bengrn.request import Scoring
from bengrn.stats.bootstrap import bootstrap
from bengrn.stats.degree_null import degree_nulls
from bengrn.tasks.cards import SCORE_CARDS, cards_named
from bengrn.tasks.enrichment import enrichment_scores
from bengrn.tasks.network import score_network
from bengrn.truths.align import align
from bengrn.values import Network, Truth

CASES = [(card, example) for card in SCORE_CARDS for example in card.examples]
SMALL = [(card, example) for card, example in CASES if isinstance(example, Example)]
LIFTS = [case for case in SMALL if case[0].mode == "strict"]
COMPAT = [case for case in SMALL if case[0].mode == "compat"]
ENRICHED = [case for case in CASES if not isinstance(case[1], Example)]


def _name(value):
    return f"{value.mode}-{value.name}" if hasattr(value, "mode") else ""


def _candidates(example):
    scores = np.array(example.scores)
    names = [f"r{row}" for row in range(len(scores))], [f"t{column}" for column in range(scores.shape[1])]
    network = Network(scores, *names, signed=bool((scores < 0).any()))
    return align(network, Truth(np.array(example.truth), *names))


def _all_truths_like(truth):
    """Return every 0/1 matrix with the row and column sums of a small one, by trying all."""
    truth = np.array(truth)
    every = (np.array(one).reshape(truth.shape) for one in product((0, 1), repeat=truth.size))
    same = [one for one in every if (one.sum(0) == truth.sum(0)).all() and (one.sum(1) == truth.sum(1)).all()]
    return [sparse.csr_array(one.astype(bool)) for one in same]


@pytest.mark.parametrize(("card", "example"), LIFTS, ids=_name)
def test_the_lift_on_a_card_is_the_score_over_its_mean_on_all_truths_with_these_degrees(card, example):
    candidates = _candidates(example)
    if example.value is None:
        with pytest.raises(MetricError):
            degree_nulls(candidates, draws=1, seed=0)
        return
    nulls = _all_truths_like(example.truth)
    assert len(nulls) > 1
    found = bootstrap(candidates, nulls, draws=0, seed=0).intervals[card.name]
    assert found.value == pytest.approx(example.value, abs=1e-12)


@pytest.mark.parametrize(("card", "example"), COMPAT, ids=_name)
def test_the_published_number_on_a_card_is_right(card, example):
    found = compat_scores(_candidates(example)).get(card.name)
    assert found == (None if example.value is None else pytest.approx(example.value, abs=1e-6))


@pytest.mark.parametrize(("card", "example"), ENRICHED, ids=_name)
def test_the_enrichment_on_a_card_is_right(card, example):
    scores, _ = enrichment_scores(example.make(), organism="human", cell_type=EXAMPLE_CELL_TYPE)
    cell = scores[card.mode][card.name]
    assert cell["version"] == card.version
    if example.value is None:
        assert cell["value"] is None
        assert cell["reason"]
    else:
        assert cell["value"] == pytest.approx(example.value)


def test_every_score_that_a_record_can_hold_has_a_card_with_a_known_answer():
    regulators, targets = [f"r{row}" for row in range(3)], [f"t{column}" for column in range(20)]
    rng = np.random.default_rng(0)
    network = Network(rng.random((3, 20)), regulators, targets)
    truth = Truth(rng.random((3, 20)) < 0.3, regulators, targets)
    scores = score_network(network, truth, Scoring(2, 10)).scores
    enriched, _ = enrichment_scores(network, organism="human", cell_type=None)
    metrics = {("strict", one.name): one.examples for one in ALL_METRICS}
    cards = {(card.mode, card.name): card.examples for card in SCORE_CARDS}
    held = {(mode, name) for some in (scores, enriched) for mode in some for name in some[mode]}
    assert held == {*metrics, *cards}
    assert all([*metrics.values(), *cards.values()])


def test_a_score_of_both_modes_has_two_cards():
    assert [card.mode for card in cards_named("tf_enrichment")] == ["strict", "compat"]
    assert cards_named("ap") == []


def test_a_species_without_gene_sets_has_reasons_instead_of_enrichment():
    network = Network(np.random.default_rng(0).random((3, 9)), [f"r{i}" for i in range(3)], list("abcdefghi"))
    scores, tables = enrichment_scores(network, organism="yeast", cell_type=None)
    assert tables == {} or set(tables) <= {"tf_target_enrichment"}
    cells = [cell for some in scores.values() for cell in some.values()]
    assert all(cell["value"] is None and cell["reason"] for cell in cells)
