"""A picture of every loss of a run, training and validation, drawn from its log alone."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from scprint_model.train.log import read_log

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_losses"]

# columns of the log that are no losses
_OTHER = frozenset(
    {"step", "split", "seconds", "lr", "gradient norm", "cells/s", "tokens/s", "mfu", "memory GB"}
)
_COLOURS = {"train": "#9ab4cf", "validation": "#b3402e"}


def draw_losses(log: Path, folder: Path) -> list[Path]:
    """Draw ``losses.png`` and ``losses.svg`` into a folder and return them.

    One panel per loss with a scale of its own. Nothing is drawn of an empty log, or where matplotlib is not
    installed, as on a bare GPU machine.
    """
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ModuleNotFoundError:
        return []
    rows = read_log(log)
    names = [name for name in (rows[0] if rows else ()) if name not in _OTHER]
    if not names:
        return []
    columns = min(3, len(names))
    lines = -(-len(names) // columns)
    figure = Figure(figsize=(3.4 * columns, 2.3 * lines), layout="constrained")
    FigureCanvasAgg(figure)  # no display, no global state
    panels = figure.subplots(lines, columns, squeeze=False).ravel()
    for panel, name in zip(panels, names, strict=False):
        _draw(panel, rows, name)
    for panel in panels[len(names) :]:
        panel.set_axis_off()
    panels[0].legend(frameon=False, fontsize=7)
    files = [folder / "losses.png", folder / "losses.svg"]
    for file in files:
        temporary = file.with_name(f".{file.name}")
        figure.savefig(temporary, format=file.suffix[1:], dpi=150)
        temporary.replace(file)
    return files


def _draw(panel: "Axes", rows: Sequence[dict[str, str]], name: str) -> None:
    """Draw one loss over the steps."""
    for split, colour in _COLOURS.items():
        points = [(int(row["step"]), float(row[name])) for row in rows if row["split"] == split and row[name]]
        if points:
            steps, values = zip(*points, strict=True)
            marker = "o" if len(points) == 1 or split == "validation" else ""
            panel.plot(steps, values, color=colour, marker=marker, markersize=2.5, linewidth=1.2, label=split)
    panel.set_title(name, fontsize=7, loc="left")
    panel.tick_params(labelsize=6)
    panel.spines[["top", "right"]].set_visible(False)
    panel.set_xlabel("step", fontsize=6)
