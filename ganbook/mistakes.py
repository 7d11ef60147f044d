"""Widespread mistakes in GAN code, kept so that lessons can run and measure them. Do not use them.

Each one is a pair of losses like those of `ganbook.losses`.
"""

import keras
import numpy as np
import tensorflow as tf

from ganbook import distributed, randomness
from ganbook.description import Described
from ganbook.errors import SettingError


@keras.saving.register_keras_serializable("ganbook")
class PersistentFlips(Described):
    """Label flipping by swapping the two label arrays in place: a flip stays until the next one.

    Flipping is meant for one batch. Swapped in place, the arrays stay swapped, for the
    discriminator and for the generator's target, so half of the time the roles are reversed.

    Args:
        loss: a pair of losses on logits in which swapping real and fake swaps the labels, and in
            which the generator's loss of the negative logits is that of the opposite label, such as
            `NonSaturating`.
        probability: that the arrays are swapped in a step, in [0, 1].
        steps: how many steps are drawn in advance; after them the draws begin anew.
        seed: of the draws.

    Raises:
        SettingError: the probability lies outside [0, 1].
    """

    uses_real_logits = False

    def __init__(self, loss, probability, steps=100_000, seed=0):
        if not 0.0 <= probability <= 1.0:
            raise SettingError(f"probability is {probability}; it must lie between 0 and 1.")
        self.loss, self.probability, self.steps, self.seed = loss, probability, steps, seed
        flips = np.random.default_rng(seed).random(steps) < probability
        self.swapped = np.cumsum(flips) % 2 == 1  # by step

    def get_config(self):
        numbers = {"probability": self.probability, "steps": self.steps, "seed": self.seed}
        return {"loss": keras.saving.serialize_keras_object(self.loss), **numbers}

    @classmethod
    def from_config(cls, config):
        return cls(**{**config, "loss": keras.saving.deserialize_keras_object(config["loss"])})

    def discriminator(self, real_logits, fake_logits, seed=None):
        return tf.where(
            self._is_swapped(seed),
            self.loss.discriminator(fake_logits, real_logits, seed=seed),
            self.loss.discriminator(real_logits, fake_logits, seed=seed),
        )

    def generator(self, fake_logits, real_logits=None, seed=None):
        return tf.where(
            self._is_swapped(seed),
            self.loss.generator(-fake_logits, seed=seed),
            self.loss.generator(fake_logits, seed=seed),
        )

    def _is_swapped(self, seed):
        if seed is None:
            raise SettingError("flips need a seed: pass seed=an int32 tensor of shape (2,).")
        # The first number of a key is the step; see `randomness.key`.
        return tf.gather(tf.constant(self.swapped), seed[0] % len(self.swapped))


@keras.saving.register_keras_serializable("ganbook")
class NoisyLabels(Described):
    """Cross-entropy with 1 for fake and uniform noise added to every label, as in a known example.

    Labels become 0 to 0.05 for real images and 1 to 1.05 for fakes. A label above 1 takes the floor
    away: the loss sp(x) - t x falls without end as x grows once t > 1. The discriminator's loss is
    the mean over both halves, so outputs of zero give ln 2 for both players.

    Args:
        noise: the largest number that is added.
        clipped: keep labels at 1 or below, which is the repair.
    """

    uses_real_logits = False

    def __init__(self, noise=0.05, clipped=False):
        self.noise, self.clipped = noise, clipped

    def get_config(self):
        return {"noise": self.noise, "clipped": self.clipped}

    def discriminator(self, real_logits, fake_logits, seed=None):
        if seed is None:
            raise SettingError("label noise needs a seed: pass seed=an int32 tensor of shape (2,).")
        outputs = tf.cast(tf.concat([fake_logits, real_logits], axis=0), tf.float32)
        clean = tf.concat([tf.ones_like(fake_logits), tf.zeros_like(real_logits)], axis=0)
        noise = distributed.own_rows(_for_both, (fake_logits.shape[0], 2, *outputs.shape[1:]), seed)
        noise = tf.concat(tf.unstack(noise, axis=1), axis=0)
        labels = tf.cast(clean, tf.float32) + self.noise * noise
        if self.clipped:
            labels = tf.minimum(labels, 1.0)
        return tf.reduce_mean(tf.nn.softplus(outputs) - labels * outputs)

    def generator(self, fake_logits, real_logits=None, seed=None):
        return tf.reduce_mean(tf.nn.softplus(tf.cast(fake_logits, tf.float32)))


def _for_both(shape, seed):
    """Draw for N fakes and N real images, (N, 2, ...): first for all fakes, then for the others."""
    drawn = randomness.uniform((2, shape[0], *shape[2:]), seed)
    return tf.stack(tf.unstack(drawn), axis=1)


@keras.saving.register_keras_serializable("ganbook")
class SquaredCritic(Described):
    """Mean squared error to targets of 1 and -1, in the place of a Wasserstein critic's means.

    D: E (a - 1)^2 + E (b + 1)^2. G: E (b - 1)^2. With outputs that are trained towards fixed
    numbers, the loss is no estimate of any distance: it is least squares with other labels.
    """

    uses_real_logits = False

    def discriminator(self, real_logits, fake_logits, seed=None):
        real, fake = tf.cast(real_logits, tf.float32), tf.cast(fake_logits, tf.float32)
        return tf.reduce_mean(tf.square(real - 1.0)) + tf.reduce_mean(tf.square(fake + 1.0))

    def generator(self, fake_logits, real_logits=None, seed=None):
        return tf.reduce_mean(tf.square(tf.cast(fake_logits, tf.float32) - 1.0))
