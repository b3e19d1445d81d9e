"""`scprint embed`: where the model puts cells, and what it says they are."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scprint_model.cli import inputs, outputs
from scprint_model.errors import ConfigError

if TYPE_CHECKING:
    from scprint_model.predict.classify import ClassPrediction

Tokens = Annotated[
    list[str] | None,
    typer.Option("--token", help="Class whose token is averaged, base, depth or all; repeat."),
]
Classes = Annotated[list[str] | None, typer.Option("--class", help="Class to predict; repeat. Default: all.")]


def command(
    adata: inputs.Adata,
    out: Annotated[Path, typer.Option(help="h5ad file to write.")],
    checkpoint: inputs.Checkpoint = "",
    organism: inputs.Organism = None,
    layer: inputs.Layer = None,
    depth: inputs.Depth = None,
    how: inputs.How = "random expressed",
    context: inputs.Size = 2000,
    tokens: Tokens = None,
    classes: Classes = None,
    sure: Annotated[float, typer.Option(help="Least probability of a label; else a group above it.")] = 0.0,
    truth: Annotated[
        list[str] | None, typer.Option(help="CLASS=COLUMN: column with true terms, to score by; repeat.")
    ] = None,
    batch: inputs.Batch = 64,
    seed: inputs.Seed = 0,
    device: inputs.Device = "auto",
    attention: inputs.Attention = "auto",
    precision: inputs.PrecisionName = "auto",
    quiet: inputs.Quiet = False,
) -> None:
    """Embed and classify cells: obsm["scprint_emb"], obs["pred_CLASS"]."""
    from scprint_model.predict.annotate import annotate
    from scprint_model.predict.contexts import Context
    from scprint_model.predict.embed import embed

    outputs.check_target(out, suffixes=(".h5ad",), read=adata)
    opened = inputs.open_both(
        adata,
        checkpoint,
        organism=organism,
        layer=layer,
        depth=depth,
        device=device,
        attention=attention,
    )
    truths = _truths(opened, truth or [])
    found = embed(
        opened.pretrained,
        opened.cells,
        context=Context(how=inputs.choice(how, _HOW, "how"), size=context, seed=seed),
        tokens=tokens or None,
        classes=classes or None,
        sure=sure,
        batch=batch,
        precision=inputs.choice(precision, ("auto", "full", "mixed"), "precision"),
        progress=inputs.bars(quiet=quiet),
    )
    with outputs.aside(out) as path:
        annotate(opened.adata, found, opened.pretrained).write_h5ad(path)
    for note in found.notes:
        typer.echo(note, err=True)
    typer.echo(f"{out}: {found.embedding.shape[1]} features of {' + '.join(found.tokens)}; {found.attention}")
    for line in _scores(found.labels, opened.adata.obs, truths):
        typer.echo(line)


_HOW = ("random expressed", "most expressed", "all")


def _truths(opened: inputs.Opened, truth: Sequence[str]) -> list[tuple[str, str]]:
    """Return name of class and column of each truth; refuse one that is not there before all the work."""
    pairs = []
    for one in truth:
        name, _, column = one.partition("=")
        if column not in opened.adata.obs:
            raise ConfigError(f"truth={one}: expected CLASS=COLUMN; the cells have no column {column!r}.")
        pairs.append((opened.pretrained.label_space(name).name, column))
    return pairs


def _scores(predicted: Sequence["ClassPrediction"], obs: Any, truths: list[tuple[str, str]]) -> Iterator[str]:
    """Yield a line per class that has a column of true terms."""
    from scprint_model.predict.classify import accuracy

    found = {one.space.name: one for one in predicted}
    for name, column in truths:
        if name in found:
            share, known = accuracy(found[name], [str(term) for term in obs[column]])
            yield (
                f"{name}: {share:.3f} of {known} cells right (a leaf under the true term counts)"
                if known
                else f"{name}: not scored, no cell's true term is one of the model's labels"
            )
