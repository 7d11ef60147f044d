"""Checkpoints: exact, atomic, and honest about what they cannot do (invariants 3 and 7)."""

import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import keras
import numpy as np
import pytest
from helpers import everything, gan_of, stateful_pair, stream_for, train

from ganbook import checkpoint
from ganbook.callbacks import RunCheckpoint
from ganbook.errors import RunError

SETTINGS = {"average": 0.9, "discriminator_steps": 2, "steps_per_call": 2}
# What a new process trains: a small GAN with every kind of state, saved every 4 steps.
SCRIPT = """
import json
import sys
import helpers
import numpy as np
from ganbook import checkpoint
from ganbook.callbacks import RunCheckpoint

folder, steps = sys.argv[1], int(sys.argv[2])
gan = helpers.gan_of(helpers.stateful_pair, compiled=True, **json.loads(sys.argv[3]))
if checkpoint.saved_steps(folder):
    checkpoint.restore(gan, folder)
print("begins at", gan.step, flush=True)
if gan.step < steps:
    helpers.train(gan, steps - gan.step, [RunCheckpoint(folder, every=4)])
np.save(folder + "/end.npy", helpers.everything(gan))
"""


def start(folder, steps):
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parent)}
    command = [sys.executable, "-c", SCRIPT, str(folder), str(steps), json.dumps(SETTINGS)]
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)


def test_killed_and_resumed_in_a_new_process_equals_never_stopped(tmp_path):
    """Weights, optimizer slots, averages, BatchNorm, dropout and data order, bit for bit.

    One kill -9 at a random moment; benchmarks/kill_resume.py makes twenty, on lesson 01.
    """
    whole = train(gan_of(stateful_pair, compiled=True, **SETTINGS), 120)
    with start(tmp_path, 120) as process:
        assert process.stdout.readline().split() == ["begins", "at", "0"]
        while max(checkpoint.saved_steps(tmp_path), default=0) < 4:
            time.sleep(0.01)
        time.sleep(random.Random(0).uniform(0.0, 0.3))
        process.kill()
    stood = checkpoint.saved_steps(tmp_path)[-1]
    assert 0 < stood < 120
    with start(tmp_path, 120) as process:
        assert process.communicate(timeout=200)[0].split() == ["begins", "at", str(stood)]
    np.testing.assert_array_equal(np.load(tmp_path / "end.npy"), everything(whole))


def test_step_0_is_saved_first_and_only_the_newest_are_kept(tmp_path):
    gan = gan_of()
    saving = RunCheckpoint(tmp_path, every=2, keep=2)
    seen = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            seen.append(checkpoint.saved_steps(tmp_path))

    train(gan, 5, [saving, Watch()])
    assert seen == [[0], [0, 2], [0, 2], [2, 4], [2, 4]]
    assert checkpoint.saved_steps(tmp_path) == [4, 5]
    assert {path.name for path in tmp_path.iterdir()} == {"step-000000004", "step-000000005"}


def test_restoring_gives_back_step_log_and_numbers(tmp_path):
    gan = train(gan_of(average=0.9), 3, [RunCheckpoint(tmp_path)])
    other = gan_of(average=0.9, seed=0)
    assert checkpoint.restore(other, tmp_path) == 3 == other.step
    assert other.log == gan.log and len(gan.log) == 3
    np.testing.assert_array_equal(everything(gan), everything(other))


def test_a_half_written_checkpoint_is_not_one(tmp_path, monkeypatch):
    gan = train(gan_of(), 2, [RunCheckpoint(tmp_path)])
    good = everything(gan)
    train(gan, 1)

    def dies(*args):
        raise KeyboardInterrupt  # as a kill would: no clean-up runs

    monkeypatch.setattr(checkpoint.os, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        checkpoint.save(gan, tmp_path)
    monkeypatch.undo()
    assert (tmp_path / ".writing").is_dir()
    fresh = gan_of()
    assert checkpoint.restore(fresh, tmp_path) == 2
    np.testing.assert_array_equal(everything(fresh), good)
    train(fresh, 1, [RunCheckpoint(tmp_path)])
    assert checkpoint.saved_steps(tmp_path)[-1] == 3 and not (tmp_path / ".writing").exists()


def test_a_full_disk_leaves_the_last_good_checkpoint(tmp_path):
    """A limit on the size of files stands in for a full disk: writes fail halfway."""
    gan = train(gan_of(), 2, [RunCheckpoint(tmp_path)])
    good = everything(gan)
    train(gan, 1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, hard))
    try:
        with pytest.raises(RunError, match="step 3 could not be written.*last good one is step 2"):
            checkpoint.save(gan, tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, ignored)
    fresh = gan_of()
    assert checkpoint.restore(fresh, tmp_path) == 2
    np.testing.assert_array_equal(everything(fresh), good)


def test_weights_that_are_not_finite_are_never_saved(tmp_path):
    gan = train(gan_of(), 2, [RunCheckpoint(tmp_path)])
    gan.generator.weights[0].assign(np.full(gan.generator.weights[0].shape, np.nan))
    gan.fit(stream_for(gan), steps_per_epoch=5, verbose=0, callbacks=[RunCheckpoint(tmp_path)])
    assert gan.trouble
    assert checkpoint.saved_steps(tmp_path)[-1] == 2
    assert checkpoint.restore(gan_of(), tmp_path) == 2


def test_a_new_run_does_not_overwrite_a_longer_one(tmp_path):
    train(gan_of(), 4, [RunCheckpoint(tmp_path)])
    with pytest.raises(RunError, match="step 4"):
        train(gan_of(), 1, [RunCheckpoint(tmp_path)])
    assert checkpoint.saved_steps(tmp_path)[-1] == 4


def test_what_cannot_be_restored_is_named(tmp_path):
    with pytest.raises(RunError, match="no checkpoint"):
        checkpoint.restore(gan_of(), tmp_path / "nowhere")
    train(gan_of(), 1, [RunCheckpoint(tmp_path)])
    with pytest.raises(RunError, match=r"another GAN: generator\.layers\.\d"):
        checkpoint.restore(gan_of(stateful_pair), tmp_path)
    with pytest.raises(RunError, match="another GAN: steps_per_call is 1, here 2"):
        checkpoint.restore(gan_of(steps_per_call=2), tmp_path)
    with pytest.raises(RunError, match="no checkpoint of step 7"):
        checkpoint.restore(gan_of(), tmp_path, step=7)


@pytest.mark.parametrize("name", ["state.data-00000-of-00001", "state.index", "log.json"])
def test_a_damaged_checkpoint_is_named(tmp_path, name):
    train(gan_of(), 1, [RunCheckpoint(tmp_path)])
    path = checkpoint_path(tmp_path) / name
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(RunError, match="step-000000001 is damaged"):
        checkpoint.restore(gan_of(), tmp_path)


def checkpoint_path(folder):
    return folder / f"step-{checkpoint.saved_steps(folder)[-1]:09d}"


def test_sampling_changes_neither_training_nor_checkpoint():
    """Statistics of the averaged generator are measured from its weights, so they are not state."""
    quiet, asked = (gan_of(stateful_pair, average=0.9) for _ in range(2))
    train(quiet, 4)
    train(asked, 2)
    asked.sample(10)
    train(asked, 2)
    np.testing.assert_array_equal(everything(quiet), everything(asked))
    np.testing.assert_array_equal(quiet.sample(10), asked.sample(10))


def test_restoring_measures_the_statistics_anew(tmp_path):
    gan = train(gan_of(stateful_pair, average=0.9), 3, [RunCheckpoint(tmp_path)])
    other = train(gan_of(stateful_pair, seed=1, average=0.9), 3)
    other.seed = gan.seed
    other.sample(10)  # at the same step, with other weights
    checkpoint.restore(other, tmp_path)
    np.testing.assert_array_equal(other.sample(10), gan.sample(10))


def falling(steps, **more):
    """A GAN whose rates fall over so many steps."""
    rates = [keras.optimizers.schedules.CosineDecay(0.01, steps) for _ in range(2)]
    return gan_of(
        generator_optimizer=keras.optimizers.Adam(rates[0]),
        discriminator_optimizer=keras.optimizers.Adam(rates[1]),
        **more,
    )


def test_a_falling_rate_goes_on_where_it_was(tmp_path):
    whole = train(falling(6), 6)
    train(falling(6), 3, [RunCheckpoint(tmp_path, every=3)])
    resumed = falling(6)
    checkpoint.restore(resumed, tmp_path)
    np.testing.assert_array_equal(everything(train(resumed, 3)), everything(whole))


def test_a_falling_rate_belongs_to_one_length(tmp_path):
    train(falling(6), 3, [RunCheckpoint(tmp_path, every=3)])
    with pytest.raises(
        RunError, match=r"generator_optimizer\.learning_rate\.decay_steps is 6, here 8"
    ):
        checkpoint.restore(falling(8), tmp_path)
