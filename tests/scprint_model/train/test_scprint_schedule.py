"""The learning rate of every step."""

import math

import pytest
import torch

from scprint_model.train.config import LoopSettings
from scprint_model.train.schedule import Schedule


def _schedule(**settings):
    return Schedule(LoopSettings(**{"lr": 1.0, "warmup": 4, "steps": 14, **settings}))


def test_the_warm_up_holds_from_the_first_step_on():
    schedule = _schedule(schedule="constant")
    assert [schedule.rate(step) for step in range(6)] == [0.25, 0.5, 0.75, 1.0, 1.0, 1.0]


def test_without_warm_up_the_first_step_has_the_full_rate():
    assert _schedule(schedule="constant", warmup=0).rate(0) == 1.0


def test_cosine_starts_at_the_rate_and_ends_at_the_end():
    schedule = _schedule(schedule="cosine", lr_end=0.1)
    assert schedule.rate(4) == pytest.approx(1.0)
    assert schedule.rate(13) == pytest.approx(0.1)
    assert schedule.rate(7) == pytest.approx(0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * 3 / 9)))


@pytest.mark.parametrize("patience", [0, 1, 2])
def test_plateau_is_that_of_torch(patience):
    losses = [3.0, 2.0, 2.5, 2.4, 2.3, 1.9, 1.9, 1.9, 1.9, 1.9, -1.0, -1.00001, -1.1]
    schedule = _schedule(schedule="plateau", warmup=0, plateau_patience=patience)
    optimiser = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=1.0)
    peer = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, factor=0.6, patience=patience)
    for loss in losses[:10]:  # torch's relative threshold has the wrong sign below 0
        schedule.observe(loss)
        peer.step(loss)
        assert schedule.rate(9) == pytest.approx(optimiser.param_groups[0]["lr"])


def test_a_lower_loss_below_zero_is_better():
    schedule = _schedule(schedule="plateau", warmup=0, plateau_patience=0)
    for loss in (-1.0, -1.1, -1.2):
        schedule.observe(loss)
    assert schedule.rate(9) == 1.0


def test_other_schedules_do_not_hear_validations():
    schedule = _schedule(schedule="cosine", warmup=0)
    before = schedule.rate(5)
    for _ in range(5):
        schedule.observe(1.0)
    assert schedule.rate(5) == before


def test_a_schedule_goes_on_where_it_was():
    first = _schedule(schedule="plateau", warmup=0)
    for loss in (1.0, 1.0, 1.0, 1.0):
        first.observe(loss)
    second = _schedule(schedule="plateau", warmup=0)
    second.load_state_dict(first.state_dict())
    for one in (first, second):
        one.observe(1.0)
    assert first == second
