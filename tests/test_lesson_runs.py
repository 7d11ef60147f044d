"""A lesson's training cell, run again: finished, interrupted, or with a GAN that was made anew."""

import gc
import weakref
from pathlib import Path

import keras
import nbformat
import numpy as np
import pytest
import tensorflow as tf
from helpers import everything, gan_of, images, train
from twins import NOTEBOOKS, names_of

import ganbook
from ganbook import checkpoint, lesson, plots, session
from ganbook.callbacks import RunCheckpoint
from ganbook.data import ImageData, load_data
from ganbook.errors import RunError
from ganbook.interrupts import TrainingInterrupted
from ganbook.recipes import RECIPES

DATA = ImageData("mnist", images(), np.zeros(256, np.int64), "folder", False, tuple("0123456789"))
FINISHED = (
    "This training is finished, at step {}. To begin anew, run the cell that makes gan again, "
    "then this one.\n"
)


@pytest.fixture
def start(monkeypatch):
    """Return a function that runs a setup cell: 8 steps on small images, or on data given."""

    def start(number="01", data=DATA, steps=8):
        monkeypatch.setattr(lesson, "load_data", lambda name, size: data)
        monkeypatch.setitem(RECIPES[number].steps, "quick", steps)
        return lesson.start_lesson(number)

    monkeypatch.setenv("GANBOOK_PRESET", "quick")
    return start


@pytest.fixture
def cell(start, capsys):
    """Return a function that runs a training cell, and returns what it printed."""

    def cell(setup, gan, *more):
        capsys.readouterr()
        saving = RunCheckpoint(setup.folder_of(gan), every=2)
        stream = DATA.stream(4, gan.discriminator_steps, gan.steps_per_call)
        gan.fit(stream, steps_per_epoch=setup.calls_left(gan), verbose=0, callbacks=[saving, *more])
        return capsys.readouterr().out

    return cell


class StopAt(keras.callbacks.Callback):
    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step == self.step:
            raise KeyboardInterrupt


def contents(folder):
    return {
        path: (path.stat().st_mtime_ns, path.read_bytes())
        for path in Path(folder).rglob("*")
        if path.is_file()
    }


def test_a_finished_cell_says_so_and_changes_nothing(start, cell):
    setup, gan = start(), gan_of()
    assert cell(setup, gan) == ""
    before = everything(gan), list(gan.log), gan.seconds, contents("runs")
    history = gan.history
    assert cell(setup, gan) == FINISHED.format(8)
    np.testing.assert_array_equal(everything(gan), before[0])
    assert (gan.log, gan.seconds, contents("runs")) == before[1:]
    assert gan.history is history and len(history.history["generator_loss"]) == 1


def test_a_new_gan_begins_a_new_run_in_a_new_folder(start, cell):
    setup, gan = start(), gan_of()
    cell(setup, gan)
    first, before = setup.folder, contents("runs")
    new = gan_of(seed=1, generator_optimizer=keras.optimizers.SGD(0.1))  # a setting was changed
    assert cell(setup, new) == f"Results     {setup.folder}\n"
    assert setup.folder != first and setup.folder.parent == first.parent
    assert checkpoint.saved_steps(setup.folder)[-1] == 8 == new.step
    assert {path: contents("runs")[path] for path in before} == before
    third = gan_of()  # with the old setting, and in the same second
    cell(setup, third)
    assert len(list(first.parent.iterdir())) == 3
    np.testing.assert_array_equal(everything(third), everything(gan))
    assert cell(setup, third) == FINISHED.format(8)


def test_an_interrupted_cell_goes_on_in_its_folder(start, cell):
    whole, setup, gan = train(gan_of(), 8, batch=4), start(), gan_of()
    with pytest.raises(TrainingInterrupted, match="step 5 of 8;"):
        cell(setup, gan, StopAt(5))
    assert setup.calls_left(gan) == 3
    assert cell(setup, gan) == ""
    np.testing.assert_array_equal(everything(gan), everything(whole))
    assert len(list(setup.folder.parent.iterdir())) == 1
    assert [row["step"] for row in gan.log] == list(range(1, 9))


def test_a_setup_cell_that_is_run_again_finds_the_run(start, cell, monkeypatch):
    setup, gan = start(), gan_of()
    with pytest.raises(TrainingInterrupted):
        cell(setup, gan, StopAt(4))
    film = setup.film(gan, len, 2)
    monkeypatch.setattr(lesson, "stamp", lambda: "2999-01-01-000000")
    again = start()
    assert again.folder != setup.folder and again.film(gan, len, 2) is film
    assert cell(again, gan) == f"Results     {setup.folder}\n"
    assert again.folder == setup.folder and checkpoint.saved_steps(setup.folder)[-1] == 8
    other = start(steps=10)  # the length of the preset is another one: the run is made longer
    assert other.calls_left(gan) == 2


def test_a_gan_made_anew_can_go_on_with_the_run_that_was_stopped(start, cell, capsys):
    setup, gan = start(), gan_of()
    with pytest.raises(TrainingInterrupted):
        cell(setup, gan, StopAt(5))
    folder = setup.folder
    assert setup.go_on(gan) == 5  # nothing is set back
    assert capsys.readouterr().out.startswith("This gan is at step 5 of 8: run the training cell.")
    new = gan_of()
    assert setup.go_on(new) == 4 and "Going on at step 4 of 8" in capsys.readouterr().out
    assert cell(setup, new) == "" and setup.folder == folder
    assert len(list(folder.parent.iterdir())) == 1
    assert cell(setup, new) == FINISHED.format(8)


def test_calls_are_whole_and_none_is_left_out(start, capsys):
    setup = start(steps=9)
    assert setup.calls_left(gan_of(steps_per_call=5)) == 2
    assert capsys.readouterr().out.count("finished") == 0


def test_the_session_keeps_no_gan(start):
    gan = gan_of()
    start().folder_of(gan)
    seen = weakref.ref(gan)
    run = session.begun(gan, lesson.runs_folder() / "01-quick" / "x")
    assert run.gan() is gan
    del run
    del gan
    gc.collect()
    assert seen() is None


def test_an_untrained_gan_is_measured_with_a_warning_and_gets_no_row(start, capsys, monkeypatch):
    monkeypatch.setattr(lesson.evaluation, "measure", lambda data, samples: {"samples": 1})
    monkeypatch.setattr(lesson.Page, "samples", 4)
    setup, gan = start("00", load_data("ring")), gan_of()
    capsys.readouterr()
    assert setup.measure(gan) == {"samples": 1}
    said = capsys.readouterr().out
    assert said.startswith("This gan is untrained (step 0): run the training cell first.")
    with pytest.raises(RunError, match="untrained .step 0.*no row"):
        setup.score(gan, {})
    train(gan, 1)
    setup.measure(gan)
    assert "untrained" not in capsys.readouterr().out


# The notebooks' own cells


def training_cell(name):
    """Return the source of the one cell that makes a lesson's main run."""
    cells = nbformat.read(NOTEBOOKS / name, as_version=4).cells
    (found,) = [c.source for c in cells if c.cell_type == "code" and "calls_left" in c.source]
    return found


TRAINING = [path.name for path in sorted(NOTEBOOKS.glob("0?_*.ipynb"))]


@pytest.mark.parametrize("name", TRAINING)
def test_every_lesson_trains_in_the_way_that_can_be_run_again(name):
    source = training_cell(name)
    assert "steps_per_epoch=lesson.calls_left(gan)" in source
    assert "RunCheckpoint(lesson.folder_of(gan)" in source or name.startswith("00")
    assert " Film(" not in source and "history = gan.fit" not in source


def of_a_lesson(name, setup, **more):
    """Return the names and the training cell of a notebook, made small: two steps a call."""

    def small_gan(*networks, **settings):
        gan = ganbook.GAN(*networks, **{**settings, "steps_per_call": 2})
        gan.compile(run_eagerly=True)
        return gan

    names = {"keras": keras, "layers": keras.layers, "GAN": small_gan, "plots": plots, "tf": tf}
    names |= {"lesson": setup, "data": setup.data, **more}
    cell = training_cell(name).replace("steps_per_call=50", "steps_per_call=2")
    return names_of(name, **names), cell.replace("every=50", "every=2")


def test_lesson_00_again_and_again(start, capsys):
    """The film is whole after a second run, and new for a new GAN."""
    setup = start("00", load_data("ring"), steps=4)
    names, cell = of_a_lesson("00_watch.ipynb", setup, latents=tf.zeros((4, 2)))
    exec(cell, names)
    film, gan = names["film"], names["gan"]
    frames, weights = dict(film.frames), everything(gan)
    assert list(frames) == [0, 2, 4]
    capsys.readouterr()
    exec(cell, names)
    assert capsys.readouterr().out.startswith(FINISHED.format(4))
    assert names["film"] is film and film.frames == frames
    np.testing.assert_array_equal(everything(gan), weights)
    names = names_of("00_watch.ipynb", **names)
    exec(cell, names)
    assert names["film"] is not film and list(names["film"].frames) == [0, 2, 4]
    assert film.frames == frames


def test_lesson_01_again_and_again(start, capsys):
    """Whole, again, with a changed setting, interrupted, and again."""
    setup = start("01", load_data("toy_digits"), steps=4)
    names, cell = of_a_lesson("01_vanilla_gan.ipynb", setup)
    exec(cell, names)
    gan, first, history = names["gan"], setup.folder, names["history"].history
    weights, before = everything(gan), contents("runs")
    assert gan.step == 4 and len(history["generator_loss"]) == 1
    capsys.readouterr()
    exec(cell, names)
    assert capsys.readouterr().out == FINISHED.format(4)
    assert names["history"].history == history and contents("runs") == before
    np.testing.assert_array_equal(everything(gan), weights)

    names = names_of("01_vanilla_gan.ipynb", **names)
    names["gan"].generator_optimizer.learning_rate = 1e-4
    panel, names["LivePanel"] = names["LivePanel"], lambda title: StopAt(2)
    with pytest.raises(TrainingInterrupted, match="step 2 of 4;"):
        exec(cell, names)
    second, names["LivePanel"] = setup.folder, panel
    assert second != first
    exec(cell, names)
    assert names["gan"].step == 4 and setup.folder == second
    assert checkpoint.saved_steps(second) == [2, 4]
    assert not np.array_equal(everything(names["gan"]), weights)
    assert {path: contents("runs")[path] for path in before} == before
    assert len(list(first.parent.iterdir())) == 2
