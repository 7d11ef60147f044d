"""Gradient norms and norms of layers, against closed forms and singular values."""

import keras
import numpy as np
import pytest
from keras import layers

from ganbook import lipschitz
from ganbook.errors import SettingError

RANDOM = np.random.default_rng(0)


def dense(*widths):
    """A network of linear layers without biases, and its matrices."""
    network = keras.Sequential([keras.Input((widths[0],))])
    for width in widths[1:]:
        network.add(layers.Dense(width, use_bias=False))
    return network, [layer.kernel.numpy() for layer in network.layers]


def test_a_linear_critic_is_equally_steep_everywhere():
    network = keras.Sequential([keras.Input((2,)), layers.Dense(1)])
    network.set_weights([np.array([[3.0], [4.0]]), np.array([7.0])])
    points = RANDOM.normal(size=(300, 2)).astype(np.float32)  # more than one batch
    np.testing.assert_allclose(lipschitz.input_gradient_norms(network, points), np.full(300, 5.0))


def test_uint8_images_are_scaled():
    network = keras.Sequential([keras.Input((2,)), layers.Dense(1, activation=keras.ops.square)])
    network.set_weights([np.array([[1.0], [0.0]]), np.zeros(1)])
    pixels = np.array([[255, 0], [0, 9]], np.uint8)  # x is 1 and -1: |2 x| = 2
    np.testing.assert_allclose(lipschitz.input_gradient_norms(network, pixels), [2.0, 2.0])


def test_floats_are_taken_as_they_are():
    network = keras.Sequential([keras.Input((2,)), layers.Dense(1, activation=keras.ops.square)])
    network.set_weights([np.array([[1.0], [0.0]]), np.zeros(1)])
    points = np.array([[0.25, 0.0], [3.0, 9.0]])  # float64, and not only in [-1, 1]
    np.testing.assert_allclose(lipschitz.input_gradient_norms(network, points), [0.5, 6.0])
    by_layer = lipschitz.activation_gradient_norms(network, points)
    assert list(by_layer.values()) == [1.0]


def test_gradient_norms_by_layer():
    network, (first, second, third) = dense(6, 5, 4, 1)
    x = RANDOM.normal(size=(3, 6)).astype(np.float32)
    found = list(lipschitz.activation_gradient_norms(network, x).values())
    expected = [np.linalg.norm(second @ third), np.linalg.norm(third), 1.0]
    np.testing.assert_allclose(found, expected, rtol=1e-5)
    norms = lipschitz.input_gradient_norms(network, x)
    np.testing.assert_allclose(norms, np.linalg.norm(first @ second @ third), rtol=1e-5)


@pytest.mark.parametrize("layer, shape", [
    (layers.Dense(5), (7,)),
    (layers.Conv2D(3, 3, strides=2, padding="same"), (6, 6, 2)),
    (layers.Conv2DTranspose(3, 4, strides=2, padding="same"), (4, 4, 2)),
])  # fmt: skip
def test_the_norm_of_a_layer_is_that_of_its_matrix(layer, shape):
    keras.utils.set_random_seed(0)
    layer.build((None, *shape))
    layer.bias.assign(RANDOM.normal(size=layer.bias.shape))  # it must not matter
    size = int(np.prod(shape))
    basis = np.eye(size, dtype=np.float32).reshape(size, *shape)
    matrix = (layer(basis) - layer(np.zeros_like(basis))).numpy().reshape(size, -1)
    expected = np.linalg.norm(matrix, 2)
    assert lipschitz.operator_norm(layer, shape, 500) == pytest.approx(expected, rel=1e-3)


def test_an_activation_is_refused():
    layer = layers.Dense(2, activation="relu", name="bent")
    layer.build((None, 3))
    with pytest.raises(SettingError, match="bent has an activation"):
        lipschitz.operator_norm(layer, (3,))
