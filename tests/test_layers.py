"""The layers that Keras does not have: they do what their plain Keras counterparts do."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganbook.errors import SettingError
from ganbook.layers import UpSamplingConv2D


def pair(kernel_size, **options):
    """Return the layer in a model, and the two Keras layers with the same weights."""
    shape = (6, 5, 3)
    convolution = keras.layers.Conv2D(4, kernel_size, padding="same", **options)
    plain = keras.Sequential([keras.Input(shape), keras.layers.UpSampling2D(), convolution])
    ours = keras.Sequential([keras.Input(shape), UpSamplingConv2D(4, kernel_size, **options)])
    rng = np.random.default_rng(kernel_size)
    weights = [rng.normal(size=w.shape).astype(np.float32) for w in plain.weights]
    ours.set_weights(weights)
    plain.set_weights(weights)
    return ours, plain


def inputs():
    return np.random.default_rng(0).normal(size=(2, 6, 5, 3)).astype(np.float32)


@pytest.mark.parametrize("kernel_size", [3, 5, 7])
@pytest.mark.parametrize("options", [{}, {"activation": "tanh"}, {"use_bias": False}])
def test_upsampling_convolution_equals_two_layers(kernel_size, options):
    ours, plain = pair(kernel_size, **options)
    assert ours.output_shape == plain.output_shape == (None, 12, 10, 4)
    assert ours.count_params() == plain.count_params()
    np.testing.assert_allclose(ours(inputs()), plain(inputs()), atol=2e-5)


@pytest.mark.parametrize("kernel_size", [3, 5])
def test_upsampling_convolution_has_the_same_gradients(kernel_size):
    found = []
    for model in pair(kernel_size):
        x = tf.constant(inputs())
        with tf.GradientTape() as tape:
            tape.watch(x)
            loss = tf.reduce_sum(tf.sin(model(x)))
        found.append(tape.gradient(loss, [x, *model.trainable_weights]))
    for ours, plain in zip(*found, strict=True):
        np.testing.assert_allclose(ours, plain, rtol=1e-4, atol=1e-4)


def test_upsampling_convolution_is_the_same_in_a_graph_and_under_xla():
    ours, _ = pair(5)
    expected = ours(inputs()).numpy()
    for xla in (False, True):
        np.testing.assert_allclose(
            tf.function(ours, jit_compile=xla)(inputs()), expected, atol=2e-5
        )


# Keras 3.15 converts its own variables with np.array when it saves.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
def test_upsampling_convolution_survives_a_file(tmp_path):
    ours, _ = pair(5, activation="tanh")
    ours.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(inputs()), ours(inputs()))


def test_upsampling_convolution_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        layer = UpSamplingConv2D(2, 5)
        assert layer(inputs()).dtype == tf.bfloat16 and layer.kernel.dtype == "float32"
    finally:
        keras.config.set_dtype_policy("float32")


@pytest.mark.parametrize("kernel_size", [4, 1, (3, 5), (4, 4)])
def test_upsampling_convolution_refuses_other_kernels(kernel_size):
    with pytest.raises(SettingError, match="one odd number, 3 or more"):
        UpSamplingConv2D(2, kernel_size)
