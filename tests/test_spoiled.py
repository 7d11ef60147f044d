"""Spoiled images: each is spoiled in the one way that its name says."""

import numpy as np
import pytest

from ganbook import spoiled

IMAGES = np.random.default_rng(0).integers(0, 256, (12, 8, 8, 1)).astype(np.uint8)


@pytest.mark.parametrize("spoil", [spoiled.constant, spoiled.blurred, spoiled.noisy])
def test_spoiled_images_keep_shape_and_type_and_leave_the_originals(spoil):
    before = IMAGES.copy()
    after = spoil(IMAGES)
    assert after.shape == IMAGES.shape and after.dtype == np.uint8
    assert not np.array_equal(after, IMAGES) and np.array_equal(IMAGES, before)


def test_constant_is_the_rounded_mean():
    made = spoiled.constant(np.array([[[[0]]], [[[3]]]], np.uint8))
    assert made.tolist() == [[[[2]]], [[[2]]]]


def test_blur_spreads_one_pixel_over_its_neighbors():
    images = np.zeros((1, 5, 5, 1), np.uint8)
    images[0, 2, 2] = 250
    once = spoiled.blurred(images, times=1)[0, :, :, 0]
    assert once.sum() == 250 and once[2].tolist() == [0, 50, 50, 50, 0]
    assert np.array_equal(spoiled.blurred(images, times=0), images)


def test_noise_has_the_asked_deviation_and_its_seed():
    gray = np.full((100, 8, 8, 1), 128, np.uint8)
    made = spoiled.noisy(gray, sigma=10.0, seed=3)
    assert (made.astype(float) - 128).std() == pytest.approx(10.0, rel=0.05)
    assert np.array_equal(made, spoiled.noisy(gray, sigma=10.0, seed=3))
    assert not np.array_equal(made, spoiled.noisy(gray, sigma=10.0, seed=4))


def test_blur_does_not_wrap_around_the_edges():
    images = np.zeros((1, 6, 6, 1), np.uint8)
    images[0, :, 0] = 250
    soft = spoiled.blurred(images, times=2)[0, :, :, 0]
    assert not soft[:, 3:].any() and (soft == soft[0]).all()
