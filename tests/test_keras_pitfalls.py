"""Keras 3 as GAN authors meet it: each pitfall is one test, for lesson 08 to name.

They say what Keras does, not what it should do. A test that fails after an update is news.
"""

import warnings

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from ganbook.data import stream


def tiny_pair():
    keras.utils.set_random_seed(0)
    generator = keras.Sequential([keras.Input((2,)), layers.Dense(3)])
    discriminator = keras.Sequential([keras.Input((3,)), layers.Dense(1)])
    return generator, discriminator


@pytest.mark.filterwarnings("ignore:The model does not have any trainable weights")
def test_a_discriminator_frozen_after_compiling_never_trains():
    generator, discriminator = tiny_pair()
    discriminator.compile("sgd", "mse")
    discriminator.trainable = False
    combined = keras.Sequential([generator, discriminator])
    combined.compile("sgd", "mse")
    before = discriminator.get_weights()
    discriminator.train_on_batch(np.ones((4, 3)), np.zeros((4, 1)))
    for old, new in zip(before, discriminator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, new)


def test_a_discriminator_frozen_after_its_first_step_goes_on_training():
    """Keras reads ``trainable`` when it traces the step, which is at the first call."""
    _, discriminator = tiny_pair()
    discriminator.compile("sgd", "mse")
    discriminator.train_on_batch(np.ones((4, 3)), np.zeros((4, 1)))
    discriminator.trainable = False
    before = discriminator.get_weights()[0]
    discriminator.train_on_batch(np.ones((4, 3)), np.zeros((4, 1)))
    assert not np.array_equal(before, discriminator.get_weights()[0])


def test_a_frozen_batch_norm_works_in_inference_mode():
    layer = layers.BatchNormalization()
    x = np.array([[1.0], [3.0]], np.float32)
    np.testing.assert_allclose(layer(x, training=True), [[-1.0], [1.0]], atol=1e-2)
    layer.trainable = False
    moved = layer.moving_mean.numpy()
    assert not np.allclose(layer(x, training=True), [[-1.0], [1.0]], atol=1e-2)
    np.testing.assert_array_equal(layer.moving_mean.numpy(), moved)


def test_spectral_normalization_of_keras_overwrites_the_kernel():
    wrapped = layers.SpectralNormalization(layers.Dense(3))
    x = np.ones((2, 4), np.float32)
    wrapped(x)
    wrapped.layer.kernel.assign(10.0 * np.eye(4, 3))
    wrapped(x, training=True)
    assert np.abs(wrapped.layer.kernel.numpy()).max() < 2.0


def test_dropout_positions_are_in_no_weights():
    """So save_weights and tf.train.Checkpoint lose them, and a resumed run draws other masks."""
    model = keras.Sequential([keras.Input((3,)), layers.Dropout(0.5, seed=1)])
    assert model.weights == [] and len(model.variables) == 1


def test_a_seed_generator_outside_a_model_is_not_its_own():
    outside = keras.random.SeedGenerator(0)

    class Noisy(keras.Model):
        def call(self, inputs):
            return inputs + keras.random.normal(tf.shape(inputs), seed=outside)

    model = Noisy()
    first, second = (model(np.zeros((1, 2), np.float32)).numpy() for _ in range(2))
    assert not np.array_equal(first, second), "it has a position"
    assert all(variable is not outside.state for variable in model.variables), "nobody saves it"


def test_leaky_relu_is_steeper_than_in_the_papers_and_its_slope_has_another_name():
    assert float(layers.LeakyReLU()(tf.constant(-1.0))) == pytest.approx(-0.3)
    assert float(layers.LeakyReLU(negative_slope=0.2)(tf.constant(-1.0))) == pytest.approx(-0.2)


@pytest.mark.parametrize(
    "old",
    [
        lambda: keras.optimizers.Adam(lr=1e-3),
        lambda: layers.Dense(3, input_dim=2),
        lambda: keras.Sequential([layers.Dense(1)]).fit_generator,
    ],
    ids=["Adam(lr=)", "Dense(input_dim=)", "fit_generator"],
)
def test_old_names_are_gone(old):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises((ValueError, TypeError, AttributeError, UserWarning)):
            old()


def test_dropout_draws_other_masks_under_xla():
    def masked(xla):
        layer = layers.Dropout(0.5, seed=1)
        return tf.function(lambda x: layer(x, training=True), jit_compile=xla)(tf.ones((64,)))

    assert not np.array_equal(masked(False), masked(True))


def test_stateless_floats_of_tensorflow_are_other_numbers_under_xla():
    def drawn(xla):
        def draw():
            return tf.random.stateless_normal((64,), (1, 2))

        return tf.function(draw, jit_compile=xla)().numpy()

    assert not np.allclose(drawn(False), drawn(True), atol=1e-3)


def test_unconnected_gradients_cannot_be_zeros_for_keras_variables():
    variable = keras.Variable(np.ones(2, np.float32))
    with tf.GradientTape() as tape:
        loss = tf.constant(1.0)
    with pytest.raises(AttributeError):
        tape.gradient(loss, [variable], unconnected_gradients=tf.UnconnectedGradients.ZERO)


def test_a_gradient_that_is_none_warns():
    variables = [keras.Variable(np.ones(2, np.float32)) for _ in range(2)]
    optimizer = keras.optimizers.SGD(0.1)
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        optimizer.apply_gradients(zip([tf.ones(2), None], variables, strict=True))


def test_averages_of_an_optimizer_replace_the_weights_at_the_end_of_fit():
    """So training cannot go on from where it was; a second generator leaves the first alone."""
    model = keras.Sequential([keras.Input((1,)), layers.Dense(1, use_bias=False)])
    model.set_weights([np.array([[1.0]])])
    optimizer = keras.optimizers.SGD(0.1, use_ema=True, ema_momentum=0.9)
    model.compile(optimizer, "mse")
    seen = []
    note = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: seen.append(model.get_weights()[0].item())
    )
    x, y = np.ones((4, 1)), np.zeros((4, 1))
    model.fit(x, y, batch_size=1, verbose=0, shuffle=False, callbacks=[note])
    assert seen[-1] == pytest.approx(0.8**4)
    assert model.get_weights()[0].item() > seen[-1] + 0.1


def test_a_call_in_training_mode_moves_the_statistics():
    """So a call for the other player's sake changes the network that is called."""
    layer = layers.BatchNormalization()
    x = np.array([[1.0], [3.0]], np.float32)
    layer(x, training=False)
    before = layer.moving_mean.numpy()
    layer(x, training=True)
    assert not np.array_equal(before, layer.moving_mean.numpy())


def test_autotune_is_on_unless_it_is_switched_off():
    """And the end of ``fit`` can wait for its thread; `stream` switches it off."""
    plain = tf.data.Dataset.range(4).batch(2)
    assert plain.options().autotune.enabled is not False
    assert stream(np.zeros((4, 2), np.float32), 2).options().autotune.enabled is False
