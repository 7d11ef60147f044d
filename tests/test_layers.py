"""The layers that Keras does not have: they do what their plain Keras counterparts do."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from ganbook.errors import SettingError
from ganbook.layers import SpectralNormalization, UpSamplingConv2D


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


# --- SpectralNormalization ------------------------------------------------------------------------

INNER = [
    (lambda: keras.layers.Dense(5), (7,)),
    (lambda: keras.layers.Conv2D(5, 3, strides=2, padding="same"), (6, 6, 4)),
    (lambda: keras.layers.Conv2DTranspose(5, 4, strides=2, padding="same"), (6, 6, 4)),
]


def spectral(make, shape, seed=0, **options):
    """Return the wrapper in a model, a batch of inputs for it, and random weights inside."""
    keras.utils.set_random_seed(seed)
    layer = SpectralNormalization(make(), **options)
    model = keras.Sequential([keras.Input(shape), layer])
    rng = np.random.default_rng(seed)
    inner = [rng.normal(size=w.shape).astype(np.float32) for w in layer.layer.get_weights()]
    layer.layer.set_weights(inner)
    return model, layer, rng.normal(size=(3, *shape)).astype(np.float32)


def matrix_of(layer, kernel):
    """The kernel as a matrix whose columns are outputs."""
    kernel = np.asarray(kernel)
    if isinstance(layer, keras.layers.Conv2DTranspose):
        kernel = kernel.transpose(0, 1, 3, 2)
    return kernel.reshape(-1, kernel.shape[-1])


@pytest.mark.parametrize("make, shape", INNER)
def test_sigma_is_the_largest_singular_value(make, shape):
    model, layer, x = spectral(make, shape)
    for _ in range(300):
        model(x, training=True)
    kernel, bias = layer.layer.get_weights()
    largest = np.linalg.svd(matrix_of(layer.layer, kernel), compute_uv=False)[0]
    assert layer.sigma() == pytest.approx(largest, rel=1e-4)
    plain = make()
    plain.build((None, *shape))
    plain.set_weights([kernel / largest, bias])
    for training in (False, True):
        np.testing.assert_allclose(model(x, training=training), plain(x), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("make, shape", INNER)
@pytest.mark.parametrize("training", [False, True])
def test_one_call_is_one_power_iteration_of_the_paper(make, shape, training):
    model, layer, x = spectral(make, shape)
    kernel, bias = layer.layer.get_weights()
    matrix, u = matrix_of(layer.layer, kernel), layer.u.numpy()
    v = matrix @ u / np.linalg.norm(matrix @ u)
    new = matrix.T @ v / np.linalg.norm(matrix.T @ v) if training else u / np.linalg.norm(u)
    plain = make()
    plain.build((None, *shape))
    plain.set_weights([kernel / (v @ matrix @ new), bias])
    outputs = model(x, training=training)
    np.testing.assert_allclose(outputs, plain(x), rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(layer.u.numpy(), new if training else u, rtol=1e-5)
    np.testing.assert_array_equal(layer.layer.kernel.numpy(), kernel)  # the raw one stays


@pytest.mark.parametrize("make, shape", INNER)
@pytest.mark.parametrize("training", [False, True])
def test_the_gradient_passes_through_sigma(make, shape, training):
    model, layer, x = spectral(make, shape)
    kernel, bias = layer.layer.get_weights()
    matrix, u = matrix_of(layer.layer, kernel).astype(np.float64), layer.u.numpy()
    v = matrix @ u / np.linalg.norm(matrix @ u)
    u = matrix.T @ v / np.linalg.norm(matrix.T @ v) if training else u / np.linalg.norm(u)
    sigma = v @ matrix @ u
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(model(x, training=training)))
    found = tape.gradient(loss, layer.layer.kernel.value)

    plain = make()
    plain.build((None, *shape))
    plain.set_weights([kernel / sigma, bias])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(plain(x)))
    g = matrix_of(plain, tape.gradient(loss, plain.kernel.value))
    expected = (g - np.sum(g * matrix / sigma) * np.outer(v, u)) / sigma
    np.testing.assert_allclose(matrix_of(plain, found), expected, rtol=1e-3, atol=1e-4)


def test_the_gradient_agrees_with_finite_differences_once_the_vectors_have_settled():
    # At the true singular vectors, sigma is stationary in u and v, so constants give the slope.
    model, layer, x = spectral(*INNER[0])
    layer.settle(1000)
    kernel = layer.layer.kernel.numpy()

    def loss_at(value):
        layer.layer.kernel.assign(value)
        layer.settle(200)
        return float(tf.reduce_sum(tf.sin(model(x))))

    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(model(x)))
    found = tape.gradient(loss, layer.layer.kernel.value).numpy()
    step = 1e-2
    for place in [(0, 0), (3, 2), (6, 4)]:
        change = np.zeros_like(kernel)
        change[place] = step
        slope = (loss_at(kernel + change) - loss_at(kernel - change)) / (2 * step)
        assert found[place] == pytest.approx(slope, abs=2e-3)


@pytest.mark.parametrize("make, shape", INNER)
def test_a_kernel_of_zeros_gives_zeros_and_can_leave_them(make, shape):
    model, layer, x = spectral(make, shape)
    layer.layer.kernel.assign(tf.zeros(layer.layer.kernel.shape))
    layer.layer.bias.assign(tf.zeros(layer.layer.bias.shape))
    before = layer.u.numpy()
    with tf.GradientTape() as tape:
        outputs = model(x, training=True)
        loss = tf.reduce_sum(outputs)
    np.testing.assert_array_equal(outputs, np.zeros_like(outputs))
    assert np.isfinite(tape.gradient(loss, layer.layer.kernel.value)).all()
    np.testing.assert_allclose(layer.u.numpy(), before / np.linalg.norm(before), rtol=1e-5)
    assert layer.sigma() == 0.0


def test_calls_outside_training_change_nothing():
    model, _, x = spectral(*INNER[1])
    model(x, training=True)
    before = model.get_weights()
    outputs = [model(x, training=False).numpy() for _ in range(2)]
    np.testing.assert_array_equal(*outputs)
    for old, new in zip(before, model.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


@pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")
@pytest.mark.parametrize("make, shape", INNER)
def test_spectral_normalization_goes_on_after_a_file(make, shape, tmp_path):
    model, layer, x = spectral(make, shape, power_iterations=2)
    model(x, training=True)
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    again = loaded.layers[-1]
    assert again.power_iterations == 2 and type(again.layer) is type(layer.layer)
    sigmas = []
    for one, wrapper in ((model, layer), (loaded, again)):
        sigmas.append([wrapper.sigma() for _ in range(5) if one(x, training=True) is not None])
    assert sigmas[0] == sigmas[1] and len(set(sigmas[0])) == 5


def test_spectral_normalization_is_the_same_in_a_graph_and_under_xla():
    outputs = []
    for wrap in (lambda f: f, tf.function, lambda f: tf.function(f, jit_compile=True)):
        model, layer, x = spectral(*INNER[1])
        call = wrap(lambda x, model=model: model(x, training=True))
        outputs.append([call(tf.constant(x)).numpy() for _ in range(3)] + [layer.u.numpy()])
    for others in outputs[1:]:
        for one, other in zip(outputs[0], others, strict=True):
            np.testing.assert_allclose(other, one, rtol=1e-4, atol=1e-5)


def test_spectral_normalization_under_mixed_precision():
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        model, layer, x = spectral(*INNER[1])
        outputs = model(x, training=True)
    finally:
        keras.config.set_dtype_policy("float32")
    assert layer.layer.compute_dtype == "bfloat16" and outputs.dtype == tf.bfloat16
    assert layer.layer.kernel.dtype == layer.u.dtype == "float32"
    layer.settle(500)
    matrix = matrix_of(layer.layer, layer.layer.kernel.numpy())
    assert layer.sigma() == pytest.approx(np.linalg.norm(matrix, 2), rel=1e-5)  # not bfloat16


def test_spectral_normalization_called_by_itself_under_mixed_precision():
    """In no model Keras casts the kernel, autocast or not; lesson 05 calls the layer so."""
    x = np.random.default_rng(0).normal(size=(3, 6, 6, 2)).astype(np.float32)
    outputs = []
    for policy in ("mixed_bfloat16", "float32"):
        keras.utils.set_random_seed(0)
        keras.config.set_dtype_policy(policy)
        try:
            layer = SpectralNormalization(keras.layers.Conv2D(4, 3))
        finally:
            keras.config.set_dtype_policy("float32")
        for _ in range(20):
            outputs.append(layer(x, training=True))
        raw = layer.layer.kernel
        assert raw.dtype == "float32" and np.isfinite(layer.sigma())
    assert outputs[19].dtype == tf.bfloat16
    np.testing.assert_allclose(tf.cast(outputs[19], tf.float32), outputs[39], atol=0.05)


@pytest.mark.parametrize("layer", [
    keras.layers.Flatten(), keras.layers.BatchNormalization(), keras.layers.DepthwiseConv2D(3),
])  # fmt: skip
def test_spectral_normalization_needs_a_kernel(layer):
    with pytest.raises(SettingError, match=f"{type(layer).__name__}.*Dense, Conv2D or Conv2DT"):
        SpectralNormalization(layer)


def test_spectral_normalization_needs_iterations():
    with pytest.raises(SettingError, match="power_iterations is 0"):
        SpectralNormalization(keras.layers.Dense(2), power_iterations=0)
