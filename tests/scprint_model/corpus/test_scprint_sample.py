"""Cells are drawn with the frequencies that the paper gives, and each where it belongs."""

import numpy as np
import pytest
import torch
from scipy import sparse, stats

from scprint_model.corpus.collate import Collator
from scprint_model.corpus.format import OUTLIER
from scprint_model.corpus.loader import batches
from scprint_model.corpus.sample import InOrder, Shuffled, WeightedSampler, groups_of
from scprint_model.corpus.split import split
from scprint_model.errors import ConfigError, CorpusError, TrainingError

SIZES = np.array([4, 30, 200, 1000])
GROUPS = np.random.default_rng(5).permutation(np.repeat(np.arange(4), SIZES))


@pytest.mark.parametrize("scale", [1, 50, 200])
def test_groups_are_drawn_with_probability_sn_over_n_plus_s(scale):
    expected = scale * SIZES / (SIZES + scale)
    drawn = GROUPS[WeightedSampler(GROUPS, scale).draw(0, 40_000, seed=1)]
    observed = np.bincount(drawn, minlength=4)
    assert stats.chisquare(observed, expected / expected.sum() * 40_000).pvalue > 1e-3


def test_cells_of_a_group_are_drawn_alike():
    drawn = WeightedSampler(GROUPS, 50).draw(3, 60_000, seed=2)
    for group in range(4):
        members = np.flatnonzero(group == GROUPS)
        observed = np.bincount(drawn[GROUPS[drawn] == group], minlength=len(GROUPS))[members]
        assert stats.chisquare(observed).pvalue > 1e-3


def test_a_scale_of_zero_draws_all_cells_alike():
    drawn = WeightedSampler(GROUPS, 0).draw(0, 60_000, seed=1)
    assert stats.chisquare(np.bincount(drawn, minlength=len(GROUPS))).pvalue > 1e-3


def test_a_smaller_scale_draws_groups_more_alike():
    spread = [WeightedSampler(GROUPS, scale).probability_K.std() for scale in (1, 10, 100, 1000)]
    assert spread == sorted(spread)


def test_groups_are_the_combinations_of_labels(corpus):
    rows = np.arange(corpus.cells)
    both = groups_of(corpus, rows)
    for group in np.unique(both):
        assert len(np.unique(corpus.classes[both == group], axis=0)) == 1
    assert both.max() + 1 == len(np.unique(corpus.classes, axis=0))
    by_sex = groups_of(corpus, rows, ["sex_ontology_term_id"])
    np.testing.assert_array_equal(by_sex, corpus.classes[:, 1])


def test_an_unknown_class_cannot_balance(corpus):
    with pytest.raises(ConfigError, match="no class age"):
        groups_of(corpus, [0], ["age"])


@pytest.mark.parametrize("sampler", [WeightedSampler(GROUPS), Shuffled(50), InOrder(50)])
def test_a_draw_hangs_on_seed_and_step_alone(sampler):
    first = [sampler.draw(step, 8, seed=7) for step in range(5)]
    again = [sampler.draw(step, 8, seed=7) for step in (4, 3, 2, 1, 0)][::-1]
    assert all(np.array_equal(one, two) for one, two in zip(first, again, strict=True))


def test_a_shuffled_pass_holds_every_cell_once():
    sampler = Shuffled(50)
    drawn = np.concatenate([sampler.draw(step, 8, seed=7) for step in range(25)]).reshape(4, 50)
    assert (np.sort(drawn, axis=1) == np.arange(50)).all()
    assert not np.array_equal(drawn[0], drawn[1])


def test_cells_in_order_end():
    drawn = [InOrder(20).draw(step, 8, seed=0).tolist() for step in range(4)]
    assert drawn == [[*range(8)], [*range(8, 16)], [*range(16, 20)], []]


def test_a_state_of_other_cells_or_another_scale_is_refused():
    saved = WeightedSampler(GROUPS, 50).state_dict()
    WeightedSampler(GROUPS, 50).load_state_dict(saved)
    with pytest.raises(TrainingError, match="another scale"):
        WeightedSampler(GROUPS, 20).load_state_dict(saved)
    with pytest.raises(TrainingError, match="another cells"):
        WeightedSampler(GROUPS[::-1].copy(), 50).load_state_dict(saved)
    with pytest.raises(TrainingError, match="another sampler"):
        Shuffled(50).load_state_dict(saved)


def test_sampling_from_nothing_is_refused():
    with pytest.raises(ConfigError, match="no cell to draw from"):
        WeightedSampler([])
    with pytest.raises(ConfigError, match="must be 0 or more"):
        WeightedSampler([0], -1)


def _some(corpus, *, steps=6, batch=8, sampler=None, **rest):
    rows = np.arange(corpus.cells)
    chosen = WeightedSampler(groups_of(corpus, rows), 5) if sampler is None else sampler
    made = batches(
        corpus, rows, sampler=chosen, collator=Collator(context=9, shortest=5), batch=batch, seed=3, **rest
    )
    return [one for one, _ in zip(made, range(steps), strict=False)]


def _equal(one, two):
    return all(
        torch.equal(getattr(one, name), getattr(two, name))
        for name in ("cells", "genes", "counts", "classes")
    )


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_the_number_of_workers_changes_nothing(corpus, workers):
    expected = _some(corpus)
    assert all(_equal(*pair) for pair in zip(expected, _some(corpus, workers=workers), strict=True))


@pytest.mark.parametrize("workers", [0, 2])
def test_a_run_goes_on_where_it_stopped(corpus, workers):
    whole = _some(corpus, steps=8)
    assert all(
        _equal(*pair)
        for pair in zip(whole[5:], _some(corpus, steps=3, start=5, workers=workers), strict=True)
    )


def test_two_processes_see_together_what_one_sees(corpus):
    whole = _some(corpus, batch=8)
    parts = [_some(corpus, batch=4, rank=rank, ranks=2) for rank in range(2)]
    for one, first, second in zip(whole, *parts, strict=True):
        assert torch.equal(one.cells, torch.cat([first.cells, second.cells]))
        assert torch.equal(one.genes, torch.cat([first.genes, second.genes]))


@pytest.mark.parametrize("ranks", [1, 2, 3])
@pytest.mark.parametrize("workers", [0, 2])
def test_every_cell_is_seen_once_whatever_the_number_of_processes(corpus, ranks, workers):
    seen = [
        one.cells
        for rank in range(ranks)
        for one in _some(
            corpus, steps=1000, sampler=InOrder(corpus.cells), rank=rank, ranks=ranks, workers=workers
        )
    ]
    assert sorted(torch.cat(seen).tolist()) == [*range(corpus.cells)]


def test_an_error_in_a_worker_reaches_the_reader(corpus):
    made = batches(
        corpus, [10**6], sampler=InOrder(1), collator=Collator(context=3), batch=1, seed=0, workers=2
    )
    with pytest.raises(CorpusError, match="row 1000000"):
        next(made)


def test_impossible_batches_are_refused(corpus):
    with pytest.raises(ConfigError, match="rank 2 of 2"):
        _some(corpus, rank=2, ranks=2)


def test_the_parts_of_a_split_share_no_cell_and_no_test_set(corpus):
    parts = split(corpus, seed=0, test=0.3, validation=0.2)
    together = np.concatenate([parts.train, parts.validation, parts.test])
    assert len(np.unique(together)) == len(together) == corpus.cells
    tested = set(corpus.dataset[parts.test])
    assert tested.isdisjoint(corpus.dataset[np.concatenate([parts.train, parts.validation])])
    assert {corpus.dataset_names[code] for code in tested} == set(parts.held_out)


def test_test_sets_stay_within_their_share_unless_the_smallest_is_larger(corpus):
    assert split(corpus, seed=0, test=0.01).held_out == ("mouse",)
    for seed in range(5):
        parts = split(corpus, seed=seed, test=0.5)
        assert 0 < len(parts.test) <= 0.5 * corpus.cells


def test_a_split_hangs_on_its_seed_alone(corpus):
    one, two, other = (split(corpus, seed=seed, validation=0.3) for seed in (0, 0, 1))
    assert np.array_equal(one.validation, two.validation)
    assert not np.array_equal(one.validation, other.validation)


def test_named_data_sets_are_held_out_whole(corpus):
    parts = split(corpus, seed=0, held_out=["set1", "mouse"], validation=0.1)
    assert set(corpus.dataset[parts.test]) == {1, 3}
    assert len(parts.test) == (corpus.dataset == 1).sum() + (corpus.dataset == 3).sum()
    with pytest.raises(ConfigError, match="no data set heart; it has set0"):
        split(corpus, seed=0, held_out=["heart"])


def test_validation_can_hold_whole_data_sets(corpus):
    parts = split(corpus, seed=0, test=0.01, validation=0.4, validate_by="data set")
    assert set(corpus.dataset[parts.validation]).isdisjoint(corpus.dataset[parts.train])


def test_the_same_cell_in_another_data_set_is_not_trained_on(cells, write, build):
    one, two = cells(20), cells(30, seed=1)
    two.X = sparse.vstack([one[:5, two.var_names].X, two.X[5:]]).tocsr()
    corpus = build(write(one), write(two, "two"))
    parts = split(corpus, seed=0, held_out=["one"], validation=0)
    assert parts.twins == 5
    assert len(parts.train) == 25


def test_flagged_cells_can_be_left_out(corpus):
    flagged = (corpus.flags & OUTLIER) > 0
    assert flagged.any()
    parts = split(corpus, seed=0, without=int(OUTLIER))
    assert not flagged[np.concatenate([parts.train, parts.validation, parts.test])].any()


@pytest.mark.parametrize("shares", [{"test": 1.0}, {"validation": -0.1}])
def test_impossible_shares_are_refused(corpus, shares):
    with pytest.raises(ConfigError, match="must lie from 0 to below 1"):
        split(corpus, seed=0, **shares)


def test_holding_everything_out_is_refused(corpus):
    with pytest.raises(CorpusError, match="No cell is left to train on"):
        split(corpus, seed=0, held_out=corpus.dataset_names)


def test_the_only_data_set_cannot_be_held_out(cells, write, build):
    with pytest.raises(ConfigError, match="Only one data set is left"):
        split(build(write(cells())), seed=0)
