"""The values that cross between the harness and its plug-ins: Network, Truth, Remote."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy import sparse

from bengrn.errors import BengrnError, NetworkError, TruthError

__all__ = ["ORGANISMS", "Network", "Remote", "Truth"]

ORGANISMS = ("human", "mouse", "yeast", "ecoli", "simulated")


def _check_names(names: Sequence[str], what: str, error: type[BengrnError]) -> tuple[str, ...]:
    """Return the names as a tuple of plain strings; refuse duplicates."""
    plain = tuple(str(name) for name in names)
    if len(set(plain)) != len(plain):
        seen: set[str] = set()
        twice = next(name for name in plain if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise error(
            f"{what} are named twice: {twice!r} and {len(plain) - len(set(plain)) - 1} more. "
            "Names must be unique."
        )
    return plain


def _check_shape(
    shape: tuple[int, ...], regulators: int, targets: int, what: str, error: type[BengrnError]
) -> None:
    """Refuse a matrix that is not (regulators, targets), and say so when it looks transposed."""
    if tuple(shape) == (regulators, targets):
        return
    hint = " Transposed? Rows must be regulators." if shape == (targets, regulators) else ""
    raise error(
        f"{what} have shape {tuple(shape)}, but the names say {(regulators, targets)} "
        f"(regulators, targets).{hint}"
    )


@dataclass(frozen=True, eq=False)
class Network:
    """Scores for regulator-target pairs. A row regulates its column.

    Parameters
    ----------
    scores
        Shape (R, T), finite. Dense, or CSR where an absent pair was not predicted and ranks last.
        Kept as float32, read-only.
    regulators, targets
        R and T unique gene names.
    signed
        Whether a negative score means repression. Signed scores are ranked by magnitude; an
        unsigned network must not hold negative scores.

    Raises
    ------
    NetworkError
        If the shape does not fit the names, a name is repeated, a score is not finite, or an
        unsigned network holds a negative score.
    """

    scores: npt.NDArray[np.float32] | sparse.csr_array
    regulators: tuple[str, ...]
    targets: tuple[str, ...]
    signed: bool = False

    def __post_init__(self) -> None:
        """Validate, and freeze the arrays."""
        object.__setattr__(self, "regulators", _check_names(self.regulators, "Regulators", NetworkError))
        object.__setattr__(self, "targets", _check_names(self.targets, "Targets", NetworkError))
        scores: Any = self.scores
        if sparse.issparse(scores):
            scores = sparse.csr_array(scores, dtype=np.float32)
            if not scores.has_canonical_format:
                scores = scores.copy()
                scores.sum_duplicates()
            values = scores.data
        else:
            scores = np.asarray(scores, dtype=np.float32).view()
            scores.flags.writeable = False
            values = scores
        _check_shape(scores.shape, len(self.regulators), len(self.targets), "Network scores", NetworkError)
        # min and max see NaN and infinity alike, without a temporary of the matrix's size
        low, high = (float(values.min()), float(values.max())) if values.size else (0.0, 0.0)
        if not np.isfinite([low, high]).all():
            bad = values.size - int(np.isfinite(values).sum())
            raise NetworkError(
                f"Network scores hold {bad} values that are NaN or infinite; expected finite scores. "
                "Give an unpredicted pair no entry (CSR) or the lowest score."
            )
        if low < 0 and not self.signed:
            raise NetworkError(
                f"Network scores go down to {low:.3g}, but the network is not signed. "
                "Return Network(..., signed=True), or scores of at least 0."
            )
        object.__setattr__(self, "scores", scores)


@dataclass(frozen=True, eq=False)
class Truth:
    """Known regulatory edges, and which pairs were tested for one.

    A pair inside `regulators` x `targets` that is not an edge is false; a pair outside is unknown.
    Self-pairs are never candidates, whatever `edges` says about them.

    Parameters
    ----------
    edges
        Shape (R, T), dense or sparse, any dtype; non-zero is an edge. Kept as boolean CSR.
    regulators, targets
        R and T unique gene names: exactly what was tested.
    sign
        Shape (R, T), sparse int8 in {-1, +1} at edges of known sign; None where none is known.
    effect
        Shape (R, T), sparse float32: an effect size per edge; None where none is known.
    organism
        One of `ORGANISMS`, or empty where it is not known. Only human and mouse genes are brought to current
        symbols; the others keep their names.
    id_kind
        "symbol" or "ensembl": what the names are.
    directed
        False where the evidence has no direction: each pair is then listed both ways.
    version, licence, citation
        Where the edges come from.
    losses
        What was left out while reading, and how much: reason -> count.

    Raises
    ------
    TruthError
        If a shape does not fit the names, or a name is repeated.
    """

    edges: sparse.csr_array
    regulators: tuple[str, ...]
    targets: tuple[str, ...]
    sign: sparse.csr_array | None = None
    effect: sparse.csr_array | None = None
    organism: str = "human"
    id_kind: str = "symbol"
    directed: bool = True
    version: str = ""
    licence: str = ""
    citation: str = ""
    losses: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Validate, and bring the edges to boolean CSR."""
        object.__setattr__(self, "regulators", _check_names(self.regulators, "Regulators", TruthError))
        object.__setattr__(self, "targets", _check_names(self.targets, "Targets", TruthError))
        edges = sparse.csr_array(self.edges).astype(bool)
        edges.sum_duplicates()
        edges.eliminate_zeros()
        object.__setattr__(self, "edges", edges)
        for what in ("edges", "sign", "effect"):
            matrix = getattr(self, what)
            if matrix is not None:
                _check_shape(
                    matrix.shape,
                    len(self.regulators),
                    len(self.targets),
                    f"Truth {what}",
                    TruthError,
                )

    def restrict(self, regulators: Sequence[str], targets: Sequence[str]) -> "Truth":
        """Return the truth on these regulators and targets only, in this order.

        Raises
        ------
        TruthError
            If a name was not tested by this truth.
        """
        rows = _positions(self.regulators, regulators, "regulators")
        columns = _positions(self.targets, targets, "targets")

        def cut(matrix: sparse.csr_array | None) -> sparse.csr_array | None:
            return None if matrix is None else sparse.csr_array(matrix)[rows][:, columns]

        return replace(
            self,
            edges=cut(self.edges),
            regulators=tuple(regulators),
            targets=tuple(targets),
            sign=cut(self.sign),
            effect=cut(self.effect),
        )


def _positions(names: Sequence[str], wanted: Sequence[str], what: str) -> npt.NDArray[np.intp]:
    """Return where each wanted name stands among the names."""
    index = {name: position for position, name in enumerate(names)}
    missing = [name for name in wanted if name not in index]
    if missing:
        raise TruthError(
            f"The truth did not test {len(missing)} of the {what} asked for, {missing[0]!r} first. "
            "Restrict to tested names."
        )
    return np.array([index[name] for name in wanted], dtype=np.intp)


@dataclass(frozen=True)
class Remote:
    """A file that a source needs: where it lies and what it must contain.

    Parameters
    ----------
    url
        Where to download it.
    sha256
        Of the plain bytes, in hexadecimal. A file that differs is refused. Empty where it is not known to
        the plug-in: then any file is taken, and its digest goes into the record.
    bytes
        Size of the plain file; about, where the digest is not known.
    path
        Where it lies in a mirror folder (`$BENGRN_DATA`), or empty: then the last part of the url.
    by_hand
        How to get the file where no address gives it; then `url` is the page that speaks of it.
    """

    url: str
    sha256: str
    bytes: int
    path: str = ""
    by_hand: str = ""
