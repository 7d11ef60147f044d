"""Points in the plane, and what a discriminator says of every place in it."""

import numpy as np
from matplotlib.figure import Figure

from ganbook.arrays import takes_numbers, to_numpy
from ganbook.plots.base import DISCRIMINATOR, GENERATOR, OTHER, QUIET, new_figure, set_title

PLACES = 61  # along each side of a surface


@takes_numbers
def points(groups, title, segments=()) -> Figure:
    """Return a figure of points in the plane: a name -> (N, 2), over thin lines between pairs.

    ``segments`` holds pairs of points, each of shape (2,).
    """
    figure = new_figure(4.6, 4.6)
    axes = figure.subplots()
    for start, end in ((to_numpy(start), to_numpy(end)) for start, end in segments):
        axes.plot([start[0], end[0]], [start[1], end[1]], color=QUIET, linewidth=0.5, zorder=0)
    draw_points(axes, groups, title)
    return figure


@takes_numbers
def draw_points(axes, groups, title):
    """Draw points in the plane, a name -> (N, 2), into Matplotlib axes."""
    colors = (DISCRIMINATOR, GENERATOR, OTHER)
    for (name, places), color in zip(groups.items(), colors, strict=False):
        axes.scatter(places[:, 0], places[:, 1], s=14, color=color, label=name)
    axes.set(aspect="equal")
    set_title(axes, title)
    if len(groups) > 1:
        below = {"loc": "upper center", "bbox_to_anchor": (0.5, -0.08), "ncols": len(groups)}
        legend = axes.legend(
            frameon=False, fontsize=8, columnspacing=1.0, handletextpad=0.2, **below
        )
        for text in legend.get_texts():
            text.set_parse_math(False)


@takes_numbers
def surface(discriminator, reach=1.6) -> np.ndarray:
    """Return what a discriminator of points says over a square: probabilities, (61, 61).

    The square goes from -reach to reach along both axes; the first axis of the array is y. The
    discriminator's outputs are taken for logits.
    """
    line = np.linspace(-reach, reach, PLACES, dtype=np.float32)
    places = np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2)
    logits = to_numpy(discriminator(places)[:, 0]).astype(np.float64)
    return (1.0 / (1.0 + np.exp(-np.clip(logits, -50, 50)))).reshape(PLACES, PLACES)


@takes_numbers
def scenes(frames, real, reach=1.6, columns=4) -> Figure:
    """Return a figure of moments of a training side by side: what both players did at each.

    Args:
        frames: a title -> (generated points (N, 2), `surface` or None), one panel each.
        real: (N, 2) real points, drawn in every panel.
        reach: of the surfaces.
        columns: panels in a row.
    """
    rows = -(-len(frames) // columns)
    figure = new_figure(2.6 * min(columns, len(frames)), 2.9 * rows)
    panels = figure.subplots(rows, min(columns, len(frames)), squeeze=False).flat
    for axes, (title, (made, said)) in zip(panels, frames.items(), strict=False):
        draw_scene(axes, made, said, real, reach, title)
    for axes in figure.axes[len(frames) :]:
        axes.set_visible(False)
    return figure


@takes_numbers
def draw_scene(axes, made, said, real, reach, title):
    """Draw one moment: the surface in shades, real points as crosses, generated ones as dots."""
    corners = (-reach, reach, -reach, reach)
    # Few shades: edges between them can be seen, and pictures of them are small files.
    levels = np.linspace(0.0, 1.0, 11)
    if said is not None:
        axes.contourf(said, levels, extent=corners, cmap="Blues", vmin=-0.1, vmax=1.3)
    axes.plot(real[:, 0], real[:, 1], "x", color="black", markersize=5, mew=1.2)
    axes.plot(made[:, 0], made[:, 1], ".", color=GENERATOR, markersize=3)
    axes.set(xlim=corners[:2], ylim=corners[2:], aspect="equal", xticks=[], yticks=[])
    set_title(axes, title)


@takes_numbers
def slopes(places, directions, said, real, title, reach=1.6) -> Figure:
    """Return a figure of points with arrows: where a discriminator's slope tells them to go.

    Args:
        places: (N, 2) points.
        directions: (N, 2) gradients at them; arrows show the direction, the length a little.
        said: the `surface` of the discriminator.
        real: (N, 2) real points.
        title: of the figure.
        reach: of the surface.
    """
    figure = new_figure(4.6, 4.6)
    axes = figure.subplots()
    draw_scene(axes, places, said, real, reach, title)
    lengths = np.linalg.norm(directions, axis=1, keepdims=True)
    arrows = directions / np.maximum(lengths, 1e-12) * np.sqrt(lengths / max(lengths.max(), 1e-12))
    axes.quiver(*places.T, *arrows.T, color=GENERATOR, scale=9.0, width=0.005)
    return figure


@takes_numbers
def colored(panels, values) -> Figure:
    """Return a figure of sets of points side by side whose points correspond.

    Args:
        panels: a title -> (N, 2).
        values: (N,) angles; a point has the same color in every panel.
    """
    figure = new_figure(4.2 * len(panels), 4.2)
    for axes, (title, places) in zip(figure.subplots(1, len(panels)), panels.items(), strict=True):
        axes.scatter(*places.T, c=values, cmap="twilight_shifted", s=12)
        axes.set(aspect="equal")
        set_title(axes, title)
    return figure
