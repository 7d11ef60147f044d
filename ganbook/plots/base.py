"""What every figure is made of and how it gets out: colors, PNG files, notebooks."""

import io
from pathlib import Path

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

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
