"""Looking at the held-out cells while a model is trained: the same cells and the same noise every time."""

from scprint_model.train.run import Run
from scprint_model.train.step import Window, evaluate_batch

__all__ = ["judge", "validate"]

# the first number of every random key of a validation; training keys begin with the seed alone
_VALIDATION = 7


def validate(run: Run) -> dict[str, float]:
    """Return the mean of every loss over the validation cells, and log it; empty without such cells."""
    rows = run.cells.validation()
    place = run.place
    window = Window()
    # every process makes as many passes, since a sharded model needs all of them in each
    for turn in range(-(-len(rows) // place.ranks)):
        index = turn * place.ranks + place.rank
        key = (_VALIDATION, run.config.seed, index % len(rows))
        batch = run.cells.batch(rows[index % len(rows)], key).to(place.device)
        losses = evaluate_batch(run.module, batch, run.precision, *key)
        window.add(losses, weight=len(batch) if index < len(rows) else 0)
    means = window.whole(place).means()
    if means and run.log is not None:
        run.log.add(run.progress.step, "validation", {"seconds": run.seconds, **means})
    run.meter.restart()
    return means


def judge(run: Run, losses: dict[str, float]) -> bool:
    """Tell the schedule of a validation, once; return whether it is the best so far."""
    if not losses:
        return False
    progress, total = run.progress, losses["total"]
    run.schedule.observe(total)
    if total < progress.best:
        progress.best, progress.best_step, progress.stale = total, progress.step, 0
        return True
    progress.stale += 1
    return False
