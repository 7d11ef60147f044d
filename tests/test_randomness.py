"""Stateless noise: keyed by (seed, step, use), the same everywhere, and really random."""

import numpy as np
import pytest
import tensorflow as tf

from ganbook import randomness

SHAPE = (1000, 7)
GOLDEN_WORD = -1486068344
GOLDEN_UNIFORM = [0.42194635, 0.49689990, 0.13204569]
GOLDEN_NORMAL = [0.88689274, -1.17835557, 0.96911067]


def test_same_key_same_numbers_other_key_other_numbers():
    draw = lambda *key: randomness.normal(SHAPE, randomness.key(*key)).numpy()  # noqa: E731
    first = draw(0, 5, "latents")
    np.testing.assert_array_equal(first, draw(0, 5, "latents"))
    for other in ((1, 5, "latents"), (0, 6, "latents"), (0, 5, "labels")):
        assert np.corrcoef(first.ravel(), draw(*other).ravel())[0, 1] == pytest.approx(0, abs=0.05)


def test_golden_values():
    """The numbers that shipped weights and recorded results were made with must never change."""
    key = randomness.key(0, 3, "latents")
    assert key.numpy().tolist() == [3, GOLDEN_WORD]
    np.testing.assert_allclose(randomness.uniform((3,), key).numpy(), GOLDEN_UNIFORM, atol=1e-7)
    np.testing.assert_allclose(randomness.normal((3,), key).numpy(), GOLDEN_NORMAL, atol=1e-6)


def test_uniform_is_bit_equal_under_xla_and_normal_nearly_so():
    key = randomness.key(7, 1, "x")
    for draw, tolerance in ((randomness.uniform, 0.0), (randomness.normal, 4e-6)):
        eager = draw(SHAPE, key).numpy()
        graph = tf.function(lambda k, draw=draw: draw(SHAPE, k))(key).numpy()
        xla = tf.function(lambda k, draw=draw: draw(SHAPE, k), jit_compile=True)(key).numpy()
        np.testing.assert_allclose(graph, eager, rtol=0, atol=tolerance)
        np.testing.assert_allclose(xla, eager, rtol=0, atol=tolerance)


def test_moments():
    key = randomness.key(1, 1, "moments")
    uniform = randomness.uniform((200_000,), key).numpy()
    assert 0.0 < uniform.min() and uniform.max() < 1.0
    assert uniform.mean() == pytest.approx(0.5, abs=0.003)
    assert uniform.var() == pytest.approx(1 / 12, abs=0.001)
    normal = randomness.normal((200_001,), key).numpy()  # an odd count
    assert normal.mean() == pytest.approx(0.0, abs=0.01)
    assert normal.std() == pytest.approx(1.0, abs=0.01)
    assert np.mean(np.abs(normal) > 1.959964) == pytest.approx(0.05, abs=0.002)
    half = 100_000  # the cosine and the sine half of Box and Muller are independent
    assert np.corrcoef(normal[:half], normal[half + 1 :])[0, 1] == pytest.approx(0.0, abs=0.01)


def test_seeds_may_be_any_integer():
    values = {randomness.key(seed, 0, "x").numpy().tobytes() for seed in (-1, 0, 1, 2**31, 2**70)}
    assert len(values) == 5
