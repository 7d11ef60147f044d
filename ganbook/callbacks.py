"""What happens beside the training: a live panel, sample grids, checkpoints, a stop on NaN."""

import contextlib
import time
from pathlib import Path

import keras

from ganbook import checkpoint, lock, losses, plots
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

    Args:
        folder: where the checkpoints of this run lie.
        every: steps between saves; a save happens at the end of the call in which one is due.
        keep: how many checkpoints are kept.
    """

    def __init__(self, folder, every=1000, keep=2):
        super().__init__()
        self.folder, self.every, self.keep = Path(folder), whole(every, "every"), keep
        self._saved = 0

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
        self._save()

    def on_fit_left(self):
        """Unlock the folder; `GAN.fit` calls this when it ends, however it ends."""
        lock.give_back(self.folder)

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step // self.every > self._saved // self.every:
            self._save()

    def on_train_end(self, logs=None):
        self._save()

    def _save(self):
        if self.model.trouble is None:
            checkpoint.save(self.model, self.folder, self.keep)
            self._saved = self.model.step


class SampleGrid(keras.callbacks.Callback):
    """Write a grid of samples from fixed latents to ``folder/samples-000001000.png``.

    Args:
        folder: where the pictures go; made if missing.
        every: steps between pictures.
        count, columns: how many samples, and how many in a row.
    """

    def __init__(self, folder, every=5000, count=64, columns=8):
        super().__init__()
        self.folder, self.every = Path(folder), every
        self.count, self.columns = count, columns
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
        images = self.model.sample(self.count)
        figure = plots.samples(images, self.columns, f"Samples after {step:,} steps")
        plots.save_figure(figure, self.folder / f"samples-{step:09d}.png")


class Film(keras.callbacks.Callback):
    """Keep what there is to see every so many steps: at the beginning, on the way, at the end.

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

    def on_train_begin(self, logs=None):
        self._keep()

    def on_train_batch_end(self, batch, logs=None):
        if self.model.step // self.every > max(self.frames) // self.every:
            self._keep()

    def on_train_end(self, logs=None):
        self._keep()

    def _keep(self):
        if self.model.step not in self.frames:
            self.frames[self.model.step] = self.look(self.model)


class LivePanel(keras.callbacks.Callback):
    """Show how training goes: one figure that redraws itself, or plain lines without a notebook.

    In JupyterLab and Colab the figure has the loss curves above and samples from fixed latents
    below. In a terminal or a log file there is a line now and then, with the time left.

    Args:
        title: what is trained, shown above the samples (name the data, stand-in or not).
        seconds: the shortest time between two redraws or lines.
        count, columns: how many samples, and how many in a row.
    """

    def __init__(self, title="Samples", seconds=5.0, count=32, columns=16):
        super().__init__()
        self.title, self.seconds = title, seconds
        self.count, self.columns = count, columns
        self._handle = None

    def on_train_begin(self, logs=None):
        self._first = self.model.step
        calls = self.params["steps"] * self.params["epochs"]
        self._last = self._first + calls * self.model.steps_per_call
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
        self._draw() if in_notebook() else print(self._line(), flush=True)
        self._shown = time.monotonic()

    def _line(self):
        """Return the state of the training as one line."""
        row, made = self.model.log[-1], self.model.step - self._first
        seconds = time.monotonic() - self._began
        each = seconds / max(1, made)
        left = (self._last - self.model.step) * each
        time_left = f"about {duration(left)} left" if left > 0 else f"done in {duration(seconds)}"
        place = self.model.progress()
        return (
            f"step {self.model.step:>9,} of {self._last:,}   "
            f"{f'{place}   ' if place else ''}"
            f"discriminator {row['discriminator_loss']:6.3f}   "
            f"generator {row['generator_loss']:6.3f}   {1000 * each:5.2f} ms a step   {time_left}"
        )

    def _draw(self):
        from IPython.display import display

        place = self.model.progress()
        figure = plots.training_panel(
            thinned(self.model.log),
            self.model.sample(self.count),
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
