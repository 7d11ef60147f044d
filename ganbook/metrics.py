"""How far generated samples are from real ones: distances and counts on plain arrays.

Everything here is NumPy in float64 and knows no model and no trainer. This module holds the two
distances between sets of features; the other measures live beside it and are imported here, so
that ``ganbook.metrics`` has them all:

- ``neighbors``: precision, recall, density, coverage; nearest training images and memorization,
- ``modes``: mode report, class histogram, 2-D mixtures.

A distance is a number only together with the number of samples and the real-against-real floor.
"""

from collections.abc import Callable

import numpy as np

from ganbook.arrays import checked_pair, finite, to_numpy
from ganbook.errors import DataError
from ganbook.modes import class_histogram, mixture_report, mode_report
from ganbook.neighbors import memorization_score, nearest_images, prdc
from ganbook.settings import whole

__all__ = [
    "bootstrap_interval",
    "class_histogram",
    "frechet_distance",
    "frechet_distance_of",
    "kernel_distance",
    "kernel_distance_spread",
    "memorization_score",
    "mixture_report",
    "mode_report",
    "nearest_images",
    "prdc",
]

# Rounding in float32 can leave a covariance this much (relative) asymmetric or indefinite.
COVARIANCE_TOLERANCE = 1e-6
BLOCK_ROWS = 500


def frechet_distance(
    mean_a: np.ndarray, cov_a: np.ndarray, mean_b: np.ndarray, cov_b: np.ndarray
) -> float:
    """Return the squared Frechet distance of two Gaussians; 0 when they are equal.

    ``mean_a``, ``mean_b``: (d,); ``cov_a``, ``cov_b``: (d, d). The unit is that of the features,
    squared. Covariances may be rank-deficient.

    Raises DataError (a ValueError) for NaN or infinity, shapes that don't fit, and a covariance
    that is not symmetric or not positive semi-definite (beyond 1e-6 of its largest value).

    Source: Heusel et al. 2017, equation 6: ||m_a - m_b||^2 + tr(S_a + S_b - 2 (S_a S_b)^(1/2)).
    """
    mean_a, cov_a = _checked_gaussian(mean_a, cov_a, "a")
    mean_b, cov_b = _checked_gaussian(mean_b, cov_b, "b")
    if mean_a.shape != mean_b.shape:
        raise DataError(
            f"mean_a has {mean_a.size} dimensions and mean_b has {mean_b.size}: "
            "expected the same number"
        )
    root_a, root_b = _square_root(cov_a, "cov_a"), _square_root(cov_b, "cov_b")
    # tr (S_a S_b)^(1/2) is the sum of the square roots of the eigenvalues of the symmetric
    # R_a S_b R_a, R being the roots. These square roots are the singular values of R_a R_b, and
    # taken so a true zero stays at 1e-16, where the root of a rounded eigenvalue would be 1e-8.
    overlap = np.linalg.svd(root_a @ root_b, compute_uv=False).sum()
    shift = np.sum((mean_a - mean_b) ** 2)
    return max(float(shift + np.trace(cov_a) + np.trace(cov_b) - 2 * overlap), 0.0)


def frechet_distance_of(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """Return :func:`frechet_distance` of means and covariances (ddof 1) of two sets of features.

    ``features_a``: (n, d), ``features_b``: (m, d), each of 2 samples or more; n and m may differ
    and may be smaller than d. The estimate is biased upward, the more the smaller n is: two sets of
    512 samples of one N(0, I) in 256 dimensions are 65.7 apart. So compare only values of equal
    n, and state the floor: the distance of as many real samples from the same reference.

    Raises DataError (a ValueError) for fewer than two samples, different dimensions, NaN, infinity.
    """
    features_a, features_b = checked_pair(features_a, features_b, "features_a", "features_b")
    return frechet_distance(*_mean_and_covariance(features_a), *_mean_and_covariance(features_b))


def kernel_distance(features_a: np.ndarray, features_b: np.ndarray) -> float:
    """Return the unbiased squared MMD of two sets of features, (n, d) and (m, d), over all samples.

    The kernel is (x . y / d + 1)^3. Unbiased: around 0 for samples of one distribution whatever n
    is, so the value may be slightly negative. Published values are often averages over blocks; see
    :func:`kernel_distance_spread`.

    Raises DataError (a ValueError) for fewer than two samples, different dimensions, NaN, infinity.

    Source: Binkowski et al. 2018, section 4; Gretton et al. 2012, equation 3.
    """
    a, b = checked_pair(features_a, features_b, "features_a", "features_b")
    across = _kernel_sum(a, b) / (len(a) * len(b))
    return float(_mean_kernel_within(a) + _mean_kernel_within(b) - 2 * across)


def kernel_distance_spread(
    features_a: np.ndarray, features_b: np.ndarray, blocks: int = 10, seed: int = 0
) -> dict:
    """Return how much the kernel distance varies: dict ``mean``, ``std``, ``standard_error``.

    Both sets are shuffled by ``seed`` and cut into ``blocks`` disjoint blocks of equal size;
    ``std`` is the standard deviation (ddof 1) of the blocks' distances, ``standard_error`` that of
    their mean. ``mean`` estimates the same number as :func:`kernel_distance`, with more noise.

    Raises DataError (a ValueError) as :func:`kernel_distance` does, and when a set is too small for
    two samples in each of at least two blocks.
    """
    a, b = checked_pair(features_a, features_b, "features_a", "features_b")
    blocks = whole(blocks, "blocks", error=DataError)
    if blocks < 2 or min(len(a), len(b)) < 2 * blocks:
        raise DataError(
            f"{len(a)} and {len(b)} samples can't be cut into {blocks} blocks: expected 2 or more "
            "blocks of 2 or more samples"
        )
    rng = np.random.default_rng(seed)
    size_a, size_b = len(a) // blocks, len(b) // blocks
    blocks_a = a[rng.permutation(len(a))[: blocks * size_a]].reshape(blocks, size_a, -1)
    blocks_b = b[rng.permutation(len(b))[: blocks * size_b]].reshape(blocks, size_b, -1)
    values = np.array([kernel_distance(*pair) for pair in zip(blocks_a, blocks_b, strict=True)])
    std = values.std(ddof=1)
    return {
        "mean": float(values.mean()),
        "std": float(std),
        "standard_error": float(std / np.sqrt(blocks)),
    }


def bootstrap_interval(
    values: np.ndarray,
    statistic: Callable[[np.ndarray], float] = np.mean,
    level: float = 0.95,
    resamples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Return a percentile bootstrap interval (low, high) of ``statistic`` over samples.

    ``values`` is (N,) or (N, ...), one row a sample; ``statistic`` takes such an array and returns
    a number. Meant for means and fractions of something known for each sample: a class share, the
    high-quality fraction, an accuracy. Not for the Frechet distance, precision or coverage:
    repeated rows bias those.

    Raises DataError (a ValueError) for fewer than two values, NaN or infinity, or a level outside
    (0, 1).

    Source: Efron and Tibshirani 1993, chapter 13.
    """
    values = to_numpy(values)
    # Hits and misses as booleans are welcome: they are what a fraction is the mean of.
    values = finite(values.astype(np.float64) if values.dtype == bool else values, "values")
    if values.ndim == 0 or len(values) < 2:
        raise DataError(f"values has shape {values.shape}: expected 2 or more samples")
    if not 0 < level < 1:
        raise DataError(f"level is {level}: expected a number between 0 and 1, such as 0.95")
    resamples = whole(resamples, "resamples", error=DataError)
    rng = np.random.default_rng(seed)
    draws = [statistic(values[rng.integers(0, len(values), len(values))]) for _ in range(resamples)]
    low, high = np.quantile(draws, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)


def _checked_gaussian(mean, cov, side):
    mean, cov = finite(mean, f"mean_{side}"), finite(cov, f"cov_{side}")
    if mean.ndim != 1 or mean.size == 0:
        raise DataError(f"mean_{side} has shape {mean.shape}: expected (dimensions,)")
    if cov.shape != (mean.size, mean.size):
        raise DataError(
            f"cov_{side} has shape {cov.shape}: expected {(mean.size, mean.size)}, as mean_{side} "
            f"has {mean.size} dimensions"
        )
    gap = np.abs(cov - cov.T).max()
    if gap > COVARIANCE_TOLERANCE * np.abs(cov).max():
        raise DataError(f"cov_{side} is not symmetric: it differs from its transpose by {gap:g}")
    return mean, (cov + cov.T) / 2


def _square_root(cov, name):
    """Return the symmetric square root of a covariance; refuse one with a negative eigenvalue."""
    values, vectors = np.linalg.eigh(cov)
    if values[0] < -COVARIANCE_TOLERANCE * np.abs(values).max():
        raise DataError(
            f"{name} is not positive semi-definite: its smallest eigenvalue is {values[0]:g}"
        )
    # An eigenvalue inside eigh's own rounding is a zero; its root would be noise of 1e-8.
    noise = len(values) * np.finfo(np.float64).eps * np.abs(values).max()
    return (vectors * np.sqrt(np.where(values > noise, values, 0.0))) @ vectors.T


def _mean_and_covariance(features):
    mean = features.mean(axis=0)
    centered = features - mean
    return mean, centered.T @ centered / (len(features) - 1)


def _kernel(products, dimensions):
    base = products / dimensions + 1
    return base * base * base


def _mean_kernel_within(points):
    """Mean the kernel over all pairs of two different points; a point with itself would bias it."""
    with_itself = _kernel(np.sum(points * points, axis=1), points.shape[1]).sum()
    return (_kernel_sum(points, points) - with_itself) / (len(points) * (len(points) - 1))


def _kernel_sum(a, b):
    """Sum the kernel over all pairs in blocks of rows, so that memory stays bounded."""
    starts = range(0, len(a), BLOCK_ROWS)
    return sum(_kernel(a[i : i + BLOCK_ROWS] @ b.T, a.shape[1]).sum() for i in starts)
