"""Spectral normalization, for each kind of layer with a kernel."""

import keras
import tensorflow as tf

from ganbook.errors import SettingError
from ganbook.settings import whole


@keras.saving.register_keras_serializable("ganbook")
class SpectralNormalization(keras.layers.Wrapper):
    """A layer whose kernel is divided by its largest singular value: W / sigma.

    sigma = v' W u, with W the kernel as a matrix (all inputs, outputs), and u and v singular
    vectors from a power iteration: v = W u / |W u|, u = W' v / |W' v|. Each call with
    ``training=True`` makes one iteration and keeps the new u, which is saved with the weights;
    other calls use the stored u and change nothing. The raw kernel, ``.layer.kernel``, is what is
    trained: it is never overwritten. u and v are constants for the gradient, sigma is not, so

        dL/dW = (g - <g, W / sigma> v u') / sigma, where g = dL/d(W / sigma).

    A kernel of zeros stays one. The arithmetic of sigma is float32; the wrapped layer computes in
    its own dtype policy, and its outputs are in it.

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
        # Float32 for itself, and no autocast: then Keras never casts the kernel or u, in a model or
        # alone, and sigma is as exact as it can be. The wrapped layer keeps its own dtype.
        super().__init__(layer, **{"dtype": "float32", **options}, autocast=False)
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
            return self.layer(tf.cast(inputs, self.layer.compute_dtype))

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
