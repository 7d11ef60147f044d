"""Minibatch discrimination: each sample is told how close it is to the others of its batch."""

import keras
import tensorflow as tf

from ganbook.settings import whole


@keras.saving.register_keras_serializable("ganbook")
class MinibatchDiscrimination(keras.layers.Layer):
    """Append to each sample's features how close it is to all other samples, seen in several ways.

    A learned tensor T turns the features x of each sample into ``kernels`` short vectors
    M_b = x T_b. For each of them, closeness to the others is

        o(x_i)_b = sum over j != i of exp(-|M_ib - M_jb|_1).

    A generator that makes one picture again and again gives itself away by large numbers.

    On several devices each device compares within its own share of the batch.

    Args:
        kernels: B, how many numbers are appended; 100 in the paper's code.
        kernel_size: C, the length of each vector; 5 in the paper's code.

    Shapes: (N, features) to (N, features + kernels): the features, then the numbers. One weight T,
    (features, kernels, kernel_size), no bias. Raises SettingError for sizes below 1.

    Source: Salimans et al., 2016 (arXiv:1606.03498), section 3.2; a sample is not compared with
    itself, which would add 1 to each number.
    """

    def __init__(self, kernels, kernel_size, **options):
        super().__init__(**options)
        self.kernels = whole(kernels, "kernels")
        self.kernel_size = whole(kernel_size, "kernel_size")

    def build(self, input_shape):
        shape = (input_shape[-1], self.kernels, self.kernel_size)
        initializer = keras.initializers.RandomNormal(stddev=0.05)
        self.tensor = self.add_weight(name="tensor", shape=shape, initializer=initializer)

    def call(self, inputs):
        vectors = tf.einsum("nf,fbc->nbc", inputs, tf.cast(self.tensor, inputs.dtype))
        distances = tf.reduce_sum(tf.abs(vectors[:, None] - vectors[None]), axis=-1)
        closeness = tf.exp(-tf.cast(distances, tf.float32))  # (N, N, kernels)
        others = 1.0 - tf.eye(tf.shape(inputs)[0])[:, :, None]
        sums = tf.reduce_sum(closeness * others, axis=1)
        return tf.concat([inputs, tf.cast(sums, inputs.dtype)], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + self.kernels)

    def get_config(self):
        sizes = {"kernels": self.kernels, "kernel_size": self.kernel_size}
        return {**super().get_config(), **sizes}
