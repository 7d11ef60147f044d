"""Whatever a generator makes, images or points, drawn as it should be."""

import numpy as np
from matplotlib.figure import Figure

from ganbook.arrays import are_points, takes_numbers
from ganbook.plots.images import draw_images, image_grid
from ganbook.plots.plane import draw_points, points


@takes_numbers
def samples(made, columns=8, title="") -> Figure:
    """Return a figure of samples: images (N, H, W, C) in a grid, points (N, 2) in the plane.

    See `image_grid` for images of other than 1 or 3 channels.
    """
    made = np.asarray(made)
    if are_points(made):
        return points({"samples": made}, title)
    return image_grid(made, columns, title)


@takes_numbers
def draw_samples(axes, made, columns, title):
    """Draw samples, images in a grid or points in the plane, into Matplotlib axes."""
    made = np.asarray(made)
    if are_points(made):
        draw_points(axes, {"samples": made}, title)
    else:
        draw_images(axes, made, columns, title)
