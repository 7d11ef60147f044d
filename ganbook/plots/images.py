"""Images in grids."""

import numpy as np
from matplotlib.figure import Figure

from ganbook.arrays import takes_numbers
from ganbook.errors import SettingError
from ganbook.plots.base import new_figure


@takes_numbers
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


@takes_numbers
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


@takes_numbers
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
