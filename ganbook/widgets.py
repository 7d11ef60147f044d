"""Things to move in a notebook, for kernels that can redraw; every lesson also works without."""

from ganbook import plots
from ganbook.arrays import to_numpy
from ganbook.errors import SettingError


def slider(images, title="Sample"):
    """Return a slider that shows one of some images, large; see `slider_of`.

    Args:
        images: (N, H, W, 1 or 3), uint8 or floats in [-1, 1].
        title: what they are.
    """
    figures = [plots.image_grid(image[None], 1, title) for image in to_numpy(images)]
    return slider_of(figures, title)


def slider_of(figures, alt="Picture"):
    """Return a slider that shows one of some Matplotlib figures.

    Needs ipywidgets, which comes with Colab and with this project's environment.

    Args:
        figures: Matplotlib figures, in their order.
        alt: what they show, for those who cannot see them; the number of the figure is added.

    Raises:
        SettingError: there is no figure.
    """
    from ipywidgets import HTML, IntSlider, VBox

    # HTML, since a widget that is an image has no text in the page.
    count = len(figures)
    if not count:
        raise SettingError("there is no figure to show; a slider needs one or more.")
    pictures = [
        plots.Picture(plots.png_of(figure), f"{alt}, {number} of {count}")._repr_html_()
        for number, figure in enumerate(figures, 1)
    ]
    picture = HTML(value=pictures[0])
    place = IntSlider(0, 0, count - 1, description="place")
    place.observe(lambda change: setattr(picture, "value", pictures[change["new"]]), "value")
    return VBox([place, picture])
