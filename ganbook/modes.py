"""How many known modes samples reach, and how evenly: classes, stacked digits, 2-D mixtures."""

import numpy as np

from ganbook.arrays import checked_ids, checked_pair
from ganbook.errors import DataError

HIGH_QUALITY_SIGMAS = 3.0


def mode_report(mode_ids: np.ndarray, modes: int) -> dict:
    """Return dict ``modes`` (how many have at least one sample) and ``kl`` (nats) of mode ids.

    ``mode_ids``: integers (N,) in 0..modes-1, one a sample; ``modes``: how many there are, 1,000
    for stacked digits. ``kl`` is KL(samples' shares || uniform): 0 when all modes are equally
    frequent, ln(modes / j) when the samples fall evenly into j of them. It isn't 0 for a perfect
    sampler: 26,000 samples over 1,000 modes give 0.019.

    Raises DataError (a ValueError) for no ids, ids that aren't integers, or ids out of range.

    Source: Metz et al. 2017, section 3.3.1; Lin et al. 2018, section 4.
    """
    counts = np.bincount(checked_ids(mode_ids, modes, "mode_ids"))
    shares = counts[counts > 0] / counts.sum()
    # Rounding can take the sum a hair below 0, where KL can't be.
    kl = max(float(np.sum(shares * np.log(shares * modes))), 0.0)
    return {"modes": int(len(shares)), "kl": kl}


def class_histogram(labels: np.ndarray, classes: int) -> np.ndarray:
    """Return how many labels fall in each class, int64 (classes,); they sum to len(labels).

    ``labels``: integers (N,) in 0..classes-1. Raises DataError (a ValueError) for no labels, labels
    that aren't integers, or labels out of range.
    """
    return np.bincount(checked_ids(labels, classes, "labels"), minlength=classes)


def mixture_report(points: np.ndarray, centers: np.ndarray, sigma: float) -> dict:
    """Judge 2-D points against a mixture of round Gaussians with these centers and one sigma.

    ``points``: (N, 2), ``centers``: (modes, 2), ``sigma``: in the points' unit. Returns dict

    - ``high_quality``: the fraction of points within 3 sigma of the nearest center; a perfect
      sampler reaches 1 - exp(-4.5) = 0.9889 in two dimensions, not 1,
    - ``modes``: how many centers have at least one high-quality point,
    - ``kl``: nats against uniform of the nearest centers of all points (see :func:`mode_report`),
    - ``spread_ratio``: the standard deviation of high-quality points around their own mode's mean,
      over that of a perfect sampler: 1 at best, towards 0 when modes shrink to points.
      0 when no mode has two high-quality points.

    Raises DataError (a ValueError) for NaN or infinity, no points or centers, dimensions other than
    2, or a sigma that isn't positive.

    Source: Lin et al. 2018, section 4.1 (modes, high-quality samples).
    """
    points, centers = checked_pair(points, centers, "points", "centers", at_least=1)
    if points.shape[1] != 2:
        raise DataError(f"points have {points.shape[1]} dimensions: expected 2")
    if not 0 < sigma < np.inf:
        raise DataError(f"sigma is {sigma}: expected a positive number")
    offsets = points[:, None] - centers
    distances = np.sqrt(np.sum(offsets * offsets, axis=2))
    nearest = distances.argmin(axis=1)
    good = distances.min(axis=1) <= HIGH_QUALITY_SIGMAS * sigma
    return {
        "modes": len(np.unique(nearest[good])),
        "kl": mode_report(nearest, len(centers))["kl"],
        "high_quality": float(good.mean()),
        "spread_ratio": _spread(points[good], nearest[good]) / (sigma * _perfect_spread()),
    }


def _spread(points, mode_ids):
    """Return the standard deviation (one axis, pooled over modes) around each mode's own mean."""
    modes = np.unique(mode_ids)
    freedom = len(points) - len(modes)
    if freedom < 1:
        return 0.0
    groups = [points[mode_ids == mode] for mode in modes]
    total = sum(np.sum((group - group.mean(axis=0)) ** 2) for group in groups)
    return float(np.sqrt(total / (2 * freedom)))


def _perfect_spread():
    """Return the same for N(0, I) in 2-D cut off at 3 sigma: 0.974, as the tail is missing.

    The squared radius r^2 / 2 is exponential; cut off at c it has the mean 1 - c / (e^c - 1).
    """
    cut = HIGH_QUALITY_SIGMAS**2 / 2
    return float(np.sqrt(1 - cut / np.expm1(cut)))
