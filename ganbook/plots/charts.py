"""What was measured: bars, dots, curves, histograms, the scoreboard."""

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import LogFormatter

from ganbook.arrays import takes_numbers
from ganbook.lines import one_line
from ganbook.plots.base import DISCRIMINATOR, GENERATOR, OTHER, QUIET, new_figure, set_title

HIGHEST = 200.0  # inches of a figure: Matplotlib's images have 65,535 pixels at most


@takes_numbers
def class_shares(shares, names, title) -> Figure:
    """Return a figure of how often each class comes: bars side by side.

    ``shares`` maps a name to the share of each class, numbers from 0 to 1; ``names`` are those of
    the classes.
    """
    figure = new_figure(9.0, 3.0)
    axes = figure.subplots()
    places, width = np.arange(len(names)), 0.8 / len(shares)
    colors = (QUIET, GENERATOR, OTHER, DISCRIMINATOR)
    for i, ((name, values), color) in enumerate(zip(shares.items(), colors, strict=False)):
        shift = (i - (len(shares) - 1) / 2) * width
        axes.bar(places + shift, 100 * np.asarray(values), width, label=name, color=color)
    axes.axhline(2.0, color=QUIET, linestyle=":", linewidth=1.0)
    axes.set_xticks(places, names, rotation=30, ha="right", parse_math=False)
    _name(axes, title, ylabel="share, percent")
    _legend(axes)
    return figure


@takes_numbers
def seeds(groups, title, xlabel) -> Figure:
    """Return a figure of one line of dots for each group, one dot a seed, the mean as a bar.

    ``groups`` maps a text to its values, one for each seed.
    """
    figure = new_figure(7.5, 0.9 + 0.32 * len(groups))
    axes = figure.subplots()
    for place, values in zip(range(len(groups))[::-1], groups.values(), strict=True):
        axes.plot(values, [place] * len(values), "o", color=GENERATOR, alpha=0.7)
        axes.plot(np.mean(values), place, "|", color=DISCRIMINATOR, markersize=16, mew=2.5)
    axes.set_yticks(range(len(groups))[::-1], list(groups), parse_math=False)
    _name(axes, title, xlabel)
    axes.grid(axis="x", alpha=0.3)
    return figure


@takes_numbers
def curves(x, lines, title, xlabel, ylabel, log=False) -> Figure:
    """Return a figure of several curves over one axis; ``lines`` maps a name to its values.

    A curve's values may have a row of repetitions at each place: then a point is drawn for each,
    and the line goes through their means. ``log`` makes both axes logarithmic.
    """
    figure = new_figure(7.0, 3.2)
    axes = figure.subplots()
    for (name, values), color in zip(lines.items(), (QUIET, GENERATOR, OTHER), strict=False):
        values = np.asarray(values)
        if values.ndim == 2:
            axes.plot(x, values, ".", color=color, alpha=0.5)
            values = values.mean(axis=1)
        axes.plot(x, values, color=color, label=name, linewidth=2.0)
    if log:
        axes.set(xscale="log")
        _log_y(axes)
    _name(axes, title, xlabel, ylabel)
    _legend(axes)
    return figure


def _name(axes, title, xlabel="", ylabel=""):
    """Set title and labels, which are shown as they are: a $ in them is no formula."""
    set_title(axes, title)
    axes.set_xlabel(xlabel, parse_math=False)
    axes.set_ylabel(ylabel, parse_math=False)


def _legend(axes, **more):
    """Add a legend whose names are shown as they are."""
    for text in axes.legend(frameon=False, **more).get_texts():
        text.set_parse_math(False)


def _log_y(axes):
    """Make the axis of y logarithmic, with plain numbers at it."""
    axes.set(yscale="log")
    axes.yaxis.set_major_formatter(LogFormatter())
    axes.yaxis.set_minor_formatter(LogFormatter(minor_thresholds=(2.0, 0.5)))


@takes_numbers
def tracks(lines, title, xlabel, ylabel, log=False) -> Figure:
    """Return a figure of curves with places of their own: a name -> (x, y), with a dot at each.

    ``log`` makes the axis of y logarithmic.
    """
    figure = new_figure(7.0, 3.4)
    axes = figure.subplots()
    colors = (GENERATOR, DISCRIMINATOR, OTHER, QUIET)
    for i, (name, (x, y)) in enumerate(lines.items()):
        style = ("-", "--", ":")[i // len(colors) % 3]
        axes.plot(x, y, "o", linestyle=style, color=colors[i % len(colors)], label=name, ms=4)
    if log:
        _log_y(axes)
    _name(axes, title, xlabel, ylabel)
    axes.grid(alpha=0.3)
    _legend(axes, fontsize=8)
    return figure


@takes_numbers
def histograms(panels, xlabel) -> Figure:
    """Return a figure of histograms side by side: a title -> (counts, largest).

    ``counts`` are those of equal bins from -largest to largest.
    """
    figure = new_figure(3.0 * len(panels), 2.6)
    for axes, (title, (counts, largest)) in zip(
        figure.subplots(1, len(panels), squeeze=False)[0], panels.items(), strict=True
    ):
        edges = np.linspace(-largest, largest, len(counts) + 1)
        axes.bar(edges[:-1], np.asarray(counts) / np.sum(counts), np.diff(edges), align="edge")
        _name(axes, title, xlabel)
        axes.title.set_fontsize(8)
        axes.locator_params(axis="x", nbins=4)
    return figure


@takes_numbers
def scoreboard(rows, title) -> Figure:
    """Return a figure of scoreboard rows that may be compared: one line of dots for each row.

    At the left the Frechet distance and its floor, on a logarithmic axis; at the right precision,
    recall, density and coverage. ``rows`` come from one block of `ganbook.scoreboard.blocks`.
    """
    names = [
        f"{one_line(row['lesson'], 12)} {one_line(row['variant'], 48)}, {row['steps']:,} steps"
        for row in rows
    ]
    places = np.arange(len(rows))[::-1]
    figure = new_figure(10.0, min(1.4 + 0.35 * len(rows), HIGHEST))
    left, right = figure.subplots(1, 2, sharey=True)
    left.plot([row["frechet_distance"] for row in rows], places, "o", color=GENERATOR)
    floor = rows[0]["frechet_floor"]
    left.axvline(floor, color=QUIET, linestyle=":")
    place = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom"}
    left.annotate("floor", (floor, 1.0), color=QUIET, **place)
    left.set(xscale="log", xlabel="Frechet distance (lower is better)", yticks=places)
    left.set_yticklabels(names, parse_math=False)
    left.set_ylim(-0.6, len(rows) - 0.4)
    marks = {"precision": "^", "recall": "v", "density": "D", "coverage": "o"}
    colors = (DISCRIMINATOR, GENERATOR, QUIET, OTHER)
    for (name, mark), color in zip(marks.items(), colors, strict=True):
        right.plot([row[name] for row in rows], places, mark, color=color, label=name)
    right.set(xlabel="fraction (higher is better)")
    right.set_xlim(0, max(1.0, *(row["density"] + 0.03 for row in rows)))
    right.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    for axes in (left, right):
        axes.grid(axis="y", color="0.9")
    figure.suptitle(title, fontsize=10, parse_math=False)
    return figure
