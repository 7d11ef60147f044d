"""Real images, spoiled in known ways: what a measure has to notice.

Every function takes uint8 images (N, H, W, C) and returns new ones of the same kind.
"""

import numpy as np

from ganbook.errors import DataError


def constant(images: np.ndarray) -> np.ndarray:
    """Return the mean image, as often as there were images: a generator that collapsed to one."""
    mean = np.rint(images.mean(axis=0)).astype(np.uint8)
    return np.broadcast_to(mean, images.shape).copy()


def blurred(images: np.ndarray, times: int = 2) -> np.ndarray:
    """Average each pixel with its four neighbors, ``times`` over."""
    soft = images.astype(np.float64)
    for _ in range(times):
        around = sum(np.roll(soft, step, axis) for step in (-1, 1) for axis in (1, 2))
        soft = (soft + around) / 5
    return np.rint(soft).astype(np.uint8)


def noisy(images: np.ndarray, sigma: float = 40.0, seed: int = 0) -> np.ndarray:
    """Add normal noise with a standard deviation of ``sigma`` gray levels, clipped to 0..255."""
    noise = np.random.default_rng(seed).normal(0.0, sigma, images.shape)
    return np.clip(np.rint(images + noise), 0, 255).astype(np.uint8)


def without_class(images: np.ndarray, labels: np.ndarray, number: int) -> np.ndarray:
    """Return as many images as there were, none of one class: the others fill its place, in order.

    Raises DataError (a ValueError) if nothing else is there.
    """
    return _filled(images, labels != number, f"no class but {number}")


def only_class(images: np.ndarray, labels: np.ndarray, number: int) -> np.ndarray:
    """Return as many images as there were, all of one class; they repeat when they run out.

    Raises DataError (a ValueError) if there is none of it.
    """
    return _filled(images, labels == number, f"no class {number}")


def _filled(images, chosen, what):
    if not chosen.any():
        raise DataError(f"the images hold {what}: expected at least one image to fill up with")
    return images[np.resize(np.flatnonzero(chosen), len(images))]
