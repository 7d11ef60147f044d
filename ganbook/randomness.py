"""Random numbers without state: a number is a function of (seed, step, use), and of nothing else.

Keras layers and optimizers can be stopped and resumed exactly only if the noise can be, too. A
stateful generator has a hidden position that has to be saved; here there is no position. The same
(seed, step, use) gives the same numbers in any process, eagerly, in a graph, and under XLA.

TensorFlow's own stateless floats are other numbers under XLA than outside it; its integer bits are
the same. So everything starts from integer bits, and floats are made from them by arithmetic.
"""

import math
import zlib

import keras
import tensorflow as tf

# 23 bits and a half are exact in float32, so a uniform is never 0 or 1 and never rounded.
UNIFORM_BITS = 23


def seed_keras(seed: int):
    """Seed Python's, NumPy's and Keras's generators, by which new layers get their weights.

    ``seed`` is any integer; NumPy takes 32 bits of it.
    """
    keras.utils.set_random_seed(seed % 2**32)


def key(seed: int, step, use: str) -> tf.Tensor:
    """Return the int32 tensor of shape (2,) that names one stream of random numbers.

    Args:
        seed: any Python integer; the seed of the whole run.
        step: the adversarial step, a Python integer or an integer scalar tensor.
        use: what the numbers are for, such as "latents" or "labels". Two uses in one step are
            independent.
    """
    # CRC-32 is the same in every process and on every machine; Python's hash() is not.
    name = zlib.crc32(f"{seed}/{use}".encode())
    name = tf.constant(name - 2**32 if name >= 2**31 else name, tf.int32)
    return tf.stack([tf.cast(step, tf.int32), name])


def bits(shape, seed) -> tf.Tensor:
    """Return uniform int32 bits of the given static shape for one key (int32, shape (2,))."""
    return tf.random.stateless_uniform(
        shape, seed, minval=None, maxval=None, dtype=tf.int32, alg="philox"
    )


def uniform(shape, seed) -> tf.Tensor:
    """Return float32 numbers, uniform in the open interval (0, 1)."""
    unsigned = tf.bitcast(bits(shape, seed), tf.uint32)
    integers = tf.cast(tf.bitwise.right_shift(unsigned, 32 - UNIFORM_BITS), tf.int32)
    return (tf.cast(integers, tf.float32) + 0.5) * 2.0**-UNIFORM_BITS


def normal(shape, seed) -> tf.Tensor:
    """Return float32 numbers from N(0, 1).

    Source: Box and Muller, 1958: two uniforms give two independent normals.
    """
    count = math.prod(shape)
    pairs = uniform((2, (count + 1) // 2), seed)
    radius = tf.sqrt(-2.0 * tf.math.log(pairs[0]))
    angle = 2.0 * math.pi * pairs[1]
    both = tf.concat([radius * tf.cos(angle), radius * tf.sin(angle)], axis=0)
    return tf.reshape(both[:count], shape)
