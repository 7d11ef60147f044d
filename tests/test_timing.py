"""Estimates come from a lesson's own steps, and leave no trace in what is trained afterwards."""

import itertools

import keras
import numpy as np
import pytest
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
    large = ImageData(
        "mnist", np.zeros((32, 32, 32, 1), np.uint8), np.zeros(32, np.int64), "", False, ()
    )
    starts = [*gan.schedule.starts, 700]
    expected = sum(
        2.0 + 0.1 * (i + 1) * (b - a) for i, (a, b) in enumerate(itertools.pairwise(starts))
    )
    assert timing.seconds_of(Recipe(gan), large, "float32", 700) == pytest.approx(expected)
    assert len(clock.stages) == 4


def test_a_training_after_an_estimate_is_the_same_to_the_bit():
    def weights(estimate):
        if estimate:
            timing.seconds_of(Recipe(gan_of(seed=3)), DATA, "float32", 100)
        policy = keras.config.dtype_policy().name
        return everything(train(gan_of(), 3)), policy

    (one, policy), (other, after) = weights(False), weights(True)
    assert np.array_equal(one, other) and policy == after == "float32"


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
