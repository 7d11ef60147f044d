"""Gradient penalties: terms that are added to the discriminator's loss.

Every penalty is called as ``penalty(discriminator, real, fake, seed)`` with float images of shape
(N, ...) and a key of int32, shape (2,), and returns a float32 scalar. It calls
``discriminator(images, training=True)``; `GAN` passes a closure that has no side effects.
"""

import keras
import tensorflow as tf

from ganbook import distributed, randomness
from ganbook.description import Described
from ganbook.errors import SettingError

# The gradient of a square root is infinite at 0, where a constant critic stands.
NORM_EPSILON = 1e-12


def _input_gradients(discriminator, images):
    """Return d D(x_i) / d x_i for each sample, flattened to shape (N, values)."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(images)
        # Samples do not see each other (no BatchNorm here), so the sum keeps gradients apart.
        total = tf.reduce_sum(tf.cast(discriminator(images, training=True), tf.float32))
    gradients = tape.gradient(total, images)
    if gradients is None:
        gradients = tf.zeros_like(images)
    return tf.reshape(gradients, [images.shape[0], -1])


def _check_weight(name, value):
    if not value >= 0:
        raise SettingError(f"{name} is {value}; a penalty's {name} must be 0 or more.")
    return float(value)


@keras.saving.register_keras_serializable("ganbook")
class GradientPenalty(Described):
    """weight * E (|grad D(x)| - target)^2 at random points between real and fake samples.

    Point i is ``e_i real_i + (1 - e_i) fake_i`` with one uniform e_i for each sample, and the norm
    is taken for each sample over all its values. Source: Gulrajani et al., 2017, algorithm 1.

    Args:
        weight: the penalty's weight, 0 or more; 10 on images, 0.1 on 2-D toys.
        target: the gradient norm that costs nothing, 0 or more.
        one_sided: let gradients that are shorter than the target cost nothing either.

    Raises:
        SettingError: the weight or the target is negative.
    """

    def __init__(self, weight=10.0, target=1.0, one_sided=False):
        self.weight = _check_weight("weight", weight)
        self.target = _check_weight("target", target)
        self.one_sided = bool(one_sided)

    def get_config(self):
        return {"weight": self.weight, "target": self.target, "one_sided": self.one_sided}

    def __call__(self, discriminator, real, fake, seed):
        real, fake = tf.convert_to_tensor(real), tf.convert_to_tensor(fake)
        shape = [real.shape[0]] + [1] * (real.shape.rank - 1)
        mix = distributed.own_rows(randomness.uniform, shape, seed)
        between = mix * real + (1.0 - mix) * fake
        gradients = _input_gradients(discriminator, between)
        norms = tf.sqrt(tf.reduce_sum(tf.square(gradients), axis=1) + NORM_EPSILON)
        excess = norms - self.target
        if self.one_sided:
            excess = tf.nn.relu(excess)
        return self.weight * tf.reduce_mean(tf.square(excess))


@keras.saving.register_keras_serializable("ganbook")
class R1R2(Described):
    """gamma / 2 * (E |grad D|^2 on real images + the same on fakes).

    Source: Mescheder et al., 2018, equations 9 and 10.
    """

    on_real = True
    on_fake = True

    def __init__(self, gamma=1.0):
        self.gamma = _check_weight("gamma", gamma)

    def get_config(self):
        return {"gamma": self.gamma}

    def __call__(self, discriminator, real, fake, seed):
        total = 0.0
        for images, used in ((real, self.on_real), (fake, self.on_fake)):
            if used:
                gradients = _input_gradients(discriminator, tf.convert_to_tensor(images))
                total += tf.reduce_mean(tf.reduce_sum(tf.square(gradients), axis=1))
        return 0.5 * self.gamma * total


@keras.saving.register_keras_serializable("ganbook")
class R1(R1R2):
    """gamma / 2 * E |grad D|^2 on real images. Source: Mescheder et al., 2018, equation 9."""

    on_fake = False


@keras.saving.register_keras_serializable("ganbook")
class R2(R1R2):
    """gamma / 2 * E |grad D|^2 on fakes. Source: Mescheder et al., 2018, equation 10."""

    on_real = False


@keras.saving.register_keras_serializable("ganbook")
class Drift(Described):
    """weight * E D(x)^2 on real images, which keeps a critic's outputs near 0.

    A Wasserstein loss does not change when a number is added to all outputs. Without this they may
    wander. Source: Karras et al., 2018, appendix A.1.

    Args:
        weight: the penalty's weight, 0 or more.
    """

    def __init__(self, weight=0.001):
        self.weight = _check_weight("weight", weight)

    def get_config(self):
        return {"weight": self.weight}

    def __call__(self, discriminator, real, fake, seed):
        outputs = discriminator(tf.convert_to_tensor(real), training=True)
        return self.weight * tf.reduce_mean(tf.square(tf.cast(outputs, tf.float32)))


@keras.saving.register_keras_serializable("ganbook")
class Sum(Described):
    """Several penalties at once, such as ``Sum(GradientPenalty(), Drift())``.

    Args:
        *penalties: penalties, each called with a key of its own.
    """

    def __init__(self, *penalties):
        self.penalties = penalties

    def get_config(self):
        return {"penalties": [keras.saving.serialize_keras_object(one) for one in self.penalties]}

    @classmethod
    def from_config(cls, config):
        return cls(*map(keras.saving.deserialize_keras_object, config["penalties"]))

    def __call__(self, discriminator, real, fake, seed):
        keys = [tf.bitwise.bitwise_xor(seed, [0, i]) for i in range(len(self.penalties))]
        calls = zip(self.penalties, keys, strict=True)
        return sum((one(discriminator, real, fake, key) for one, key in calls), 0.0)
