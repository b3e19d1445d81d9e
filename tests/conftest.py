"""What many tests share: small data, a folder of results, and the program itself."""

import dataclasses
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import anndata
import numpy as np
import pytest
from scipy import sparse

# kernels that every program under test would compile anew
os.environ.setdefault("NUMBA_CACHE_DIR", str(Path(__file__).parents[1] / ".pytest_cache" / "numba"))


@dataclasses.dataclass(frozen=True)
class Ran:
    """How a run of the program ended."""

    code: int
    out: str
    err: str

    @property
    def message(self) -> str:
        """The one line of an error."""
        return self.err.strip()


@pytest.fixture
def bengrn(tmp_path: Path) -> Callable[..., Ran]:
    """Run the program in an empty folder, with an empty cache but for compiled code, as a user would."""

    def run(*arguments: object, env: dict[str, str] | None = None, timeout: float = 120) -> Ran:
        process = subprocess.run(
            [sys.executable, "-P", "-m", "bengrn", *map(str, arguments)],
            cwd=tmp_path,
            env={**os.environ, "BENGRN_CACHE": str(tmp_path / "cache"), "COLUMNS": "200", **(env or {})},
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        return Ran(process.returncode, process.stdout, process.stderr)

    return run


_GENES = """
TP53 MDM2 CDKN1A MYC CCND1 E2F1 RB1 STAT3 JAK2 SOCS3 NFKB1 RELA NFKBIA TNF IL6 CXCL8 JUN FOS EGR1
ATF3 SP1 VEGFA HIF1A EPAS1 GATA1 GATA2 SPI1 CEBPA CEBPB RUNX1 ETS1 SMAD3 SMAD4 TGFB1 SERPINE1 CTNNB1
TCF7L2 AXIN2 NOTCH1 HES1 HEY1 PPARG ADIPOQ FASN SREBF1 LDLR HNF1A HNF4A FOXA1 FOXA2 ESR1 PGR AR KLK3
BRCA1 BAX BCL2 MCL1 CASP3 PARP1
"""


@pytest.fixture
def counts() -> anndata.AnnData:
    """150 cells x 60 genes of counts; genes are real symbols with OmniPath edges among them."""
    genes = _GENES.split()
    rng = np.random.default_rng(3)
    factors = rng.normal(size=(150, 6)) @ rng.normal(size=(6, len(genes)))
    x = rng.poisson(np.exp(1.0 + 0.5 * factors)).astype(np.float32)
    adata = anndata.AnnData(X=sparse.csr_array(x))
    adata.var_names = genes
    adata.obs_names = [f"cell{number}" for number in range(150)]
    adata.obs["cell_type"] = ["A"] * 110 + ["B"] * 40
    return adata


@pytest.fixture
def data_file(counts: anndata.AnnData, tmp_path: Path) -> Path:
    """Write the counts into a file."""
    path = tmp_path / "counts.h5ad"
    counts.write_h5ad(path)
    return path


@pytest.fixture
def truth_file(tmp_path: Path) -> Path:
    """Return a small truth as an edge table."""
    pairs = [
        ("TP53", "MDM2"), ("TP53", "CDKN1A"), ("TP53", "BAX"), ("MYC", "CCND1"), ("MYC", "E2F1"),
        ("E2F1", "MYC"), ("STAT3", "SOCS3"), ("STAT3", "MYC"), ("STAT3", "BCL2"), ("RELA", "NFKBIA"),
        ("RELA", "TNF"), ("RELA", "IL6"), ("RELA", "CXCL8"), ("JUN", "FOS"), ("JUN", "ATF3"),
        ("HIF1A", "VEGFA"), ("SMAD3", "SERPINE1"), ("SP1", "VEGFA"), ("SP1", "MYC"), ("MYC", "MYC"),
    ]  # fmt: skip
    path = tmp_path / "truth.tsv"
    path.write_text("source\ttarget\n" + "".join(f"{a}\t{b}\n" for a, b in pairs))
    return path


METHOD = '''"""A method for a test."""
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from bengrn.plugin import Method, Network, hookimpl, log_normalized


@dataclass(frozen=True, kw_only=True)
class Mine:
    """A method for a test."""

    name: ClassVar[str] = "mine"
    source: ClassVar[str] = "a test"

    def infer(self, adata, *, regulators: Sequence[str], seed: int) -> Network:
        """Correlate, or whatever the test wants."""
        x = log_normalized(adata).astype(np.float64)
        x -= x.mean(axis=0)
        x /= np.maximum(np.linalg.norm(x, axis=0), 1e-12)
        r = adata.var_names.get_indexer(list(regulators))
        scores = np.abs(x[:, r].T @ x).astype(np.float32)
        BODY
        return Network(scores, tuple(regulators), tuple(adata.var_names))


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer it."""
    return [Mine]
'''


@pytest.fixture
def method_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a one-file method that does something particular before it returns its network."""

    def write(body: str = "pass", name: str = "mine.py") -> Path:
        path = tmp_path / name
        path.write_text(METHOD.replace("BODY", body.replace("\n", "\n        ")))
        return path

    return write
