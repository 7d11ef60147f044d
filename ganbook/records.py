"""What every training does beside its steps: it keeps a log, and stops at a loss that is no number.

`GAN.fit` adds these callbacks by itself. They draw nothing; see `ganbook.callbacks` for what does.
"""

import contextlib
import time
import warnings

import keras
import numpy as np

PLAYERS = ("discriminator", "generator")


class Log(keras.callbacks.Callback):
    """Append one row for each call to ``gan.log``: the step and the call's mean logs.

    Also counts the time, in ``gan.seconds``.
    """

    def on_train_begin(self, logs=None):
        self._began = time.perf_counter() - self.model.seconds

    def on_train_batch_end(self, batch, logs=None):
        row = {name: float(value) for name, value in logs.items()}
        self.model.log.append({"step": self.model.step, **row})
        self.model.seconds = time.perf_counter() - self._began


class Enter(keras.callbacks.Callback):
    """Have the stream begin where the model stands when the training begins.

    Keras's BackupAndRestore sets the model back only then, when the stream is made already. So this
    comes after the caller's own callbacks.

    Args:
        number: the variable from which the stream reads the number of its first element.
        feed: what is trained on; see `ganbook.feeding.Feed`.
    """

    def __init__(self, number, feed):
        super().__init__()
        self.number, self.feed = number, feed

    def on_train_begin(self, logs=None):
        done = self.model.elements_done()
        self.number.assign(done)
        self._asked = self.params["steps"]
        if self._asked is None:  # it is not known when short batches are left out
            self.params["steps"] = self.feed.length
        passed = done % self.feed.period if self.feed.period else done
        if passed and not (self.feed.enters or self.feed.goes_on or self.feed.one_pass):
            print(
                f"Passing over {passed:,} elements of your dataset, which were trained on before: "
                "it makes them again. A stream of this package would begin there at once.",
                flush=True,
            )

    def on_epoch_begin(self, epoch, logs=None):
        self._made = 0

    def on_train_batch_end(self, batch, logs=None):
        self._made += 1

    def on_epoch_end(self, epoch, logs=None):
        if self._asked and self._made < self._asked and not self.model.stop_training:
            print(f"The data ended after {self._made:,} of {self._asked:,} elements.", flush=True)

    def on_train_end(self, logs=None):
        count = self.feed.left_out()
        if count:
            print(f"{count:,} batches were left out: they were not as large as the first.")


@contextlib.contextmanager
def no_word_of_an_end():
    """Silence Keras's warning that the data ended: it comes with every second epoch that just ends.

    `Enter` says where it matters.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Your input ran out of data")
        yield


def empty_history(gan) -> keras.callbacks.History:
    """Return the History of a training without a step."""
    history = keras.callbacks.History()
    history.set_model(gan)
    history.on_train_begin()
    return history


class StopOnNaN(keras.callbacks.Callback):
    """Stop the training at the first loss that is not finite, and say what to try.

    Attributes:
        message: what happened, or None.
    """

    def __init__(self):
        super().__init__()
        self.message = None

    def on_train_batch_end(self, batch, logs=None):
        last = self.model.last_losses
        bad = ~np.isfinite(last)
        if not bad.any() and np.isfinite(list(logs.values())).all():
            return
        # The step that broke is the last one made; later rows of the call are NaN: not made.
        made = (self.model.step - 1) % self.model.steps_per_call
        names = [PLAYERS[i] for i in np.flatnonzero(bad[made])] or ["discriminator"]
        values = ", ".join(str(last[made, PLAYERS.index(name)]) for name in names)
        self.message = (
            f"Stopped at step {self.model.step:,}: the loss of the {' and of the '.join(names)} "
            f"is {values}. Try a lower learning rate for that player, look at the loss for a "
            "logarithm or a division of 0, and resume from the last checkpoint."
        )
        self.model.trouble = self.message
        self.model.stop_training = True
        print(self.message, flush=True)
