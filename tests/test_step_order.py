"""Every weight is read before it is updated, in the graph that TensorFlow runs (invariant 3)."""

import sys
from pathlib import Path

import keras
import pytest
from helpers import gan_of, images, stateful_pair
from test_growing import growing_gan

from ganbook import players
from ganbook.data import stream
from ganbook.penalties import R1R2, Drift, GradientPenalty, Sum

sys.path.append(str(Path(__file__).parents[1] / "benchmarks"))
from step_order import of_a_step  # noqa: E402

IMAGES = images(32)
GANS = {
    "grown, simultaneous": lambda: growing_gan(
        update="simultaneous", penalty=Sum(GradientPenalty(10.0), Drift(0.001))
    ),
    "relativistic": lambda: gan_of(conv_pair, loss="relativistic", penalty=R1R2(1.0), average=0.9),
    "hidden state": lambda: gan_of(stateful_pair, average=0.9, discriminator_steps=2),
    "several steps a call": lambda: gan_of(conv_pair, penalty=R1R2(1.0), steps_per_call=2),
}


def conv_pair(seed=0):
    keras.utils.set_random_seed(seed)
    layers = keras.layers
    generator = keras.Sequential(
        [
            keras.Input((6,)),
            layers.Dense(4 * 4 * 4, activation="relu"),
            layers.Reshape((4, 4, 4)),
            layers.Conv2DTranspose(1, 4, 2, padding="same", activation="tanh"),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, 2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.GroupNormalization(2),
            layers.Conv2D(4, 3, 2, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Flatten(),
            layers.Dense(8),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dense(1),
        ]
    )
    return generator, discriminator


def pairs_of(gan):
    gan.compile(jit_compile=False)
    size = (gan.discriminator.input_shape[1] or 16) // 8
    data = IMAGES.repeat(size, axis=1).repeat(size, axis=2)
    stream_ = stream(data, 8, gan.discriminator_steps, gan.steps_per_call)
    pairs, reads, updates = of_a_step(gan, iter(stream_))
    assert reads > 20 and updates > 20
    return pairs


@pytest.mark.parametrize("kind", GANS)
def test_reads_and_updates_have_an_order(kind):
    assert pairs_of(GANS[kind]()) == []


def test_without_the_call_that_is_not_taken_apart_some_have_none(monkeypatch):
    monkeypatch.setattr(players, "settled", lambda *values: values)
    assert any(pairs_of(GANS[kind]()) for kind in GANS)
