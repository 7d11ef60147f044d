"""Images in grids, whatever their size and number of channels."""

import matplotlib
import numpy as np
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from ganbook.arrays import takes_numbers
from ganbook.errors import SettingError
from ganbook.plots.base import GENERATOR, new_figure, set_title

LARGEST = 256  # pixels along a side; a grid shows about 54 of them


@takes_numbers
def tile(images, columns) -> np.ndarray:
    """Return images as one picture, row by row: (N, H, W, C) to (rows * H, columns * W, C).

    Places that are left over are as dark as the darkest pixel.

    Raises:
        SettingError: the array does not have four axes, or it is empty, or its numbers are neither
            uint8 nor floats.
    """
    images = _checked(images)
    count, height, width, channels = images.shape
    rows = -(-count // columns)
    lowest = 0 if images.dtype == np.uint8 else _lowest(images)
    padded = np.full((rows * columns, height, width, channels), lowest, images.dtype)
    padded[:count] = images
    grid = padded.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    return grid.reshape(rows * height, columns * width, channels)


def _checked(images):
    """Return images as an array; refuse what no picture can be made of."""
    images = np.asarray(images)
    if images.ndim != 4:
        raise SettingError(f"images have shape {images.shape}; (N, H, W, C) is right.")
    if images.size == 0:
        raise SettingError(f"images have shape {images.shape}; one image or more is needed.")
    # Whole numbers of another kind would be taken for floats, and come out black and white.
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        raise SettingError(
            f"images are {images.dtype}; uint8 (0 to 255) or floats in [-1, 1] are right."
        )
    return images


def _shown(images):
    """Return of images what a picture shows of them, and in words what of their channels it is."""
    images = _checked(images)
    # Of an image that is larger than its place only every so many pixels.
    step = -(-max(images.shape[1:3]) // LARGEST)
    images, channels = images[:, ::step, ::step], images.shape[-1]
    if channels in (1, 3):
        return images, ""
    if channels == 4:  # red, green, blue, and how opaque it is
        return images[..., :3], "channels 1 to 3 of 4"
    return images[..., :1], f"channel 1 of {channels}"


def _lowest(images):
    numbers = images[np.isfinite(images)]
    return numbers.min() if numbers.size else -1.0


@takes_numbers
def draw_images(axes, images, columns, title):
    """Draw a grid of images, uint8 or floats in [-1, 1], into Matplotlib axes.

    Images of 1 channel are gray, of 3 in color. Of 4 channels the first 3 are shown, and of 2, 5 or
    more the first; then the title says so. Images of more than 256 pixels are drawn coarser. Pixels
    that are NaN or infinite, as after a training that broke down, are vermilion.
    """
    images, channels = _shown(images)
    picture = tile(images, columns)
    low, high = (0, 255) if picture.dtype == np.uint8 else (-1.0, 1.0)
    if picture.shape[-1] == 3:
        broken = ~np.isfinite(picture).all(axis=-1, keepdims=True)
        shades = np.clip((picture - low) / (high - low), 0.0, 1.0)
        axes.imshow(np.where(broken, np.array(to_rgb(GENERATOR), shades.dtype), shades))
    else:
        shades = matplotlib.colormaps["gray"].with_extremes(bad=GENERATOR)
        axes.imshow(picture[..., 0], cmap=shades, vmin=low, vmax=high)
    set_title(axes, f"{title} ({channels})".strip() if channels else title)
    axes.axis("off")


@takes_numbers
def image_grid(images, columns=8, title="", labels=None) -> Figure:
    """Return a figure of images in a grid.

    Args:
        images: (N, H, W, C), uint8 or floats in [-1, 1]; see `draw_images` for what is shown of
            them.
        columns: images in a row.
        title: what the images are and where they come from.
        labels: one short text for each row, drawn at its left; or None.
    """
    images = _checked(images)
    rows = -(-len(images) // columns)
    figure = new_figure(max(4.0, 0.6 * columns + (1.2 if labels else 0)), 0.6 * rows + 0.5)
    axes = figure.subplots()
    draw_images(axes, images, columns, title)
    height = _shown(images)[0].shape[1]
    style = {"ha": "right", "va": "center", "fontsize": 10, "parse_math": False}
    for row, label in enumerate(labels or []):
        axes.text(-4, (row + 0.5) * height, label, **style)
    return figure
