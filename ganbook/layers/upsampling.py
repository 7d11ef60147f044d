"""Upsampling and a convolution in one layer."""

import keras
import numpy as np
import tensorflow as tf

from ganbook.errors import SettingError


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
