"""The layers of progressive growing: equalized learning rates, PixelNorm, MinibatchStdDev."""

import keras
import numpy as np
import tensorflow as tf

from ganbook.errors import SettingError
from ganbook.settings import whole

HE = 2.0**0.5  # He et al., 2015: the gain for layers with (leaky) ReLU


class _Equalized:
    """Weights from N(0, 1), multiplied by gain / sqrt(fan_in) at each call.

    Adam moves all weights by about the same length, whatever their size. A weight that is meant to
    be small is therefore learned fast, one that is meant to be large slowly. Here all weights are
    of one size, and the scale that He et al. (2015) give an initializer is applied at run time.
    """

    def __init__(self, *arguments, gain=HE, **options):
        if not gain > 0:
            raise SettingError(f"gain is {gain}; it must be above 0, sqrt(2) for instance.")
        options.setdefault("kernel_initializer", keras.initializers.RandomNormal(stddev=1.0))
        super().__init__(*arguments, **options)
        self.gain = float(gain)

    @property
    def scale(self) -> float:
        """The number that the kernel is multiplied by: gain / sqrt(fan_in)."""
        return float(self.gain / np.sqrt(np.prod(self.kernel.shape[:-1])))

    def call(self, inputs):
        outputs = self.linear(inputs, tf.cast(self.kernel, inputs.dtype) * self.scale)
        if self.use_bias:
            outputs = tf.nn.bias_add(outputs, tf.cast(self.bias, outputs.dtype))
        return self.activation(outputs) if self.activation is not None else outputs

    def get_config(self):
        return {**super().get_config(), "gain": self.gain}


@keras.saving.register_keras_serializable("ganbook")
class EqualizedDense(_Equalized, keras.layers.Dense):
    """Keras's Dense with an equalized learning rate: weights from N(0, 1), scaled at run time.

    Args:
        units: outputs.
        gain: the kernel is multiplied by gain / sqrt(inputs). The paper has sqrt(2), the default,
            sqrt(2) / 4 for the layer on the latents and 1 for the last layer.
        **options: as Dense takes them.

    Shapes: (N, inputs) to (N, units). Raises SettingError for a gain of 0 or below.

    Source: Karras et al., 2018 (arXiv:1710.10196), section 4.1; the gains: the authors' code.
    """

    def linear(self, inputs, kernel):
        """Return the outputs for a kernel, less bias and activation."""
        return tf.linalg.matmul(inputs, kernel)


@keras.saving.register_keras_serializable("ganbook")
class EqualizedConv2D(_Equalized, keras.layers.Conv2D):
    """Keras's Conv2D with an equalized learning rate: weights from N(0, 1), scaled at run time.

    Args:
        filters, kernel_size: as Conv2D takes them.
        gain: the kernel is multiplied by gain / sqrt(height * width * input channels). The paper
            has sqrt(2), the default, and 1 for the layer that makes colors.
        **options: as Conv2D takes them.

    Shapes: (N, H, W, C) to (N, H', W', filters). Raises SettingError for a gain of 0 or below.

    Source: Karras et al., 2018 (arXiv:1710.10196), section 4.1; the gains: the authors' code.
    """

    def linear(self, inputs, kernel):
        """Return the outputs for a kernel, less bias and activation."""
        return self.convolution_op(inputs, kernel)


@keras.saving.register_keras_serializable("ganbook")
class PixelNorm(keras.layers.Layer):
    """Divide the vector at each place by the root of its mean square: x / sqrt(mean x^2 + epsilon).

    The mean is taken over the last axis, so after it every vector has a length of about the root of
    its number of channels. Nothing is learned.

    Args:
        epsilon: keeps a vector of zeros one of zeros.

    Shapes: any (..., C), unchanged. Raises SettingError for an epsilon of 0 or below.

    Source: Karras et al., 2018 (arXiv:1710.10196), section 4.2.
    """

    def __init__(self, epsilon=1e-8, **options):
        if not epsilon > 0:
            raise SettingError(f"epsilon is {epsilon}; it must be above 0, 1e-8 for instance.")
        super().__init__(**options)
        self.epsilon = float(epsilon)

    def call(self, inputs):
        # In float32: a bfloat16 or float16 square of a small number is 0.
        x = tf.cast(inputs, tf.float32)
        x *= tf.math.rsqrt(tf.reduce_mean(tf.square(x), axis=-1, keepdims=True) + self.epsilon)
        return tf.cast(x, inputs.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {**super().get_config(), "epsilon": self.epsilon}


@keras.saving.register_keras_serializable("ganbook")
class MinibatchStdDev(keras.layers.Layer):
    """One more channel that says how much the samples of a group differ from each other.

    Over each group the (population) standard deviation of every value is taken; its mean over all
    values is one number for each group, which fills the new channel. A generator that makes one
    picture again and again shows itself by a zero there.

    Groups are strided: of N samples in groups of ``group_size``, sample i belongs to group
    i mod (N / group_size).

    On several devices each device compares within its own share of the batch.

    Args:
        group_size: samples in a group, 2 or more. A batch that is smaller is one group; else it
            must be a multiple.

    Shapes: (N, H, W, C) to (N, H, W, C + 1). Raises SettingError for a group size below 2, and for
    a batch that is known and cannot be divided.

    Source: Karras et al., 2018 (arXiv:1710.10196), section 3; strided groups: the authors' code.
    """

    EPSILON = 1e-8  # under the root, whose slope at 0 is infinite

    def __init__(self, group_size=4, **options):
        super().__init__(**options)
        self.group_size = whole(group_size, "group_size", at_least=2)

    def call(self, inputs):
        x = tf.cast(inputs, tf.float32)
        count = tf.shape(x)[0] if x.shape[0] is None else x.shape[0]
        if isinstance(count, int) and count > self.group_size and count % self.group_size:
            raise SettingError(
                f"a batch of {count} cannot be divided into groups of {self.group_size}; use a "
                "multiple."
            )
        group = tf.minimum(self.group_size, count)
        grouped = tf.reshape(x, (group, -1, *x.shape[1:]))  # the first axis runs inside a group
        deviation = tf.sqrt(tf.math.reduce_variance(grouped, axis=0) + self.EPSILON)
        means = tf.reduce_mean(deviation, axis=(1, 2, 3))  # one number for each group
        channel = tf.ones_like(x[..., :1]) * tf.tile(means, [group])[:, None, None, None]
        return tf.concat([inputs, tf.cast(channel, inputs.dtype)], axis=-1)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], input_shape[-1] + 1)

    def get_config(self):
        return {**super().get_config(), "group_size": self.group_size}
