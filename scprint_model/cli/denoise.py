"""`scprint denoise`: what cells express at greater depth, from their tokens, or of genes not measured."""

from pathlib import Path
from typing import Annotated, Any

import typer

from scprint_model.cli import inputs, outputs
from scprint_model.errors import ConfigError

_GENES = ("variable", "expressed", "all", "random expressed")


def command(
    adata: inputs.Adata,
    out: Annotated[Path, typer.Option(help="h5ad file to write.")],
    checkpoint: inputs.Checkpoint = "",
    times: Annotated[
        float | None, typer.Option(help="How much deeper. Default: 4; with --generate 1.")
    ] = None,
    generate: Annotated[bool, typer.Option("--generate", help="From the cell tokens alone.")] = False,
    impute: Annotated[
        list[str] | None, typer.Option(help="Gene to predict from the others instead; repeat, or @FILE.")
    ] = None,
    organism: inputs.Organism = None,
    layer: inputs.Layer = None,
    depth: inputs.Depth = None,
    genes: Annotated[
        str, typer.Option(help="variable (as published), expressed, all; 'random expressed' differ by cell.")
    ] = "variable",
    context: inputs.Size = 5000,
    batch: inputs.Batch = 10,
    seed: inputs.Seed = 0,
    device: inputs.Device = "auto",
    attention: inputs.Attention = "auto",
    precision: inputs.PrecisionName = "auto",
    quiet: inputs.Quiet = False,
) -> None:
    """Denoise cells: layers["scprint_mu"], and theta and pi of the distribution."""
    from scprint_model.predict.annotate import annotate
    from scprint_model.predict.denoise import denoise
    from scprint_model.predict.generate import generate as generated
    from scprint_model.predict.impute import impute as imputed

    outputs.check_target(out, suffixes=(".h5ad",), read=adata)
    if generate and impute:
        raise ConfigError("generate and impute are two things; ask for one of them.")
    if impute and times is not None:
        raise ConfigError("Genes are imputed at each cell's own depth; leave out times.")
    opened = inputs.open_both(
        adata,
        checkpoint,
        organism=organism,
        layer=layer,
        depth=depth,
        device=device,
        attention=attention,
    )
    given: dict[str, Any] = {
        "context": _context(opened, genes, context, seed),
        "batch": batch,
        "precision": inputs.choice(precision, ("auto", "full", "mixed"), "precision"),
        "progress": inputs.bars(quiet=quiet),
    }
    found: Any
    if impute:
        found = imputed(opened.pretrained, opened.cells, _names(impute), **given)
    elif generate:
        found = generated(opened.pretrained, opened.cells, times=1.0 if times is None else times, **given)
    else:
        found = denoise(opened.pretrained, opened.cells, times=4.0 if times is None else times, **given)
    with outputs.aside(out) as path:
        annotate(opened.adata, found, opened.pretrained).write_h5ad(path)
    typer.echo(f"{out}: {len(opened.cells)} cells")


def _context(opened: inputs.Opened, genes: str, size: int, seed: int) -> Any:
    from scprint_model.networks.select import choose_genes
    from scprint_model.predict.contexts import Context

    how = inputs.choice(genes, _GENES, "genes")
    if how in {"all", "random expressed"}:
        return Context(how=how, size=size, seed=seed)
    return Context(how="list", size=size, genes=choose_genes(opened.cells, how, size))


def _names(given: list[str]) -> list[str]:
    """Return genes, those of a file where one begins with @."""
    names: list[str] = []
    for one in given:
        try:
            names += Path(one[1:]).read_text().split() if one.startswith("@") else [one]
        except OSError as error:
            raise ConfigError(f"{one[1:]} cannot be read: {error.strerror}.") from None
    return names
