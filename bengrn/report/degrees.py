"""FIG S3 of the scPRINT paper, for both degrees: how many genes have how many edges."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from bengrn.errors import StoreError
from bengrn.whole import write_whole

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["check_picture", "draw_degrees"]

_FORMATS = (".svg", ".png", ".pdf")
_BARS = 30
_COLOURS = ("#2b5c8a", "#c8702b")
_SETTINGS: Any = {"svg.hashsalt": "bengrn", "svg.fonttype": "none", "font.size": 9}


def draw_degrees(
    degrees: Mapping[str, tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]], path: Path
) -> None:
    """Draw the out-degrees and the in-degrees of truths, a row of two panels each.

    The paper draws one of the two, and of the perturbation truth the wrong one. Both axes are logarithmic;
    genes without an edge are counted in the title, because 0 has no place on such an axis.

    Parameters
    ----------
    degrees
        Truth -> its out-degree per tested regulator, shape (R,), and in-degree per tested target, (T,).
    path
        Ends in .svg, .png or .pdf.

    Raises
    ------
    StoreError
        If the name ends otherwise, or the file cannot be written.
    """
    import matplotlib as mpl
    from matplotlib.figure import Figure

    check_picture(path)
    with mpl.rc_context(_SETTINGS):
        figure = Figure(figsize=(7.5, 0.4 + 2.3 * len(degrees)), layout="constrained")
        rows = figure.subplots(len(degrees), 2, squeeze=False)
        for row, (name, both) in zip(rows, degrees.items(), strict=True):
            for axes, what, degree_N, colour in zip(
                row, ("targets per regulator", "regulators per target"), both, _COLOURS, strict=True
            ):
                _panel(axes, f"{name}: {what}", degree_N, colour)
        # no date inside: the same truths give the same file
        about = {"Date": None} if path.suffix == ".svg" else None
        write_whole(path, lambda work: figure.savefig(work, dpi=150, metadata=about))


def check_picture(path: Path) -> None:
    """Refuse a path that no picture can be written to.

    Raises
    ------
    StoreError
        If its name ends in none of the formats.
    """
    if path.suffix not in _FORMATS:
        raise StoreError(f"{path.name} is no picture; expected a name that ends in {', '.join(_FORMATS)}.")


def _panel(axes: "Axes", title: str, degree_N: Sequence[int] | npt.NDArray[np.int64], colour: str) -> None:
    """Draw one histogram on logarithmic axes."""
    degree_N = np.asarray(degree_N)
    some = degree_N[degree_N > 0]
    without = len(degree_N) - len(some)
    axes.set_title(f"{title}\n{len(some):,} genes, {without:,} more without an edge", fontsize=8)
    axes.set_xlabel("edges")
    axes.set_ylabel("genes")
    if not len(some):
        return
    # equal widths on the axis, but never less than one whole number
    whole = np.unique(np.round(np.geomspace(1, some.max() + 1, _BARS)))
    bounds = (whole - 0.5).tolist()
    axes.hist(some, bins=bounds, color=colour, log=True)
    axes.set_xscale("log")
    axes.set_xlim(0.5, max(10.0, 1.2 * float(some.max())))
    axes.set_ylim(0.7, None)
    for axis in (axes.xaxis, axes.yaxis):  # 1, 10, 100 on every panel, and nothing between
        axis.set_major_formatter("{x:g}")
        axis.set_minor_formatter("")
    median = float(np.median(some))
    axes.axvline(median, color="black", linewidth=0.8, linestyle=":")
    axes.annotate(
        f"median {median:g}", (median, 1), xycoords=("data", "axes fraction"), xytext=(3, -9),
        textcoords="offset points", fontsize=7,
    )  # fmt: skip
