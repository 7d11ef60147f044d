"""What every training does beside its steps: it keeps a log, and stops at a loss that is no number.

`GAN.fit` adds these callbacks by itself. They draw nothing; see `ganbook.callbacks` for what does.
"""

import time

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
    is the last callback.

    Args:
        number: the variable from which the stream reads the number of its first element.
    """

    def __init__(self, number):
        super().__init__()
        self.number = number

    def on_train_begin(self, logs=None):
        self.number.assign(self.model.elements_done())


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
