"""What measuring does to expression: outlier genes, library size, dropout and counting, in this order.

The steps and their order are those of SERGIO (Dibaeinia and Sinha 2020, Cell Systems 11:252,
doi:10.1016/j.cels.2020.08.003), which took the first three from Splatter (Zappia et al. 2017). Each
works on one or several layers of the same cells and genes, (unspliced, spliced) say: factors are
shared, a cell's total and the dropout's midpoint are those of the sum, other draws are independent.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = [
    "Technical",
    "add_technical_noise",
    "add_technical_noise_layers",
    "count_molecules",
    "drop_out",
    "scale_libraries",
    "scale_outlier_genes",
]

Floats = npt.NDArray[np.float64]
Layers = tuple[Floats, ...]


@dataclass(frozen=True, kw_only=True)
class Technical:
    """How strong the technical noise is; the defaults are those of the original's own run.

    Parameters
    ----------
    outlier_probability, outlier_mean, outlier_scale
        Each gene is an outlier with this probability; its levels are then multiplied by a log-normal
        factor (mean and standard deviation of the logarithm).
    library_mean, library_sd
        Each cell is rescaled to a log-normal total (mean and standard deviation of the logarithm).
    dropout_shape, dropout_percentile
        A level x is kept with the probability 1 / (1 + exp(-shape (log(1 + x) - m))), m the percentile
        (from 0 to 100: 0.9 means nearly no dropout) of log(1 + x) over all cells and genes.
    """

    outlier_probability: float = 0.01
    outlier_mean: float = 0.8
    outlier_scale: float = 1.0
    library_mean: float = 4.6
    library_sd: float = 0.4
    dropout_shape: float = 6.5
    dropout_percentile: float = 82.0

    def __post_init__(self) -> None:
        """Check the ranges."""
        for name, value, low, high in (
            ("outlier_probability", self.outlier_probability, 0, 1),
            ("outlier_mean", self.outlier_mean, -np.inf, np.inf),
            ("outlier_scale", self.outlier_scale, 0, np.inf),
            ("library_mean", self.library_mean, -np.inf, np.inf),
            ("library_sd", self.library_sd, 0, np.inf),
            ("dropout_shape", self.dropout_shape, 0, np.inf),
            ("dropout_percentile", self.dropout_percentile, 0, 100),
        ):
            if not (np.isfinite(value) and low <= value <= high):
                raise ValueError(f"{name} is {value}; expected a number from {low} to {high}")


def add_technical_noise(x_CG: npt.ArrayLike, technical: Technical, seed: int) -> npt.NDArray[np.int32]:
    """Turn expression (C, G) into counts.

    Raises
    ------
    ValueError
        If the levels are not a matrix of finite, non-negative numbers.
    """
    return add_technical_noise_layers((x_CG,), technical, seed)[0]


def add_technical_noise_layers(
    layers: tuple[npt.ArrayLike, ...], technical: Technical, seed: int
) -> tuple[npt.NDArray[np.int32], ...]:
    """Turn layers of the same C cells and G genes, such as unspliced and spliced RNA, into counts."""
    rng = np.random.default_rng(seed)
    checked = _check(layers)
    outlying = scale_outlier_genes(
        checked, technical.outlier_probability, technical.outlier_mean, technical.outlier_scale, rng
    )
    sized = scale_libraries(outlying, technical.library_mean, technical.library_sd, rng)
    return count_molecules(drop_out(sized, technical.dropout_shape, technical.dropout_percentile, rng), rng)


def scale_outlier_genes(
    layers: Layers, probability: float, mean: float, scale: float, rng: np.random.Generator
) -> Layers:
    """Multiply some genes, each chosen with `probability`, by log-normal factors."""
    n_genes = layers[0].shape[1]
    outlier_G = rng.random(n_genes) < probability
    factor_G = np.where(outlier_G, rng.lognormal(mean, scale, n_genes), 1)
    return tuple(x_CG * factor_G for x_CG in layers)


def scale_libraries(layers: Layers, mean: float, sd: float, rng: np.random.Generator) -> Layers:
    """Rescale each cell to a log-normal total over all layers; a cell without expression stays so."""
    total_C = sum(x_CG.sum(axis=1) for x_CG in layers)
    wanted_C = rng.lognormal(mean, sd, len(layers[0]))
    factor_C = np.divide(wanted_C, total_C, out=np.zeros_like(wanted_C), where=total_C > 0)
    return tuple(x_CG * factor_C[:, None] for x_CG in layers)


def drop_out(layers: Layers, shape: float, percentile: float, rng: np.random.Generator) -> Layers:
    """Set levels to zero, small ones more often; each value of each layer for itself."""
    middle = np.percentile(np.log1p(sum(layers)), percentile)
    return tuple(
        np.where(rng.random(x_CG.shape) < _logistic(shape * (np.log1p(x_CG) - middle)), x_CG, 0)
        for x_CG in layers
    )


def count_molecules(layers: Layers, rng: np.random.Generator) -> tuple[npt.NDArray[np.int32], ...]:
    """Draw Poisson counts (UMIs) with these means."""
    return tuple(rng.poisson(x_CG).astype(np.int32) for x_CG in layers)


def _logistic(x: Floats) -> Floats:
    return 0.5 * (1 + np.tanh(0.5 * x))  # does not overflow


def _check(layers: tuple[npt.ArrayLike, ...]) -> Layers:
    checked = tuple(np.asarray(x_CG, np.float64) for x_CG in layers)
    shapes = {x_CG.shape for x_CG in checked}
    if len(shapes) != 1 or len(next(iter(shapes))) != 2 or 0 in next(iter(shapes)):
        raise ValueError(
            f"the expression has the shape {shapes}; expected cells x genes, the same in all layers"
        )
    if not all((np.isfinite(x_CG) & (x_CG >= 0)).all() for x_CG in checked):
        raise ValueError(
            "the expression holds values that are negative or not finite; simulated levels are neither"
        )
    return checked
