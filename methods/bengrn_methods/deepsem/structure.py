"""The linear structural equation of the genes: x = x A + z, with A[k, j] the weight of k on j.

A is the transpose of the W of the paper: its erratum has X = X W^T + Z, so that a row of W is a target
and a column a regulator (https://github.com/HantaoShu/DeepSEM, README). Here a row regulates its column.
Sources may be some of the genes only; the equation is then solved for them alone, in R^3 and not G^3.
"""

from collections.abc import Callable

import torch
from torch import Tensor

__all__ = ["apply", "factorised", "solve", "start"]

Solver = Callable[[Tensor], Tensor]


def start(n_genes: int, source_R: Tensor, draws: torch.Generator) -> Tensor:
    """Return A as training finds it, shape (R, G): 1 / (G - 1) + U(0, 2e-4), no gene on itself."""
    a_RG = 2e-4 * torch.rand(len(source_R), n_genes, generator=draws) + 1.0 / (n_genes - 1)
    a_RG[torch.arange(len(source_R)), source_R] = 0.0
    return a_RG


def apply(v_BG: Tensor, a_RG: Tensor, source_R: Tensor) -> Tensor:
    """Return v (I - A), shape (B, G)."""
    return v_BG - _of_sources(v_BG, a_RG, source_R) @ a_RG


def solve(z_BG: Tensor, a_RG: Tensor, source_R: Tensor) -> Tensor:
    """Return z (I - A)^-1, shape (B, G), by a linear solve; differentiable in both.

    Raises
    ------
    torch.linalg.LinAlgError
        If I - A is exactly singular.
    """
    system_RR = _system(a_RG, source_R)
    z_BR = _of_sources(z_BG, a_RG, source_R)
    # on the transpose: LAPACK solves for columns
    x_BR = torch.linalg.solve(system_RR.T, z_BR.T).T
    return _to_genes(x_BR, z_BG, a_RG)


def factorised(a_RG: Tensor, source_R: Tensor) -> Solver:
    """Return `solve` for an A that stands still: factorised once; differentiable in z alone."""
    with torch.no_grad():
        lu_RR, pivots_R = torch.linalg.lu_factor(_system(a_RG, source_R).T)

    def solve_again(z_BG: Tensor) -> Tensor:
        z_BR = _of_sources(z_BG, a_RG, source_R)
        x_BR = torch.linalg.lu_solve(lu_RR, pivots_R, z_BR.T).T
        return _to_genes(x_BR, z_BG, a_RG)

    return solve_again


def _system(a_RG: Tensor, source_R: Tensor) -> Tensor:
    """Return I - A among the sources, shape (R, R)."""
    among_RR = a_RG if len(source_R) == a_RG.shape[1] else a_RG[:, source_R]
    return torch.eye(len(source_R), dtype=a_RG.dtype, device=a_RG.device) - among_RR


def _of_sources(v_BG: Tensor, a_RG: Tensor, source_R: Tensor) -> Tensor:
    """Return the columns of the sources."""
    return v_BG if len(source_R) == a_RG.shape[1] else v_BG[:, source_R]


def _to_genes(x_BR: Tensor, z_BG: Tensor, a_RG: Tensor) -> Tensor:
    """Return x of all genes from x of the sources: x = z + x_R A, which for all sources is x_R."""
    return x_BR if x_BR.shape[1] == z_BG.shape[1] else z_BG + x_BR @ a_RG
