"""What tests of the model share: a tiny configuration, a batch for it, and one thread."""

from collections.abc import Callable, Iterator

import anndata
import numpy as np
import pytest
import torch
from scipy import sparse

from scprint_model.batch import Batch
from scprint_model.checkpoint.pretrained import Pretrained
from scprint_model.config import ModelConfig
from scprint_model.labels import LabelSpace
from scprint_model.model import ScPrint
from scprint_model.vocabulary import Vocabulary


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


@pytest.fixture
def tiny_config() -> Callable[..., ModelConfig]:
    """Make a configuration of 30 genes and 2 classes, without dropout, with any field changed."""

    def make(**changes: object) -> ModelConfig:
        fields = {
            "genes": 30,
            "classes": (("cell_type", 4), ("sex", 2)),
            "d_model": 16,
            "layers": 2,
            "heads": 2,
            "dropout": 0.0,
        }
        return ModelConfig(**{**fields, **changes})

    return make


@pytest.fixture
def lively_model(tiny_config) -> Callable[..., ScPrint]:
    """Make a model in evaluation whose weights are large enough that every input matters."""

    def make(**changes: object) -> ScPrint:
        model = ScPrint(tiny_config(**changes), positions=torch.arange(1, 31))
        for module in model.modules():
            if isinstance(module, torch.nn.Linear):
                torch.nn.init.normal_(module.weight, std=0.4)
                if module.bias is not None:
                    # the norm after a number's own layer undoes its scale unless there is a bias
                    torch.nn.init.normal_(module.bias, std=0.4)
        return model.eval()

    return make


@pytest.fixture
def tiny_batch() -> Callable[..., Batch]:
    """Make a batch of distinct genes with counts for :func:`tiny_config`."""

    def make(cells: int = 8, genes: int = 20, *, seed: int = 1, classes: tuple[int, ...] = (4, 2)) -> Batch:
        generator = torch.Generator().manual_seed(seed)
        rows = torch.stack([torch.randperm(30, generator=generator)[:genes] for _ in range(cells)])
        counts = torch.poisson(torch.full((cells, genes), 3.0), generator=generator)
        labels = [torch.randint(0, n, (cells,), generator=generator) for n in classes]
        return Batch(
            genes=rows,
            counts=counts,
            depth=counts.sum(dim=1) * 1.5,
            classes=torch.stack(labels, dim=1),
            dataset=torch.arange(cells) % 3,
            cells=torch.arange(cells),
        )

    return make


@pytest.fixture
def tiny_pretrained(tiny_config: Callable[..., ModelConfig]) -> Callable[..., Pretrained]:
    """Make a model without training: 24 human and 6 mouse genes with symbols, groups of cell types.

    Its weights are 30 times those that training starts from, with biases: what goes in shows.
    """

    def make(*, seed: int = 0, **changes: object) -> Pretrained:
        torch.manual_seed(seed)
        genes = [f"ENSG{number:011d}" for number in range(24)]
        genes += [f"ENSMUSG{number:011d}" for number in range(6)]
        symbols = [f"GENE{number}" for number in range(24)] + [f"Gene{number}" for number in range(6)]
        organism = ["NCBITaxon:9606"] * 24 + ["NCBITaxon:10090"] * 6
        vocabulary = Vocabulary(tuple(genes), tuple(symbols), tuple(organism))
        types = LabelSpace(
            "cell_type", ("CL:0", "CL:1", "CL:2", "CL:3"), (("CL:10", (0, 1)), ("CL:11", (0, 1, 2)))
        )
        model = ScPrint(tiny_config(**changes), positions=torch.arange(1, 31)).eval()
        with torch.no_grad():
            for part in model.modules():
                if isinstance(part, torch.nn.Linear):
                    part.weight *= 30
                    if part.bias is not None:  # without, a norm would take the size of a number away
                        part.bias.normal_()
        labels = (types, LabelSpace("sex", ("PATO:0", "PATO:1")))
        return Pretrained(model, vocabulary, labels)

    return make


@pytest.fixture
def tiny_adata() -> Callable[..., anndata.AnnData]:
    """Make counts of cells on the human genes of :func:`tiny_pretrained` and two unknown ones, shuffled."""

    def make(cells: int = 12, *, seed: int = 0, symbols: bool = False) -> anndata.AnnData:
        rng = np.random.default_rng(seed)
        names = [f"GENE{number}" if symbols else f"ENSG{number:011d}" for number in range(24)]
        names = list(rng.permutation([*names, "unknown1", "unknown2"]))
        counts = rng.poisson(rng.gamma(1.0, 3.0, size=(1, 26)), size=(cells, 26)).astype(np.float32)
        counts[:, 0] += 1  # no empty cell
        adata = anndata.AnnData(sparse.csr_array(counts))
        adata.var_names = names
        adata.obs_names = [f"cell{number:03d}" for number in range(cells)]
        return adata

    return make
