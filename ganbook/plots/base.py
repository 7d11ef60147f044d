"""What every figure is made of and how it gets out: colors, PNG files, notebooks."""

import base64
import html
import io
from pathlib import Path

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


def set_title(axes, title):
    """Give Matplotlib axes a title that is shown as it is: a $ in it is no formula."""
    axes.set_title(title, parse_math=False)


def png_of(figure, dpi=90) -> bytes:
    """Return a figure as the bytes of a PNG file."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=dpi)
    return buffer.getvalue()


def save_figure(figure, path, dpi=90) -> Path:
    """Write a figure to a PNG file, under a temporary name first, and return its path."""
    return write_whole(path, png_of(figure, dpi))


class Picture:
    """A picture for a notebook, with a text for those who cannot see it.

    It shows itself as HTML: that is what carries the text into the page in JupyterLab, Colab and
    Kaggle alike, and what old and new IPython know. Where there is no page, the text is shown.

    Args:
        content: the bytes of a PNG or GIF file.
        alt: what is to be seen, in a sentence.
        kind: "png" or "gif".

    Raises:
        SettingError: there is no text.
    """

    def __init__(self, content: bytes, alt: str, kind: str = "png"):
        if not str(alt).strip():
            raise SettingError("alt is empty; say what is to be seen, for those who cannot see it.")
        self.content, self.alt, self.kind = content, str(alt), kind

    def _repr_html_(self) -> str:
        address = f"data:image/{self.kind};base64,{base64.b64encode(self.content).decode()}"
        alt = html.escape(" ".join(self.alt.split()))
        return f'<img alt="{alt}" src="{address}" style="max-width: 100%">'

    def __repr__(self) -> str:
        return self.alt


def show(figure, alt):
    """Show a figure in a notebook with a text for those who cannot see it; see `Picture`."""
    from IPython.display import display

    display(Picture(png_of(figure), alt))
