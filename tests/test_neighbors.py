"""Precision, recall, density, coverage, nearest images and memorization."""

import numpy as np
import pytest

from ganbook import metrics


def normal(count, dimensions, seed, scale=1.0, shift=0.0):
    return np.random.default_rng(seed).normal(shift, scale, (count, dimensions))


# Precision, recall, density, coverage


def four_points(scale=1.0, shift=0.0):
    """k = 1. Radii of real: 1, 1, 2, 3; of fake: 1.5, 1.5, 0.5, 0.5.

    Fake 0.5 is inside the balls of real 0 and 1; fake 2 inside that of 3 only (its distance to 1 is
    the radius: a tie); fake 9 is a tie with real 6; fake 9.5 is outside.
    """
    real, fake = np.array([[0.0], [1], [3], [6]]), np.array([[0.5], [2], [9], [9.5]])
    return scale * real + shift, scale * fake + shift


# The decimals have no exact binary form: ties have to survive rounding.
@pytest.mark.parametrize(("scale", "shift"), [(1.0, 0.0), (0.1, 0.7), (1e-3, -12.3), (0.3, 1e3)])
def test_prdc_on_four_points_by_hand(scale, shift):
    real, fake = four_points(scale, shift)
    assert metrics.prdc(real, fake, k=1) == {
        "precision": 0.5,
        "recall": 0.75,
        "density": 0.75,
        "coverage": 0.75,
    }
    swapped = metrics.prdc(fake, real, k=1)
    assert (swapped["precision"], swapped["recall"]) == (0.75, 0.5)


def brute_force_prdc(real, fake, k):
    def distances(a, b):
        return np.sqrt(((a[:, None] - b) ** 2).sum(axis=2))

    real_radii = np.sort(distances(real, real), axis=1)[:, k]
    fake_radii = np.sort(distances(fake, fake), axis=1)[:, k]
    across = distances(real, fake)
    inside = across < real_radii[:, None]
    return {
        "precision": inside.any(axis=0).mean(),
        "recall": (across < fake_radii).any(axis=1).mean(),
        "density": inside.sum(axis=0).mean() / k,
        "coverage": (across.min(axis=1) < real_radii).mean(),
    }


@pytest.mark.parametrize(("n", "m", "k"), [(620, 510, 5), (30, 700, 3), (501, 6, 5)])
def test_prdc_agrees_with_brute_force_across_blocks(n, m, k):
    real, fake = normal(n, 6, 0, shift=5), normal(m, 6, 1, scale=0.7, shift=5.4)
    expected = brute_force_prdc(real, fake, k)
    assert metrics.prdc(real, fake, k) == pytest.approx(expected, rel=1e-12)
    turn = np.linalg.qr(normal(6, 6, 2))[0]
    assert metrics.prdc(real @ turn + 100, fake @ turn + 100, k) == pytest.approx(expected)


def test_prdc_of_a_set_with_itself_and_of_one_far_away():
    real = normal(300, 4, 0)
    same = metrics.prdc(real, real)
    assert (same["precision"], same["recall"], same["coverage"]) == (1, 1, 1)
    assert same["density"] == pytest.approx(1, abs=1e-12)  # itself and four nearer than the fifth
    assert set(metrics.prdc(real, real + 1000).values()) == {0}


def test_collapse_keeps_precision_and_loses_recall_and_coverage():
    """All fakes are one real point: a fake ball has radius 0, and nothing is strictly inside."""
    real = normal(200, 3, 0)
    collapsed = np.tile(real[7], (200, 1))
    report = metrics.prdc(real, collapsed)
    assert report["precision"] == 1
    assert report["recall"] == 0
    assert report["coverage"] < 0.1


def test_an_outlier_does_not_blur_the_distances_of_the_others():
    real, fake = normal(200, 3, 0), normal(200, 3, 1)
    expected = brute_force_prdc(real, fake, 5)
    far = np.full((1, 3), 1e6)
    report = metrics.prdc(np.vstack([real, far]), fake)
    assert report["precision"] >= expected["precision"]
    assert report["recall"] == pytest.approx(expected["recall"] * 200 / 201)


@pytest.mark.parametrize(
    ("k", "message"),
    [(0, "k is 0"), (2.5, "k is 2.5: expected a whole"), (10, "too few for k = 10")],
)
def test_prdc_refuses_a_k_that_does_not_fit(k, message):
    with pytest.raises(ValueError, match=message):
        metrics.prdc(normal(20, 2, 0), normal(10, 2, 1), k)


# Nearest training images


def pictures(count, seed):
    return np.random.default_rng(seed).integers(0, 256, (count, 28, 28, 1), np.uint8)


@pytest.mark.parametrize("kind", [np.uint8, np.float32])
def test_nearest_images_agree_with_brute_force_across_blocks(kind):
    samples = pictures(520, 0)[:, :6, :6].astype(kind)
    training = pictures(90, 1)[:, :6, :6].astype(kind)
    differences = samples[:, None].astype(float) - training.astype(float)
    expected = np.sqrt(np.sum(differences**2, axis=(2, 3, 4)))
    indices, distances = metrics.nearest_images(samples, training)
    assert np.array_equal(indices, expected.argmin(axis=1))
    assert distances == pytest.approx(expected.min(axis=1), rel=1e-12)


def test_nearest_images_finds_a_copy_at_distance_zero():
    training = pictures(300, 0)
    changed = training[[7]].copy()
    changed[0, 0, 0, 0] ^= 16
    indices, distances = metrics.nearest_images(np.vstack([training[[42]], changed]), training)
    assert indices.tolist() == [42, 7]
    assert distances.tolist() == [0.0, 16.0]


def test_memorization_score_of_new_copied_and_far_samples():
    training, held_out, new = normal(400, 5, 0), normal(300, 5, 1), normal(300, 5, 2)
    fair = metrics.memorization_score(new, training, held_out)
    assert fair["score"] == pytest.approx(0.5, abs=0.08)
    assert abs(fair["z"]) < 3
    copied = metrics.memorization_score(training[:200], training, held_out)
    assert (copied["score"], copied["copies"], copied["sample_median"]) == (1.0, 1.0, 0.0)
    assert copied["z"] < -15
    far = metrics.memorization_score(new + 100, training, held_out)
    assert (far["score"], far["copies"]) == (0.0, 0.0)
    assert far["z"] > 15


def test_memorization_score_agrees_with_scipy_and_counts_ties_half():
    stats = pytest.importorskip("scipy.stats")
    training = np.array([[0.0]])
    samples, held_out = np.array([[1.0], [2], [5]]), np.array([[2.0], [3], [1], [9]])
    report = metrics.memorization_score(samples, training, held_out)
    # Pairs with the sample nearer: 1 beats 2, 3, 9 and ties 1; 2 beats 3, 9 and ties 2; 5 beats 9.
    assert report["score"] == pytest.approx((3.5 + 2.5 + 1) / 12)
    larger = stats.mannwhitneyu(samples[:, 0], held_out[:, 0]).statistic
    assert report["score"] == pytest.approx(1 - larger / 12)
    assert (report["sample_median"], report["held_out_median"]) == (2.0, 2.5)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (pictures(3, 0)[:0], r"expected \(N, ...\), one or more"),
        (pictures(3, 0)[:, :20], "can't be compared"),
        (pictures(3, 0) / 255, "expected one scale"),
        (pictures(3, 0).astype(np.int64), "dtype int64"),
        (np.full((3, 28, 28, 1), np.nan), "NaN or infinite"),
    ],
)
def test_nearest_images_refuses_bad_input(samples, message):
    training = pictures(5, 1).astype(float) if np.isnan(samples).any() else pictures(5, 1)
    with pytest.raises(ValueError, match=message):
        metrics.nearest_images(samples, training)


def test_copies_are_counted_byte_for_byte_even_among_near_twins():
    rng = np.random.default_rng(0)
    training = rng.integers(0, 255, (50, 28, 28, 1)).astype(np.uint8)
    twins = training.copy()
    twins[:, 0, 0] += 1
    report = metrics.memorization_score(training, np.concatenate([twins, training]), twins)
    assert report["copies"] == 1.0
    assert metrics.memorization_score(training, twins, twins)["copies"] == 0.0
