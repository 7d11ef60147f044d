"""What happens beside the training: a live panel, sample grids, checkpoints, a stop on NaN."""

import contextlib
import math
import time
import warnings
from pathlib import Path

import keras

from ganbook import checkpoint, lock, losses, plots, value_range
from ganbook.errors import RunError
from ganbook.quiet import in_notebook
from ganbook.records import StopOnNaN as StopOnNaN
from ganbook.settings import whole


class RunCheckpoint(keras.callbacks.Callback):
    """Save the whole training state every ``every`` steps, and at the beginning and the end.

    Each save is atomic: after a kill at any moment the newest checkpoint in the folder is whole,
    and a run resumed from it (see `restore`) equals the run that was never stopped, bit for bit on
    one machine. A state with a weight that is not finite is never saved. While it trains, the
    folder is locked: another training that uses it is refused.

    A save that fails on the way is warned of, and the next one is made when it is due; but a full
    disk ends the training, and so does the last save when it fails.

    Args:
        folder: where the checkpoints of this run lie.
        every: steps between saves; a save happens at the end of the call in which one is due.
        keep: how many checkpoints are kept.
    """

    def __init__(self, folder, every=1000, keep=2):
        super().__init__()
        self.folder, self.every, self.keep = Path(folder), whole(every, "every"), keep
        self.troubles = set()
        self._tried = 0

    def restore(self, gan) -> int:
        """Set a GAN to the newest checkpoint of the folder, and return its step."""
        return checkpoint.restore(gan, self.folder)

    def on_train_begin(self, logs=None):
        with contextlib.suppress(OSError):  # then saving fails, and says so
            lock.take(self.folder)
        newest = max(checkpoint.saved_steps(self.folder), default=0)
        if newest > self.model.step:
            raise RunError(
                f"{self.folder} holds a run that is further on (step {newest:,}, not "
                f"{self.model.step:,}); restore it, or choose another folder."
            )
        checkpoint.check_writable(self.folder)
        self._save()

    def on_fit_left(self):
        """Unlock the folder; `GAN.fit` calls this when it ends, however it ends."""
        lock.give_back(self.folder)

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step // self.every > self._tried // self.every:
            self._save()

    def on_train_end(self, logs=None):
        try:
            self._write()
        except checkpoint.SaveError as error:
            raise RunError(
                f"{error} In a notebook nothing is lost: gan is as it was, at step "
                f'{self.model.step:,}, and gan.save("gan.keras") writes it elsewhere.'
            ) from error

    def _save(self):
        try:
            self._write()
        except checkpoint.SaveError as error:
            if error.no_space:
                raise
            cause = error.__cause__
            self._warn(error, (type(cause), getattr(cause, "errno", None)))

    def _write(self):
        self._tried = self.model.step  # what fails is tried again when the next save is due
        if self.model.trouble is None:
            checkpoint.save(self.model, self.folder, self.keep)

    def _warn(self, error, kind):
        if kind not in self.troubles:
            self.troubles.add(kind)
            warnings.warn(
                f"{error.what} The training goes on, and saves again in {self.every:,} steps or at "
                "the end; more of this kind will not be said.",
                stacklevel=3,
            )


MOST_LETTERS = 300  # of an error that is passed on in a warning; TensorFlow's fill pages


@contextlib.contextmanager
def warned(callback, what):
    """Turn an error beside the training into a warning, one for each kind: the training goes on.

    Args:
        callback: a Keras callback with a set, ``troubles``, of the kinds that were warned of.
        what: what it does here, such as "draw samples".
    """
    try:
        yield
    except Exception as error:
        kind = type(error), getattr(error, "errno", None)
        if kind in callback.troubles:
            return
        callback.troubles.add(kind)
        why = " ".join(f"{type(error).__name__}: {error}".split())[:MOST_LETTERS]
        warnings.warn(
            f"{type(callback).__name__} could not {what} at step {callback.model.step:,} ({why}). "
            "The training goes on; more of this kind will not be said.",
            stacklevel=3,
        )


def samples_to_draw(gan, count):
    """Return samples of a `GAN` as pictures are drawn, in [-1, 1], whatever range it makes."""
    found = getattr(gan, "value_range", None)
    return value_range.scaled_to(gan.sample(count), value_range.TANH, found)


class SampleGrid(keras.callbacks.Callback):
    """Write a grid of samples from fixed latents to ``folder/samples-000001000.png``.

    What cannot be drawn or written is warned of, and the training goes on.

    Args:
        folder: where the pictures go; made if missing.
        every: steps between pictures.
        count, columns: how many samples, and how many in a row.
    """

    def __init__(self, folder, every=5000, count=64, columns=8):
        super().__init__()
        self.folder, self.every = Path(folder), whole(every, "every")
        self.count, self.columns = whole(count, "count"), whole(columns, "columns")
        self.troubles = set()
        self._drawn = None

    def on_train_begin(self, logs=None):
        self._drawn = self.model.step // self.every

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step // self.every > self._drawn and self.model.trouble is None:
            self._draw()

    def on_train_end(self, logs=None):
        self._draw()

    def _draw(self):
        step = self.model.step
        self._drawn = step // self.every
        with warned(self, "draw and write samples"):
            images = samples_to_draw(self.model, self.count)
            figure = plots.samples(images, self.columns, f"Samples after {step:,} steps")
            plots.save_figure(figure, self.folder / f"samples-{step:09d}.png")


class Film(keras.callbacks.Callback):
    """Keep what there is to see every so many steps: at the beginning, on the way, at the end.

    Where ``look`` fails there is no frame; that is warned of, and the training goes on.

    Args:
        look: called with the `GAN`; what it returns is a frame.
        every: steps between frames.

    Attributes:
        frames: a step -> what ``look`` returned there.
    """

    def __init__(self, look, every):
        super().__init__()
        self.look, self.every = look, whole(every, "every")
        self.frames = {}
        self.troubles = set()
        self._looked = None

    def on_train_begin(self, logs=None):
        self._keep()

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step // self.every > self._looked // self.every:
            self._keep()

    def on_train_end(self, logs=None):
        self._keep()

    def _keep(self):
        self._looked = self.model.step
        if self.model.step not in self.frames:
            with warned(self, "keep a frame"):
                self.frames[self.model.step] = self.look(self.model)


class LivePanel(keras.callbacks.Callback):
    """Show how training goes: one figure that redraws itself, or plain lines without a notebook.

    In JupyterLab and Colab the figure has the loss curves above and samples from fixed latents
    below. In a terminal or a log file there is a line now and then, with the time left. What cannot
    be drawn is warned of, and the training goes on, with such lines.

    Args:
        title: what is trained, shown above the samples (name the data, stand-in or not).
        seconds: the shortest time between two redraws or lines.
        count, columns: how many samples, and how many in a row.
    """

    def __init__(self, title="Samples", seconds=5.0, count=32, columns=16):
        super().__init__()
        self.title, self.seconds = title, seconds
        self.count, self.columns = whole(count, "count"), whole(columns, "columns")
        self.troubles = set()
        self._handle = None

    def on_train_begin(self, logs=None):
        self._first = self.model.step
        calls = (self.params["steps"] or 0) * self.params["epochs"]
        # Of a dataset that does not know its length, the end is not known either.
        self._last = self._first + calls * self.model.steps_per_call if calls else math.inf
        self._began = self._shown = None

    def on_train_batch_end(self, batch, logs=None):
        now = time.monotonic()
        if self._began is None:
            # The first call compiled the step: it says nothing about how fast the others are.
            self._began = self._shown = now
            self._first = self.model.step
        elif now - self._shown >= self.seconds and self.model.step < self._last:
            self._show()

    def on_train_end(self, logs=None):
        self._show()

    def _show(self):
        if self._began is None:
            return  # not one call was made
        drawn = False
        with warned(self, "draw how the training goes"):
            if in_notebook():
                self._draw()
                drawn = True
        with warned(self, "print how the training goes"):
            if not drawn:
                print(self._line(), flush=True)
        self._shown = time.monotonic()

    def _line(self):
        """Return the state of the training as one line."""
        row, made = self.model.log[-1], self.model.step - self._first
        seconds = time.monotonic() - self._began
        each = seconds / max(1, made)
        left = (self._last - self.model.step) * each
        if left == math.inf:
            end, time_left = "?", f"{duration(seconds)} so far"
        else:
            end = f"{self._last:,}"
            time_left = (
                f"about {duration(left)} left" if left > 0 else f"done in {duration(seconds)}"
            )
        place = self.model.progress()
        return (
            f"step {self.model.step:>9,} of {end}   "
            f"{f'{place}   ' if place else ''}"
            f"discriminator {row['discriminator_loss']:6.3f}   "
            f"generator {row['generator_loss']:6.3f}   {1000 * each:5.2f} ms a step   {time_left}"
        )

    def _draw(self):
        from IPython.display import display

        place = self.model.progress()
        figure = plots.training_panel(
            thinned(self.model.log),
            samples_to_draw(self.model, self.count),
            self.columns,
            self._line_for_title(),
            ", ".join(filter(None, [self.title, f"step {self.model.step:,}", place])),
            losses.levels(self.model.loss_pair),
        )
        picture = plots.Picture(plots.png_of(figure), f"Loss curves and samples. {self._line()}")
        if self._handle is None:
            self._handle = display(picture, display_id=True)
        else:
            self._handle.update(picture)

    def _line_for_title(self):
        return "Losses, " + self._line().split("   ")[-1]


def thinned(log, most=2000):
    """Return at most about ``most`` rows of a log, evenly spread: enough for any picture."""
    return log[:: max(1, len(log) // most)]


def duration(seconds) -> str:
    """Return a time as people say it: "40 s", "3 min", "1 h 20 min"."""
    if seconds < 90:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
