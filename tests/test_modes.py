"""Mode counts, class histogram, 2-D mixtures: by hand, and for a perfect sampler."""

import numpy as np
import pytest

from ganbook import metrics


@pytest.mark.parametrize("reached", [1, 10, 250, 1000])
def test_kl_of_evenly_reached_modes(reached):
    report = metrics.mode_report(np.repeat(np.arange(reached), 26), 1000)
    assert report["modes"] == reached
    assert report["kl"] == pytest.approx(np.log(1000 / reached), rel=1e-9, abs=1e-12)


def test_kl_by_hand_and_for_a_perfect_sampler():
    report = metrics.mode_report(np.array([0, 0, 0, 2]), 3)
    assert report["modes"] == 2
    assert report["kl"] == pytest.approx(0.75 * np.log(2.25) + 0.25 * np.log(0.75), rel=1e-12)
    # Expected: about 999 / (2 * 26,000) = 0.0192, with a standard deviation of 0.0009 a draw.
    rng = np.random.default_rng(0)
    kls = [metrics.mode_report(rng.integers(0, 1000, 26_000), 1000)["kl"] for _ in range(20)]
    assert np.mean(kls) == pytest.approx(0.0193, abs=6e-4)


def test_class_histogram_counts_empty_classes_too():
    histogram = metrics.class_histogram(np.array([3, 0, 3], np.uint8), 5)
    assert histogram.tolist() == [1, 0, 0, 2, 0]


@pytest.mark.parametrize("measure", [metrics.mode_report, metrics.class_histogram])
@pytest.mark.parametrize(
    ("ids", "kinds", "message"),
    [
        (np.array([]), 10, "one or more"),
        (np.array([0, 10]), 10, "reaches from 0 to 10: expected 0 to 9"),
        (np.array([-1, 3]), 10, "reaches from -1"),
        (np.array([1.0, np.nan]), 10, "expected integers"),
        (np.array([[1, 2]]), 10, r"shape \(1, 2\)"),
        (np.array([0]), 0, "is 0: expected 1 or more"),
    ],
)
def test_bad_ids_are_refused(measure, ids, kinds, message):
    with pytest.raises(ValueError, match=message):
        measure(ids, kinds)


def ring(modes=8):
    angles = 2 * np.pi * np.arange(modes) / modes
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


def test_mixture_report_of_a_perfect_sampler():
    """20,000 points: 0.9889 within 3 sigma, give or take 0.0007; the spread to about 0.5 %."""
    centers, rng = ring(), np.random.default_rng(0)
    points = centers[rng.integers(0, 8, 20_000)] + rng.normal(0, 0.01, (20_000, 2))
    report = metrics.mixture_report(points, centers, 0.01)
    assert report["modes"] == 8
    assert report["high_quality"] == pytest.approx(1 - np.exp(-4.5), abs=0.002)
    assert report["spread_ratio"] == pytest.approx(1, abs=0.015)
    assert report["kl"] < 1e-3


def test_mixture_report_tells_collapse_to_points_from_missing_modes():
    """Three points on three of eight centers, one point between all of them."""
    centers = ring()
    points = np.vstack([np.repeat(centers[:3], 33, axis=0), [[0.0, 0.0]]])
    report = metrics.mixture_report(points, centers, 0.01)
    assert report["modes"] == 3
    assert report["high_quality"] == 0.99
    assert report["spread_ratio"] == pytest.approx(0, abs=1e-9)
    assert report["kl"] == pytest.approx(np.log(8 / 3), abs=0.05)
    assert metrics.mixture_report(np.zeros((5, 2)), centers, 0.01)["spread_ratio"] == 0


def test_spread_ratio_by_hand():
    """Two points 0.02 apart on one axis: variance 0.0002 over two axes is 0.01^2, one sigma."""
    points = np.array([[0.99, 0.0], [1.01, 0.0]])
    ratio = metrics.mixture_report(points, ring(), 0.01)["spread_ratio"]
    cut = np.exp(-4.5)
    assert ratio == pytest.approx(1 / np.sqrt(1 - 4.5 * cut / (1 - cut)), rel=1e-9)


@pytest.mark.parametrize(
    ("points", "sigma", "message"),
    [
        (np.zeros((0, 2)), 0.1, "0 samples"),
        (np.full((3, 2), np.nan), 0.1, "NaN or infinite"),
        (np.zeros((3, 3)), 0.1, "dimensions"),
        (np.zeros((3, 2)), 0.0, "sigma is 0.0"),
        (np.zeros((3, 2)), np.nan, "sigma is nan"),
    ],
)
def test_mixture_report_refuses_bad_input(points, sigma, message):
    with pytest.raises(ValueError, match=message):
        metrics.mixture_report(points, ring(), sigma)
