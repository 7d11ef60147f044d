"""Figures one after the other, as a moving picture."""

import io
from pathlib import Path

from ganbook.errors import SettingError
from ganbook.files import write_whole
from ganbook.plots.base import Picture, png_of


def gif_of(figures, milliseconds=150, dpi=72, last=10) -> bytes:
    """Return figures as the bytes of a GIF that runs again and again.

    Args:
        figures: Matplotlib figures of one size, in their order.
        milliseconds: how long each is shown.
        dpi: pixels per inch.
        last: how many times as long the last figure is shown.

    Raises:
        SettingError: there is no figure.
    """
    from PIL import Image

    frames = [Image.open(io.BytesIO(png_of(figure, dpi))).convert("RGB") for figure in figures]
    if not frames:
        raise SettingError("there is no figure to make a film of.")
    frames = [frame.quantize(64) for frame in frames]  # few colors make a small file
    durations = [milliseconds] * (len(frames) - 1) + [last * milliseconds]
    buffer = io.BytesIO()
    frames[0].save(
        buffer,
        format="GIF",
        save_all=True,
        append_images=frames[1:],
        duration=durations,
        loop=0,
        optimize=True,
    )
    return buffer.getvalue()


def save_gif(figures, path, **options) -> Path:
    """Write a GIF, under a temporary name first, and return its path; see `gif_of`."""
    return write_whole(path, gif_of(figures, **options))


def show_gif(figures, alt, **options):
    """Show a moving picture in a notebook, with a text for those who cannot see it."""
    from IPython.display import display

    display(Picture(gif_of(figures, **options), alt, "gif"))
