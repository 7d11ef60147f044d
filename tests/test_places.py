"""Runs go where GANBOOK_RUNS says, and one that was cut off is found there again."""

import json
from pathlib import Path

import numpy as np
import pytest
from helpers import everything, gan_of, images, train

from ganbook import cli, lesson, places, scoreboard
from ganbook.callbacks import RunCheckpoint
from ganbook.data import ImageData
from ganbook.errors import RunError, SettingError

DATA = ImageData("mnist", images(), np.zeros(256, np.int64), "folder", False, tuple("0123456789"))


@pytest.fixture
def drive(tmp_path, monkeypatch):
    """A folder that outlives the machine."""
    monkeypatch.setenv("GANBOOK_RUNS", str(tmp_path / "drive" / "runs"))
    return tmp_path / "drive" / "runs"


@pytest.fixture
def start(monkeypatch):
    """Return a function that runs a setup cell, of data that are given."""

    def start(data=DATA, at="2026-01-01-000000"):
        monkeypatch.setattr(lesson, "load_data", lambda name, size: data)
        monkeypatch.setattr(lesson, "stamp", lambda: at)
        return lesson.start_lesson("01")

    monkeypatch.setenv("GANBOOK_PRESET", "quick")
    return start


def test_runs_lie_here_unless_the_variable_names_a_folder(monkeypatch, tmp_path):
    assert places.runs_folder() == Path("runs")
    monkeypatch.setenv("GANBOOK_RUNS", "~/somewhere")
    assert places.runs_folder() == Path("~/somewhere").expanduser()
    assert places.own_scoreboard().parent == places.runs_folder()
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GANBOOK_RUNS", "file")
    with pytest.raises(SettingError, match="GANBOOK_RUNS is 'file', which is a file"):
        places.runs_folder()


def test_lessons_and_commands_write_there(drive, start, capsys):
    assert start().folder.parent == drive / "01-quick"
    assert f"Results     {drive}" in capsys.readouterr().out
    shipped = scoreboard.read(scoreboard.SHIPPED)[0]
    scoreboard.append(shipped[0])
    assert json.loads((drive / "scoreboard.jsonl").read_text())["lesson"] == shipped[0]["lesson"]
    status = cli.main(["train", "01", "--data", "toy_digits", "--steps", "50", "--preset", "quick"])
    assert status == 0 and (drive / "01" / "run.json").exists()


def test_a_run_that_was_cut_off_is_offered_and_goes_on_as_if_it_had_not_been(drive, start, capsys):
    whole = everything(train(gan_of(), 6))
    first = start()
    train(gan_of(), 4, [RunCheckpoint(first.folder, every=2)])
    capsys.readouterr()
    second = start(at="2026-01-02-000000")  # another day, and another machine
    said = capsys.readouterr().out
    assert f"Unfinished  {first.folder}, at step 4 of 6,000: lesson.go_on(gan)" in said
    gan = gan_of()
    assert second.go_on(gan) == 4 and second.folder == first.folder
    train(gan, 2, [RunCheckpoint(second.folder, every=2)])
    assert np.array_equal(everything(gan), whole)


def test_nothing_is_offered_where_there_is_nothing_to_go_on_with(drive, start, capsys, monkeypatch):
    begun = start()
    assert begun.unfinished() is None  # no run at all
    train(gan_of(), 2, [RunCheckpoint(begun.folder)])
    standin = ImageData("mnist", DATA.images, DATA.labels, "drawn", True, DATA.class_names)
    assert start(standin, at="2026-01-02-000000").unfinished() is None  # of other images
    monkeypatch.setitem(begun.recipe.steps, "quick", 2)
    assert start(at="2026-01-03-000000").unfinished() is None  # finished
    assert "Unfinished" not in capsys.readouterr().out
    with pytest.raises(RunError, match="there is no unfinished run in"):
        start(at="2026-01-03-000000").go_on(gan_of())


def test_a_run_of_another_gan_is_refused(drive, start):
    train(gan_of(), 2, [RunCheckpoint(start().folder)])
    with pytest.raises(RunError, match="steps_per_call"):
        start(at="2026-01-02-000000").go_on(gan_of(steps_per_call=2))
