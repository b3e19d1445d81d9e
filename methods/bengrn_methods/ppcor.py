"""Partial correlation: what two genes share beside all others; shrunken, so that few cells suffice."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from bengrn.plugin import Method, Network, hookimpl, log_normalized
from bengrn_methods._names import check_cells, positions

if TYPE_CHECKING:
    from anndata import AnnData

__all__ = ["PPCor"]

Floats = npt.NDArray[np.float64]

# of a correlation matrix that can be inverted; below, its inverse is rounding
_LEAST_EIGENVALUE = 1e-10
# where all correlations are certain, as of genes that are copies: enough for an inverse
_LEAST_SHRINKAGE = 1e-6
_SINGULAR = (
    "the correlations of {genes} varying genes in {cells} cells cannot be inverted; expected more cells than "
    "genes, and no gene that follows from the others. Leave shrinkage out, or set it over 0."
)


@dataclass(frozen=True, kw_only=True)
class PPCor:
    """Score a pair by the absolute partial correlation of its genes, given all other genes.

    The correlation matrix is shrunken towards the identity, (1 - shrinkage) R + shrinkage I, so that it can
    be inverted with fewer cells than genes. Symmetric: of two regulators it cannot tell which one regulates
    the other.

    One factorisation: of the G genes, or of the C cells where they are fewer. Memory: 8 (G^2 + C G), or
    8 (C^2 + 2 C G + R G) bytes with R regulators.

    Parameters
    ----------
    shrinkage
        0 to 1; none for the one of least expected squared error (Schäfer and Strimmer 2005). 0 is the plain
        partial correlation, which needs more cells than genes.
    correlation
        "pearson" of log-normalised counts, or "spearman" of their ranks.

    Raises
    ------
    ValueError
        If a setting has a value that cannot be used.
    """

    name: ClassVar[str] = "ppcor"
    version: ClassVar[str] = "1"
    origin: ClassVar[str] = "published"
    source: ClassVar[str] = (
        "Schäfer and Strimmer 2005, https://doi.org/10.2202/1544-6115.1175; "
        "beeline: Kim 2015, https://doi.org/10.5351/CSAM.2015.22.6.665"
    )
    presets: ClassVar[Mapping[str, Mapping[str, object]]] = {
        "beeline": {"shrinkage": 0.0, "correlation": "spearman"}
    }

    shrinkage: float | None = None
    correlation: Literal["pearson", "spearman"] = "pearson"

    def __post_init__(self) -> None:
        """Validate the settings."""
        if self.shrinkage is not None and not 0 <= self.shrinkage <= 1:
            raise ValueError(f"shrinkage is {self.shrinkage}; expected 0 to 1, or none for the best.")
        if self.correlation not in ("pearson", "spearman"):
            raise ValueError(f"correlation is {self.correlation!r}; expected pearson or spearman.")

    def infer(self, adata: "AnnData", *, regulators: Sequence[str], seed: int) -> Network:
        """Return the absolute partial correlation of every pair; a constant gene scores 0."""
        from scipy.stats import rankdata

        check_cells(adata)
        genes = [str(name) for name in adata.var_names]
        rows_R = positions(genes, regulators)
        x_CG = log_normalized(adata)
        z_CG = _unit(rankdata(x_CG, axis=0) if self.correlation == "spearman" else x_CG)
        shrinkage = best_shrinkage(z_CG) if self.shrinkage is None else self.shrinkage
        scores_RT = partial_correlations(z_CG, rows_R, shrinkage)
        return Network(np.minimum(np.abs(scores_RT), 1.0), tuple(regulators), tuple(genes))


def _unit(x_CG: npt.NDArray[np.floating]) -> Floats:
    """Return columns of mean 0 and length 1, so that z.T @ z are correlations; of a constant gene zeros."""
    z_CG = x_CG.astype(np.float64)
    constant_G = z_CG.min(axis=0) == z_CG.max(axis=0)
    z_CG -= z_CG.mean(axis=0)
    z_CG[:, constant_G] = 0.0
    length_G = np.linalg.norm(z_CG, axis=0)
    length_G[constant_G] = 1.0
    z_CG /= length_G
    return z_CG


def best_shrinkage(z_CG: Floats) -> float:
    """Return the summed variances of all correlations over their summed squares, at most 1.

    Schäfer and Strimmer 2005, target D on standardised genes. With w_c = z_ci z_cj, a correlation is sum(w)
    and its variance (C sum(w^2) - sum(w)^2) / (C - 1); both sums over pairs come from sums over cells.

    Parameters
    ----------
    z_CG
        As of `_unit`: C cells x G genes.

    Returns
    -------
    float
        1e-6 to 1; 1 where no two genes vary together.
    """
    n_cells = len(z_CG)
    square_CG = z_CG**2
    length_G = square_CG.sum(axis=0)  # 1, or 0 of a constant gene
    of_squares = float((square_CG.sum(axis=1) ** 2 - (square_CG**2).sum(axis=1)).sum())
    small = z_CG @ z_CG.T if n_cells < z_CG.shape[1] else z_CG.T @ z_CG
    squared = float((small**2).sum() - (length_G**2).sum())
    if squared <= 0:
        return 1.0
    return min(max((n_cells * of_squares - squared) / (n_cells - 1) / squared, _LEAST_SHRINKAGE), 1.0)


def partial_correlations(z_CG: Floats, rows_R: npt.NDArray[np.intp], shrinkage: float) -> Floats:
    """Return the partial correlations of the rows with every gene, shape (R, G); with itself 0.

    Parameters
    ----------
    z_CG
        As of `_unit`.
    shrinkage
        Share of the identity in the correlation matrix.

    Raises
    ------
    ValueError
        If the shrunken matrix cannot be inverted.
    """
    n_cells, n_genes = z_CG.shape
    if shrinkage == 1 or n_genes == 1:
        return np.zeros((len(rows_R), n_genes))
    varying = int(z_CG.any(axis=0).sum())
    if shrinkage == 0 and varying >= n_cells:
        raise ValueError(_SINGULAR.format(genes=varying, cells=n_cells))
    if shrinkage > 0 and n_cells < n_genes:
        inverse_RG, diagonal_G = _inverse_by_cells(z_CG, rows_R, shrinkage)
    else:
        inverse_RG, diagonal_G = _inverse_by_genes(z_CG, rows_R, shrinkage)
    scale_G = 1 / np.sqrt(diagonal_G)
    inverse_RG *= -scale_G
    inverse_RG *= scale_G[rows_R][:, None]
    inverse_RG[np.arange(len(rows_R)), rows_R] = 0.0
    return inverse_RG


def _inverse_by_genes(z_CG: Floats, rows_R: npt.NDArray[np.intp], shrinkage: float) -> tuple[Floats, Floats]:
    """Return rows and diagonal of the inverse by one decomposition of the genes' matrix."""
    from scipy.linalg import cho_factor, cho_solve

    n_cells, n_genes = z_CG.shape
    matrix_GG = (1 - shrinkage) * (z_CG.T @ z_CG)
    np.fill_diagonal(matrix_GG, 1.0)  # of constant genes too: they are independent of all
    if shrinkage == 0 and _least_eigenvalue(matrix_GG) < _LEAST_EIGENVALUE:
        raise ValueError(_SINGULAR.format(genes=n_genes, cells=n_cells))
    inverse_GG = cho_solve(cho_factor(matrix_GG, lower=True), np.eye(n_genes), overwrite_b=True)
    return inverse_GG[rows_R], np.diag(inverse_GG).copy()


def _least_eigenvalue(matrix_GG: Floats) -> float:
    from scipy.linalg import eigvalsh

    return float(eigvalsh(matrix_GG, subset_by_index=[0, 0])[0])


def _inverse_by_cells(z_CG: Floats, rows_R: npt.NDArray[np.intp], shrinkage: float) -> tuple[Floats, Floats]:
    """Return rows and diagonal of the inverse by one factorisation of the cells' matrix (Woodbury)."""
    from scipy.linalg import cho_factor, solve_triangular

    inner_CC = z_CG @ z_CG.T
    inner_CC[np.diag_indices_from(inner_CC)] += shrinkage / (1 - shrinkage)
    lower_CC, _ = cho_factor(inner_CC, lower=True)
    # the inverse is (I - h.T @ h) / shrinkage
    h_CG = solve_triangular(lower_CC, z_CG, lower=True)
    inverse_RG = h_CG[:, rows_R].T @ h_CG
    np.negative(inverse_RG, out=inverse_RG)
    inverse_RG[np.arange(len(rows_R)), rows_R] += 1.0
    inverse_RG /= shrinkage
    diagonal_G = (1 - np.einsum("cg,cg->g", h_CG, h_CG)) / shrinkage
    return inverse_RG, diagonal_G


@hookimpl
def bengrn_methods() -> Sequence[type[Method]]:
    """Offer partial correlation."""
    return [PPCor]
