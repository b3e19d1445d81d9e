"""`bengrn simulate`: expression whose network is known, written to files."""

import json
from pathlib import Path
from typing import Annotated

import typer

from bengrn.cli import options

__all__ = ["simulate"]


def simulate(
    name: Annotated[str, typer.Argument(metavar="NAME", help="A simulated data set: NAME or NAME:PRESET.")],
    set_: options.Sets = [],
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder of data.h5ad and truth.parquet.")] = Path(
        "simulated"
    ),
) -> None:
    """Simulate expression, and write it with the network that it was made from.

    What can be simulated: `bengrn datasets`, those of the organism "simulated". Their settings
    (`bengrn datasets NAME`) are given with --set; truth and data share those that both have.
    """
    from bengrn.errors import DataError
    from bengrn.registry import build_registry
    from bengrn.request import parse_named, read_sets
    from bengrn.resolve import called, choose
    from bengrn.settings import values
    from bengrn.sources import load_data, load_truth
    from bengrn.truth_table import write_truth
    from bengrn.whole import write_whole

    registry = build_registry()
    asked = parse_named(name)
    data = choose(registry, "data set", asked)
    if getattr(data.instance, "organism", "") != "simulated":
        made = [one.name for one in registry.of_kind("data set") if one.declaration.organism == "simulated"]
        raise DataError(
            f"{data.name} is no simulated data set; expected one of {', '.join(made) or 'none installed'}."
        )
    truth = choose(registry, "truth", asked)
    given = read_sets(set_, [called(data), called(truth)])
    data = choose(registry, "data set", asked, given[0])
    truth = choose(registry, "truth", asked, given[1])
    adata = load_data(data, progress=True)
    known = load_truth(truth, progress=True)
    # what a later reader must know to make the same cells again
    adata.uns["simulated"] = json.dumps({"name": data.name, "settings": values(data.instance)}, default=str)
    write_whole(out / "data.h5ad", adata.write_h5ad)
    write_truth(known, out / "truth.parquet")
    typer.echo(
        f"{out / 'data.h5ad'}: {adata.n_obs:,} cells x {adata.n_vars:,} genes\n"
        f"{out / 'truth.parquet'}: {known.edges.nnz:,} edges, {len(known.regulators):,} regulators\n"
        f"Use them: bengrn run --method pearson --truth {out / 'truth.parquet'} --data {out / 'data.h5ad'}"
    )
