"""Images from a generator, the same ones each time."""

import numpy as np
import tensorflow as tf

from ganbook import randomness

# Samples are made in blocks of this size, so that the first ten of a hundred are the ten of ten.
BLOCK = 250


def sample_from(generator, count, seed=0) -> np.ndarray:
    """Return ``count`` images of a generator: float32, shape (count, H, W, C); see `GAN.sample`."""
    shape = (BLOCK, *generator.input_shape[1:])
    blocks = []
    for block in range(-(-count // BLOCK)):
        latents = randomness.normal(shape, randomness.key(seed, block, "sample"))
        blocks.append(tf.cast(generator(latents, training=False), tf.float32).numpy())
    return np.concatenate(blocks)[:count]
