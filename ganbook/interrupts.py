"""A training that a person stops: it ends between two calls, in one line, and can go on exactly.

The stop button of a notebook and Ctrl-C raise KeyboardInterrupt wherever Python is at that moment.
"""

import contextlib
import signal
import threading

import keras


class TrainingInterrupted(KeyboardInterrupt):
    """A person stopped the training; a notebook shows one line of it, and runs no further cells.

    Args:
        step: where it stands.
        last_step: where it would have ended; None if that is not known.
    """

    def __init__(self, step, last_step=None):
        self.step, self.last_step = step, last_step
        end = "" if last_step is None else f" of {last_step:,}"
        super().__init__(f"Stopped at step {step:,}{end}; run this cell again to go on.")

    def _render_traceback_(self):
        # IPython asks for this, and shows it in place of a traceback.
        return [str(self)]


@contextlib.contextmanager
def named(gan, last_step=None):
    """Turn a KeyboardInterrupt into a `TrainingInterrupted` that says where the GAN stands.

    Gives a callback, `BetweenCalls`, which should be the last one of the training.
    """
    between = BetweenCalls()
    try:
        yield between
    except KeyboardInterrupt:
        # A training within this one ends here, too: what is told is how far this one came.
        raise TrainingInterrupted(gan.step, last_step) from None
    finally:
        between.let_go()


class BetweenCalls(keras.callbacks.Callback):
    """Have an interrupt wait for the end of the call that is being made, with all that follows it.

    So weights, step and log fit together, and no file is half written. A second interrupt does not
    wait. Where something else handles interrupts, and in a thread, which never gets one, this does
    nothing.
    """

    def __init__(self):
        super().__init__()
        self._holds = self._asked = False

    def on_train_batch_begin(self, batch, logs=None):
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, self._note)
            self._holds = True

    def on_train_batch_end(self, batch, logs=None):
        self.let_go()
        if self._asked:
            self._asked = False
            raise KeyboardInterrupt

    def let_go(self):
        """Have interrupts end what runs at once again, as they did before."""
        if self._holds:
            self._holds = False
            signal.signal(signal.SIGINT, signal.default_int_handler)

    def _note(self, number, frame):
        if self._asked:
            self.let_go()
            signal.default_int_handler(number, frame)
        self._asked = True
