"""A real interrupt, at any moment: the training ends between two calls, and goes on exactly."""

import signal
import threading

import keras
import numpy as np
import pytest
from helpers import everything, gan_of, stateful_pair, train

from ganbook import checkpoint, interrupts
from ganbook.callbacks import RunCheckpoint
from ganbook.interrupts import TrainingInterrupted

CELL = """
for seed in range(3):
    train(make(seed), 4)
reached = True
"""


def interrupt(times=1):
    """Send the signal of Ctrl-C and of Jupyter's stop button, from another thread."""
    for _ in range(times):
        thread = threading.Timer(0, signal.raise_signal, [signal.SIGINT])
        thread.start()
        thread.join()


def interrupted_in(gan, step, times=1):
    """Have the signal come while a GAN makes the step after this one, which runs eagerly."""
    make = gan._adversarial_step

    def make_it(images, at):
        if int(at) == step:
            interrupt(times)
        return make(images, at)

    gan._adversarial_step = make_it
    return gan


def test_a_signal_waits_for_the_call_and_nothing_is_lost(tmp_path):
    settings = {"average": 0.9, "steps_per_call": 2}
    whole = train(gan_of(stateful_pair, **settings), 8)
    gan = interrupted_in(gan_of(stateful_pair, **settings), 2)
    saving = RunCheckpoint(tmp_path, every=2)
    with pytest.raises(TrainingInterrupted, match="step 4 of 8;"):
        train(gan, 8, [saving])
    assert gan.step == 4 and [row["step"] for row in gan.log] == [2, 4]
    assert checkpoint.saved_steps(tmp_path)[-1] == 4  # what follows a call was done
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    train(gan, 4, [saving])
    np.testing.assert_array_equal(everything(gan), everything(whole))
    assert gan.log == whole.log


def test_a_signal_at_any_moment_of_a_compiled_training(tmp_path):
    class Soon(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.step == 10:
                self.timer = threading.Timer(0.02, signal.raise_signal, [signal.SIGINT])
                self.timer.start()

        def on_train_end(self, logs=None):
            self.timer.join()  # else it would interrupt pytest

    whole = train(gan_of(compiled=True, steps_per_call=5), 1000)
    gan = gan_of(compiled=True, steps_per_call=5)
    with pytest.raises(TrainingInterrupted) as caught:
        train(gan, 1000, [Soon()])
    assert caught.value.step == gan.step < 1000 and caught.value.last_step == 1000
    train(gan, 1000 - gan.step)
    np.testing.assert_array_equal(everything(gan), everything(whole))
    assert gan.log == whole.log


def test_a_second_signal_does_not_wait():
    gan = gan_of()
    with pytest.raises(TrainingInterrupted, match="step 1 of 3;"):
        train(interrupted_in(gan, 1, times=2), 3)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_one_s_own_handler_is_left_alone():
    seen = []
    before = signal.signal(signal.SIGINT, lambda *_: seen.append(1))
    try:
        assert train(interrupted_in(gan_of(), 1), 3).step == 3
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [1]


def test_a_training_in_a_thread_is_let_be():
    gan = gan_of()
    thread = threading.Thread(target=train, args=(gan, 2))
    thread.start()
    thread.join()
    assert gan.step == 2


def test_an_error_gives_interrupts_back():
    class Fails(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        train(gan_of(), 3, [Fails()])
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_outer_training_is_the_one_that_is_told():
    class Inner(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if self.model.step == 2:
                train(interrupted_in(gan_of(), 3), 5)

    with pytest.raises(TrainingInterrupted) as caught:
        train(gan_of(), 4, [Inner()])
    assert str(caught.value) == "Stopped at step 2 of 4; run this cell again to go on."
    assert caught.value.__suppress_context__


def test_the_line():
    error = interrupts.TrainingInterrupted(2650, 6000)
    assert isinstance(error, KeyboardInterrupt) and not isinstance(error, Exception)
    line = "Stopped at step 2,650 of 6,000; run this cell again to go on."
    assert str(error) == line and error._render_traceback_() == [line]
    assert (
        str(interrupts.TrainingInterrupted(7)) == "Stopped at step 7; run this cell again to go on."
    )


def test_a_loop_over_trainings_ends_with_the_line_in_ipython(capsys):
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    # Without a history: older IPythons keep it by means that Python 3.12 warns of.
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    try:
        gans = {seed: gan_of(seed=seed) for seed in range(3)}
        interrupted_in(gans[1], 1)
        shell.user_ns.update(train=train, make=gans.get)
        result = shell.run_cell(CELL)
        assert "reached" not in shell.user_ns
    finally:
        InteractiveShell.clear_instance()
    assert isinstance(result.error_in_exec, TrainingInterrupted)
    out, err = capsys.readouterr()
    assert (out + err).strip() == "Stopped at step 2 of 4; run this cell again to go on."
