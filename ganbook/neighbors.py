"""Measures from nearest neighbors: precision, recall, density, coverage; and memorization.

All of them work in blocks of rows, so that 10,000 against 10,000 points never need the whole matrix
of distances.
"""

import numpy as np

from ganbook.arrays import checked_pair, to_numpy
from ganbook.errors import DataError
from ganbook.settings import whole

BLOCK_ROWS = 500


def prdc(real: np.ndarray, fake: np.ndarray, k: int = 5) -> dict:
    """Return dict ``precision``, ``recall``, ``density``, ``coverage`` of fake features.

    ``real``: (n, d), ``fake``: (m, d), more than k samples each. Mind the order: swapped arguments
    swap precision and recall. Around each sample lies a ball that reaches to its k-th nearest
    neighbor in its own set (itself not counted); a point is inside when its distance is strictly
    smaller than the radius.

    - precision: the fraction of fakes inside at least one real ball (do they look real?),
    - recall: the fraction of reals inside at least one fake ball (could everything be made?),
    - density: how many real balls hold a fake, on average, over k (around 1 for real samples),
    - coverage: the fraction of real balls that hold at least one fake (is everything made?).

    Real samples don't reach 1: around 0.93 with k = 5. All four depend on n and m, and copies
    among the fakes shrink their balls, down to nothing from k + 1 equal ones on.

    Raises DataError (a ValueError) for NaN or infinity, different dimensions, k below 1 or fewer
    than k + 1 samples.

    Source: Kynkaanniemi et al. 2019, equation 2; Naeem et al. 2020, equations 1 to 6.
    """
    k = whole(k, "k", error=DataError)
    real, fake = checked_pair(real, fake, "real", "fake")
    if min(len(real), len(fake)) <= k:
        raise DataError(
            f"{len(real)} real and {len(fake)} fake samples are too few for k = {k}: "
            f"expected {k + 1} or more of each"
        )
    # Distances come from products, whose rounding grows with the distance from the origin.
    center = real.mean(axis=0)
    real, fake = real - center, fake - center
    real_radii, fake_radii = _squared_radii(real, k), _squared_radii(fake, k)
    real_balls_per_fake = np.zeros(len(fake), int)
    covered, recalled = np.zeros(len(real), bool), np.zeros(len(real), bool)
    for start in range(0, len(real), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        distances = _squared_distances(real[rows], fake, beyond_rounding=True)
        inside_real = distances < real_radii[rows, None]
        real_balls_per_fake += np.count_nonzero(inside_real, axis=0)
        covered[rows] = inside_real.any(axis=1)
        recalled[rows] = (distances < fake_radii).any(axis=1)
    return {
        "precision": float(np.mean(real_balls_per_fake > 0)),
        "recall": float(recalled.mean()),
        "density": float(real_balls_per_fake.mean() / k),
        "coverage": float(covered.mean()),
    }


def nearest_images(samples: np.ndarray, training: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return, for each sample, the index of its nearest training image and the distance to it.

    ``samples``: (n, ...), ``training``: (m, ...), images or features of one shape and one dtype.
    Returns indices int64 (n,) and Euclidean distances float64 (n,) in the unit of the arrays
    (for uint8 images one gray level of one pixel is 1). The search runs in float32, in blocks; the
    distances of what it finds are computed in float64. Where two training images are nearer to
    each other than float32 can tell (a gray level or two), either of them may be found.

    Raises DataError (a ValueError) for empty arrays, different shapes or dtypes, NaN or infinity.
    """
    samples, training = _checked_images(samples, training)
    center = training.mean(axis=0, dtype=np.float64).astype(np.float32)
    centered = training.astype(np.float32) - center
    squares = np.sum(centered * centered, axis=1)
    indices = np.empty(len(samples), np.int64)
    distances = np.empty(len(samples))
    for start in range(0, len(samples), BLOCK_ROWS):
        rows = slice(start, start + BLOCK_ROWS)
        block = samples[rows].astype(np.float32) - center
        # |x|^2 is the same for every training image, so it plays no part in which one is nearest.
        compared = (-2 * block) @ centered.T
        compared += squares
        indices[rows] = np.argmin(compared, axis=1)
        found = training[indices[rows]].astype(np.float64)
        distances[rows] = np.linalg.norm(samples[rows].astype(np.float64) - found, axis=1)
    return indices, distances


def memorization_score(samples: np.ndarray, training: np.ndarray, held_out: np.ndarray) -> dict:
    """Say whether samples lie nearer to the training images than unseen real images do.

    ``samples``, ``training`` and ``held_out`` are images or features of one shape and dtype. For
    samples and held-out images alike, the distance to the nearest training image is taken. Returns

    - ``score``: the chance that a sample is nearer to its training image than a held-out image is
      to its own, ties counted half: 0.5 like new real images, towards 1 copies, towards 0 samples
      farther from the training images than real ones are,
    - ``z``: the same as a Mann-Whitney z-value, negative if samples are nearer. It says how sure
      the difference is, not how large: with many samples a small difference has a large z,
    - ``sample_median``, ``held_out_median``: the median distances,
    - ``copies``: the fraction of samples that equal a training image exactly.

    Samples of one easy kind (only ones, or blurred images) are also near to something, so read it
    beside the coverage; and on images, a copy that was moved by two pixels is far away. Raises
    DataError (a ValueError) as :func:`nearest_images` does.

    Source: Meehan, Chaudhuri, Dasgupta 2020, section 3.1 (their Z_U over the whole space at once).
    """
    sample_distances = nearest_images(samples, training)[1]
    held_out_distances = nearest_images(held_out, training)[1]
    score, z = _mann_whitney(sample_distances, held_out_distances)
    return {
        "score": score,
        "z": z,
        "sample_median": float(np.median(sample_distances)),
        "held_out_median": float(np.median(held_out_distances)),
        "copies": _share_of_copies(samples, training),
    }


def _share_of_copies(samples, training):
    """Return the fraction of samples that equal a training image byte for byte."""
    known = {image.tobytes() for image in to_numpy(training)}
    return float(np.mean([image.tobytes() in known for image in to_numpy(samples)]))


def _squared_distances(a, b, beyond_rounding=False):
    """Return |x - y|^2 of all pairs, (n, m), from |x|^2 + |y|^2 - 2 x.y.

    With ``beyond_rounding``, a bound of the rounding is added, so that `distance < radius` is true
    only when it holds beyond rounding: a tie stays a tie, as the strict < wants it.
    """
    bound = 2 * (a.shape[1] + 8) * np.finfo(np.float64).eps if beyond_rounding else 0.0
    distances = a @ (-2 * b).T
    distances += (1 + bound) * np.sum(a * a, axis=1)[:, None]
    distances += (1 + bound) * np.sum(b * b, axis=1)
    return distances


def _squared_radii(points, k):
    """Return each point's squared distance to its k-th nearest neighbor other than itself."""
    radii = np.empty(len(points))
    for start in range(0, len(points), BLOCK_ROWS):
        distances = _squared_distances(points[start : start + BLOCK_ROWS], points)
        own = np.arange(len(distances))
        distances[own, start + own] = np.inf
        radii[start : start + BLOCK_ROWS] = np.partition(distances, k - 1, axis=1)[:, k - 1]
    return radii


def _checked_images(samples, training):
    samples, training = to_numpy(samples), to_numpy(training)
    for images, name in ((samples, "samples"), (training, "training images")):
        if images.ndim < 2 or images.size == 0:
            raise DataError(f"{name} have shape {images.shape}: expected (N, ...), one or more")
        if images.dtype.kind not in "fu":
            raise DataError(f"{name} have dtype {images.dtype}: expected uint8 or floats")
        if not np.isfinite(images).all():
            raise DataError(f"{name} hold values that are NaN or infinite: expected none")
    if samples.shape[1:] != training.shape[1:]:
        raise DataError(
            f"samples of shape {samples.shape[1:]} can't be compared with images of shape "
            f"{training.shape[1:]}"
        )
    if samples.dtype != training.dtype:
        raise DataError(
            f"samples are {samples.dtype} and the images are {training.dtype}: expected one scale"
        )
    return samples.reshape(len(samples), -1), training.reshape(len(training), -1)


def _mann_whitney(samples, held_out):
    """Return P(sample < held out), ties half, and the z-value: negative if samples are nearer."""
    n, m = len(samples), len(held_out)
    ordered = np.sort(held_out)
    below = np.searchsorted(ordered, samples, side="left").sum()
    below_or_equal = np.searchsorted(ordered, samples, side="right").sum()
    larger = (below + below_or_equal) / 2
    z = (larger - n * m / 2) / np.sqrt(n * m * (n + m + 1) / 12)
    return float(1 - larger / (n * m)), float(z)
