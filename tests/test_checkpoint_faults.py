"""Checkpoints where files are in use, or cannot be written for a moment, or at all."""

import errno
import os
import time

import keras
import numpy as np
import pytest
from helpers import everything, gan_of, train

from ganbook import checkpoint
from ganbook.callbacks import RunCheckpoint
from ganbook.errors import RunError


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch):
    monkeypatch.setattr(time, "sleep", lambda seconds: None)


@pytest.fixture
def held(monkeypatch):
    """A set of what cannot be renamed, such as "step-000000001", or "to step-000000001"."""
    names = set()
    rename = os.replace

    def replace(source, target):
        if names & {os.path.basename(source), f"to {os.path.basename(target)}"}:
            raise PermissionError(errno.EACCES, "Access is denied", str(source))
        rename(source, target)

    monkeypatch.setattr(os, "replace", replace)
    return names


def name_of(step):
    return f"step-{step:09d}"


class At(keras.callbacks.Callback):
    """Do something after a step, after the callbacks before this one."""

    def __init__(self, **actions):
        super().__init__()
        self.actions = {int(name.removeprefix("step")): do for name, do in actions.items()}

    def on_train_batch_end(self, batch, logs=None):
        self.actions.get(self.model.step, lambda: None)()


def clean(folder):
    """Say whether a folder holds whole checkpoints and nothing else."""
    return all(checkpoint.STEP_FOLDER.fullmatch(path.name) for path in folder.iterdir())


def test_one_refused_rename_is_not_noticed(tmp_path, monkeypatch):
    rename, refusals = os.replace, []

    def replace(source, target):
        refusals.append(source)
        if len(refusals) % 2:
            raise PermissionError(errno.EACCES, "Access is denied")
        rename(source, target)

    monkeypatch.setattr(os, "replace", replace)
    train(gan_of(), 4, [RunCheckpoint(tmp_path, every=1)])  # and no warning, which is an error here
    assert checkpoint.saved_steps(tmp_path) == [3, 4] and clean(tmp_path)


def test_an_old_checkpoint_in_use_is_warned_of_once_and_deleted_later(tmp_path, held):
    held.add(name_of(0))
    seen = []
    look = At(
        step4=lambda: (seen.append(checkpoint.saved_steps(tmp_path)), held.clear()),
    )
    with pytest.warns(UserWarning) as found:
        gan = train(gan_of(), 5, [RunCheckpoint(tmp_path, every=1), look])
    (text,) = [str(one.message) for one in found]
    assert f"the old checkpoint {tmp_path / name_of(0)} cannot be deleted now" in text
    assert "\n" not in text and "The training goes on" in text
    assert seen == [[0, 3, 4]] and gan.step == 5
    assert checkpoint.saved_steps(tmp_path) == [4, 5] and clean(tmp_path)
    held.add(name_of(4))
    with pytest.warns(UserWarning, match="old checkpoint"):  # new trouble is said again
        train(gan, 1, [RunCheckpoint(tmp_path, every=1)])


def test_what_is_left_of_a_deleted_checkpoint_goes_with_a_later_save(tmp_path, monkeypatch):
    gan = train(gan_of(), 1, [RunCheckpoint(tmp_path, every=1, keep=1)])
    with monkeypatch.context() as patch:
        patch.setattr(checkpoint.shutil, "rmtree", lambda path, ignore_errors: None)
        train(gan, 1, [RunCheckpoint(tmp_path, every=1, keep=1)])
    assert not clean(tmp_path) and checkpoint.saved_steps(tmp_path) == [2]
    train(gan, 1, [RunCheckpoint(tmp_path, every=1, keep=1)])
    assert clean(tmp_path) and checkpoint.saved_steps(tmp_path) == [3]


def test_a_save_that_fails_is_warned_of_and_the_next_one_is_made(tmp_path, held):
    held |= {f"to {name_of(2)}", f"to {name_of(4)}"}
    whole = everything(train(gan_of(), 7))
    with pytest.warns(UserWarning) as found:
        gan = train(gan_of(), 7, [RunCheckpoint(tmp_path, every=2)])
    (text,) = [str(one.message) for one in found]
    assert "checkpoint of step 2 could not be written" in text and "saves again in 2 steps" in text
    assert "last good one is step 0" in text and "\n" not in text
    np.testing.assert_array_equal(everything(gan), whole)
    assert checkpoint.saved_steps(tmp_path) == [6, 7] and clean(tmp_path)


@pytest.mark.parametrize("error", [OSError(errno.EIO, "I/O error"), PermissionError(13, "denied")])
def test_files_that_cannot_be_written_are_no_end_either(tmp_path, monkeypatch, error):
    write = checkpoint._write

    def fails(gan, folder):
        write(gan, folder)
        if gan.step == 1:
            raise error

    monkeypatch.setattr(checkpoint, "_write", fails)
    with pytest.warns(UserWarning, match="step 1 could not be written"):
        train(gan_of(), 3, [RunCheckpoint(tmp_path, every=1)])
    assert checkpoint.saved_steps(tmp_path) == [2, 3] and clean(tmp_path)


def test_at_the_end_it_is_an_error_and_the_training_is_in_memory(tmp_path, held):
    held.add(f"to {name_of(3)}")
    whole, gan = train(gan_of(), 5), gan_of()
    with pytest.raises(RunError, match="step 3 could not be written") as caught:
        train(gan, 3, [RunCheckpoint(tmp_path)])
    assert 'gan is as it was, at step 3, and gan.save("gan.keras")' in str(caught.value)
    assert "\n" not in str(caught.value)
    assert checkpoint.saved_steps(tmp_path) == [0] and clean(tmp_path)
    held.clear()
    train(gan, 2, [RunCheckpoint(tmp_path)])
    np.testing.assert_array_equal(everything(gan), everything(whole))
    assert checkpoint.saved_steps(tmp_path) == [3, 5]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EDQUOT])
def test_want_of_space_ends_the_training(tmp_path, monkeypatch, number):
    write = checkpoint._write

    def full(gan, folder):
        if gan.step >= 2:
            (folder / "state").write_text("half")
            raise OSError(number, os.strerror(number))
        write(gan, folder)

    monkeypatch.setattr(checkpoint, "_write", full)
    gan = gan_of()
    with pytest.raises(RunError, match="last good one is step 1. Free some space, then resume"):
        train(gan, 6, [RunCheckpoint(tmp_path, every=1)])
    assert gan.step == 2
    assert checkpoint.saved_steps(tmp_path) == [0, 1] and clean(tmp_path)
    assert checkpoint.restore(gan_of(), tmp_path) == 1


def test_a_folder_that_can_never_be_written_is_refused_before_the_first_step(tmp_path):
    (tmp_path / "file").write_text("")
    gan = gan_of()
    with pytest.raises(RunError, match="cannot be written to .*file.*; name a folder"):
        train(gan, 2, [RunCheckpoint(tmp_path / "file")])
    assert gan.step == 0


def test_a_checkpoint_that_cannot_be_read_now_is_not_called_damaged(tmp_path, monkeypatch):
    train(gan_of(), 1, [RunCheckpoint(tmp_path)])

    def refuse(*_):
        raise PermissionError(errno.EACCES, "Access is denied")

    monkeypatch.setattr(checkpoint.schema, "read_json", refuse)
    with pytest.raises(RunError, match="cannot be read .*try again") as caught:
        checkpoint.restore(gan_of(), tmp_path)
    assert "damaged" not in str(caught.value) and "remove" not in str(caught.value)
