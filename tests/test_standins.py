"""The drawn digits and garments: reproducible, varied, and ten classes that can be told apart."""

import numpy as np
import pytest
from sklearn.svm import SVC

from ganbook import standins

DRAWERS = [standins.toy_digits, standins.toy_garments]


@pytest.fixture(scope="module", params=DRAWERS, ids=["digits", "garments"])
def drawn(request):
    return request.param, *request.param(5000, seed=1)


def test_shape_and_range(drawn):
    _, images, labels = drawn
    assert images.shape == (5000, 28, 28) and images.dtype == np.uint8
    assert labels.shape == (5000,) and labels.dtype == np.int64
    assert images.min() == 0 and images.max() >= 240
    # Black around the picture, so that padding with black is not seen: nearly all corners.
    assert (images[:, [0, 0, -1, -1], [0, -1, 0, -1]] > 127).mean() < 0.01


def test_a_smaller_draw_is_the_start_of_a_larger_one(drawn):
    draw, images, labels = drawn
    for count in (1, 7, 1201):
        fewer, their_labels = draw(count, seed=1)
        np.testing.assert_array_equal(fewer, images[:count])
        np.testing.assert_array_equal(their_labels, labels[:count])


def test_another_seed_is_another_draw(drawn):
    draw, images, _ = drawn
    other, _ = draw(50, seed=2)
    assert (other == images[:50]).all(axis=(1, 2)).sum() == 0


def test_all_classes_are_about_equally_many(drawn):
    _, _, labels = drawn
    counts = np.bincount(labels, minlength=10)
    assert len(counts) == 10
    # 500 each; 5 standard deviations of a binomial are 106.
    assert np.abs(counts - 500).max() < 106


def test_a_small_classifier_tells_the_ten_classes_apart(drawn):
    _, images, labels = drawn
    pixels = images.reshape(len(images), -1) / 255.0
    judge = SVC(C=5).fit(pixels[:4000], labels[:4000])
    right = judge.predict(pixels[4000:]) == labels[4000:]
    assert right.mean() >= 0.95
    for label in range(10):
        assert right[labels[4000:] == label].mean() >= 0.8, label


def test_pictures_of_one_class_differ(drawn):
    """A generator that draws one picture for each class must be far from the data."""
    _, images, labels = drawn
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == len(images)
    for label in range(10):
        of_class = images[labels == label].astype(np.float32) / 255
        # The mean picture of a class leaves most of its variation unexplained.
        spread = ((of_class - of_class.mean(axis=0)) ** 2).mean()
        assert spread > 0.02, label
        # No picture has a near copy: the nearest of 100 others differs visibly.
        some = of_class[:100].reshape(100, -1)
        distances = ((some[:, None] - some) ** 2).mean(axis=2)
        np.fill_diagonal(distances, np.inf)
        assert np.median(distances.min(axis=1)) > 0.004, label


@pytest.mark.parametrize("draw", DRAWERS)
@pytest.mark.parametrize("count", [0, -1, 2.5, "10", None])
def test_a_count_that_cannot_be(draw, count):
    with pytest.raises(ValueError, match=f"count is {count!r}"):
        draw(count)
