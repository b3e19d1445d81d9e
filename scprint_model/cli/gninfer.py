"""`scprint gninfer`: gene networks from attention."""

from pathlib import Path
from typing import Annotated, Any

import typer

from scprint_model.cli import inputs, outputs
from scprint_model.errors import ConfigError

_GENES = ("variable", "different", "expressed", "all", "random expressed")


def command(
    adata: inputs.Adata,
    out: Annotated[
        Path, typer.Option(help=".h5ad (varp['GRN']), .tsv, .csv or .parquet; with --heads a folder.")
    ],
    checkpoint: inputs.Checkpoint = "",
    cell_type: Annotated[str | None, typer.Option(help="Kind of cells; empty: all.")] = None,
    column: Annotated[str, typer.Option(help="Column that holds the kinds.")] = "cell_type",
    max_cells: Annotated[int, typer.Option(help="Deepest cells that are used.")] = 1024,
    genes: Annotated[str, typer.Option(help=f"{', '.join(_GENES)}, or @FILE of names.")] = "variable",
    context: inputs.Size = 4000,
    mean: Annotated[
        str, typer.Option(help="query-key, product or attention: what is averaged.")
    ] = "query-key",
    normalise: Annotated[str, typer.Option(help="softmax, sinkhorn or none.")] = "softmax",
    combine: Annotated[str, typer.Option(help="Heads into one: mean or max.")] = "mean",
    layers: Annotated[str, typer.Option(help="Such as 0,3; empty: all.")] = "",
    apc: Annotated[bool, typer.Option("--apc", help="Correct for what row and column expect.")] = False,
    symmetric: Annotated[bool, typer.Option("--symmetric", help="Average both directions.")] = False,
    top: Annotated[int, typer.Option(help="Regulators kept of each target; 0: all.")] = 0,
    least: Annotated[str, typer.Option(help="Scores below are dropped; uniform: 1 / tokens.")] = "",
    rounds: Annotated[int, typer.Option(help="Drawn contexts of each cell.")] = 1,
    heads: Annotated[bool, typer.Option("--heads", help="A network of each head instead.")] = False,
    organism: inputs.Organism = None,
    layer: inputs.Layer = None,
    depth: inputs.Depth = None,
    batch: inputs.Batch = 16,
    seed: inputs.Seed = 0,
    device: inputs.Device = "auto",
    attention: inputs.Attention = "auto",
    precision: inputs.PrecisionName = "auto",
    quiet: inputs.Quiet = False,
) -> None:
    """Infer a gene network: a row regulates its column."""
    from scprint_model.networks.infer import NetworkSettings, head_networks, infer_network

    _check(out, adata, heads=heads)
    settings = NetworkSettings(
        mean=inputs.choice(mean, ("query-key", "product", "attention"), "mean"),
        normalise=inputs.choice(normalise, ("softmax", "sinkhorn", "none"), "normalise"),
        combine=inputs.choice(combine, ("mean", "max"), "combine"),
        layers=_layers(layers),
        apc=apc,
        symmetric=symmetric,
        top=top or None,
        least=_least(least),
        rounds=rounds,
        batch=batch,
        precision=inputs.choice(precision, ("auto", "full", "mixed"), "precision"),
    )
    opened = inputs.open_both(
        adata, checkpoint, organism=organism, layer=layer, depth=depth, device=device, attention=attention
    )
    chosen = _cells(opened, cell_type, column, max_cells)
    given: dict[str, Any] = {
        "settings": settings,
        "chosen": chosen,
        "context": _context(opened, genes, context, seed, chosen),
        "progress": inputs.bars(quiet=quiet),
    }
    said = {
        "model": opened.pretrained.report.source,
        "cells": len(chosen),
        "mean": mean,
        "normalise": normalise,
    }
    if heads:
        _write_heads(out, head_networks(opened.pretrained, opened.cells, **given), said)
    else:
        _write(out, infer_network(opened.pretrained, opened.cells, **given), said)


def _check(out: Path, adata: Path, *, heads: bool) -> None:
    from scprint_model.networks.files import SUFFIXES

    if heads and out.exists():
        raise ConfigError(f"{out} exists already; expected the name of a new folder.")
    outputs.check_target(out, suffixes=() if heads else SUFFIXES, read=adata)


def _layers(text: str) -> tuple[int, ...] | None:
    try:
        return tuple(int(one) for one in text.split(",")) if text else None
    except ValueError:
        raise ConfigError(f"layers is {text!r}; expected numbers from 0, such as 0,3.") from None


def _least(text: str) -> Any:
    if text in {"", "uniform"}:
        return text or None
    try:
        return float(text)
    except ValueError:
        raise ConfigError(f"least is {text!r}; expected a number, or uniform.") from None


def _cells(opened: inputs.Opened, cell_type: str | None, column: str, most: int) -> Any:
    from scprint_model.networks.select import choose_cells

    if cell_type is not None and column not in opened.adata.obs:
        raise ConfigError(f"The cells have no column {column!r} of kinds.")
    labels = None if cell_type is None else [str(one) for one in opened.adata.obs[column]]
    return choose_cells(opened.cells, most, labels, cell_type)


def _context(opened: inputs.Opened, genes: str, size: int, seed: int, chosen: Any) -> Any:
    from scprint_model.networks.select import choose_genes
    from scprint_model.predict.contexts import Context

    if genes.startswith("@"):
        try:
            names = tuple(Path(genes[1:]).read_text().split())
        except OSError as error:
            raise ConfigError(f"{genes[1:]} cannot be read: {error.strerror}.") from None
        return Context(how="list", size=size, genes=names)
    how = inputs.choice(genes, _GENES, "genes")
    if how in {"all", "random expressed"}:
        return Context(how=how, size=size, seed=seed)
    return Context(how="list", size=size, genes=choose_genes(opened.cells, how, size, chosen))


def _write(out: Path, network: Any, said: dict[str, Any]) -> None:
    from scprint_model.networks.files import write_network

    with outputs.aside(out) as path:
        write_network(path, network, said)
    typer.echo(f"{out}: {len(network.regulators)} regulators x {len(network.targets)} targets")


def _write_heads(out: Path, stream: Any, said: dict[str, Any]) -> None:
    """Write a file per head, one at a time."""
    from scprint_model.networks.files import write_network

    count = 0
    with outputs.aside(out) as folder:
        folder.mkdir()
        for name, network in stream:
            write_network(folder / f"{name}.h5ad", network, said)
            count += 1
    typer.echo(f"{out}: {count} heads")
