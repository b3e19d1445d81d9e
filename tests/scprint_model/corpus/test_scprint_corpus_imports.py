"""Reading a corpus needs torch and numpy alone."""

import subprocess
import sys

HEAVY = ("anndata", "h5py", "numba", "pandas", "pyarrow", "safetensors", "scipy", "transformers", "yaml")
READING = "from scprint_model.corpus import assemble, collate, draw, format, loader, read, sample, split"


def _run(code):
    return subprocess.run(
        [sys.executable, "-P", "-c", code], capture_output=True, text=True, check=True
    ).stdout


def test_the_readers_import_nothing_heavy():
    # torch itself brings some of them where they are installed
    code = f"import sys, torch; before = set(sys.modules); {READING}; print(*(set(sys.modules) - before))"
    loaded = {name.split(".")[0] for name in _run(code).split()}
    assert loaded.isdisjoint(HEAVY)


def test_cells_are_read_where_numba_is_not_installed(corpus):
    code = f"""
import sys
sys.modules.update(dict.fromkeys({HEAVY!r}))
import numpy as np
from scprint_model.corpus.collate import Collator
from scprint_model.corpus.loader import batches
from scprint_model.corpus.read import Corpus
from scprint_model.corpus.sample import InOrder
corpus = Corpus.open({str(corpus.folder)!r})
made = batches(corpus, np.arange(corpus.cells), sampler=InOrder(corpus.cells), collator=Collator(context=9),
               batch=8, seed=0)
print(sum(len(one) for one in made))
"""
    assert int(_run(code)) == corpus.cells


def test_the_command_imports_nothing_heavy_for_its_help():
    code = "import sys; import scprint_model.cli.corpus; print(*sys.modules)"
    loaded = {name.split(".")[0] for name in _run(code).split()}
    assert loaded.isdisjoint({*HEAVY, "torch", "numpy"})
