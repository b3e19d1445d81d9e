"""Ship a trained model: its weights, what it was trained on, how it scores, and its curves.

Usage: python tools/build_default_model.py RUN [--out FOLDER] [--test NAME=FILE ...]

RUN is a folder of `scprint fit`; each FILE is what `scprint test RUN ... --json` printed for cells that were
not trained on. The gene table is stored in half precision. Writes `model.safetensors`
and `model.json` into FOLDER (default: scprint_model/pretrained).
"""

import argparse
import json
from pathlib import Path
from typing import Any

from scprint_model.checkpoint.ours import load, save

LICENCE = "MIT, as this package; the cells have licences of their own: docs/scprint.md"


def _without_paths(config: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration without the place of its corpus, which means nothing elsewhere."""
    return {name: value for name, value in config.items() if name != "corpus"}


def main() -> None:
    """Build the files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--out", type=Path, default=Path("scprint_model/pretrained"))
    parser.add_argument("--test", action="append", default=[], metavar="NAME=FILE")
    asked = parser.parse_args()
    manifest = json.loads((asked.run / "manifest.json").read_text())
    tests = dict(one.partition("=")[::2] for one in asked.test)
    trained = load(asked.run / "model", device="cpu")
    card = {
        **trained.card,
        "config": _without_paths(trained.card["config"]),
        "parameters": manifest["parameters"],
        "versions": manifest["sittings"][-1]["versions"],
        "device": manifest["sittings"][-1]["device"],
        "tests": {
            name: json.loads(Path(file).read_text(), parse_constant=lambda _: None)
            for name, file in tests.items()
        },
        "licence": LICENCE,
    }
    save(
        asked.out,
        trained.model,
        vocabulary=trained.vocabulary,
        labels=trained.labels,
        card=card,
        table="float16",
    )
    for path in sorted(asked.out.iterdir()):
        print(f"{path}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
