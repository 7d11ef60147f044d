"""How a training goes: loss curves, alone, side by side, and above samples."""

import numpy as np
from matplotlib.figure import Figure

from ganbook.arrays import are_points, takes_numbers
from ganbook.losses import LOG_LEVELS
from ganbook.plots.base import DISCRIMINATOR, GENERATOR, QUIET, new_figure, set_title
from ganbook.plots.samples import draw_samples


@takes_numbers
def draw_losses(axes, log, title="Losses", levels=LOG_LEVELS):
    """Draw both losses over the steps into Matplotlib axes.

    Args:
        axes: where to.
        log: `GAN.log`.
        title: what is shown.
        levels: a text -> a loss to mark with a dotted line; the ``no_opinion`` of the loss.
    """
    steps = [row["step"] for row in log]
    for key, name, color in (
        ("discriminator_loss", "discriminator", DISCRIMINATOR),
        ("generator_loss", "generator", GENERATOR),
    ):
        values = np.array([row[key] for row in log])
        axes.plot(steps, values, color=color, alpha=0.25, linewidth=0.8)
        axes.plot(steps, running_mean(values), color=color, label=name)
    for name, level in levels.items():
        axes.axhline(level, color=QUIET, linestyle=":", linewidth=1.0)
        place = {"xycoords": ("axes fraction", "data"), "textcoords": "offset points"}
        axes.annotate(name, (1.0, level), xytext=(3, 0), color=QUIET, va="center", **place)
    axes.set(xlabel="adversarial step", ylabel="loss")
    set_title(axes, title)
    axes.legend(loc="upper right", frameon=False)


@takes_numbers
def loss_curves(log, title="Losses", levels=LOG_LEVELS) -> Figure:
    """Return a figure of both losses over the steps; see `draw_losses`."""
    figure = new_figure(8.0, 3.2)
    draw_losses(figure.subplots(), log, title, levels)
    return figure


@takes_numbers
def loss_panels(logs, columns=3, levels=LOG_LEVELS) -> Figure:
    """Return a figure of small loss curves side by side; ``logs`` maps a title to its log.

    ``levels`` are the losses to mark in all of them; see `draw_losses`.
    """
    rows = -(-len(logs) // columns)
    figure = new_figure(3.6 * columns, 2.6 * rows)
    panels = figure.subplots(rows, columns, squeeze=False).flat
    for axes, (title, log) in zip(panels, logs.items(), strict=False):
        draw_losses(axes, log, title, levels)
    for axes in figure.axes[1 : len(logs)]:
        axes.get_legend().remove()  # one is enough
    for axes in figure.axes[len(logs) :]:
        axes.set_visible(False)
    return figure


@takes_numbers
def running_mean(values, window=None) -> np.ndarray:
    """Return the mean over a trailing window (default: 2 % of the values), same length.

    It is NaN, a gap in a curve, where a value of the window is NaN or infinite.
    """
    values = np.asarray(values, dtype=float)
    window = max(1, len(values) // 50) if window is None else window
    # A sum with one such value in it would stay so to the end.
    broken = ~np.isfinite(values)
    sums = np.cumsum(np.insert(np.where(broken, 0.0, values), 0, 0.0))
    count = np.cumsum(np.insert(broken.astype(int), 0, 0))
    ends = np.arange(1, len(values) + 1)
    starts = np.maximum(0, ends - window)
    means = (sums[ends] - sums[starts]) / (ends - starts)
    return np.where(count[ends] > count[starts], np.nan, means)


@takes_numbers
def training_panel(log, made, columns, loss_title, image_title, levels=LOG_LEVELS) -> Figure:
    """Return one figure: loss curves above, samples below, which are images or points."""
    samples = 4.0 if are_points(made) else 8.0 * -(-len(made) // columns) / columns + 0.4
    figure = new_figure(8.0, 3.0 + samples)
    above, below = figure.subplots(2, 1, height_ratios=[3.0, samples])
    draw_losses(above, log, loss_title, levels)
    draw_samples(below, made, columns, image_title)
    return figure
