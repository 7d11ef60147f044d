"""DiffAugment: what the discriminator sees is changed at random, real and generated alike."""

import keras
import tensorflow as tf

from ganbook import distributed, randomness
from ganbook.errors import SettingError

POLICIES = ("color", "translation", "cutout")
REACH = 1 / 8  # of a translation, as a share of the height and width
CUT = 1 / 2  # side of the square that is cut out, likewise


@keras.saving.register_keras_serializable("ganbook")
class DiffAugment(keras.layers.Layer):
    """Change each image at random, in ways that gradients pass through.

    With few training images a discriminator learns them by heart. Placed in front of it, this layer
    shows it other versions each time, of real images and of fakes, so the generator is not asked to
    make changed images. Every image of every call has draws of its own, by its place in the whole
    batch if several devices share it. Outside training nothing is changed.

    Args:
        policy: names, or one string with commas between them. "color": brightness by -0.5 to 0.5,
            for color images saturation by a factor of 0 to 2, contrast by one of 0.5 to 1.5.
            "translation": by up to an eighth along both axes. "cutout": a square with half of the
            image's side, whose center is anywhere in the image.
        fill: the value of what is moved in or cut out: -1 is black.
        seed: for use outside a `GAN`, which keys all randomness by its own seed and step.

    Shapes: (N, H, W, C), unchanged. Raises SettingError for an unknown policy.

    Source: Zhao et al., 2020 (arXiv:2006.10738), section 3 and appendix; they fill with 0, which is
    gray in [-1, 1].
    """

    def __init__(self, policy="color,translation,cutout", fill=-1.0, seed=None, **options):
        super().__init__(**options)
        names = policy.split(",") if isinstance(policy, str) else policy
        self.policy = tuple(name.strip() for name in names if name.strip())
        unknown = [name for name in self.policy if name not in POLICIES]
        if unknown or not self.policy:
            raise SettingError(f"policy is {policy!r}; name one or more of {', '.join(POLICIES)}.")
        self.fill, self.seed = float(fill), seed
        self.draws = keras.random.SeedGenerator(seed)

    def call(self, inputs, training=False):
        if not training:
            return inputs
        images = tf.cast(inputs, tf.float32)
        key = tf.cast(self.draws.next(), tf.int32)
        for i, (name, change) in enumerate(_STEPS):
            if name in self.policy:
                images = change(images, key + tf.constant([0, 1]) * i, self.fill)
        return tf.cast(images, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        settings = {"policy": list(self.policy), "fill": self.fill, "seed": self.seed}
        return {**super().get_config(), **settings}


def _draw(images, key, low, high, each=1):
    """Return a number in [low, high) for each image, shape (N, 1, 1, each)."""
    shape = (tf.shape(images)[0], 1, 1, each)  # a batch's size may be known at run time only
    draws = distributed.own_rows(randomness.uniform, shape, key)
    return low + (high - low) * draws


def brightness(images, key, fill):
    return images + _draw(images, key, -0.5, 0.5)


def saturation(images, key, fill):
    gray = tf.reduce_mean(images, axis=3, keepdims=True)
    return gray + (images - gray) * _draw(images, key, 0.0, 2.0)


def contrast(images, key, fill):
    mean = tf.reduce_mean(images, axis=(1, 2, 3), keepdims=True)
    return mean + (images - mean) * _draw(images, key, 0.5, 1.5)


def translation(images, key, fill):
    """Move by whole pixels: what leaves at one side is gone, what comes in is fill."""
    shifts = []
    for axis, draws in enumerate(tf.split(_draw(images, key, 0.0, 1.0, each=2), 2, axis=3)):
        reach = int(images.shape[axis + 1] * REACH + 0.5)
        shifts.append(tf.cast(draws[:, 0, 0, 0] * (2 * reach + 1), tf.int32) - reach)
    for axis, shift in enumerate(shifts, start=1):
        size = images.shape[axis]
        places = tf.range(size)[None] - shift[:, None]  # where each row or column comes from
        taken = tf.gather(images, tf.clip_by_value(places, 0, size - 1), axis=axis, batch_dims=1)
        shape = (-1, size, 1, 1) if axis == 1 else (-1, 1, size, 1)
        inside = tf.reshape((places >= 0) & (places < size), shape)
        images = tf.where(inside, taken, fill)
    return images


def cutout(images, key, fill):
    """Cover a square; it can hang over an edge."""
    draws = _draw(images, key, 0.0, 1.0, each=2)
    covered = True
    for axis in (1, 2):
        size = images.shape[axis]
        side = int(size * CUT + 0.5)
        center = tf.cast(draws[..., axis - 1] * size, tf.int32)[..., None]  # (N, 1, 1, 1)
        shape = (1, size, 1, 1) if axis == 1 else (1, 1, size, 1)
        away = tf.reshape(tf.range(size), shape) - (center - side // 2)
        covered &= (away >= 0) & (away < side)
    return tf.where(covered, fill, images)


_STEPS = (
    ("color", brightness),
    ("color", saturation),
    ("color", contrast),
    ("translation", translation),
    ("cutout", cutout),
)
