"""`scprint convert`: an official checkpoint into one of ours."""

from pathlib import Path
from typing import Annotated

import typer

from scprint_model.cli import inputs

Table = Annotated[
    str, typer.Option(help="Type that the gene table is stored in: float32, float16, bfloat16.")
]


def command(
    checkpoint: Annotated[str, typer.Argument(help="A .ckpt file, a folder of ours, or a name on the hub.")],
    out: Annotated[Path, typer.Argument(help="Folder to make.")],
    table: Table = "float32",
    adata: Annotated[
        Path | None, typer.Option(help="Cells with raw counts, to check how expression is normalised.")
    ] = None,
) -> None:
    """Convert a checkpoint to safetensors and JSON; the file that is read stays as it is."""
    from scprint_model.checkpoint.hub import open_model
    from scprint_model.checkpoint.ours import save
    from scprint_model.errors import ConfigError
    from scprint_model.predict.cells import line_up
    from scprint_model.predict.contexts import Context
    from scprint_model.predict.normalisation import check_normalisation

    if out.exists():
        raise ConfigError(f"{out} exists already; expected the name of a new folder.")
    kind = inputs.choice(table, ("float32", "float16", "bfloat16"), "table")
    opened = open_model(checkpoint)
    for line in opened.report.lines():
        typer.echo(line, err=True)
    if adata is not None:
        cells = line_up(inputs.read_h5ad(adata), opened.vocabulary)
        warnings = check_normalisation(opened, cells, Context())
        for line in warnings or (f"normalisation {opened.model.config.normalization}: no sign against it",):
            typer.echo(line, err=True)
    card = {**opened.card, "converted from": Path(opened.report.source).name}
    save(out, opened.model, vocabulary=opened.vocabulary, labels=opened.labels, card=card, table=kind)
    typer.echo(f"{out}: {len(opened.vocabulary)} genes, {len(opened.labels)} classes")
