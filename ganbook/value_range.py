"""In which range pixels must lie: that of the generator's last activation.

A tanh makes values in [-1, 1], a sigmoid in [0, 1]; a discriminator that is shown real images in
another range tells real from fake by their brightness alone, and no generator can follow. Nothing
would fail: the pictures would just be bad. So whatever comes in is looked at.
"""

import numpy as np

from ganbook.arrays import to_numpy
from ganbook.errors import DataError

TANH, SIGMOID = (-1.0, 1.0), (0.0, 1.0)
ROUNDING = 1e-3  # what 16 bits and resizing may add
# What moves values about and leaves each as it is.
PASSES_ON = "Reshape Flatten Permute Cropping2D UpSampling2D Identity".split()


def of_generator(model) -> tuple[float, float] | None:
    """Return the range in which a generator's samples lie: (-1, 1), (0, 1), or None, if any.

    Found by the last activation, which is a tanh or a sigmoid, of a layer, an `Activation` or
    `keras.ops`. None for linear outputs and for models that cannot be looked into.
    """
    outputs = getattr(model, "outputs", None)
    return _of_tensor(outputs[0]) if outputs else None


def _of_tensor(tensor):
    while True:
        operation = tensor._keras_history.operation
        if getattr(operation, "outputs", None) is not None and hasattr(operation, "layers"):
            return of_generator(operation)  # a model within the model
        if type(operation).__name__ not in PASSES_ON:
            break
        tensor = operation.input
    operation = getattr(operation, "layer", operation)  # what a wrapper wraps
    activation = getattr(operation, "activation", None)
    names = {getattr(activation, "__name__", None), type(operation).__name__.lower()}
    if "tanh" in names:
        return TANH
    return SIGMOID if "sigmoid" in names else None


def check(images, wanted=TANH, name="the images"):
    """Raise DataError unless images hold uint8, 0 to 255, or floats of the wanted range.

    Args:
        images: an array, uint8 or floats of any precision, of any shape.
        wanted: (-1, 1), (0, 1), or None: any finite floats.
        name: what to call them in an error.

    Raises:
        DataError (a ValueError): another type; NaN or infinity; floats outside of the range; for
            (-1, 1) floats none of which is negative, which were scaled to [0, 1]; uint8 none of
            which is above 1, which were scaled or binary.
    """
    images = to_numpy(images)
    if images.size == 0:
        return
    if images.dtype != np.uint8 and images.dtype.kind != "f":
        raise DataError(f"{name} are {images.dtype}{_of(images)}; {_for_type(images, wanted)}")
    if images.dtype.kind == "f" and not np.isfinite(images).all():
        bad = images.size - np.count_nonzero(np.isfinite(images))
        raise DataError(f"{name} hold {bad:,} values that are NaN or infinite; leave them out.")
    if wanted is None:
        return
    low, high = float(images.min()), float(images.max())
    if images.dtype == np.uint8:
        if high == 1:
            raise DataError(
                f"{name} are uint8 from 0 to 1; uint8 must be 0 to 255: multiply them by 255."
            )
        return
    if low < wanted[0] - ROUNDING or high > wanted[1] + ROUNDING or (wanted == TANH and low >= 0):
        raise DataError(
            f"{name} are floats{_of(images)}; they must lie in {_text(wanted)}, as the "
            f"generator's samples do: {_advice(low, high, wanted)}"
        )


def scaled_to(images, wanted, found=TANH):
    """Return float images of one range, (-1, 1) or (0, 1), in another; None is taken as (-1, 1)."""
    wanted, found = wanted or TANH, found or TANH
    if wanted == found:
        return images
    return images / 2 + 0.5 if wanted == SIGMOID else images * 2 - 1


def _of(images):
    return f" from {images.min():.5g} to {images.max():.5g}" if images.dtype.kind in "iuf" else ""


def _text(wanted):
    return f"[{wanted[0]:g}, {wanted[1]:g}]"


def _for_type(images, wanted):
    if images.dtype.kind in "iu" and images.min() >= 0 and 1 < images.max() <= 255:
        return "pass uint8: images.astype('uint8')."
    if images.dtype == np.uint16:
        return "16 bits must become 8: (images // 257).astype('uint8')."
    if images.dtype == bool:
        return "pass uint8, 0 to 255: images.astype('uint8') * 255."
    return f"pass uint8, 0 to 255, or floats{' in ' + _text(wanted) if wanted else ''}."


def _advice(low, high, wanted):
    tanh = wanted == TANH
    if low >= 0 and high <= 1 + ROUNDING:
        return "images * 2 - 1 puts [0, 1] there."
    if low >= 0 and high <= 255:
        return f"{'images / 127.5 - 1' if tanh else 'images / 255'} puts 0 to 255 there."
    if not tanh and low >= -1 - ROUNDING and high <= 1 + ROUNDING:
        return "(images + 1) / 2 puts [-1, 1] there."
    return "scale them by the smallest and largest value that pixels can have."
