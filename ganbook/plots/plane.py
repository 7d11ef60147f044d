"""Points in the plane."""

from matplotlib.figure import Figure

from ganbook.plots.base import DISCRIMINATOR, GENERATOR, OTHER, QUIET, new_figure


def points(groups, title, segments=()) -> Figure:
    """Return a figure of points in the plane: a name -> (N, 2), over thin lines between pairs.

    ``segments`` holds pairs of points, each of shape (2,).
    """
    figure = new_figure(4.6, 4.6)
    axes = figure.subplots()
    for start, end in segments:
        axes.plot([start[0], end[0]], [start[1], end[1]], color=QUIET, linewidth=0.5, zorder=0)
    colors = (DISCRIMINATOR, GENERATOR, OTHER)
    for (name, places), color in zip(groups.items(), colors, strict=False):
        axes.scatter(places[:, 0], places[:, 1], s=14, color=color, label=name)
    axes.set(title=title, aspect="equal")
    axes.legend(frameon=False, loc="upper right", fontsize=8)
    return figure
