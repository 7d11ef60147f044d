"""Estimates come from a lesson's own steps, and leave no trace in what is trained afterwards."""

import itertools
import random

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import everything, gan_of, images, train

from ganbook import lesson, timing
from ganbook.data import ImageData
from ganbook.growing import Schedule
from ganbook.recipes import recipe_of

DATA = ImageData("mnist", images(), np.zeros(256, np.int64), "folder", False, tuple("0123456789"))


class Clock:
    """Counts the seconds that a made-up machine takes."""

    def __init__(self, gan, first, each):
        self.now, self.first, self.each, self.gan = 0.0, first, each, gan
        self.stages = []

    def fit(self, stream, steps_per_epoch, verbose):
        stage = getattr(self.gan, "stage", 0)
        new = stage not in self.stages
        self.stages += [stage] if new else []
        self.now += new * self.first + steps_per_epoch * self.each * (stage + 1)
        self.gan._step.assign_add(steps_per_epoch * self.gan.steps_per_call)

    def perf_counter(self):
        return self.now


class Recipe:
    batch_size = 8

    def __init__(self, gan):
        self.made = gan

    def gan(self, precision, steps):
        return self.made


@pytest.mark.parametrize("per_call, each", [(1, 0.1), (50, 0.02)])
def test_the_first_call_counts_once_and_the_others_as_they_come(monkeypatch, per_call, each):
    gan = gan_of(steps_per_call=per_call)
    clock = Clock(gan, 4.0, each)
    monkeypatch.setattr(gan, "fit", clock.fit)
    monkeypatch.setattr(timing.time, "perf_counter", clock.perf_counter)
    found = timing.seconds_of(Recipe(gan), DATA, "float32", 1000)
    assert found == pytest.approx(4.0 + 1000 / per_call * each)


def test_each_stage_of_a_growing_gan_is_timed(monkeypatch):
    gan = recipe_of("06").gan(steps=700)
    assert isinstance(gan.schedule, Schedule)
    clock = Clock(gan, 2.0, 0.1)
    monkeypatch.setattr(gan, "fit", clock.fit)
    monkeypatch.setattr(timing.time, "perf_counter", clock.perf_counter)
    large = np.zeros((32, 32, 32, 1), np.uint8)
    large = ImageData("mnist", large, np.zeros(32, np.int64), "", False, ())
    ends = itertools.pairwise([*gan.schedule.starts, 700])
    expected = sum(2.0 + 0.1 * (i + 1) * (end - start) for i, (start, end) in enumerate(ends))
    assert timing.seconds_of(Recipe(gan), large, "float32", 700) == pytest.approx(expected)
    assert len(clock.stages) == 4


class Small:
    """A recipe that seeds what a lesson's recipe seeds."""

    batch_size = 8

    def gan(self, precision, steps):
        assert keras.config.dtype_policy().name == "float32", "the reader's policy is not its own"
        keras.config.set_dtype_policy(precision)
        return gan_of(seed=3)


def test_a_training_after_an_estimate_is_the_same_to_the_bit():
    def weights(estimate):
        if estimate:
            timing.seconds_of(Small(), DATA, "float32", 100)
        return everything(train(gan_of(), 3))

    assert np.array_equal(weights(False), weights(True))


def test_an_estimate_moves_no_generator_name_or_setting():
    def drawn(estimate):
        keras.utils.clear_session()  # else Keras 3.10 keeps the place of its own generator
        keras.layers.Dense(1)  # the first one has no number in its name
        keras.utils.set_random_seed(5)
        before = random.random(), np.random.rand(), float(tf.random.normal(()))
        name = keras.layers.Dense(1).name
        if estimate:
            keras.config.set_dtype_policy("mixed_bfloat16")
            timing.seconds_of(Small(), DATA, "mixed_float16", 100)
            assert keras.config.dtype_policy().name == "mixed_bfloat16"
            keras.config.set_dtype_policy("float32")
        layer = keras.layers.Dense(1)
        layer.build((None, 3))
        after = random.random(), np.random.rand(), float(tf.random.normal(()))
        distance = int(layer.name.split("_")[-1]) - int(name.split("_")[-1])
        return *before, *after, float(keras.random.normal(())), *layer.get_weights()[0], distance

    assert drawn(True) == drawn(False)


def test_the_seed_can_be_set_again_even_if_the_estimate_fails(monkeypatch):
    seed = keras.utils.set_random_seed
    monkeypatch.setattr(timing, "_measure", lambda *what: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        timing.seconds_of(Small(), DATA, "float32", 100)
    assert keras.utils.set_random_seed is seed


def test_the_setup_says_how_long_and_quick_ones_do_not_wait(monkeypatch, capsys):
    monkeypatch.setattr(lesson, "load_data", lambda name, size: DATA)
    monkeypatch.setattr(timing, "seconds_of", lambda recipe, data, policy, steps: steps * 0.01)
    monkeypatch.setenv("GANBOOK_PRESET", "standard")
    lesson.start_lesson("01")
    assert "Training    40,000 steps, about 7 min on this machine" in capsys.readouterr().out
    monkeypatch.setattr(timing, "seconds_of", lambda *args: pytest.fail("not asked for"))
    monkeypatch.setenv("GANBOOK_PRESET", "quick")
    lesson.start_lesson("01")
    assert "6,000 steps, made to take less than a minute" in capsys.readouterr().out
