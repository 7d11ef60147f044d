"""Lesson 07: cells and exercises agree with the package, and what it says with its rows."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from twins import names_of, same_gan

from ganbook import GAN, recipes
from ganbook.exercises import lesson07
from ganbook.layers import MinibatchDiscrimination, Packing
from ganbook.lesson import stored_results
from ganbook.models import stacked


@pytest.fixture(scope="module")
def cells():
    return names_of("07_clinic.ipynb", keras=keras, tf=tf, GAN=GAN, stacked=stacked)


def test_the_main_run_is_the_recipe(cells):
    same_gan(cells["gan"], recipes.recipe_of("07").gan())


def test_packs_of_the_lesson_are_those_of_the_layer(cells):
    images = tf.constant(np.random.default_rng(0).normal(size=(6, 4, 5, 3)).astype(np.float32))
    for count in (2, 3):
        np.testing.assert_array_equal(cells["pack"](images, count), Packing(count)(images))


@pytest.fixture(scope="module")
def modes():
    """All rows of a way, by its name."""
    rows = stored_results("07_modes")["rows"]
    return {
        name: [row for row in rows if row["name"] == name] for name in {r["name"] for r in rows}
    }


def mean(rows, key="modes"):
    return np.mean([row[key] for row in rows])


def test_closeness_is_what_minibatch_discrimination_appends():
    vectors = np.random.default_rng(0).normal(size=(5, 3)).astype(np.float32)
    layer = MinibatchDiscrimination(1, 3)
    layer.build(vectors.shape)
    layer.tensor.assign(np.eye(3, dtype=np.float32)[:, None])  # each vector is its own M
    found = layer(tf.constant(vectors)).numpy()[:, 3]
    np.testing.assert_allclose(lesson07.closeness(vectors), found, rtol=1e-5)


def test_packed_is_the_layer():
    images = np.random.default_rng(0).normal(size=(6, 4, 5, 3)).astype(np.float32)
    np.testing.assert_array_equal(lesson07.packed(images, 3), Packing(3)(images).numpy())


@pytest.mark.parametrize("steps, slope", [(0, 0.0), (1, 0.75), (2, 0.9375), (3, 0.984375)])
def test_the_slope_of_the_unrolled_value_is_the_papers(steps, slope):
    """1 - 0.5^(2 k) at t = 1, p = 0, rate 0.5: both terms of the derivative."""
    near = [lesson07.unrolled_value(1 + change, 0.0, 0.5, steps) for change in (-1e-5, 1e-5)]
    assert (near[1] - near[0]) / 2e-5 == pytest.approx(slope, abs=1e-6)


def test_every_way_in_the_plane_has_ten_seeds(modes):
    assert len(modes) == 10
    for rows in modes.values():
        assert sorted(row["seed"] for row in rows) == list(range(10))
        assert {row["samples"] for row in rows} == {2_500}


def test_the_best_way_in_the_plane_finds_all_modes_with_every_seed(modes):
    for data, all_modes in {"ring": 8, "grid": 25}.items():
        for way in ("penalized", "relativistic"):
            assert {row["modes"] for row in modes[f"{data} {way}"]} == {all_modes}
    assert mean(modes["grid relativistic"], "kl") < 0.01
    assert round(mean(modes["grid plain"]), 1) == 18.0
    assert round(mean(modes["grid packed"]), 1) == 23.0
    assert round(mean(modes["grid unrolled"]), 1) == 17.3
    assert round(mean(modes["ring plain"]), 1) == 7.9
    assert round(mean(modes["ring unrolled"]), 1) == 7.5
