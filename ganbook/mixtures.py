"""Points in the plane, drawn from several Gaussians with the same weight and spread."""

import numpy as np


def ring(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Draw from 8 Gaussians whose centers lie on the unit circle.

    Args:
        count: how many points.
        seed: of NumPy's random generator, at least 0.

    Returns:
        Points, float32 (count, 2); the mode of each, int64 (count,); the centers of the modes,
        float32 (modes, 2); and their standard deviation.
    """
    angles = np.linspace(0, 2 * np.pi, 8, endpoint=False)
    return _draw(np.stack([np.cos(angles), np.sin(angles)], axis=1), 0.01, count, seed)


def grid(count: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray, float]:
    """Draw from 25 Gaussians on a grid from -4 to 4; see `ring`."""
    line = np.linspace(-4, 4, 5)
    return _draw(np.stack(np.meshgrid(line, line), axis=-1).reshape(-1, 2), 0.05, count, seed)


def _draw(centers, sigma, count, seed):
    rng = np.random.default_rng(seed)
    labels = rng.integers(len(centers), size=count)
    points = centers[labels] + sigma * rng.standard_normal((count, 2))
    return points.astype(np.float32), labels, centers.astype(np.float32), sigma
