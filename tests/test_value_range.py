import keras
import numpy as np
import pytest

from ganbook import value_range
from ganbook.errors import DataError
from ganbook.layers import SpectralNormalization

TANH, SIGMOID = value_range.TANH, value_range.SIGMOID
L = keras.layers


def net(*layers):
    return keras.Sequential([keras.Input((4,)), *layers])


def functional(last):
    inputs = keras.Input((4,))
    return keras.Model(inputs, last(L.Dense(4)(inputs)))


@pytest.mark.parametrize(
    ("model", "wanted"),
    [
        (net(L.Dense(4, activation="tanh")), TANH),
        (net(L.Dense(4), L.Activation("tanh", dtype="float32")), TANH),
        (net(L.Dense(4, activation="sigmoid"), L.Reshape((2, 2, 1))), SIGMOID),
        (net(L.Dense(4, activation="tanh"), L.Reshape((2, 2, 1)), L.Cropping2D(0)), TANH),
        (net(net(L.Dense(4, activation="sigmoid"))), SIGMOID),
        (functional(keras.ops.tanh), TANH),
        (functional(keras.ops.sigmoid), SIGMOID),
        (net(SpectralNormalization(L.Dense(4, activation="tanh"))), TANH),
        (net(L.Dense(4)), None),
        (net(L.Dense(4, activation="relu")), None),
        (net(L.Dense(4, activation="tanh"), L.Rescaling(2.0)), None),
    ],
)
def test_the_last_activation_says_the_range(model, wanted):
    assert value_range.of_generator(model) == wanted


def test_a_model_that_cannot_be_looked_into_has_no_range():
    class Own(keras.Model):
        def call(self, inputs):
            return keras.ops.tanh(inputs)

    assert value_range.of_generator(Own()) is None


def floats(low, high, dtype=np.float32):
    return np.linspace(low, high, 16, dtype=dtype).reshape(1, 4, 4, 1)


@pytest.mark.parametrize(
    ("images", "wanted", "message"),
    [
        (floats(0, 1), TANH, r"floats from 0 to 1; .* \[-1, 1\].*images \* 2 - 1"),
        (floats(0, 0.9, np.float16), TANH, r"images \* 2 - 1"),
        (floats(0, 1, np.float64), TANH, r"images \* 2 - 1"),
        (floats(0, 255), TANH, r"floats from 0 to 255; .*images / 127.5 - 1"),
        (floats(0, 255), SIGMOID, r"\[0, 1\].*images / 255"),
        (floats(-1, 1), SIGMOID, r"floats from -1 to 1; .*\(images \+ 1\) / 2"),
        (floats(-3, 3), TANH, r"floats from -3 to 3; .*smallest and largest"),
        (floats(0, 255).astype(np.int64), TANH, r"int64 from 0 to 255; .*astype\('uint8'\)"),
        (floats(0, 65535).astype(np.uint16), TANH, r"uint16 from 0 to 65535; .*// 257"),
        (floats(0, 1).astype(bool), TANH, "are bool; .*255"),
        (floats(0, 1).astype(np.uint8), TANH, "uint8 from 0 to 1; .*multiply them by 255"),
        (np.array([[0.5, np.nan]]), None, "1 values that are NaN"),
        (np.array([["a"]]), None, "<U1; pass uint8"),
    ],
)
def test_a_wrong_range_is_named(images, wanted, message):
    with pytest.raises(DataError, match=message):
        value_range.check(images, wanted)


@pytest.mark.parametrize(
    ("images", "wanted"),
    [
        (floats(-1, 1), TANH),
        (floats(-1, 1.0005), TANH),
        (floats(0, 1), SIGMOID),
        (floats(-9, 9), None),
        (floats(0, 255).astype(np.uint8), TANH),
        (floats(0, 255).astype(np.uint8), SIGMOID),
        (np.zeros((2, 4), np.uint8), TANH),  # black pictures
        (np.zeros((0, 4)), TANH),
    ],
)
def test_a_right_range_passes(images, wanted):
    value_range.check(images, wanted)


def test_the_advice_leads_to_what_passes():
    value_range.check(floats(0, 1) * 2 - 1)
    value_range.check(floats(0, 255) / 127.5 - 1)
    value_range.check((floats(-1, 1) + 1) / 2, SIGMOID)


def test_samples_of_one_range_in_another():
    images = floats(-1, 1)
    np.testing.assert_allclose(value_range.scaled_to(images, SIGMOID), floats(0, 1), atol=1e-7)
    np.testing.assert_allclose(
        value_range.scaled_to(floats(0, 1), TANH, SIGMOID), images, atol=2e-7
    )
    assert value_range.scaled_to(images, None) is images
