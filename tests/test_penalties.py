"""Gradient penalties against closed forms, in every way of compiling."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganbook.errors import SettingError
from ganbook.penalties import R1, R1R2, R2, Drift, GradientPenalty, Sum

SEED = tf.constant([3, 4])
RANDOM = np.random.default_rng(0)
REAL = RANDOM.normal(size=(6, 2)).astype(np.float32)
FAKE = RANDOM.normal(size=(6, 2)).astype(np.float32)


def linear(x, training=True):
    return x @ tf.constant([[3.0], [4.0]])


def constant(x, training=True):
    return tf.zeros((x.shape[0], 1))


def scaled_by_sample(x, training=True):
    """Sample i has the gradient i + 1, in one direction."""
    return x[:, :1] * tf.range(1.0, x.shape[0] + 1.0)[:, None]


def ways(function):
    yield "eager", function
    yield "graph", tf.function(function)
    yield "xla", tf.function(function, jit_compile=True)


@pytest.mark.parametrize("penalty, expected", [
    (GradientPenalty(10.0), 160.0),  # 10 (5 - 1)^2
    (GradientPenalty(1.0, target=0.0), 25.0),
    (R1(2.0), 25.0),  # gamma / 2 |w|^2
    (R2(2.0), 25.0),
    (R1R2(2.0), 50.0),
    (GradientPenalty(10.0, one_sided=True), 160.0),  # too steep: as before
    (GradientPenalty(10.0, target=7.0), 40.0),  # 10 (5 - 7)^2
    (GradientPenalty(10.0, target=7.0, one_sided=True), 0.0),  # flat enough
    (Sum(GradientPenalty(10.0), R1(2.0)), 185.0),
    (Sum(), 0.0),
])  # fmt: skip
def test_a_linear_critic_has_one_gradient_whatever_the_data(penalty, expected):
    for name, way in ways(lambda: penalty(linear, REAL, FAKE, SEED)):
        assert float(way()) == pytest.approx(expected, rel=1e-5), name


def test_norms_are_taken_for_each_sample():
    norms = np.arange(1.0, 7.0)
    value = GradientPenalty(1.0)(scaled_by_sample, REAL, FAKE, SEED)
    assert float(value) == pytest.approx(np.mean((norms - 1.0) ** 2), rel=1e-5)
    assert float(R1(2.0)(scaled_by_sample, REAL, FAKE, SEED)) == pytest.approx(np.mean(norms**2))


def test_a_constant_critic_gives_a_finite_penalty_and_finite_gradients():
    assert float(GradientPenalty(10.0)(constant, REAL, FAKE, SEED)) == pytest.approx(10.0, rel=1e-4)
    critic = keras.Sequential(
        [keras.Input((2,)), keras.layers.Dense(1, kernel_initializer="zeros")]
    )
    with tf.GradientTape() as tape:
        value = GradientPenalty(10.0)(critic, REAL, FAKE, SEED)
    assert np.isfinite(tape.gradient(value, critic.layers[0].kernel.value)).all()


def test_interpolates_lie_on_the_segment_of_their_own_pair():
    seen = []

    def spy(x, training=True):
        seen.append(x.numpy())
        return linear(x)

    GradientPenalty()(spy, REAL, FAKE, SEED)
    weights = (seen[0] - FAKE) / (REAL - FAKE)
    np.testing.assert_allclose(weights[:, 0], weights[:, 1], rtol=1e-3)  # one weight a sample
    assert (weights >= 0).all() and (weights <= 1).all()
    assert np.unique(weights[:, 0].round(4)).size == len(REAL)  # and another for each sample


def test_the_second_derivative_reaches_the_critic():
    """For D(x) = c x.x the penalty is weight mean (2 c |x| - 1)^2, so its slope in c is known."""
    scale = tf.Variable(0.7)
    real = tf.constant(REAL)

    def slope():
        with tf.GradientTape() as tape:
            value = GradientPenalty(1.0)(
                lambda x, training: scale * tf.reduce_sum(x * x, axis=1), real, real, SEED
            )
        return tape.gradient(value, scale)

    lengths = np.linalg.norm(REAL, axis=1)
    expected = np.mean(2 * (2 * 0.7 * lengths - 1) * 2 * lengths)
    for name, way in ways(slope):
        assert float(way()) == pytest.approx(expected, rel=1e-4), name


def test_drift_is_the_mean_square_of_outputs_on_real_images():
    outputs = REAL @ np.array([[3.0], [4.0]])
    for name, way in ways(lambda: Drift(0.5)(linear, REAL, FAKE, SEED)):
        assert float(way()) == pytest.approx(0.5 * np.mean(outputs**2), rel=1e-5), name


def test_the_parts_of_a_sum_have_draws_of_their_own():
    seen = []

    def spy(x, training=True):
        seen.append(x.numpy())
        return linear(x)

    Sum(GradientPenalty(), GradientPenalty())(spy, REAL, FAKE, SEED)
    assert not np.allclose(*seen)
    GradientPenalty()(spy, REAL, FAKE, SEED)
    np.testing.assert_array_equal(seen[0], seen[2])


@pytest.mark.parametrize("make", [
    lambda: GradientPenalty(-1.0), lambda: GradientPenalty(target=-1.0),
    lambda: R1(-1.0), lambda: R2(-1.0), lambda: Drift(-1.0),
])  # fmt: skip
def test_negative_weights_are_refused(make):
    with pytest.raises(SettingError, match="-1"):
        make()
