"""Building a run: its cells, model, optimiser and log, from the start or from its state on disk."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from scprint_model.attention import resolve
from scprint_model.errors import ConfigError, TrainingError
from scprint_model.model import ScPrint
from scprint_model.objective_settings import Objective, idle_parts
from scprint_model.train.cells import CellSource, CorpusSource
from scprint_model.train.config import TrainConfig
from scprint_model.train.distributed import World, distribute
from scprint_model.train.log import Log
from scprint_model.train.manifest import describe_device, read_manifest, versions, write_json
from scprint_model.train.optimiser import make_optimiser
from scprint_model.train.run import Run
from scprint_model.train.schedule import Schedule
from scprint_model.train.step import Precision, TrainingStep, seeded
from scprint_model.train.throughput import Meter, passes_of, peak_flops
from scprint_model.vocabulary import Vocabulary

__all__ = ["build_model", "set_up"]

# the first number of the random key of the first weights
_WEIGHTS = 5
# what a run that is out of memory has to change to go on, and what changes no number
_MAY_CHANGE = frozenset({
    "data.batch", "data.context", "data.workers", "data.validation_cells", "model.checkpoint_gradients",
    "model.attention",
})  # fmt: skip


def set_up(config: TrainConfig, out: Path, place: World, cells: CellSource | None = None) -> Run:
    """Return a run at its first step, or at the last one that ``out`` holds the state of.

    Raises
    ------
    ScprintError
        If a setting or the corpus cannot be used, or ``out`` holds another run.
    """
    cells = CorpusSource.open(config) if cells is None else cells
    precision = Precision.choose(config.train.precision, place.device)
    model = build_model(config, cells).to(place.device)
    backend = resolve(model.config.attention, place.device, precision.dtype)
    objective = Objective(**config.objective)
    objective.check(model.config)
    under = {space.name: torch.from_numpy(space.hierarchy()).to(place.device) for space in cells.labels}
    module = TrainingStep(model, objective, under)
    if config.train.compile:
        model.transformer.compile()
    for name in idle_parts(model.config, objective):  # they learn nothing, so nobody waits for their gradient
        model.get_submodule(name).requires_grad_(requires_grad=False)
    unused = model.config.cell_blocks > 0
    step = distribute(module, model.transformer.blocks, place, config.train.strategy, unused=unused)
    peak = peak_flops(place.device, precision.dtype)
    run = Run(
        config=config,
        out=out,
        place=place,
        cells=cells,
        module=module,
        step=step,
        optimiser=make_optimiser(model, config.train),
        schedule=Schedule(config.train),
        precision=precision,
        scaler=precision.scaler(),
        meter=Meter(model.config, passes_of(objective), None if peak is None else peak * place.ranks),
    )
    _open(run, {"attention": backend, "peak FLOP/s": peak})
    return run


def build_model(config: TrainConfig, cells: CellSource) -> ScPrint:
    """Return the model of a configuration on some cells, with first weights that hang on the seed alone.

    Raises
    ------
    ConfigError
        If it cannot be built, or the gene table or the genes' places do not fit.
    """
    classes = tuple((space.name, len(space.leaves)) for space in cells.labels)
    made = config.model_config(
        genes=len(cells.vocabulary), classes=classes, datasets=len(cells.dataset_names)
    )
    position = cells.vocabulary.position
    if made.positions and position is None:
        raise ConfigError("The corpus knows no places of its genes on the genome; set model.positions=false.")
    seeded(torch.device("cpu"), _WEIGHTS, config.seed)
    return ScPrint(
        made,
        positions=None if position is None or not made.positions else torch.from_numpy(np.array(position)),
        gene_table=_gene_table(config.data.gene_table, cells.vocabulary),
    )


def _gene_table(file: str | None, vocabulary: Vocabulary) -> Tensor | None:
    """Return the features of the genes: of a table with names by name, of a NumPy file in order."""
    if file is None:
        return None
    if Path(file).suffix == ".safetensors":
        from scprint_model.gene_tokens.table import GeneTable  # needs safetensors

        return torch.from_numpy(GeneTable.load(file).align(vocabulary))
    try:
        table = np.load(file, allow_pickle=False)
    except (OSError, ValueError) as broken:
        raise ConfigError(f"The gene table {file} cannot be read as a NumPy file: {broken}.") from broken
    if not isinstance(table, np.ndarray) or table.ndim != 2 or len(table) != len(vocabulary):
        shape = getattr(table, "shape", None)
        raise ConfigError(f"The gene table {file} has shape {shape}; the corpus has {len(vocabulary)} genes.")
    return torch.from_numpy(table.astype(np.float32))


def _open(run: Run, found: Mapping[str, Any]) -> None:
    """Write or take up the manifest, the state and the log."""
    path = run.out / "manifest.json"
    going_on = run.state_file.exists()
    if going_on:
        manifest = read_manifest(path)
        _check_same(manifest, run)
    else:
        manifest = _first(run)
    run.place.wait()  # nobody writes before everybody has read
    if going_on:
        run.resume()
    if not run.place.leads:
        return
    run.out.mkdir(parents=True, exist_ok=True)
    manifest["sittings"].append({**_sitting(run), **found})
    write_json(path, manifest)
    board = run.out / "tensorboard" if run.config.train.tensorboard else None
    step = run.progress.step if going_on else -1  # nothing was kept of a run without a state
    run.log = Log(run.out / "log.csv", step=step, tensorboard=board)


def _sitting(run: Run) -> dict[str, Any]:
    """Return where and how the run goes on from here."""
    place, config = run.place, run.config.to_dict()
    return {
        "from step": run.progress.step,
        "started": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "device": describe_device(place.device, place.ranks),
        "strategy": run.config.train.strategy if place.ranks > 1 else "one process",
        "precision": run.precision.name,
        "versions": versions(),
        "data": config["data"],
        "train": config["train"],
    }


def _first(run: Run) -> dict[str, Any]:
    """Return the manifest of a new run; one that ended before it kept anything is written over."""
    there = {path.name for path in run.out.iterdir()} if run.out.exists() else set()
    if there and ("manifest.json" not in there or "model" in there):
        raise TrainingError(
            f"{run.out} holds other files; give a new folder, or that of a run to go on with."
        )
    weights = list(run.model.parameters())
    learning = sum(one.numel() for one in weights if one.requires_grad)
    return {
        "format": "scprint_model run 1",
        "config": run.config.to_dict(),
        **_identity(run),
        "parameters": {"learning": learning, "frozen": sum(one.numel() for one in weights) - learning},
        "sittings": [],
    }


def _identity(run: Run) -> dict[str, Any]:
    """Return what a run is, as plain values: none of it may change while it goes on, but for a little."""
    return {
        "model": run.model.config.to_dict(),
        "objective": run.module.objective.to_dict(),
        "seed": run.config.seed,
        "data": run.config.to_dict()["data"],
        "corpus": dict(run.cells.describe()),
    }


def _check_same(manifest: Mapping[str, Any], run: Run) -> None:
    """Refuse to go on with other cells or another model; how it is trained may change."""
    for section, now in _identity(run).items():
        old = manifest.get(section)
        pairs = [(section, old, now)]
        if isinstance(old, dict) and isinstance(now, dict):
            pairs = [(f"{section}.{key}", old.get(key), now.get(key)) for key in {**old, **now}]
        for name, was, now_is in pairs:
            if name not in _MAY_CHANGE and json.dumps(was) != json.dumps(now_is):
                text = f"{run.out} holds a run with another {name}: it was {was!r}, now it is {now_is!r}."
                raise TrainingError(f"{text} Take another folder, or go on with the same.")
