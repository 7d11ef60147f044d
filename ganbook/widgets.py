"""Things to move in a notebook, for kernels that can redraw; every lesson also works without."""

from ganbook import plots


def slider(images, title="Sample"):
    """Return a slider that shows one of some images, large; see `slider_of`.

    Args:
        images: (N, H, W, 1 or 3), uint8 or floats in [-1, 1].
        title: what they are.
    """
    return slider_of([plots.image_grid(image[None], 1, title) for image in images])


def slider_of(figures):
    """Return a slider that shows one of some Matplotlib figures.

    Needs ipywidgets, which comes with Colab and with this project's environment.
    """
    from ipywidgets import Image, IntSlider, VBox

    pictures = [plots.png_of(figure) for figure in figures]
    picture = Image(value=pictures[0], format="png")
    place = IntSlider(0, 0, len(pictures) - 1, description="place")
    place.observe(lambda change: setattr(picture, "value", pictures[change["new"]]), "value")
    return VBox([place, picture])
