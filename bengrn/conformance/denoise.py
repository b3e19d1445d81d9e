"""What the expression that a denoiser returns must hold, and that it is better than what it was given."""

from typing import Any

import numpy as np
import numpy.typing as npt

from bengrn.conformance.calls import refuse_changes, refuse_print, refused_in_one_line
from bengrn.conformance.networks import SEED, CheckFailedError
from bengrn.denoised import Denoised
from bengrn.errors import DenoisedError
from bengrn.planted_expression import PlantedExpression, planted_expression

__all__ = [
    "check_cell_order",
    "check_denoise",
    "check_denoise_improves",
    "check_difficult_genes",
    "check_empty_input",
    "check_gene_order",
    "check_input_unmodified",
    "check_seed",
    "check_silence",
]

# two ways to the same number may differ by rounding, not by more
_TOLERANCE = 1e-4


def _denoise(method: Any, data: PlantedExpression) -> Denoised:
    """Call the method; refuse what is not the expression of these cells and genes."""
    try:
        found = method.denoise(data.adata, seed=SEED)
    except DenoisedError as error:
        raise CheckFailedError(str(error)) from error
    if not isinstance(found, Denoised):
        raise CheckFailedError(
            f"denoise returned {type(found).__name__}; expected bengrn.plugin.Denoised with its scale"
        )
    for what, names, expected in (
        ("cells", found.cells, data.adata.obs_names),
        ("genes", found.genes, data.adata.var_names),
    ):
        if list(names) != list(expected):
            same = sorted(names) == sorted(expected)
            seen = "are in another order" if same else f"are others ({len(names)} of {len(expected)})"
            raise CheckFailedError(f"the {what} {seen}; expected all those of adata, in its order")
    return found


def check_denoise(method: Any) -> None:
    """Give finite expression on a named scale, for all cells and genes of the data, in their order."""
    _denoise(method, planted_expression())


def check_denoise_improves(method: Any) -> None:
    """Denoised genes follow the true expression over the cells better than their counts do."""
    data = planted_expression()
    counts = data.adata.X.toarray()
    given = Denoised(counts, tuple(data.adata.obs_names), tuple(data.adata.var_names))
    noisy, clean = (_per_gene(one.shares(), data.shares_CG) for one in (given, _denoise(method, data)))
    if not clean > noisy:
        raise CheckFailedError(
            f"Pearson correlation with the true expression, mean of the genes: {clean:.3f}; expected over "
            f"{noisy:.3f}, that of the counts. Is the scale right?"
        )


def _per_gene(shares_CG: npt.NDArray[np.float32], true_CG: npt.NDArray[np.float64]) -> float:
    """Return the mean over genes of the correlation over cells; that of a constant gene is 0."""
    a_CG, b_CG = (one - one.mean(axis=0) for one in (shares_CG.astype(np.float64), true_CG))
    product_G = np.linalg.norm(a_CG, axis=0) * np.linalg.norm(b_CG, axis=0)
    r_G = np.einsum("cg,cg->g", a_CG, b_CG) / np.where(product_G > 0, product_G, 1.0)
    return float(r_G.mean())


def _same(first: Denoised, second: Denoised, what: str) -> None:
    """Refuse values of two calls that differ by more than rounding, cell by cell and gene by gene."""
    if (first.scale, first.signed) != (second.scale, second.signed):
        raise CheckFailedError(f"{what}: the scale {first.scale} becomes {second.scale}; expected the same")
    rows, columns = ({name: place for place, name in enumerate(one)} for one in (second.cells, second.genes))
    order = np.ix_([rows[name] for name in first.cells], [columns[name] for name in first.genes])
    scale = max(float(np.abs(first.values).max(initial=0.0)), 1e-12)
    gap = float(np.abs(first.values - second.values[order]).max(initial=0.0)) / scale
    if gap > _TOLERANCE:
        raise CheckFailedError(f"{what}: values move by up to {gap:.1%} of the largest; expected none")


def check_gene_order(method: Any) -> None:
    """Permuting genes permutes the values and changes nothing else."""
    data = planted_expression()
    _same(_denoise(method, data), _denoise(method, data.permuted(genes=True)), "permuting genes")


def check_cell_order(method: Any) -> None:
    """Permuting cells permutes the values and changes nothing else."""
    data = planted_expression()
    _same(_denoise(method, data), _denoise(method, data.permuted(genes=False)), "permuting cells")


def check_seed(method: Any) -> None:
    """Give the same values for the same seed."""
    data = planted_expression()
    _same(_denoise(method, data), _denoise(method, data), "the same seed twice")


def check_input_unmodified(method: Any) -> None:
    """Leave the data as they were."""
    data = planted_expression()
    refuse_changes(lambda: _denoise(method, data), "denoise", adata=data.adata)


def check_silence(method: Any) -> None:
    """Nothing is printed, neither by Python nor below it."""
    data = planted_expression()
    refuse_print(lambda: _denoise(method, data), "denoise")


def check_difficult_genes(method: Any) -> None:
    """Give finite values for a gene of zeros, a gene without variance, and a cell without counts."""
    _denoise(method, planted_expression().with_difficulties())


def check_empty_input(method: Any) -> None:
    """No cells: a ValueError or a BengrnError with one line, not expression and not a crash."""
    adata = planted_expression().without_cells().adata
    if not refused_in_one_line(lambda: method.denoise(adata, seed=SEED), "no cells"):
        raise CheckFailedError("no cells gave expression; expected a ValueError with a clear line")
