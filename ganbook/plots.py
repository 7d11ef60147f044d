"""The figures of the lessons. Every function returns a Matplotlib figure and shows nothing itself.

Colors are Okabe and Ito's, which people with any kind of color vision can tell apart: blue is the
discriminator, vermilion the generator, in every lesson.
"""

import io
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from ganbook.errors import SettingError
from ganbook.files import write_whole

DISCRIMINATOR = "#0072B2"
GENERATOR = "#D55E00"
OTHER = "#009E73"
QUIET = "#999999"


def new_figure(width, height) -> Figure:
    """Return an empty figure (inches) that belongs to no window and needs no closing."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def tile(images, columns) -> np.ndarray:
    """Return images as one picture, row by row: (N, H, W, C) to (rows * H, columns * W, C).

    Raises:
        SettingError: the array does not have four axes, or 1 or 3 channels.
    """
    images = np.asarray(images)
    if images.ndim != 4 or images.shape[-1] not in (1, 3):
        raise SettingError(
            f"images have shape {images.shape}; (N, H, W, 1) or (N, H, W, 3) is right."
        )
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    lowest = images.min() if images.dtype != np.uint8 else 0
    padded = np.full((rows * columns, height, width, channels), lowest, images.dtype)
    padded[:count] = images
    grid = padded.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return grid.reshape(rows * height, columns * width, channels)


def draw_images(axes, images, columns, title):
    """Draw a grid of images, uint8 or floats in [-1, 1], into Matplotlib axes."""
    images = np.asarray(images)
    low, high = (0, 255) if images.dtype == np.uint8 else (-1.0, 1.0)
    picture = tile(images, columns)
    if picture.shape[-1] == 3:
        axes.imshow(np.clip((picture - low) / (high - low), 0.0, 1.0))
    else:
        axes.imshow(picture[..., 0], cmap="gray", vmin=low, vmax=high)
    axes.set_title(title)
    axes.axis("off")


def image_grid(images, columns=8, title="", labels=None) -> Figure:
    """Return a figure of images in a grid.

    Args:
        images: (N, H, W, 1 or 3), uint8 or floats in [-1, 1].
        columns: images in a row.
        title: what the images are and where they come from.
        labels: one short text for each row, drawn at its left; or None.
    """
    images = np.asarray(images)
    rows = -(-len(images) // columns)
    figure = new_figure(max(4.0, 0.6 * columns + (1.2 if labels else 0)), 0.6 * rows + 0.5)
    axes = figure.subplots()
    draw_images(axes, images, columns, title)
    height = images.shape[1]
    for row, label in enumerate(labels or []):
        axes.text(-4, (row + 0.5) * height, label, ha="right", va="center", fontsize=10)
    return figure


def draw_losses(axes, log, title="Losses"):
    """Draw both losses over the steps into Matplotlib axes; ``log`` is `GAN.log`."""
    steps = [row["step"] for row in log]
    for key, name, color in (
        ("discriminator_loss", "discriminator", DISCRIMINATOR),
        ("generator_loss", "generator", GENERATOR),
    ):
        values = np.array([row[key] for row in log])
        axes.plot(steps, values, color=color, alpha=0.25, linewidth=0.8)
        axes.plot(steps, running_mean(values), color=color, label=name)
    # What each player pays when nobody knows anything: the discriminator's loss has two terms.
    for level, name in ((np.log(2.0), "ln 2"), (2.0 * np.log(2.0), "2 ln 2")):
        axes.axhline(level, color=QUIET, linestyle=":", linewidth=1.0)
        place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        axes.annotate(name, (1.0, level), xytext=(3, 0), color=QUIET, va="center", **place)
    axes.set(title=title, xlabel="adversarial step", ylabel="loss")
    axes.legend(loc="upper right", frameon=False)


def loss_curves(log, title="Losses") -> Figure:
    """Return a figure of both losses over the steps; ``log`` is `GAN.log`."""
    figure = new_figure(8.0, 3.2)
    draw_losses(figure.subplots(), log, title)
    return figure


def loss_panels(logs, columns=3) -> Figure:
    """Return a figure of small loss curves side by side; ``logs`` maps a title to its log."""
    rows = -(-len(logs) // columns)
    figure = new_figure(3.6 * columns, 2.6 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).flat
    for axes, (title, log) in zip(panels, logs.items(), strict=False):
        draw_losses(axes, log, title)
    for axes in figure.axes[1 : len(logs)]:
        axes.get_legend().remove()  # one is enough
    for axes in figure.axes[len(logs) :]:
        axes.set_visible(False)
    return figure


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
    axes.set_xticks(places, names, rotation=30, ha="right")
    axes.set(title=title, ylabel="share, percent")
    axes.legend(frameon=False)
    return figure


def seeds(groups, title, xlabel) -> Figure:
    """Return a figure of one line of dots for each group, one dot a seed, the mean as a bar.

    ``groups`` maps a text to its values, one for each seed.
    """
    figure = new_figure(7.5, 0.9 + 0.32 * len(groups))
    axes = figure.subplots()
    for place, values in zip(range(len(groups))[::-1], groups.values(), strict=True):
        axes.plot(values, [place] * len(values), "o", color=GENERATOR, alpha=0.7)
        axes.plot(np.mean(values), place, "|", color=DISCRIMINATOR, markersize=16, mew=2.5)
    axes.set_yticks(range(len(groups))[::-1], list(groups))
    axes.set(title=title, xlabel=xlabel)
    axes.grid(axis="x", alpha=0.3)
    return figure


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
        axes.set(xscale="log", yscale="log")
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    axes.legend(frameon=False)
    return figure


def tracks(lines, title, xlabel, ylabel) -> Figure:
    """Return a figure of curves with places of their own: a name -> (x, y), with a dot at each."""
    figure = new_figure(7.0, 3.4)
    axes = figure.subplots()
    colors = (GENERATOR, DISCRIMINATOR, OTHER, QUIET)
    for i, (name, (x, y)) in enumerate(lines.items()):
        style = ("-", "--", ":")[i // len(colors) % 3]
        axes.plot(x, y, "o", linestyle=style, color=colors[i % len(colors)], label=name, ms=4)
    axes.set(title=title, xlabel=xlabel, ylabel=ylabel)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False, fontsize=8)
    return figure


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
        axes.set(title=title, xlabel=xlabel)
    return figure


def scoreboard(rows, title) -> Figure:
    """Return a figure of scoreboard rows that may be compared: one line of dots for each row.

    At the left the Frechet distance and its floor, on a logarithmic axis; at the right precision,
    recall, density and coverage. ``rows`` come from one block of `ganbook.scoreboard.blocks`.
    """
    names = [f"{row['lesson']} {row['variant']}, {row['steps']:,} steps" for row in rows]
    places = np.arange(len(rows))[::-1]
    figure = new_figure(10.0, 1.4 + 0.35 * len(rows))
    left, right = figure.subplots(1, 2, sharey=True)
    left.plot([row["frechet_distance"] for row in rows], places, "o", color=GENERATOR)
    floor = rows[0]["frechet_floor"]
    left.axvline(floor, color=QUIET, linestyle=":")
    place = {"xycoords": ("data", "axes fraction"), "ha": "center", "va": "bottom"}
    left.annotate("floor", (floor, 1.0), color=QUIET, **place)
    left.set(xscale="log", xlabel="Frechet distance (lower is better)", yticks=places)
    left.set_yticklabels(names)
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
    figure.suptitle(title, fontsize=10)
    return figure


def running_mean(values, window=None) -> np.ndarray:
    """Return the mean over a trailing window (default: 2 % of the values), same length."""
    values = np.asarray(values, dtype=float)
    window = max(1, len(values) // 50) if window is None else window
    sums = np.cumsum(np.insert(values, 0, 0.0))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - window)
    return (sums[ends] - sums[starts]) / (ends - starts)


def training_panel(log, images, columns, loss_title, image_title) -> Figure:
    """Return one figure: loss curves above, samples below."""
    samples = 8.0 * -(-len(images) // columns) / columns + 0.4
    figure = new_figure(8.0, 3.0 + samples)
    above, below = figure.subplots(2, 1, height_ratios=[3.0, samples])
    draw_losses(above, log, loss_title)
    draw_images(below, images, columns, image_title)
    return figure


def png_of(figure, dpi=90) -> bytes:
    """Return a figure as the bytes of a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()


def save_figure(figure, path, dpi=90) -> Path:
    """Write a figure to a PNG file, under a temporary name first, and return its path."""
    return write_whole(path, png_of(figure, dpi))


def show(figure, alt):
    """Show a figure in a notebook with a text for those who cannot see it."""
    from IPython.display import Image, display

    display(Image(png_of(figure), alt=alt))
