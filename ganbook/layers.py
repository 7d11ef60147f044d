"""Layers that Keras does not have."""

import keras
import numpy as np
import tensorflow as tf

from ganbook.errors import SettingError
from ganbook.settings import whole


@keras.saving.register_keras_serializable("ganbook")
class UpSamplingConv2D(keras.layers.Conv2D):
    """``UpSampling2D()`` and then ``Conv2D(filters, kernel_size, padding="same")`` in one layer.

    Repeating every pixel four times and then convolving multiplies the same number again and
    again. Here the kernel's taps that meet the same pixel are added first, the convolution runs on
    the small image, once for each of the four places in a block of 2 x 2, and the results are put
    in their places. The outcome and the weights are those of the two layers; a 5 x 5 kernel needs 9
    multiplications in the place of 25.

    Args:
        filters: output channels.
        kernel_size: an odd number, 3 or more: the size on the large image.
        **options: ``activation``, ``use_bias``, initializers and the like, as Conv2D takes them.

    Shapes: (N, H, W, C) to (N, 2 H, 2 W, filters). Raises SettingError (a ValueError) for an even
    kernel size.

    Source: Shi et al. 2016 (arXiv:1609.07009), section 2: the same rearrangement for convolutions
    after filling up with zeros.
    """

    def __init__(self, filters, kernel_size, **options):
        sizes = {kernel_size} if isinstance(kernel_size, int) else set(kernel_size)
        if len(sizes) != 1 or min(sizes) % 2 == 0 or min(sizes) < 3:
            raise SettingError(f"kernel_size is {kernel_size}: expected one odd number, 3 or more.")
        super().__init__(filters, min(sizes), padding="same", **options)
        self._taps = _taps(min(sizes))

    def call(self, inputs):
        taps = tf.cast(self._taps, inputs.dtype)
        # kernel (k, k, in, out) -> (3, 3, in, 2, 2, out): one small kernel for each place.
        kernel = tf.einsum("rai,sbj,ijcf->abcrsf", taps, taps, tf.cast(self.kernel, inputs.dtype))
        size, channels = self._taps.shape[1], inputs.shape[-1]
        kernel = tf.reshape(kernel, (size, size, channels, 4 * self.filters))
        outputs = tf.nn.depth_to_space(tf.nn.conv2d(inputs, kernel, 1, "SAME"), 2)
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, tf.cast(self.bias, outputs.dtype))
        return self.activation(outputs) if self.activation is not None else outputs

    def compute_output_shape(self, input_shape):
        batch, height, width, _ = input_shape
        double = [None if side is None else 2 * side for side in (height, width)]
        return (batch, *double, self.filters)

    def get_config(self):
        kept = super().get_config()
        for fixed in ("strides", "padding", "dilation_rate", "groups", "data_format"):
            kept.pop(fixed)
        return kept


def _taps(size):
    """Return (2, small, size): which taps of a row meet which small pixel, for both places.

    At place r of a block, tap t reads the large pixel r + t - c, c being the center: that is the
    small pixel floor((r + t - c) / 2), counted from the block's own.
    """
    center = size // 2
    reach = (center + 1) // 2
    taps = np.zeros((2, 2 * reach + 1, size), np.float32)
    for place in range(2):
        for tap in range(size):
            taps[place, (place + tap - center) // 2 + reach, tap] = 1.0
    return taps


@keras.saving.register_keras_serializable("ganbook")
class SpectralNormalization(keras.layers.Wrapper):
    """A layer whose kernel is divided by its largest singular value: W / sigma.

    sigma = v' W u, with W the kernel as a matrix (all inputs, outputs), and u and v singular
    vectors from a power iteration: v = W u / |W u|, u = W' v / |W' v|. Each call with
    ``training=True`` makes one iteration and keeps the new u, which is saved with the weights;
    other calls use the stored u and change nothing. The raw kernel, ``.layer.kernel``, is what is
    trained: it is never overwritten. u and v are constants for the gradient, sigma is not, so

        dL/dW = (g - <g, W / sigma> v u') / sigma, where g = dL/d(W / sigma).

    A kernel of zeros stays one. The arithmetic is float32 whatever the layer computes in; the dtype
    policy is that of the wrapped layer.

    Args:
        layer: a Dense, Conv2D or Conv2DTranspose layer. Outputs are the last axis of the matrix for
            all three (a transposed kernel holds them third).
        power_iterations: how many iterations a training call makes, 1 or more.

    Raises:
        SettingError: the layer has no kernel of these kinds, or the count is not 1 or more.

    Source: Miyato et al. 2018 (arXiv:1802.05957), algorithm 1; the gradient: equation 12.
    """

    KINDS = (keras.layers.Dense, keras.layers.Conv2D, keras.layers.Conv2DTranspose)

    def __init__(self, layer, power_iterations=1, **options):
        if not isinstance(layer, self.KINDS):
            raise SettingError(
                f"layer is {getattr(layer, 'name', layer)!r}, a {type(layer).__name__}; expected a "
                "layer with a kernel: Dense, Conv2D or Conv2DTranspose."
            )
        # Without autocast the kernel arrives in float32, and sigma is as exact as it can be.
        super().__init__(layer, **{"dtype": layer.dtype_policy, **options}, autocast=False)
        self.power_iterations = whole(power_iterations, "power_iterations")

    def build(self, input_shape=None):
        super().build(input_shape)
        self.u = self.add_weight(
            name="u",
            shape=(self._matrix().shape[1],),
            initializer=keras.initializers.RandomNormal(stddev=1.0),
            trainable=False,
            dtype="float32",
        )

    def call(self, inputs, training=False):
        matrix = self._matrix()
        u, v = self._vectors(matrix, self.power_iterations if training else 0)
        if training:
            self.u.assign(u)
        sigma = tf.tensordot(v, tf.linalg.matvec(matrix, u), 1)
        sigma = tf.where(sigma > 0.0, sigma, 1.0)  # a kernel of zeros stays one
        # The wrapped layer reads its kernel, divided; its other variables as they are at this
        # moment, which may be values that an outer scope has put in their place.
        values = [(variable, variable.value) for variable in self.layer.variables]
        kernel = self.layer.kernel
        values = [(v, value / sigma if v is kernel else value) for v, value in values]
        with keras.StatelessScope(state_mapping=values):
            return self.layer(tf.cast(inputs, self.compute_dtype))

    def sigma(self) -> float:
        """Return the stored estimate of the raw kernel's largest singular value."""
        matrix = self._matrix()
        u, v = self._vectors(matrix, 0)
        return float(tf.tensordot(v, tf.linalg.matvec(matrix, u), 1))

    def settle(self, iterations=100):
        """Iterate on the kernel as it is, so that the stored vector belongs to it."""
        self.u.assign(self._vectors(self._matrix(), whole(iterations, "iterations"))[0])

    def compute_output_shape(self, input_shape):
        return self.layer.compute_output_shape(input_shape)

    def get_config(self):
        return {**super().get_config(), "power_iterations": self.power_iterations}

    def _matrix(self):
        """Return the raw kernel as a float32 matrix, (all inputs, outputs)."""
        kernel = tf.cast(self.layer.kernel.value, tf.float32)
        if isinstance(self.layer, keras.layers.Conv2DTranspose):
            kernel = tf.transpose(kernel, (0, 1, 3, 2))
        return tf.reshape(kernel, (-1, kernel.shape[-1]))

    def _vectors(self, matrix, iterations):
        """Return u and v after some iterations, as constants for the gradient."""
        matrix, u = tf.stop_gradient(matrix), _unit(self.u.value)
        v = _unit(tf.linalg.matvec(matrix, u))
        for i in range(iterations):
            if i > 0:
                v = _unit(tf.linalg.matvec(matrix, u))
            # With a kernel of zeros there is no direction: keep the one there was.
            u = _unit(tf.linalg.matvec(matrix, v, transpose_a=True), otherwise=u)
        return u, v


def _unit(vector, otherwise=0.0):
    """Return a vector divided by its length, or something else for a vector of zeros."""
    length = tf.norm(vector)
    return tf.where(length > 0.0, vector / tf.where(length > 0.0, length, 1.0), otherwise)
