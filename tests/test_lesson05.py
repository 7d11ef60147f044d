"""What lesson 05 defines in its cells is what the package does; what it says, its rows say."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers
from twins import names_of, same_gan, same_network

import ganbook
from ganbook import recipes, scoreboard
from ganbook.layers import SpectralNormalization
from ganbook.models import wgan


@pytest.fixture(scope="module")
def cells():
    names = {"keras": keras, "layers": layers, "tf": tf, "GAN": ganbook.GAN}
    ours = {"SpectralNormalization": SpectralNormalization, "build_generator": wgan.build_generator}
    return names_of("05_spectral.ipynb", **names, **ours)


@pytest.mark.parametrize("spectral", [True, False])
def test_networks(cells, spectral):
    same_network(cells["build_discriminator"], wgan.build_critic, spectral=spectral)


def test_the_main_run_is_the_recipe(cells):
    same_gan(cells["gan"], recipes.recipe_of("05").gan())


def test_the_division_written_out_is_that_of_the_layer(cells):
    """Once the vectors have settled, in values and gradients."""
    keras.utils.set_random_seed(0)
    layer = SpectralNormalization(layers.Conv2D(6, 3, use_bias=False))
    x = np.random.default_rng(0).normal(size=(2, 5, 5, 4)).astype(np.float32)
    layer(x)
    layer.settle(1000)
    kernel = layer.layer.kernel
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(tf.sin(layer(x, training=True)))
    expected = tape.gradient(loss, kernel.value)
    copy = tf.constant(kernel.numpy())
    with tf.GradientTape() as tape:
        tape.watch(copy)
        divided = cells["divided"](copy, tf.constant(layer.u.numpy()))
        loss = tf.reduce_sum(tf.sin(tf.nn.conv2d(x, divided, 1, "VALID")))
    np.testing.assert_allclose(tape.gradient(loss, copy), expected, rtol=1e-3, atol=1e-5)


# --- what the text says of the stored rows --------------------------------------------------------

SEEDS = (0, 1, 2)


@pytest.fixture(scope="module")
def rows():
    return ganbook.stored_results("05_rates")["rows"]


def at(rows, rate, spectral, steps=400):
    same = [r for r in rows if (r["rate"], r["spectral"], r["steps"]) == (rate, spectral, steps)]
    return sorted(same, key=lambda row: row["seed"])


def distances(rows, *cell):
    return [row["averaged"]["frechet_distance"] for row in at(rows, *cell)]


def classes(row):
    counts = np.array(row["averaged"]["class_histogram"])
    return int(np.sum(counts >= 0.02 * counts.sum()))


def longest(row):
    return max(row["longest_gradients"].values())


def test_the_grid_is_whole(rows):
    rates = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)
    for rate in rates:
        for spectral in (True, False):
            assert tuple(row["seed"] for row in at(rows, rate, spectral)) == SEEDS


def test_the_range_of_rates_is_not_wider_with_the_layer(rows):
    for rate in (1e-4, 3e-4, 1e-3):  # no difference that three seeds could show
        layer, none = distances(rows, rate, True), distances(rows, rate, False)
        assert max(min(layer), min(none)) <= min(max(layer), max(none))
    for rate in (3e-3, 1e-2):
        assert max(distances(rows, rate, False)) < min(distances(rows, rate, True))
    assert [classes(row) for row in at(rows, 1e-2, True)] == [1, 4, 1]
    none = at(rows, 1e-2, False)
    assert [classes(row) for row in none] == [8, 8, 8]
    assert sorted(round(row["averaged"]["precision"], 2) for row in none) == [0.26, 0.48, 0.54]


def test_the_layer_keeps_the_slope(rows):
    short = [row for row in rows if row["steps"] == 400]
    layer = [row for row in short if row["spectral"]]
    assert all(longest(row) < 0.5 for row in layer if row["rate"] <= 3e-3)
    assert max(longest(row) for row in layer) < 1.5
    assert all(2.8 <= round(row["product_of_norms"], 1) <= 4.6 for row in layer)
    first, last = at(rows, 1e-4, False), at(rows, 1e-2, False)
    assert {round(longest(row), 1) for row in first} == {0.2}
    assert {round(row["product_of_norms"]) for row in first} == {2}
    slopes, products = [longest(row) for row in last], [row["product_of_norms"] for row in last]
    assert [round(min(slopes)), round(max(slopes))] == [3, 14]
    assert [round(min(products)), round(max(products))] == [93, 168]


def test_no_gradient_is_longer_than_the_product_of_the_norms(rows):
    assert all(longest(row) < row["product_of_norms"] for row in rows)
    for row in rows:  # the layer before the last, of one output, has nothing to overlap with
        assert not row["spectral"] or row["layer_norms"][-1] == pytest.approx(1.0, abs=1e-3)


def test_longer_runs_at_1e_3(rows):
    (layer,), (none,) = at(rows, 1e-3, True, 3000), at(rows, 1e-3, False, 3000)
    assert none["averaged"]["frechet_distance"] < layer["averaged"]["frechet_distance"]
    assert none["averaged"]["recall"] > layer["averaged"]["recall"]
    assert longest(layer) < 0.3 and longest(none) > 1.5


def test_the_main_run_is_not_good_because_of_the_layer(rows):
    (none,) = at(rows, 1e-3, False, recipes.recipe_of("05").steps["standard"])
    board = [row for row in scoreboard.read(scoreboard.SHIPPED)[0] if row["lesson"] == "05"]
    (layer,) = [row for row in board if row["samples"] == none["averaged"]["samples"]]
    assert none["averaged"]["frechet_distance"] == pytest.approx(layer["frechet_distance"], abs=0.3)
    for name in ("recall", "coverage"):
        assert none["averaged"][name] > layer[name]
