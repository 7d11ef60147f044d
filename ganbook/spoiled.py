"""Real images, spoiled in known ways: what a measure has to notice.

Every function takes uint8 images (N, H, W, C) and returns new ones of the same kind.
"""

import numpy as np


def constant(images: np.ndarray) -> np.ndarray:
    """Return the mean image, as often as there were images: a generator that collapsed to one."""
    mean = np.rint(images.mean(axis=0)).astype(np.uint8)
    return np.broadcast_to(mean, images.shape).copy()


def blurred(images: np.ndarray, times: int = 2) -> np.ndarray:
    """Average each pixel with its four neighbors, ``times`` over; edges are repeated outside."""
    soft = images.astype(np.float64)
    for _ in range(times):
        wide = np.pad(soft, ((0, 0), (1, 1), (1, 1), (0, 0)), mode="edge")
        across = wide[:, 1:-1, :-2] + wide[:, 1:-1, 2:]
        along = wide[:, :-2, 1:-1] + wide[:, 2:, 1:-1]
        soft = (soft + across + along) / 5
    return np.rint(soft).astype(np.uint8)


def noisy(images: np.ndarray, sigma: float = 40.0, seed: int = 0) -> np.ndarray:
    """Add normal noise with a standard deviation of ``sigma`` gray levels, clipped to 0..255."""
    noise = np.random.default_rng(seed).normal(0.0, sigma, images.shape)
    return np.clip(np.rint(images + noise), 0, 255).astype(np.uint8)
