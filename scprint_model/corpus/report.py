"""What became of the files that a corpus was built from, in words."""

from collections.abc import Iterator
from dataclasses import dataclass

from scprint_model.corpus.format import DatasetEntry, Manifest
from scprint_model.labels import LabelSpace


@dataclass(frozen=True)
class Report:
    """A corpus, described by its manifest.

    Attributes
    ----------
    manifest
        Of the corpus.
    twins
        Cells whose counts another cell has, too.
    """

    manifest: Manifest
    twins: int = 0

    @property
    def cells(self) -> int:
        """Number of cells."""
        return self.manifest.cells

    @property
    def datasets(self) -> tuple[DatasetEntry, ...]:
        """The data sets, by code."""
        return self.manifest.datasets

    @property
    def dropped(self) -> tuple[DatasetEntry, ...]:
        """Data sets that were left out as a whole; each says why."""
        return self.manifest.dropped

    @property
    def labels(self) -> tuple[LabelSpace, ...]:
        """Label spaces, in the order of the classes."""
        return tuple(LabelSpace.from_dict(values) for values in self.manifest.labels)

    def lines(self) -> Iterator[str]:
        """Yield a description, line by line."""
        what = self.manifest
        per_cell = what.pairs // max(1, what.cells)
        sets = len(what.datasets)
        yield f"{what.cells} cells of {sets} data sets; {per_cell} expressed genes a cell; {what.dtype}"
        for entry in what.datasets:
            left = "".join(f"; {cells} {reason}" for reason, cells in entry.left_out.items())
            yield (
                f"  {entry.name}: {entry.cells} of {entry.read} cells, {entry.measured} genes, "
                f"{entry.organism}, counts in {entry.counts}; {entry.outliers} outliers{left}"
            )
            yield from (
                f"    label {label} counts as unknown: {n} cells" for label, n in entry.outside.items()
            )
        yield from (f"  left out: {entry.name}: {entry.dropped}" for entry in what.dropped)
        for space in self.labels:
            yield f"  {space.name}: {len(space.leaves)} leaves, {len(space.groups)} groups"
        if self.twins:
            yield f"  {self.twins} cells have the same counts as another; a split keeps them apart"
