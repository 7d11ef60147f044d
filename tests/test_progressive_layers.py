"""The layers of progressive growing, against the paper's constants and arrays made by hand."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganbook.errors import SettingError
from ganbook.layers import EqualizedConv2D, EqualizedDense, MinibatchStdDev, PixelNorm


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype(np.float32)


def in_model(layer, shape):
    return keras.Sequential([keras.Input(shape), layer])


# --- Equalized learning rates ---------------------------------------------------------------------


def test_scales_are_those_of_the_paper():
    convolution = EqualizedConv2D(8, 3)
    convolution.build((None, 4, 4, 16))
    assert convolution.scale == pytest.approx(0.1178511, abs=1e-7)
    latent = EqualizedDense(8, gain=np.sqrt(2) / 4)
    latent.build((None, 512))
    assert latent.scale == pytest.approx(0.015625, abs=1e-9)


@pytest.mark.parametrize(
    "layer, plain, shape",
    [
        (EqualizedDense(5), keras.layers.Dense(5), (7,)),
        (EqualizedDense(5, use_bias=False), keras.layers.Dense(5, use_bias=False), (7,)),
        (
            EqualizedConv2D(5, 3, padding="same", activation="tanh"),
            keras.layers.Conv2D(5, 3, padding="same", activation="tanh"),
            (6, 6, 4),
        ),
    ],
)
def test_equalized_layer_is_the_plain_one_with_a_scaled_kernel(layer, plain, shape):
    ours, theirs = in_model(layer, shape), in_model(plain, shape)
    weights = [normal(*w.shape) for w in ours.weights]
    ours.set_weights(weights)
    theirs.set_weights([weights[0] * layer.scale, *weights[1:]])
    x = normal(3, *shape, seed=1)
    np.testing.assert_allclose(ours(x), theirs(x), atol=1e-5)
    np.testing.assert_array_equal(ours.weights[0].numpy(), weights[0])  # the raw one stays


def test_equalized_weights_begin_as_standard_normal_and_keep_the_variance():
    keras.utils.set_random_seed(0)
    layer = EqualizedConv2D(256, 3, padding="valid", gain=1.0)
    outputs = in_model(layer, (3, 3, 64))(normal(64, 3, 3, 64)).numpy()
    kernel = layer.kernel.numpy()
    assert kernel.std() == pytest.approx(1.0, abs=0.01) and abs(kernel.mean()) < 0.01
    assert outputs.std() == pytest.approx(1.0, abs=0.05)


def test_one_step_of_adam_moves_large_and_small_layers_by_the_same_share():
    """What the learning rate is equalized over: fan-in no longer matters."""
    moved = []
    for inputs in (16, 1024):
        keras.utils.set_random_seed(0)
        layer = EqualizedDense(32, use_bias=False)
        model = in_model(layer, (inputs,))
        before = layer.kernel.numpy()
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(tf.square(model(normal(8, inputs))))
        optimizer = keras.optimizers.Adam(1e-3)
        optimizer.apply_gradients(
            zip(tape.gradient(loss, [layer.kernel.value]), [layer.kernel], strict=True)
        )
        after = layer.kernel.numpy()
        moved.append(np.linalg.norm(after - before) / np.linalg.norm(before))
    assert moved[0] == pytest.approx(moved[1], rel=0.05)


@pytest.mark.parametrize(
    "make", [lambda g: EqualizedDense(3, gain=g), lambda g: EqualizedConv2D(3, 3, gain=g)]
)
@pytest.mark.parametrize("gain", [0, -1.0])
def test_gain_must_be_above_zero(make, gain):
    with pytest.raises(SettingError, match=f"gain is {gain}"):
        make(gain)


# --- PixelNorm ------------------------------------------------------------------------------------


def test_pixel_norm_by_hand():
    x = np.array([[3.0, 4.0], [0.0, 0.0], [-1.0, 1.0]], np.float32)
    expected = [[3 / np.sqrt(12.5), 4 / np.sqrt(12.5)], [0, 0], [-1, 1]]
    np.testing.assert_allclose(PixelNorm()(x), expected, atol=1e-6)


def test_pixel_norm_gives_every_place_the_same_length_whatever_the_scale():
    x = normal(2, 4, 4, 16)
    outputs = PixelNorm()(x).numpy()
    np.testing.assert_allclose(np.linalg.norm(outputs, axis=-1), 4.0, rtol=1e-5)
    np.testing.assert_allclose(PixelNorm()(1000 * x), outputs, atol=1e-5)


def test_pixel_norm_of_zeros_has_a_finite_gradient():
    x = tf.zeros((2, 3))
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(PixelNorm()(x))
    assert np.isfinite(tape.gradient(loss, x)).all()


@pytest.mark.parametrize("epsilon", [0, -1e-8])
def test_pixel_norm_needs_an_epsilon(epsilon):
    with pytest.raises(SettingError, match="epsilon is"):
        PixelNorm(epsilon)


# --- MinibatchStdDev ------------------------------------------------------------------------------


def constant_images(values):
    """Images of 2 x 2 with one channel, each of one value."""
    return np.array(values, np.float32)[:, None, None, None] * np.ones((1, 2, 2, 1), np.float32)


def test_groups_are_strided():
    """Of eight samples in groups of four, 0 2 4 6 are one group and 1 3 5 7 the other."""
    x = constant_images([0, 5, 1, 5, 0, 5, 1, 5])
    outputs = MinibatchStdDev(4)(x).numpy()
    np.testing.assert_array_equal(outputs[..., 0], x[..., 0])
    found = outputs[:, 0, 0, 1]
    np.testing.assert_allclose(found[::2], 0.5, atol=1e-6)  # 0 1 0 1: population deviation 0.5
    np.testing.assert_allclose(found[1::2], 1e-4, atol=1e-6)  # all alike: the root of epsilon
    assert (outputs[..., 1] == found[:, None, None]).all()


def test_deviation_is_taken_for_each_value_and_then_averaged():
    x = np.zeros((2, 1, 2, 1), np.float32)
    x[1, 0, 0, 0] = 4.0  # deviations 2 and 0: mean 1
    assert MinibatchStdDev(2)(x).numpy()[0, 0, 0, 1] == pytest.approx(1.0, abs=1e-3)


def test_a_batch_below_the_group_size_is_one_group():
    x = constant_images([0, 0, 3])
    deviation = np.std([0, 0, 3])
    np.testing.assert_allclose(MinibatchStdDev(4)(x)[..., 1], deviation, rtol=1e-6)


def test_the_order_inside_a_group_does_not_matter():
    x = normal(8, 4, 4, 3)
    layer = MinibatchStdDev(4)
    swapped = x[[6, 1, 2, 3, 4, 5, 0, 7]]  # 0 and 6 are in one group
    np.testing.assert_allclose(layer(swapped)[..., 3], layer(x)[..., 3], atol=1e-6)


def test_collapsed_batch_has_a_finite_gradient():
    x = tf.ones((4, 2, 2, 1))
    with tf.GradientTape() as tape:
        tape.watch(x)
        loss = tf.reduce_sum(MinibatchStdDev(4)(x))
    assert np.isfinite(tape.gradient(loss, x)).all()


def test_batch_that_cannot_be_divided_is_refused():
    with pytest.raises(SettingError, match="a batch of 6 .* groups of 4"):
        MinibatchStdDev(4)(normal(6, 2, 2, 1))
    with pytest.raises(SettingError, match="group_size is 1"):
        MinibatchStdDev(1)


# --- All of them ----------------------------------------------------------------------------------

LAYERS = [
    (lambda: EqualizedDense(3, gain=1.0), (5,)),
    (lambda: EqualizedConv2D(3, 3, padding="same"), (4, 4, 2)),
    (lambda: PixelNorm(1e-6), (4, 4, 2)),
    (lambda: MinibatchStdDev(2), (4, 4, 2)),
]


@pytest.mark.parametrize("make, shape", LAYERS)
def test_layer_is_the_same_in_a_graph_and_under_xla(make, shape):
    model, x = in_model(make(), shape), normal(4, *shape)
    expected = model(x).numpy()
    assert model.output_shape == (None, *expected.shape[1:])
    for xla in (False, True):
        np.testing.assert_allclose(tf.function(model, jit_compile=xla)(x), expected, atol=1e-5)


# Keras 3.15 converts its own variables with np.array when it saves.
@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("make, shape", LAYERS)
def test_layer_survives_a_file(make, shape, tmp_path):
    model, x = in_model(make(), shape), normal(4, *shape)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(loaded(x), model(x))


@pytest.mark.parametrize("make, shape", LAYERS)
def test_layer_under_mixed_precision(make, shape):
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        assert make()(normal(4, *shape)).dtype == tf.bfloat16
    finally:
        keras.config.set_dtype_policy("float32")
