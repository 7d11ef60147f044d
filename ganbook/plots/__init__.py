"""The figures of the lessons. Every function returns a Matplotlib figure and shows nothing itself.

Colors are Okabe and Ito's, which people with any kind of color vision can tell apart: blue is the
discriminator, vermilion the generator, in every lesson.
"""

from ganbook.plots.base import (
    DISCRIMINATOR,
    GENERATOR,
    OTHER,
    QUIET,
    Picture,
    new_figure,
    png_of,
    save_figure,
    show,
)
from ganbook.plots.charts import class_shares, curves, histograms, scoreboard, seeds, tracks
from ganbook.plots.films import gif_of, save_gif, show_gif
from ganbook.plots.images import draw_images, image_grid, tile
from ganbook.plots.losses import draw_losses, loss_curves, loss_panels, running_mean, training_panel
from ganbook.plots.plane import (
    colored,
    draw_points,
    draw_scene,
    points,
    scenes,
    slopes,
    surface,
)
from ganbook.plots.samples import draw_samples, samples
from ganbook.plots.trials import parallel

__all__ = [
    "colored",
    "slopes",
    "DISCRIMINATOR",
    "GENERATOR",
    "OTHER",
    "QUIET",
    "Picture",
    "class_shares",
    "curves",
    "draw_images",
    "draw_losses",
    "draw_points",
    "draw_samples",
    "draw_scene",
    "gif_of",
    "histograms",
    "image_grid",
    "loss_curves",
    "loss_panels",
    "new_figure",
    "parallel",
    "png_of",
    "points",
    "running_mean",
    "samples",
    "save_figure",
    "save_gif",
    "scenes",
    "scoreboard",
    "seeds",
    "show",
    "show_gif",
    "surface",
    "tile",
    "tracks",
    "training_panel",
]
