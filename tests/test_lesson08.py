"""Lesson 08: cells and exercises agree with the package, and what it says with its rows."""

import re
from types import SimpleNamespace

import keras
import nbformat
import numpy as np
import pytest
import tensorflow as tf
import test_keras_pitfalls
from twins import NOTEBOOKS, names_of, same_gan

from ganbook import GAN, averaging, losses, recipes, scoreboard, stored_results
from ganbook.exercises import lesson08
from ganbook.models import modern
from ganbook.penalties import R1, R1R2

NOTEBOOK = "08_modern.ipynb"
STEPS = recipes.recipe_of("08").steps["standard"]


@pytest.fixture(scope="module")
def cells():
    lesson = SimpleNamespace(steps=STEPS)
    return names_of(NOTEBOOK, keras=keras, GAN=GAN, R1R2=R1R2, modern=modern, lesson=lesson)


def test_the_main_run_is_the_recipe(cells):
    same_gan(cells["gan"], recipes.recipe_of("08").gan())


def test_the_exercises_are_the_package():
    rng = np.random.default_rng(0)
    real, fake = (tf.constant(rng.normal(size=(5, 1)).astype(np.float32)) for _ in range(2))
    ours = losses.get("relativistic").discriminator(real, fake)
    assert float(lesson08.relativistic_loss(real, fake)) == pytest.approx(float(ours), rel=1e-6)
    slopes = rng.normal(size=(4, 3, 3, 1)).astype(np.float32)
    images = tf.zeros((4, 3, 3, 1))
    key = tf.constant([0, 0])
    found = R1(3.0)(lambda x, training: tf.reduce_sum(slopes * x, (1, 2, 3)), images, images, key)
    assert lesson08.zero_penalty(slopes, 3.0) == pytest.approx(float(found), rel=1e-5)


def one_weight(value):
    network = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False)])
    network.set_weights([np.array([[value]])])
    return network


@pytest.mark.parametrize("step", [0, 8, 100_000])
def test_the_average_is_the_package(step):
    slow, fast = one_weight(1.0), one_weight(3.0)
    averaging.update(slow, fast, tf.constant(step), 0.999)
    found = slow.get_weights()[0].item()
    assert lesson08.averaged(1.0, 3.0, step, 0.999) == pytest.approx(found, rel=1e-6)


def test_every_pitfall_that_is_named_is_a_test():
    cells = nbformat.read(NOTEBOOKS / NOTEBOOK, as_version=4).cells
    named = set(re.findall(r"`(test_\w+)`", "\n".join(cell.source for cell in cells)))
    there = {name for name in dir(test_keras_pitfalls) if name.startswith("test_")}
    assert named == there


# --- what the text says of the stored rows --------------------------------------------------------


@pytest.fixture(scope="module")
def dense():
    return {row["name"]: row for row in stored_results("08_dense")["rows"]}


def test_the_training_was_what_the_old_recipe_lacked(dense):
    def of(name, judge="measures", key="frechet_distance"):
        return dense[name][judge][key]

    names = ("recipe", "lesson 01", "modern")
    assert [round(of(name), 1) for name in names] == [44.4, 16.6, 10.1]
    assert [round(of(name, "second"), 1) for name in names] == [84.4, 30.6, 15.6]
    assert [round(of(name, key="recall"), 2) for name in names[::2]] == [0.13, 0.76]
    assert [round(of(name, key="precision"), 2) for name in names[::2]] == [0.80, 0.66]
    assert [round(of(name, "second", "precision"), 2) for name in names[::2]] == [0.89, 0.81]
    # The design's independent judge gave the recipe 142; the aim is 60. Ours are other scales.
    for judge in ("measures", "second"):
        assert of("modern", judge) / of("recipe", judge) < 60 / 142 / 1.5
    assert dense["modern"]["seconds"] < 300


def test_a_penalty_is_needed_and_one_is_enough_here(dense):
    def of(name, key="frechet_distance"):
        return dense[name]["measures"][key]

    with_one = ("short", "short R1", "short R2")
    assert {dense[name]["steps"] for name in (*with_one, "short none")} == {10_000}
    assert round(of("short none"), 1) == 31.8 and round(of("short none", "recall"), 2) == 0.19
    assert {round(of(name)) for name in with_one} <= {23, 24, 25}
    assert {round(of(name, "recall"), 2) for name in with_one} == {0.40, 0.51, 0.44}
    assert min(with_one, key=of) == "short R1"


def test_this_lesson_is_the_best_row_on_both_data_sets():
    rows, _ = scoreboard.read(scoreboard.SHIPPED)
    for data, ours in {"mnist": 1.3, "fashion_mnist": 6.8}.items():
        block = [row for row in rows if row["data"] == data and row["samples"] == 10_000]
        best = min(block, key=lambda row: row["frechet_distance"])
        assert best["lesson"] == "08" and round(best["frechet_distance"], 1) == ours
        for measure in ("recall", "coverage"):
            assert max(block, key=lambda row: row[measure])["lesson"] == "08"
    main_runs = [row for row in block if row.get("preset")]
    precise = max(main_runs, key=lambda row: row["precision"])
    assert precise["lesson"] == "03" and round(precise["precision"], 2) == 0.91
    assert [round(best[name], 2) for name in ("precision", "recall", "coverage")] == [
        0.84, 0.65, 0.64,
    ]  # fmt: skip


def test_the_second_opinion_agrees():
    found = {
        (row["data"], row["lesson"]): round(row["frechet_distance"], 1)
        for row in stored_results("08_second")["rows"]
    }
    assert found["mnist", "08"] == 2.5 and found["mnist", "02"] == 7.5
    fashion = sorted(distance for (data, _), distance in found.items() if data == "fashion_mnist")
    assert fashion[:2] == [found["fashion_mnist", "08"], 5.3] and fashion[0] == 1.7
