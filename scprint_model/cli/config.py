"""`scprint config`: list the configurations, or print some of them as one."""

from typing import Annotated

import typer

from scprint_model.cli.fit import Configs, Settings

__all__ = ["config"]


def config(
    settings: Settings = None,
    config: Configs = [],
    json_: Annotated[
        bool, typer.Option("--json", help="Print JSON, which needs no pyyaml to be read.")
    ] = False,
) -> None:
    """List the configurations that come with the program, or print some of them, layered, as one.

    scprint config --config base --config medium train.steps=1000 > mine.yaml
    """
    import json

    from scprint_model.train.config import TrainConfig
    from scprint_model.train.layering import layered, names, summary

    if not config and not settings:
        width = max(map(len, names()))
        for name in names():
            typer.echo(f"{name:{width}}  {summary(name)}")
        return
    values = layered(config, settings or ())
    out = values.pop("out", None)
    TrainConfig.from_dict({"corpus": "any", **values})  # refuses what a run would refuse
    if out is not None:
        values["out"] = out
    if json_:
        typer.echo(json.dumps(values, indent=1))
        return
    import yaml  # type: ignore[import-untyped] # it has no stubs

    typer.echo(yaml.safe_dump(values, sort_keys=False), nl=False)
