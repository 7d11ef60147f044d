"""Distances: golden values, properties, independent implementations, bad input, intervals."""

import numpy as np
import pytest

from ganbook import metrics


def normal(count, dimensions, seed, scale=1.0, shift=0.0):
    return np.random.default_rng(seed).normal(shift, scale, (count, dimensions))


def rotation(dimensions, seed=0):
    return np.linalg.qr(normal(dimensions, dimensions, seed))[0]


def covariance(dimensions, seed, rank=None):
    factor = normal(dimensions, rank or dimensions, seed)
    return factor @ factor.T


# Frechet distance


@pytest.mark.parametrize(("d", "a", "b"), [(1, 1.0, 3.0), (5, 2.0, 0.5), (128, 0.1, 0.4)])
def test_frechet_distance_of_scaled_identities(d, a, b):
    zero, eye = np.zeros(d), np.eye(d)
    distance = metrics.frechet_distance(zero, a * a * eye, zero, b * b * eye)
    assert distance == pytest.approx(d * (a - b) ** 2, rel=1e-9)


def test_frechet_distance_of_a_mean_shift_is_its_square():
    shift = np.array([3.0, -4.0, 12.0])
    cov = covariance(3, 0)
    assert metrics.frechet_distance(shift, cov, 0 * shift, cov) == pytest.approx(169, rel=1e-9)


def test_frechet_distance_of_commuting_covariances_in_any_frame():
    a, b = np.array([4.0, 1.0, 0.0, 9.0]), np.array([1.0, 16.0, 25.0, 0.0])
    turn = rotation(4)
    distance = metrics.frechet_distance(
        np.zeros(4), turn @ np.diag(a) @ turn.T, np.zeros(4), turn @ np.diag(b) @ turn.T
    )
    assert distance == pytest.approx(1 + 9 + 25 + 9, rel=1e-9)


@pytest.mark.parametrize("count", [400, 12])
def test_frechet_distance_to_itself_symmetry_and_rotation(count):
    """12 samples in 20 dimensions: the covariance is rank-deficient."""
    a, b = normal(count, 20, 0) * np.arange(1, 21), normal(count, 20, 1, shift=0.3)
    turn = rotation(20)
    distance = metrics.frechet_distance_of(a, b)
    assert metrics.frechet_distance_of(a, a) < 1e-9 * distance
    assert metrics.frechet_distance_of(b, a) == pytest.approx(distance, rel=1e-10)
    assert metrics.frechet_distance_of(a @ turn, b @ turn) == pytest.approx(distance, rel=1e-10)
    assert metrics.frechet_distance_of(3 * a, 3 * b) == pytest.approx(9 * distance, rel=1e-10)


def test_frechet_distance_of_samples_uses_ddof_1():
    """a and 3 a, centered, with variance 1 at ddof 1: the distance is the trace times (3 - 1)^2."""
    points = np.array([[-1.0, 1.0], [0.0, -2.0], [1.0, 1.0]])
    trace = 2 / 2 + 6 / 2
    assert metrics.frechet_distance_of(points, 3 * points) == pytest.approx(4 * trace, rel=1e-9)


@pytest.mark.parametrize(("count", "expected"), [(512, 65.7), (2048, 16.3)])
def test_frechet_distance_is_biased_upward_at_small_n(count, expected):
    distance = metrics.frechet_distance_of(normal(count, 256, 1), normal(count, 256, 2))
    assert distance == pytest.approx(expected, rel=0.01)


@pytest.mark.parametrize(("rank_a", "rank_b"), [(12, 12), (12, 5), (3, 4)])
def test_frechet_distance_agrees_with_scipy(rank_a, rank_b):
    linalg = pytest.importorskip("scipy.linalg")
    cov_a, cov_b = covariance(12, 1, rank_a), covariance(12, 2, rank_b)
    mean_a, mean_b = normal(2, 12, 3)
    # SciPy's root of a singular product is only good to the root of its rounding.
    overlap = np.trace(linalg.sqrtm(cov_a @ cov_b)).real
    expected = np.sum((mean_a - mean_b) ** 2) + np.trace(cov_a) + np.trace(cov_b) - 2 * overlap
    distance = metrics.frechet_distance(mean_a, cov_a, mean_b, cov_b)
    assert isinstance(distance, float)
    assert distance == pytest.approx(expected, rel=1e-9 if rank_b == 12 else 1e-5)


def test_frechet_distance_of_constant_samples():
    """A generator that makes one image: no spread at all, and still a number."""
    real = normal(50, 4, 0)
    constant = np.tile(real.mean(axis=0), (10, 1))
    trace = np.trace(np.cov(real, rowvar=False))
    assert metrics.frechet_distance_of(real, constant) == pytest.approx(trace, rel=1e-9)


@pytest.mark.parametrize(
    ("cov", "message"),
    [
        (np.diag([1.0, -1e-3]), "not positive semi-definite"),
        (np.array([[1.0, 2.0], [2.0, 1.0]]), "not positive semi-definite"),
        (np.array([[1.0, 0.5], [0.4, 1.0]]), "not symmetric"),
        (np.eye(3), r"shape \(3, 3\)"),
        (np.array([[1.0, np.nan], [np.nan, 1.0]]), "NaN or infinite"),
        (np.eye(2) * 1j, "dtype complex128"),
    ],
)
@pytest.mark.parametrize("side", ["a", "b"])
def test_frechet_distance_refuses_a_bad_covariance(cov, message, side):
    good = (np.zeros(2), np.eye(2))
    pairs = (np.zeros(2), cov, *good) if side == "a" else (*good, np.zeros(2), cov)
    with pytest.raises(ValueError, match=message) as error:
        metrics.frechet_distance(*pairs)
    assert f"cov_{side}" in str(error.value)


def test_frechet_distance_refuses_different_dimensions():
    with pytest.raises(ValueError, match="mean_a has 2 dimensions and mean_b has 3"):
        metrics.frechet_distance(np.zeros(2), np.eye(2), np.zeros(3), np.eye(3))
    with pytest.raises(ValueError, match=r"mean_a has shape \(1, 2\)"):
        metrics.frechet_distance(np.zeros((1, 2)), np.eye(2), np.zeros(2), np.eye(2))


# Kernel distance


def test_kernel_distance_by_hand():
    """d = 1, k(x, y) = (x y + 1)^3. a = 0, 1: k = 1. b = 1, 2: k = 27. Across: 1, 1, 8, 27."""
    distance = metrics.kernel_distance(np.array([[0.0], [1.0]]), np.array([[1.0], [2.0]]))
    assert distance == pytest.approx(1 + 27 - 2 * 37 / 4, rel=1e-12)


def test_kernel_distance_agrees_with_scikit_learn():
    pairwise = pytest.importorskip("sklearn.metrics.pairwise")
    a, b = normal(700, 6, 0), normal(600, 6, 1, scale=1.3, shift=0.2)

    def kernel(x, y):
        return pairwise.polynomial_kernel(x, y, degree=3, gamma=1 / 6, coef0=1)

    def off_diagonal(matrix):
        return matrix[~np.eye(len(matrix), dtype=bool)]

    within = off_diagonal(kernel(a, a)).mean() + off_diagonal(kernel(b, b)).mean()
    expected = within - 2 * kernel(a, b).mean()
    assert metrics.kernel_distance(a, b) == pytest.approx(expected, rel=1e-9)
    assert metrics.kernel_distance(b, a) == pytest.approx(expected, rel=1e-9)
    turn = rotation(6)
    assert metrics.kernel_distance(a @ turn, b @ turn) == pytest.approx(expected, rel=1e-9)


def test_kernel_distance_is_unbiased_and_its_spread_says_how_sure_it_is():
    a, b, far = normal(2000, 8, 0), normal(2000, 8, 1), normal(2000, 8, 2, shift=0.5)
    same = metrics.kernel_distance_spread(a, b, blocks=20)
    apart = metrics.kernel_distance_spread(a, far, blocks=20)
    assert abs(same["mean"]) < 4 * same["standard_error"]
    assert apart["mean"] > 10 * apart["standard_error"]
    assert same["standard_error"] == pytest.approx(same["std"] / np.sqrt(20))
    whole = metrics.kernel_distance(a, far)
    assert abs(apart["mean"] - whole) < 4 * apart["standard_error"]
    assert apart == metrics.kernel_distance_spread(a, far, blocks=20)


@pytest.mark.parametrize("blocks", [1, 6])
def test_kernel_distance_spread_refuses_too_few_samples_for_its_blocks(blocks):
    with pytest.raises(ValueError, match=f"cut into {blocks} blocks"):
        metrics.kernel_distance_spread(normal(11, 2, 0), normal(50, 2, 1), blocks=blocks)


# What all measures of two sets of features refuse

GOOD = normal(20, 3, 0)


@pytest.mark.parametrize(
    "measure",
    [
        metrics.frechet_distance_of,
        metrics.kernel_distance,
        metrics.kernel_distance_spread,
        metrics.prdc,
    ],
)
@pytest.mark.parametrize(
    ("bad", "message"),
    [
        (np.where(GOOD > 1, np.nan, GOOD), "NaN or infinite"),
        (np.where(GOOD > 1, np.inf, GOOD), "NaN or infinite"),
        (GOOD[:1], "1 samples: expected 2 or more"),
        (GOOD[:0], "0 samples"),
        (GOOD[:, :2], "dimensions"),
        (GOOD[:, :0], r"shape \(20, 0\)"),
        (GOOD[:, 0], r"shape \(20,\)"),
        (GOOD.reshape(20, 1, 3), r"shape \(20, 1, 3\)"),
        (GOOD.astype(str), "expected real numbers"),
        (GOOD > 0, "dtype bool"),
        (GOOD * 1j, "dtype complex128"),
        (np.array([]), r"shape \(0,\)"),
    ],
)
def test_bad_features_are_refused_on_both_sides(measure, bad, message):
    for pair in ((bad, GOOD), (GOOD, bad)):
        with pytest.raises(ValueError, match=message) as error:
            measure(*pair)
        assert "\n" not in str(error.value)


# Bootstrap


def test_bootstrap_interval_of_a_fraction_matches_the_binomial():
    """400 hits of 1,000: the standard error is sqrt(0.4 * 0.6 / 1000) = 0.0155."""
    hits = np.arange(1000) < 400
    low, high = metrics.bootstrap_interval(hits)
    assert low == pytest.approx(0.4 - 1.96 * 0.0155, abs=0.004)
    assert high == pytest.approx(0.4 + 1.96 * 0.0155, abs=0.004)
    assert (low, high) == metrics.bootstrap_interval(hits)
    narrow = metrics.bootstrap_interval(hits, level=0.5)
    assert low < narrow[0] < 0.4 < narrow[1] < high


def test_bootstrap_interval_takes_any_statistic_and_rows():
    rows = normal(200, 3, 0)
    low, high = metrics.bootstrap_interval(rows, lambda x: np.abs(x).max(), resamples=50)
    assert 0 < low <= high == np.abs(rows).max()


@pytest.mark.parametrize(
    ("values", "level", "message"),
    [
        (np.array([1.0]), 0.95, "expected 2 or more"),
        (np.array([]), 0.95, "expected 2 or more"),
        (np.array([1.0, np.nan]), 0.95, "NaN"),
        (np.array([1.0, 2.0]), 95, "level is 95"),
    ],
)
def test_bootstrap_interval_refuses_bad_input(values, level, message):
    with pytest.raises(ValueError, match=message):
        metrics.bootstrap_interval(values, level=level)


def test_counts_must_be_whole_numbers():
    with pytest.raises(ValueError, match="blocks is 2.5: expected a whole number"):
        metrics.kernel_distance_spread(normal(50, 2, 0), normal(50, 2, 1), blocks=2.5)
    with pytest.raises(ValueError, match="resamples is 0: expected a whole number, 1 or more"):
        metrics.bootstrap_interval(np.arange(5.0), resamples=0)
