"""A corpus of a few cells on disk, and configurations that train on it in a moment."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from scprint_model.corpus.format import ARRAYS, MANIFEST, MEASURED, PAIRS, VOCABULARY, DatasetEntry, Manifest
from scprint_model.labels import LabelSpace
from scprint_model.train.config import TrainConfig
from scprint_model.vocabulary import Vocabulary

GENES = 30
LABELS = (
    LabelSpace("cell_type_ontology_term_id", ("CL:1", "CL:2", "CL:3"), (("CL:0", (0, 1)),)),
    LabelSpace("sex_ontology_term_id", ("PATO:1", "PATO:2")),
)


def _write_corpus(folder: Path, *, cells: int = 60, seed: int = 0) -> Path:
    """Write cells of three types, whose genes differ, in three data sets."""
    folder.mkdir(parents=True)
    rng = np.random.default_rng(seed)
    kind = rng.integers(0, 3, cells)
    mean_KG = rng.gamma(0.6, 8.0, size=(3, GENES))
    counts_CG = rng.poisson(mean_KG[kind] + 0.1)
    row, gene = np.nonzero(counts_CG)
    pairs = np.stack([gene, counts_CG[row, gene]], axis=1).astype(np.uint16)
    arrays = {
        "offsets": np.concatenate([[0], np.cumsum((counts_CG > 0).sum(axis=1))]),
        "depth": counts_CG.sum(axis=1) + 5,
        "classes": np.stack([np.where(rng.random(cells) < 0.1, 3, kind), rng.integers(-1, 2, cells)], axis=1),
        "dataset": np.sort(rng.integers(0, 3, cells)),
        "flags": np.zeros(cells),
        "twin": np.arange(cells),
        "row": np.arange(cells),
    }
    for name, array in arrays.items():
        np.save(folder / f"{name}.npy", array.astype(ARRAYS[name]))
    np.save(folder / MEASURED, np.ones((3, GENES), bool))
    pairs.tofile(folder / PAIRS)
    vocabulary = Vocabulary(
        tuple(f"ENSG{number:011d}" for number in range(GENES)),
        tuple(f"G{number}" for number in range(GENES)),
        ("NCBITaxon:9606",) * GENES,
        np.arange(1, GENES + 1, dtype=np.int32),
    )
    vocabulary.save(folder / VOCABULARY)
    sizes = np.bincount(arrays["dataset"], minlength=3)
    datasets = tuple(
        DatasetEntry(
            name=f"set{code}", file=f"set{code}.h5ad", sha256="", organism="NCBITaxon:9606", counts="X",
            read=int(size), cells=int(size), measured=GENES,
        )
        for code, size in enumerate(sizes)
    )  # fmt: skip
    manifest = Manifest(
        cells=cells, pairs=len(pairs), dtype="uint16", vocabulary=vocabulary.digest, datasets=datasets,
        dropped=(), labels=tuple(space.to_dict() for space in LABELS), settings={}, sources=(), ontologies={},
        digests={PAIRS: hashlib.sha256(pairs.tobytes()).hexdigest()}, versions={},
    )  # fmt: skip
    (folder / MANIFEST).write_text(json.dumps(manifest.to_dict()))
    return folder


@pytest.fixture(autouse=True)
def _no_picture(request, monkeypatch):
    """Leave out what takes most of the time of a tiny run, unless a test asks for it."""
    if "pictures" not in request.fixturenames:
        monkeypatch.setattr("scprint_model.train.finish.draw_losses", lambda _log, _folder: [])


@pytest.fixture
def pictures():
    """Let runs draw their losses."""


@pytest.fixture(scope="session")
def write_corpus() -> Callable[..., Path]:
    """Write a corpus of so many cells into a folder and return it."""
    return _write_corpus


@pytest.fixture(scope="session")
def tiny_corpus(tmp_path_factory) -> Path:
    """Return the folder of a corpus that no test changes."""
    return _write_corpus(tmp_path_factory.mktemp("tiny") / "corpus")


def tiny(corpus: Path, **sections: dict[str, Any]) -> dict[str, Any]:
    """Return the plain values of a run of some steps of a narrow model."""
    values: dict[str, Any] = {
        "corpus": str(corpus),
        "model": {"d_model": 16, "layers": 2, "heads": 2, "class_hidden": 8},
        "data": {"context": 20, "batch": 8, "validation": 0.2, "test_datasets": ["set2"]},
        "train": {
            "steps": 6,
            "warmup": 2,
            "validate_every": 3,
            "log_every": 1,
            "save_every": 2,
            "threads": 1,
        },
    }
    values["train"]["lr"] = 1e-3
    for name, section in sections.items():
        values[name] = {**values.get(name, {}), **section}
    return values


@pytest.fixture
def plain_config(tiny_corpus) -> Callable[..., dict[str, Any]]:
    """Return the plain values of a tiny run, with sections changed."""
    return lambda **sections: tiny(tiny_corpus, **sections)


@pytest.fixture
def config(plain_config) -> Callable[..., TrainConfig]:
    """Return a tiny run's configuration, with sections changed."""
    return lambda **sections: TrainConfig.from_dict(plain_config(**sections))


@pytest.fixture(scope="session")
def write_tiny(tiny_corpus) -> Callable[..., None]:
    """Write a tiny run, with sections changed, as a JSON file."""
    return lambda path, **sections: path.write_text(json.dumps(tiny(tiny_corpus, **sections)))
