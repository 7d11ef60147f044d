"""Unrolled training: the closed form of a game of two numbers, and the discriminator at rest."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import dense_pair, everything, flat, gan_of, stateful_pair, train

from ganbook import GAN
from ganbook.data import stream
from ganbook.errors import SettingError
from ganbook.penalties import R1


class Game:
    """f = t p - p^2 / 2: the discriminator raises it by p, the generator lowers it by t.

    A sample is the pair (t, 1); the discriminator multiplies both by p.
    """

    uses_real_logits = False

    def generator(self, fake_logits, real_logits=None, seed=None):
        product, p = fake_logits[0, 0, 0], fake_logits[0, 1, 0]
        return product - p**2 / 2

    def discriminator(self, real_logits, fake_logits, seed=None):
        return -self.generator(fake_logits)


def game(unroll, rate=0.5):
    """A GAN that plays it from t = 1 and p = 0."""
    generator = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(2, name="g"), keras.layers.Reshape((2, 1))]
    )
    generator.get_layer("g").set_weights([np.zeros((1, 2)), np.array([1.0, 1.0])])
    discriminator = keras.Sequential([keras.Input((2, 1)), keras.layers.Dense(1, use_bias=False)])
    discriminator.set_weights([np.zeros((1, 1))])
    return GAN(
        generator,
        discriminator,
        Game(),
        generator_optimizer=keras.optimizers.SGD(1.0),
        discriminator_optimizer=keras.optimizers.SGD(rate),
        unroll=unroll,
    )


@pytest.mark.parametrize("k", [0, 1, 2, 3, 5])
def test_gradient_of_the_unrolled_game(k):
    """1 - 0.5^(2k); without the second-order term it would be 1 - 0.5^k."""
    gan = game(k)
    real = tf.zeros((1, 2, 1))
    gan.make_update().update_generator(real, tf.constant(0, tf.int64), 0)
    moved = 1.0 - float(gan.generator.get_layer("g").bias[0])  # at a rate of 1: the gradient
    assert moved == pytest.approx(1.0 - 0.5 ** (2 * k), abs=1e-6)
    assert float(gan.discriminator.weights[0][0, 0]) == 0.0, "looking ahead moves nothing"


@pytest.mark.parametrize("k", [0, 1, 5])
def test_the_discriminator_makes_its_ordinary_step_only(k):
    gan = game(k)
    gan.fit(stream(np.zeros((8, 2, 1), np.float32), 1), steps_per_epoch=1, verbose=0)
    assert float(gan.discriminator.weights[0][0, 0]) == pytest.approx(0.5)


@pytest.mark.parametrize("pair", [dense_pair, stateful_pair])
def test_the_first_discriminator_update_is_that_of_a_plain_gan(pair):
    found = [flat(train(gan_of(pair, unroll=unroll), 1).discriminator.weights) for unroll in (0, 3)]
    np.testing.assert_array_equal(*found)


def test_looking_ahead_changes_the_generator_and_can_be_repeated():
    plain, *unrolled = (everything(train(gan_of(unroll=k), 2)) for k in (0, 2, 2))
    np.testing.assert_array_equal(*unrolled)
    assert not np.array_equal(plain, unrolled[0])


def test_compiled_and_eager_unrolling_agree():
    found = [
        flat(train(gan_of(unroll=2, penalty=R1(0.5), compiled=c), 5).generator.weights)
        for c in (False, True)
    ]
    np.testing.assert_allclose(*found, atol=1e-5)


@pytest.mark.parametrize(
    "settings, message",
    [
        ({"unroll": -1}, "unroll is -1"),
        ({"unroll": 2.5}, "unroll is 2.5"),
        ({"unroll": 2, "update": "simultaneous"}, "unroll is 2, which looks ahead"),
    ],
)
def test_unrolling_that_cannot_work_is_refused(settings, message):
    with pytest.raises(SettingError, match=message):
        gan_of(**settings)
