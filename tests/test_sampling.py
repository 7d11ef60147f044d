"""Samples and walks: the same ones each time, along an arc."""

import numpy as np
import pytest
import tensorflow as tf

from ganbook.errors import SettingError
from ganbook.exercises import lesson02
from ganbook.sampling import read_samples, sample_from, walk, write_samples


def test_a_walk_has_both_ends_and_keeps_to_the_sphere():
    rng = np.random.default_rng(0)
    start, end = (10 * v / np.linalg.norm(v) for v in rng.normal(size=(2, 100)))
    way = walk(start, end, 7)
    assert way.shape == (7, 100) and way.dtype == np.float32
    np.testing.assert_allclose(way[[0, -1]], [start, end], atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(way, axis=1), 10.0, rtol=1e-5)
    steps = np.linalg.norm(np.diff(way, axis=0), axis=1)
    np.testing.assert_allclose(steps, steps[0], rtol=1e-4)


def test_large_images_are_made_in_parts_that_are_no_larger_for_more(monkeypatch):
    sizes = []

    class Large:
        input_shape, output_shape = (None, 3), (None, 512, 512, 1)

        def __call__(self, latents, training):
            sizes.append(len(latents))
            return tf.reduce_sum(latents, axis=1)[:, None, None, None]

    made = sample_from(Large(), 261)
    assert sizes == [10] * 27
    assert len(made) == 261
    sizes.clear()
    assert np.array_equal(sample_from(Large(), 64), made[:64]) and sizes == [10] * 7
    monkeypatch.setattr(Large, "output_shape", (None, 32, 32, 1))
    sizes.clear()
    assert np.array_equal(sample_from(Large(), 261), made) and sizes == [250, 250]


def test_a_walk_between_equal_and_opposite_latents_is_straight():
    point = np.array([0.0, 2.0])
    np.testing.assert_array_equal(walk(point, point, 3), [point] * 3)
    np.testing.assert_allclose(walk(point, -point, 3), [point, 0 * point, -point], atol=1e-6)


def test_the_exercises_walk_agrees_with_the_package():
    start, end = np.random.default_rng(1).normal(size=(2, 20))
    np.testing.assert_allclose(lesson02.walk(start, end, 5), walk(start, end, 5), atol=1e-6)


@pytest.mark.parametrize(
    "start, end, count, message",
    [
        (np.ones(3), np.ones(4), 5, r"shapes \(3,\) and \(4,\)"),
        (np.ones((1, 3)), np.ones((1, 3)), 5, r"shapes \(1, 3\)"),
        (np.ones(3), np.ones(3), 1, "count is 1"),
    ],
)
def test_bad_walks_are_refused(start, end, count, message):
    with pytest.raises(SettingError, match=message):
        walk(start, end, count)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "float32"])
def test_samples_of_16_bits_come_back_from_a_file(dtype, tmp_path):
    points = np.linspace(-1, 1, 9, dtype=np.float32)[:8].reshape(4, 2)
    images = points.reshape(2, 2, 2, 1)
    for made in (tf.cast(points, dtype), tf.cast(points, dtype).numpy()):
        write_samples(tmp_path / "samples.npz", made)
        found = read_samples(tmp_path / "samples.npz")
        assert found.dtype == np.float32 and np.array_equal(found, points)
    write_samples(tmp_path / "samples.npz", tf.cast(images, dtype))
    found = read_samples(tmp_path / "samples.npz")
    assert found.ravel().tolist() == [0, 32, 64, 96, 128, 159, 191, 223]
