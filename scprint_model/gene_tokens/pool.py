"""Make embeddings narrower by averaging neighbouring features."""

import numpy as np
import numpy.typing as npt

from scprint_model.errors import ConfigError


def average_pool(values: npt.ArrayLike, width: int) -> npt.NDArray[np.float64]:
    """Average features in bins, as torch's adaptive average pooling does.

    Neighbouring features of a protein model have nothing in common; the published tables were made so, and
    this keeps ours like them.

    Parameters
    ----------
    values
        (G, n).
    width
        w <= n. Bin i takes features floor(i n / w) to ceil((i + 1) n / w) - 1; bins may share a feature.

    Returns
    -------
    numpy.ndarray
        (G, w) float64.
    """
    value_Gn = np.asarray(values, np.float64)
    features = value_Gn.shape[1]
    if not 1 <= width <= features:
        raise ConfigError(f"{features} features cannot be pooled to {width}.")
    bins = np.arange(width)
    start = bins * features // width
    stop = -(-(bins + 1) * features // width)
    return np.stack([value_Gn[:, a:b].mean(axis=1) for a, b in zip(start, stop, strict=True)], axis=1)
