"""What ends a run badly, told in one line: losses that are no numbers, and memory that does not suffice."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager

import torch
from torch import Tensor

from scprint_model.batch import Batch
from scprint_model.errors import TrainingError
from scprint_model.train.memory import memory_told
from scprint_model.train.run import Run

__all__ = ["check_finite", "out_of_memory"]

# cells named in a message
_SHOWN = 8
# fp16 halves its scale at every overflow; below this nothing is left to scale
_LEAST_SCALE = 2.0**-10


def check_finite(
    run: Run, batches: Sequence[Batch], losses: Sequence[Mapping[str, Tensor]], norm: Tensor
) -> None:
    """Stop before the update where a loss or the gradient is not finite, and keep the state as it is.

    Raises
    ------
    TrainingError
        Which term, step, data sets and cells; where the last good state is; what to change.
    """
    totals = torch.stack([found["total"] for found in losses])
    # an infinite gradient is everyday in fp16: the scaler skips the update and lowers its scale
    checked = totals.sum() if run.scaler.is_enabled() else totals.sum() + norm
    good = bool(torch.isfinite(checked)) and not _scale_is_spent(run)
    if run.place.everyone(good=good):
        return
    run.optimiser.zero_grad(set_to_none=True)
    run.save()
    raise TrainingError(f"{_blame(run, batches, losses)} {_advice(run)}")


def _scale_is_spent(run: Run) -> bool:
    return run.scaler.is_enabled() and run.scaler.get_scale() < _LEAST_SCALE


def _blame(run: Run, batches: Sequence[Batch], losses: Sequence[Mapping[str, Tensor]]) -> str:
    """Say what is not finite, and in which batch."""
    at = f"at step {run.progress.step + 1}"
    for batch, found in zip(batches, losses, strict=True):
        bad = [name for name, loss in found.items() if not bool(torch.isfinite(loss))]
        if bad:
            terms = ", ".join(name for name in bad if name != "total") or "total"
            return f"The loss became {float(found['total'])} {at} ({terms}), on {_say(run, batch)}."
    if _scale_is_spent(run):
        return f"The gradient overflows fp16 again and again {at}; set train.precision to bf16 or fp32."
    where = "; ".join(_say(run, batch) for batch in batches)
    return f"The gradient is not finite {at}, on {where}" + (
        f" (or on another of the {run.place.ranks} processes)." if run.place.ranks > 1 else "."
    )


def _say(run: Run, batch: Batch) -> str:
    """Name a batch: its data sets and cells."""
    names = run.cells.dataset_names
    datasets = ", ".join(names[code] for code in sorted(set(batch.dataset.tolist())))
    cells = batch.cells.tolist()
    more = f" and {len(cells) - _SHOWN} more" if len(cells) > _SHOWN else ""
    return f"cells {', '.join(map(str, cells[:_SHOWN]))}{more} of data set {datasets}"


def _advice(run: Run) -> str:
    return (
        f"The state before it (step {run.progress.step}) is kept in {run.state_file}; "
        "go on with a lower train.lr or train.clip."
    )


def out_of_memory(run: Run) -> AbstractContextManager[None]:
    """Return a context in which a lack of memory becomes one line that says which settings to lower."""
    data, steps = run.config.data, 2 * run.config.train.accumulate
    halved = max(1, data.batch // 2)
    again = (
        "" if run.model.config.checkpoint_gradients else "; or set model.checkpoint_gradients=true (slower)"
    )
    return memory_told(
        run.place.device,
        f"at step {run.progress.step + 1} with {data.batch} cells x {data.context} genes: lower data.batch "
        f"(data.batch={halved} train.accumulate={steps} is as good), or data.context{again}",
    )
