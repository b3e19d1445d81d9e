"""What a run leaves behind: the trained model, the picture of its losses, and how it ended."""

from typing import Any

from scprint_model.checkpoint.ours import save
from scprint_model.model import ScPrint
from scprint_model.train.manifest import read_manifest, write_json
from scprint_model.train.picture import draw_losses
from scprint_model.train.run import Run
from scprint_model.train.state import whole_weights

__all__ = ["finish", "save_model"]


def save_model(run: Run) -> None:
    """Write the model as it is now into ``model/``; every process must call this."""
    weights = whole_weights(run.model)
    if run.place.leads:
        model = run.model
        if run.place.ranks > 1 and run.config.train.strategy == "fsdp":  # its weights are shards
            model = ScPrint(run.model.config, positions=None)
            model.load_state_dict(weights)
        save(
            run.out / "model",
            model,
            vocabulary=run.cells.vocabulary,
            labels=run.cells.labels,
            card=_card(run),
        )
    run.place.wait()


def _card(run: Run) -> dict[str, Any]:
    """Return what the checkpoint says of itself."""
    progress = run.progress
    return {
        "trained by": "scprint fit",
        "steps": progress.step,
        "validation loss": progress.best if progress.best_step == progress.step else None,
        "config": run.config.to_dict(),
        "corpus": dict(run.cells.describe()),
    }


def finish(run: Run, reason: str) -> None:
    """Draw the losses and write down how the run ended."""
    if run.progress.best_step == 0:  # nothing was validated, or nothing was better
        save_model(run)
    if run.log is None:
        return
    path = run.out / "manifest.json"
    manifest = read_manifest(path)
    progress = run.progress
    manifest["outcome"] = {
        "reason": reason,
        "steps": progress.step,
        "seconds": round(run.seconds, 1),
        "best validation loss": progress.best if progress.best_step else None,
        "best step": progress.best_step or None,
    }
    write_json(path, manifest)
    draw_losses(run.log.path, run.out)
