"""Gradient norms in closed form, and what a discriminator says of images."""

import keras
import numpy as np
import pytest
from keras import layers

from ganbook import GAN, randomness
from ganbook.diagnosis import taken_for_real, weight_gradient_norms


def line(name, slope):
    """Return a network of one weight: x to slope * x."""
    network = keras.Sequential(
        [keras.Input((1,)), layers.Dense(1, use_bias=False, name=name)], name=f"{name}_net"
    )
    network.set_weights([np.array([[slope]])])
    return network


def test_gradient_norms_of_two_lines():
    """Wasserstein: D pays v w E z - v E x, so dD/dv = w E z - E x; G pays -v w E z."""
    gan = GAN(line("g", 3.0), line("d", -2.0), "wasserstein", seed=5)
    real = np.array([[1.0], [4.0], [1.0], [4.0]], np.float32)
    key = randomness.key(5, 0, "gradient norms latents")
    z = float(np.mean(randomness.normal((4, 1), key)))
    norms = weight_gradient_norms(gan, real)
    assert norms["discriminator"]["d"] == pytest.approx(abs(3.0 * z - 2.5), rel=1e-5)
    assert norms["generator"]["g"] == pytest.approx(abs(2.0 * z), rel=1e-5)


def pair():
    keras.utils.set_random_seed(0)
    generator = keras.Sequential(
        [keras.Input((2,)), layers.Dense(3), layers.BatchNormalization(), layers.Dense(2)]
    )
    discriminator = keras.Sequential(
        [keras.Input((2,)), layers.Dense(4), layers.Dropout(0.5), layers.Dense(1)]
    )
    return GAN(generator, discriminator)


def test_only_layers_with_weights_are_listed_and_nothing_is_moved():
    gan = pair()
    players = (gan.generator, gan.discriminator)
    before = [v.numpy() for model in players for v in model.variables]
    first, second = (weight_gradient_norms(gan, np.ones((8, 2), np.float32)) for _ in range(2))
    assert first == second
    assert [len(first[name]) for name in ("generator", "discriminator")] == [3, 2]
    assert all(norm > 0 for norms in first.values() for norm in norms.values())
    after = [v.numpy() for model in players for v in model.variables]
    for old, new in zip(before, after, strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_saturating_loss_pulls_less_at_a_beaten_generator():
    """With outputs near -8 the slope of the saturating loss is e^8 times smaller."""
    norms = {}
    for loss in ("minimax", "non_saturating"):
        discriminator = keras.Sequential([keras.Input((1,)), layers.Dense(1)])
        discriminator.set_weights([np.array([[0.1]]), np.array([-8.0])])
        gan = GAN(line("g", 1.0), discriminator, loss)
        norms[loss] = weight_gradient_norms(gan, np.ones((64, 1), np.float32))["generator"]["g"]
    assert norms["minimax"] < norms["non_saturating"] / 1000


def test_taken_for_real_counts_outputs_above_zero():
    gan = GAN(line("g", 1.0), line("d", 2.0))
    assert taken_for_real(gan, np.array([[1.0], [-1.0], [0.5], [3.0]], np.float32)) == 0.75
