"""What the drawn digits and the drawn garments share: their size, and random forms.

One row of random numbers makes one picture. Arrays have the shape (pictures, 28, 28).
"""

import functools

import numpy as np

SIZE = 28
BUMPS = 4  # the elastic map has 4 x 4 control points


def between(column, low, high):
    """Spread uniform random numbers over [low, high), shaped to go with (pictures, 28, 28)."""
    return (low + (high - low) * column)[:, None, None].astype(np.float32)


def elastic(rows, strength):
    """Return smooth displacements dx, dy, (pictures, 28, 28), of up to about ``strength``."""
    points = (rows.reshape(len(rows), 2, BUMPS, BUMPS) - 0.5) * (2 * strength)
    basis = _bumps()
    moved = basis @ points.astype(np.float32) @ basis.T
    return moved[:, 0], moved[:, 1]


@functools.cache
def _bumps():
    """Return the matrix (28, 4) that spreads control points smoothly over a line of pixels."""
    distance = np.linspace(0, BUMPS - 1, SIZE)[:, None] - np.arange(BUMPS)
    weights = np.exp(-2.0 * distance**2)
    return (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
