"""Training in mixed_float16: losses are scaled, lest small gradients vanish in float16."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import everything, gan_of, images, stateful_pair

from ganbook import GAN, recipes, runs
from ganbook.checkpoint import restore, save
from ganbook.data import ImageData, stream
from ganbook.errors import RunError
from ganbook.layers import SpectralNormalization
from ganbook.penalties import R1R2, GradientPenalty

SCALE = keras.optimizers.LossScaleOptimizer


@pytest.fixture(autouse=True)
def float16():
    keras.config.set_dtype_policy("mixed_float16")


def spectral_pair(seed=0):
    """All that has a kernel is wrapped: only the wrapped layers compute in float16."""
    keras.utils.set_random_seed(seed)
    generator = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(64, activation="tanh"),
            keras.layers.Reshape((8, 8, 1)),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            SpectralNormalization(keras.layers.Conv2D(1, 8)),
        ]
    )
    return generator, discriminator


MADE = {
    "batchnorm, dropout, spectral": lambda: gan_of(stateful_pair, average=0.9, compiled=True),
    "penalty, nothing but wrapped layers": lambda: gan_of(
        spectral_pair, loss="wasserstein", penalty=GradientPenalty(10.0), update="simultaneous"
    ),
    "unrolled, several steps a call": lambda: gan_of(
        spectral_pair, loss="relativistic", penalty=R1R2(1.0), unroll=1, steps_per_call=3,
        compiled=True,
    ),
}  # fmt: skip


def train(gan, steps):
    batches = stream(images(), 4, gan.discriminator_steps, gan.steps_per_call, seed=0)
    gan.fit(batches, steps_per_epoch=steps // gan.steps_per_call, verbose=0)
    return gan


@pytest.mark.parametrize("kind", MADE)
def test_it_trains_with_scaled_losses(kind, tmp_path):
    """Both players move, and a run that is stopped and resumed equals one that is not."""
    gan = MADE[kind]()
    for one in (gan.generator_optimizer, gan.discriminator_optimizer):
        assert isinstance(one, SCALE) and float(one.scale_loss(tf.constant(1.0))) >= 1024
    before = everything(gan)
    train(gan, 3)
    save(gan, tmp_path)
    train(gan, 3)
    assert gan.step == 6 and np.isfinite(gan.last_losses).all() and gan.trouble is None
    assert np.isfinite(gan.sample(2)).all() and gan.sample(2).dtype == np.float32
    for one in (gan.generator_optimizer, gan.discriminator_optimizer):
        assert int(one.inner_optimizer.iterations) > 0, "every step was skipped"
    assert not np.array_equal(before, everything(gan))
    other = MADE[kind]()
    assert restore(other, tmp_path) == 3
    np.testing.assert_array_equal(everything(train(other, 3)), everything(gan))


def test_a_gradient_that_float16_loses_arrives():
    """1e-9 times the outputs: unscaled, every gradient of it is 0 in float16."""

    class Faint:
        def discriminator(self, real_logits, fake_logits, seed=None):
            return 1e-9 * tf.reduce_mean(fake_logits - real_logits)

        def generator(self, fake_logits, real_logits=None, seed=None):
            return -1e-9 * tf.reduce_mean(fake_logits)

    def moved(optimizer):
        gan = gan_of(spectral_pair, loss=Faint(), discriminator_optimizer=optimizer)
        before = [w.numpy() for w in gan.discriminator.trainable_weights]
        train(gan, 1)
        after = [w.numpy() for w in gan.discriminator.trainable_weights]
        return max(np.abs(a - b).max() for a, b in zip(before, after, strict=True))

    still = SCALE(keras.optimizers.SGD(1e9), initial_scale=1.0)
    scaled = SCALE(keras.optimizers.SGD(1e9), initial_scale=2.0**15)
    assert moved(still) == 0.0 < moved(scaled)


def test_one_overflow_skips_a_step_and_halves_the_scale():
    huge = SCALE(keras.optimizers.Adam(1e-3), initial_scale=2.0**60)
    gan = gan_of(spectral_pair, discriminator_optimizer=huge)
    before = [w.numpy() for w in gan.discriminator.trainable_weights]
    train(gan, 1)
    after = [w.numpy() for w in gan.discriminator.trainable_weights]
    assert all(np.array_equal(a, b) for a, b in zip(before, after, strict=True))
    assert float(huge.dynamic_scale) == 2.0**59 and np.isfinite(gan.last_losses).all()


def test_a_run_of_another_length_is_refused_when_its_rate_falls(tmp_path):
    def gan(steps):
        falling = keras.optimizers.schedules.CosineDecay(1e-3, steps)
        optimizer = keras.optimizers.Adam(falling)
        return GAN(*spectral_pair(), generator_optimizer=optimizer)

    save(gan(100), tmp_path)
    restore(gan(100), tmp_path)
    with pytest.raises(RunError, match=r"generator_optimizer\.learning_rate\.decay_steps"):
        restore(gan(200), tmp_path)


def test_a_run_records_it(tmp_path):
    data = ImageData("mnist", images(), np.zeros(256, np.int64), "", False, tuple("0123456789"))
    small = recipes.Recipe(
        "01", "small", "mnist", 8, 4, {"quick": 2}, lambda seed: gan_of(stateful_pair, seed=seed)
    )
    asked = {"preset": "quick", "steps": 2, "folder": tmp_path, "precision": "mixed_float16"}
    gan = runs.train(small, data, **asked)
    assert isinstance(gan.generator_optimizer, SCALE) and gan.step == 2
    assert runs.read_settings(tmp_path)["precision"] == "mixed_float16"
