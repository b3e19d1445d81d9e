"""What became of every tensor of a file: what a user reads before trusting loaded weights."""

from dataclasses import dataclass

__all__ = ["LoadReport"]

_SHOWN = 6


@dataclass(frozen=True, kw_only=True)
class LoadReport:
    """What loading a checkpoint found.

    Attributes
    ----------
    source
        The file or folder.
    kind
        ``official``: a Lightning file of the authors; ``ours``.
    tensors
        How many tensors the file holds.
    renamed
        Official name and ours, of every tensor that was taken over.
    missing
        Names of ours that the file has no tensor for, and that were left out (never encoder tensors).
    unexpected
        Names in the file that the model has no place for.
    skipped
        Names in the file that are known and deliberately not used.
    notes
        What a reader of results should know, one line each.
    """

    source: str
    kind: str
    tensors: int = 0
    renamed: tuple[tuple[str, str], ...] = ()
    missing: tuple[str, ...] = ()
    unexpected: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def complete(self) -> bool:
        """Whether every tensor of the file went to a place, and every place got one."""
        return not (self.missing or self.unexpected)

    def lines(self) -> list[str]:
        """Return the report as lines of text."""
        said = [
            f"{self.source}: {self.kind} checkpoint, {self.tensors} tensors, "
            f"{len(self.renamed)} loaded, {len(self.missing)} missing, {len(self.unexpected)} unexpected, "
            f"{len(self.skipped)} skipped"
        ]
        for what in ("missing", "unexpected", "skipped"):
            names = getattr(self, what)
            if names:
                rest = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
                said.append(f"{what}: {', '.join(names[:_SHOWN])}{rest}")
        return said + list(self.notes)
