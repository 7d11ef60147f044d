"""What lesson 01 defines in its cells is what the package does (invariant 6)."""

import math

import helpers
import keras
import numpy as np
import pytest
import tensorflow as tf
from twins import names_of, same_gan, same_network

import ganbook
from ganbook import builders, data, losses
from ganbook.models import vanilla


@pytest.fixture(scope="module")
def cells():
    return names_of(
        "01_vanilla_gan.ipynb",
        keras=keras,
        np=np,
        tf=tf,
        GAN=ganbook.GAN,
        randomness=ganbook.randomness,
    )


def test_scaling(cells):
    pixels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(cells["to_float"](pixels), data.to_float(pixels))


@pytest.mark.parametrize(
    "name, parameters", [("build_generator", 114_064), ("build_discriminator", 100_609)]
)
def test_networks(cells, name, parameters):
    same_network(cells[name], getattr(vanilla, name))
    assert cells[name]().count_params() == parameters


def test_discriminator_loss(cells):
    real, fake = tf.constant([[1.0], [-2.0]]), tf.constant([[0.5], [-1.0]])
    ours = losses.get("non_saturating").discriminator(real, fake)
    assert float(cells["discriminator_loss"](real, fake)) == pytest.approx(float(ours), rel=1e-6)
    zeros = tf.zeros((4, 1))
    assert float(cells["discriminator_loss"](zeros, zeros)) == pytest.approx(2 * math.log(2))


def test_step_by_hand_agrees_with_fit_after_20_steps(cells):
    def start():
        keras.utils.set_random_seed(0)
        return cells["build_generator"](), cells["build_discriminator"]()

    images = np.random.default_rng(0).integers(0, 256, (640, 28, 28, 1)).astype(np.uint8)
    batches = data.stream(images, 64, seed=0)
    generator, discriminator = start()
    optimizers = helpers.adam(2e-3), helpers.adam(2e-3)
    for step, batch in enumerate(batches.take(20)):
        cells["step_by_hand"](batch, step, generator, discriminator, *optimizers)
    gan = ganbook.GAN(
        *start(),
        generator_optimizer=helpers.adam(2e-3),
        discriminator_optimizer=helpers.adam(2e-3),
    )
    gan.fit(batches, steps_per_epoch=20, verbose=0)
    for by_hand, fitted in ((generator, gan.generator), (discriminator, gan.discriminator)):
        np.testing.assert_allclose(
            helpers.flat(by_hand.weights), helpers.flat(fitted.weights), atol=1e-5
        )


def test_the_main_run_is_the_recipe(cells):
    same_gan(cells["gan"], builders.vanilla_gan(0))


@pytest.mark.parametrize("seed", [0, 1])
def test_the_stored_rows_say_what_the_text_says(seed):
    stored = ganbook.stored_results("01_ablation")
    assert len(stored["data_checksums"]["mnist"]) == 64
    rows = {row["name"]: row for row in stored["rows"] if row["seed"] == seed}
    assert len(rows) == 7 and all(row["raw"]["samples"] == 10_000 for row in rows.values())
    distance = {name: row["raw"]["frechet_distance"] for name, row in rows.items()}
    averaged = {name: row["averaged"]["frechet_distance"] for name, row in rows.items()}
    coverage = {name: row["averaged"]["coverage"] for name, row in rows.items()}
    assert distance["rates"] < 0.55 * distance["shuffled"]
    assert averaged["beta"] < 0.4 * averaged["recipe"]
    assert averaged["rates"] > distance["rates"]
    assert 0.65 < averaged["beta"] / distance["beta"] < 0.81  # "another fifth to third"
    assert averaged["no smoothing"] < 1.05 * averaged["beta"]
    assert distance["no smoothing"] < distance["beta"]
    assert coverage["rates"] > rows["rates"]["raw"]["coverage"]
    assert min(coverage["no smoothing"], coverage["large batch"]) > coverage["beta"]
    assert averaged["beta"] < averaged["large batch"]
