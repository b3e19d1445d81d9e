"""What the commands that predict have in common: options, and how they open a model and cells."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from scprint_model.errors import ConfigError, CorpusError

if TYPE_CHECKING:
    from anndata import AnnData

    from scprint_model.checkpoint.pretrained import Pretrained
    from scprint_model.predict.cells import Cells

Adata = Annotated[Path, typer.Option(help="Cells: an h5ad file with raw counts.")]
Checkpoint = Annotated[
    str, typer.Option(help="Model: folder, .ckpt file or name on the hub; empty: the one that comes along.")
]
Organism = Annotated[str | None, typer.Option(help="human, mouse or NCBITaxon:...; empty: by the genes.")]
Layer = Annotated[str | None, typer.Option(help="Layer that holds raw counts, or raw; empty: X.")]
Depth = Annotated[str | None, typer.Option(help="Column of total counts, where genes have been left out.")]
Batch = Annotated[int, typer.Option(help="Cells at a time.")]
Size = Annotated[int, typer.Option("--context", help="Most genes that a cell is shown.")]
How = Annotated[str, typer.Option(help="'random expressed', 'most expressed' or all.")]
Seed = Annotated[int, typer.Option(help="Of the genes that are drawn.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or cuda:N.")]
Attention = Annotated[str, typer.Option(help="Back end: auto, sdpa, flash or math.")]
PrecisionName = Annotated[str, typer.Option(help="auto, full or mixed (bfloat16).")]
Quiet = Annotated[bool, typer.Option("--quiet", help="Show no progress.")]

_TAXA = {"human": "NCBITaxon:9606", "mouse": "NCBITaxon:10090"}


@dataclass(frozen=True, eq=False)
class Opened:
    """A model and cells lined up with it."""

    adata: "AnnData"
    pretrained: "Pretrained"
    cells: "Cells"


def open_both(
    adata: Path,
    checkpoint: str,
    *,
    organism: str | None,
    layer: str | None,
    depth: str | None,
    device: str,
    attention: str,
) -> Opened:
    """Open a model and cells, and say on stderr what was loaded.

    Raises
    ------
    ScprintError
        If either cannot be used.
    """
    from scprint_model.checkpoint.hub import open_model
    from scprint_model.predict.cells import line_up

    data = read_h5ad(adata)
    pretrained = open_model(checkpoint, device=device_of(device), attention=attention_of(attention))
    taxon = _TAXA.get(organism, organism) if organism else None
    cells = line_up(data, pretrained.vocabulary, organism=taxon, layer=layer, depth=depth)
    for line in pretrained.report.lines():
        typer.echo(line, err=True)
    typer.echo(f"{len(cells)} cells, {len(cells.rows)} of {cells.total} genes known to the model", err=True)
    return Opened(data, pretrained, cells)


def read_h5ad(path: Path) -> Any:
    """Open cells; the matrix stays on disk and is read row by row."""
    import anndata

    if not path.is_file():
        raise CorpusError(f"There is no file {path}.")
    if path.suffix == ".gz":
        raise CorpusError(
            f"{path} is packed, but rows are read as they are needed: unpack it (gunzip) first."
        )
    try:
        return anndata.read_h5ad(path, backed="r")
    except (OSError, KeyError, ValueError, AttributeError, TypeError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise CorpusError(f"{path} cannot be read as h5ad: {reason}") from None


def device_of(name: str) -> str:
    """Return the device's name, a GPU where there is one and "auto" is asked for."""
    import torch

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    try:
        kind = torch.device(name).type
    except RuntimeError:
        raise ConfigError(f"There is no device {name!r}; expected auto, cpu or cuda.") from None
    if kind not in {"cpu", "cuda"}:
        raise ConfigError(f"The device {name!r} is not supported; expected auto, cpu or cuda.")
    if kind == "cuda" and not torch.cuda.is_available():
        raise ConfigError(f"device={name}, but torch sees no GPU here; use cpu.")
    return name


def attention_of(name: str) -> Any:
    """Return the name of a back end, if there is one."""
    if name not in {"auto", "sdpa", "flash", "math"}:
        raise ConfigError(f"There is no attention {name!r}; there are auto, sdpa, flash and math.")
    return name


def choice(value: str, allowed: Iterable[str], option: str) -> Any:
    """Return a value of an option, if it is one that there is."""
    allowed = tuple(allowed)
    if value not in allowed:
        raise ConfigError(f"{option} is {value!r}; it can be {', '.join(allowed)}.")
    return value


def bars(*, quiet: bool) -> Any:
    """Return what shows progress on a terminal."""
    from scprint_model.predict.stream import silent

    if quiet:
        return silent

    def show(items: Iterable[Any], label: str, total: int) -> Iterable[Any]:
        from rich.console import Console
        from rich.progress import track

        return track(items, description=label, total=total, console=Console(stderr=True), transient=True)

    return show
