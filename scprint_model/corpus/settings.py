"""What a corpus is built from: the files, the labels to read, and what a cell must have to be kept."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Self, get_args

from scprint_model.errors import ConfigError

Parents = Literal["listed", "present", "all"]

# the classes of the published models, in the order of their tokens
CLASSES = (
    "cell_type_ontology_term_id",
    "disease_ontology_term_id",
    "assay_ontology_term_id",
    "self_reported_ethnicity_ontology_term_id",
    "sex_ontology_term_id",
    "organism_ontology_term_id",
)
ORGANISM = "organism_ontology_term_id"
# assays that the published models were not trained on (spatial and imaging ones)
DROPPED_ASSAYS = ("EFO:0008853", "EFO:0010961", "EFO:0030007", "EFO:0030062")


@dataclass(frozen=True, kw_only=True)
class Source:
    """One h5ad file: a data set.

    Attributes
    ----------
    path
        The file; ``.gz`` is unpacked first.
    name
        Of the data set; the file's name without its ending where empty.
    organism
        Taxon such as ``NCBITaxon:9606``, of a file that does not tell it in ``organism_ontology_term_id``.
    counts
        Where the raw counts are: ``X``, ``raw``, the name of a layer, or ``auto``, which takes the first of
        ``raw``, the layers ``counts`` and ``raw_counts``, and ``X`` that holds whole numbers.
    genes
        Column of ``var`` with the gene names; None: the one that fits the vocabulary best.
    labels
        Term for every cell of a class that the file has no column for.
    columns
        Column of ``obs`` that holds a class, where it is named otherwise.
    """

    path: Path
    name: str = ""
    organism: str | None = None
    counts: str = "auto"
    genes: str | None = None
    labels: Mapping[str, str] = field(default_factory=dict)
    columns: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Name the data set."""
        object.__setattr__(self, "path", Path(self.path))
        if not self.name:
            object.__setattr__(self, "name", self.path.name.removesuffix(".gz").removesuffix(".h5ad"))

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], *, folder: Path | None = None) -> Self:
        """Read one entry of a list of sources; a relative path is looked for in ``folder``."""
        unknown = sorted(set(values) - {one.name for one in fields(cls)})
        if unknown:
            raise ConfigError(f"A source has no field {', '.join(unknown)}.")
        if "path" not in values:
            raise ConfigError(f"A source needs a path; this one has {', '.join(values) or 'nothing'}.")
        for name, value in values.items():
            _check_field(name, value)
        path = Path(values["path"])
        return cls(**{**values, "path": path if folder is None else folder / path})

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON; of the path, the file's name alone."""
        return {**asdict(self), "path": self.path.name}


def _check_field(name: str, value: Any) -> None:
    """Refuse a field of a source that is of another kind, as a list of YAML may hold."""
    if name in {"labels", "columns"}:
        wanted = "names and text, such as {sex_ontology_term_id: PATO:0000383}"
        fits = isinstance(value, Mapping) and all(isinstance(one, str) for one in (*value, *value.values()))
    else:
        wanted = "text"
        fits = isinstance(value, str | Path) or (value is None and name in {"organism", "genes"})
    if not fits:
        raise ConfigError(f"The {name} of a source is {value!r}; expected {wanted}.")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Which cells and data sets are kept, and how labels are grouped.

    Attributes
    ----------
    min_genes
        A cell needs more expressed genes than this.
    min_cells, min_share
        A data set needs so many kept cells, and this share of its cells.
    min_mapped
        So many of its genes must be in the vocabulary.
    dropped_assays
        Cells of these assays are left out.
    deviations, mt_deviations, mt_most
        Outliers (flagged, kept): so many median absolute deviations from the median of log counts, log genes
        or the share of the 20 highest genes; of the share of mitochondrial counts, or more than ``mt_most``.
    parents
        Terms that become groups of leaves: ``listed``, terms that cells bear and a short list of common
        parents; ``present``, the former alone; ``all``, every ancestor of a term.
    outside
        What to do with a label outside its ontology: stop, or count it as unknown.
    block
        Cells read at once.
    """

    min_genes: int = 200
    min_cells: int = 100
    min_share: float = 0.02
    min_mapped: int = 10_000
    dropped_assays: tuple[str, ...] = DROPPED_ASSAYS
    deviations: float = 5.0
    mt_deviations: float = 3.0
    mt_most: float = 0.08
    parents: Parents = "listed"
    outside: Literal["stop", "unknown"] = "stop"
    block: int = 2048

    def __post_init__(self) -> None:
        """Refuse settings that keep nothing."""
        object.__setattr__(self, "dropped_assays", tuple(self.dropped_assays))
        if self.parents not in get_args(Parents):
            raise ConfigError(f"parents is {self.parents!r}; it can be {', '.join(get_args(Parents))}.")
        if self.outside not in {"stop", "unknown"}:
            raise ConfigError(f"outside is {self.outside!r}; it can be stop or unknown.")
        if self.block < 1 or not 0 <= self.min_share <= 1:
            raise ConfigError(f"block {self.block} must be >= 1, min_share {self.min_share} within 0 to 1.")

    def to_dict(self) -> dict[str, Any]:
        """Return plain values, for JSON."""
        return {**asdict(self), "dropped_assays": list(self.dropped_assays)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read some settings; the others keep their defaults."""
        kinds = {one.name: type(getattr(cls(), one.name)) for one in fields(cls)}
        for name, value in values.items():
            if name not in kinds:
                raise ConfigError(f"A corpus has no setting {name!r}; it has {', '.join(kinds)}.")
            allowed = (
                (int, float)
                if kinds[name] is float
                else (list, tuple)
                if kinds[name] is tuple
                else kinds[name]
            )
            if not isinstance(value, allowed) or isinstance(value, bool):
                raise ConfigError(f"{name} is {value!r}; it must be {kinds[name].__name__}.")
        return cls(**values)


def read_sources(path: Path | str) -> list[Source]:
    """Read a YAML list of sources; relative paths start at the list's folder.

    Raises
    ------
    ConfigError
        If it is no such list.
    """
    import yaml  # type: ignore[import-untyped] # it has no stubs

    place = Path(path)
    try:
        entries = yaml.safe_load(place.read_text())
    except (OSError, yaml.YAMLError) as error:
        reason = " ".join(str(error).split())
        raise ConfigError(f"The list of sources {place} cannot be read: {reason}.") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ConfigError(f"{place} must be a list of files, each with a path.")
    return [Source.from_dict(entry, folder=place.parent) for entry in entries]
