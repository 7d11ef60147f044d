"""The figures of the lessons. Every function returns a Matplotlib figure and shows nothing itself.

Colors are Okabe and Ito's, which people with any kind of color vision can tell apart: blue is the
discriminator, vermilion the generator, in every lesson.
"""

from ganbook.plots.base import (
    DISCRIMINATOR,
    GENERATOR,
    OTHER,
    QUIET,
    new_figure,
    png_of,
    save_figure,
    show,
)
from ganbook.plots.charts import class_shares, curves, histograms, scoreboard, seeds, tracks
from ganbook.plots.images import draw_images, image_grid, tile
from ganbook.plots.losses import draw_losses, loss_curves, loss_panels, running_mean, training_panel
from ganbook.plots.plane import points

__all__ = [
    "DISCRIMINATOR",
    "GENERATOR",
    "OTHER",
    "QUIET",
    "class_shares",
    "curves",
    "draw_images",
    "draw_losses",
    "histograms",
    "image_grid",
    "loss_curves",
    "loss_panels",
    "new_figure",
    "png_of",
    "points",
    "running_mean",
    "save_figure",
    "scoreboard",
    "seeds",
    "show",
    "tile",
    "tracks",
    "training_panel",
]
