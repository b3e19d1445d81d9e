"""Build a corpus: many h5ad files in, one folder out, written aside and renamed when it is whole."""

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from scprint_model.corpus.dataset import Kept, take
from scprint_model.corpus.encode import Terms, check_labels, terms_of
from scprint_model.corpus.format import ARRAYS, MANIFEST, MEASURED, PAIRS, VOCABULARY, Manifest
from scprint_model.corpus.h5ad import open_cells
from scprint_model.corpus.pairs import PairWriter
from scprint_model.corpus.report import Report
from scprint_model.corpus.settings import CLASSES, Settings, Source
from scprint_model.errors import ConfigError, CorpusError, LabelError
from scprint_model.labels import LabelSpace
from scprint_model.ontology import Ontology, label_space
from scprint_model.vocabulary import Vocabulary

_PACKAGES = ("anndata", "h5py", "numpy", "scipy")


def build_corpus(
    files: Sequence[Source | Path | str],
    out: Path | str,
    *,
    vocabulary: Vocabulary,
    classes: Sequence[str] | None = None,
    ontologies: Mapping[str, Ontology] | None = None,
    settings: Settings | None = None,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Build a corpus from h5ad files.

    The same files, vocabulary, classes, ontologies and settings give the same corpus, byte for byte.

    Parameters
    ----------
    files
        One data set each; their order is that of the data sets' codes.
    out
        Folder to make; it must not exist.
    vocabulary
        Genes to keep; others count in the depth alone.
    classes
        Columns of labels, in the order of the model's tokens; None: the six of the paper, but for those that
        no cell bears.
    ontologies
        By class; a class without one has leaves alone, and takes every label.
    settings
        Which cells are kept.
    progress
        Is told of each file.

    Returns
    -------
    Report
        What was kept and what was not.

    Raises
    ------
    CorpusError
        If a file cannot be used, two have the same name, or no cell is left.
    LabelError
        If labels are outside their ontology.
    VocabularyError
        If no gene of a file is in the vocabulary.
    """
    target = Path(out)
    settings = Settings() if settings is None else settings
    ontologies = {} if ontologies is None else ontologies
    sources = [one if isinstance(one, Source) else Source(path=Path(one)) for one in files]
    _check(sources, target, classes, ontologies)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.parent) as aside:
        scratch, made = Path(aside) / "scratch", Path(aside) / "corpus"
        scratch.mkdir()
        made.mkdir()
        labels = _read_labels(sources, scratch, classes, ontologies, settings)
        kept, pairs, dtype = [], 0, "uint16"
        with PairWriter(made / PAIRS) as writer:
            for source, terms in zip(sources, labels, strict=True):
                with open_cells(source, scratch) as file:
                    taken = take(file, terms, vocabulary, settings, writer)
                kept.append(replace(taken, entry=replace(taken.entry, sha256=_sha256(source.path))))
                if progress is not None:
                    progress(f"{source.name}: {taken.entry.dropped or f'{taken.entry.cells} cells'}")
            pairs, dtype = writer.pairs, str(writer.dtype)
        spaces = _spaces([one for one in kept if not one.entry.dropped], classes, ontologies, settings)
        _save(made, kept, spaces, vocabulary)
        manifest = _manifest(made, kept, spaces, vocabulary, sources, settings, ontologies, (pairs, dtype))
        (made / MANIFEST).write_text(json.dumps(manifest.to_dict(), indent=1))
        made.rename(target)
    twin = np.concatenate([one.twin for one in kept])
    return Report(manifest, len(twin) - len(np.unique(twin)))


def _check(
    sources: Sequence[Source], target: Path, classes: Sequence[str] | None, ontologies: Mapping[str, Ontology]
) -> None:
    if not sources:
        raise CorpusError("A corpus needs at least one file.")
    if target.exists():
        raise CorpusError(f"{target} exists; name another folder, or remove it.")
    names = [source.name for source in sources]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CorpusError(f"Two files have the same name: {', '.join(twice)}; give them names.")
    missing = [str(source.path) for source in sources if not source.path.is_file()]
    if missing:
        raise CorpusError(f"There is no file {', '.join(missing[:3])}.")
    if classes is not None and (not classes or len(set(classes)) < len(classes)):
        raise ConfigError(f"classes must name at least one class, each once: {', '.join(classes)}.")
    unused = sorted(set(ontologies) - set(CLASSES if classes is None else classes))
    if unused:
        raise ConfigError(f"There is an ontology for {', '.join(unused)}, which is no class of the corpus.")


def _read_labels(
    sources: Sequence[Source],
    scratch: Path,
    classes: Sequence[str] | None,
    ontologies: Mapping[str, Ontology],
    settings: Settings,
) -> list[dict[str, Terms]]:
    """Read the labels of all files before any counts, so that a wrong one is found at once."""
    names = CLASSES if classes is None else classes
    found: list[dict[str, Terms]] = []
    for source in sources:
        with open_cells(source, scratch) as file:
            found.append({name: terms_of(file, name, ontologies.get(name)) for name in names})
    if settings.outside == "stop":
        by_file = {source.name: list(one.values()) for source, one in zip(sources, found, strict=True)}
        check_labels(by_file, names)
    return found


def _spaces(
    kept: Sequence[Kept],
    classes: Sequence[str] | None,
    ontologies: Mapping[str, Ontology],
    settings: Settings,
) -> list[LabelSpace]:
    if not kept:
        advice = "see the settings min_cells and min_mapped"
        raise CorpusError(f"No cell is left: every data set was left out; {advice}.")
    spaces = []
    for name in CLASSES if classes is None else classes:
        terms = {str(term) for one in kept for term in np.unique(one.terms[name]) if term}
        if terms:
            spaces.append(label_space(name, terms, ontologies.get(name), parents=settings.parents))
        elif classes is not None:
            raise LabelError(f"No cell has a label of class {name}: leave the class out, or name its column.")
    if not spaces:
        raise LabelError("No cell has a label of any class: name the columns that hold labels.")
    return spaces


def _save(made: Path, kept: Sequence[Kept], spaces: Sequence[LabelSpace], vocabulary: Vocabulary) -> None:
    """Write all but the pairs and the manifest."""
    there = [one for one in kept if not one.entry.dropped]
    number = np.concatenate([one.number for one in there])
    codes = [np.concatenate([_codes(space, one.terms[space.name]) for one in there]) for space in spaces]
    arrays = {
        "offsets": np.r_[0, np.cumsum(number)],
        "classes": np.stack(codes, axis=1),
        "dataset": np.repeat(np.arange(len(there)), [len(one.row) for one in there]),
        **{
            name: np.concatenate([getattr(one, name) for one in there])
            for name in ("depth", "flags", "twin", "row")
        },
    }
    for name, dtype in ARRAYS.items():
        np.save(made / f"{name}.npy", arrays[name].astype(dtype))
    np.save(made / MEASURED, np.stack([one.measured for one in there]))
    vocabulary.save(made / VOCABULARY)


def _codes(
    space: LabelSpace, terms: np.ndarray[Any, np.dtype[np.str_]]
) -> np.ndarray[Any, np.dtype[np.int64]]:
    kinds, kind_of_cell = np.unique(terms, return_inverse=True)
    return space.encode_many(str(kind) for kind in kinds)[kind_of_cell]


def _manifest(
    made: Path,
    kept: Sequence[Kept],
    spaces: Sequence[LabelSpace],
    vocabulary: Vocabulary,
    sources: Sequence[Source],
    settings: Settings,
    ontologies: Mapping[str, Ontology],
    pairs: tuple[int, str],
) -> Manifest:
    return Manifest(
        cells=sum(one.entry.cells for one in kept),
        pairs=pairs[0],
        dtype=pairs[1],
        vocabulary=vocabulary.digest,
        datasets=tuple(one.entry for one in kept if not one.entry.dropped),
        dropped=tuple(one.entry for one in kept if one.entry.dropped),
        labels=tuple(space.to_dict() for space in spaces),
        settings=settings.to_dict(),
        sources=tuple(source.to_dict() for source in sources),
        ontologies={name: dict(ontology.sources) for name, ontology in ontologies.items()},
        digests={path.name: _sha256(path) for path in sorted(made.iterdir())},
        versions={name: _version(name) for name in _PACKAGES},
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as stored:
        return hashlib.file_digest(stored, "sha256").hexdigest()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
