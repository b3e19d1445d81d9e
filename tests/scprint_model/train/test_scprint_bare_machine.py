"""The trainer runs where nothing but torch, numpy and scipy is installed."""

import subprocess
import sys

_PROGRAM = """
import sys

ABSENT = {"yaml", "anndata", "h5py", "numba", "safetensors", "typer", "rich", "matplotlib", "pandas",
          "sklearn", "obonet", "transformers", "tensorboard", "huggingface_hub", "scanpy", "psutil"}


class Bare:
    # finds what another finder finds, but for packages that are not there
    def __init__(self, finder):
        self.finder = finder

    def __getattr__(self, name):
        return getattr(self.finder, name)

    def find_spec(self, name, path=None, target=None):
        return None if name.split(".")[0] in ABSENT else self.finder.find_spec(name, path, target)


sys.meta_path[:] = [Bare(finder) for finder in sys.meta_path]
from scprint_model.train.__main__ import main
main(sys.argv[1:])
"""


def test_a_run_needs_torch_and_numpy_alone(write_tiny, tmp_path):
    write_tiny(tmp_path / "c.json", train={"steps": 2})
    command = [sys.executable, "-P", "-c", _PROGRAM, tmp_path / "c.json", tmp_path / "run"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (tmp_path / "run").iterdir()} == {
        "manifest.json",
        "log.csv",
        "state",
        "model",
    }
