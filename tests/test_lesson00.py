"""What lesson 00 defines in its cells is what the package does; what it says is so."""

import keras
import numpy as np
import pytest
from keras import layers
from twins import names_of, same_gan, same_network

import ganbook
from ganbook import plots, recipes, runs
from ganbook.data import load_data
from ganbook.evaluation import measure_points
from ganbook.exercises import lesson00
from ganbook.models import plane
from ganbook.sampling import sample_from


@pytest.fixture(scope="module")
def cells():
    return names_of("00_watch.ipynb", keras=keras, layers=layers, GAN=ganbook.GAN)


@pytest.mark.parametrize("name", ["build_generator", "build_discriminator"])
def test_networks(cells, name):
    same_network(cells[name], getattr(plane, name))


def test_the_main_run_is_the_recipe(cells):
    same_gan(cells["gan"], recipes.recipe_of("00").gan())


def test_shipped_weights_are_as_good_as_the_text_says():
    generator, record = runs.shipped_generator("00")
    assert (record["preset"], record["step"]) == ("standard", 10_000)
    found = measure_points(load_data("ring"), sample_from(generator, 2_500))
    assert found["modes"] == 8
    assert found["high_quality"] == pytest.approx(0.82, abs=0.015)
    assert found["spread_ratio"] == pytest.approx(0.52, abs=0.015)


def test_the_exercises_references_agree_with_the_package():
    for logit in (-3.0, 0.0, 3.0):
        shades = plots.surface(lambda places, logit=logit: np.full((len(places), 1), logit))
        np.testing.assert_allclose(shades, lesson00.probability(np.array(logit)), rtol=1e-6)
    ring = load_data("ring")
    points = ring.images[ring.labels < 5][:300]
    assert lesson00.modes_reached(points, ring.centers, 3 * ring.sigma) == 5
    assert measure_points(ring, points)["modes"] == 5
