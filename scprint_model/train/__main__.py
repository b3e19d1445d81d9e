"""Train with torch and numpy alone: ``python -m scprint_model.train CONFIG.json OUT [KEY=VALUE ...]``.

For a bare GPU machine, and for torchrun; ``scprint fit`` is the same with named configurations and a bar.
"""

import os
import sys
from pathlib import Path

from scprint_model.errors import ConfigError, ScprintError
from scprint_model.train.config import TrainConfig
from scprint_model.train.layering import layered


def _told(step: int, steps: int, what: str) -> None:
    sys.stderr.write(f"{step}/{steps} {what}\n")


def main(arguments: list[str]) -> None:
    """Train as the arguments say: bad input prints one line and exits with 2."""
    try:
        if len(arguments) < 2:
            raise ConfigError("Usage: python -m scprint_model.train CONFIG.json OUT [KEY=VALUE ...]")
        file, out, *settings = arguments
        config = TrainConfig.from_dict(layered([file], settings))
        from scprint_model.train.loop import fit

        leads = os.environ.get("RANK", "0") == "0"
        fit(config, out=Path(out), told=_told if leads else None)
    except ScprintError as error:
        sys.stderr.write(f"scprint: {error}\n")
        raise SystemExit(2) from error


if __name__ == "__main__":
    main(sys.argv[1:])
