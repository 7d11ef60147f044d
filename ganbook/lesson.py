"""What a lesson's setup cell needs: preset, data, a time estimate, a folder, a final report."""

import functools
import json
import os
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

from ganbook import checkpoint, evaluation, features, plots, runs, scoreboard, session, timing
from ganbook.callbacks import Film, duration
from ganbook.data import TITLES, ImageData, load_data
from ganbook.errors import RunError, SettingError
from ganbook.hardware import device
from ganbook.places import own_scoreboard, runs_folder
from ganbook.recipes import PRESETS, Recipe, recipe_of
from ganbook.sampling import sample_from
from ganbook.session import stamp

REPORT = "application/vnd.ganbook.report+json"
UNTRAINED = "This gan is untrained (step 0): run the training cell first."


def preset(asked=None) -> str:
    """Return the preset: what was asked for, GANBOOK_PRESET, or the one for this hardware.

    Raises:
        SettingError: there is no such preset.
    """
    name = asked or os.environ.get("GANBOOK_PRESET") or _preset_for_hardware()
    if name not in PRESETS:
        raise SettingError(f"unknown preset {name!r}; choose one of {', '.join(PRESETS)}.")
    return name


def _preset_for_hardware():
    if tf.config.list_physical_devices("GPU"):
        return "full"
    return "standard" if (os.cpu_count() or 1) >= 4 else "quick"


@dataclass(frozen=True)
class Page:
    """What a notebook works with that trains nothing; made by `start_page`.

    Attributes:
        number: of the notebook, such as "01b".
        preset: "quick", "standard" or "full".
        data: the training images.
    """

    number: str
    preset: str
    data: ImageData

    @functools.cached_property
    def test(self) -> ImageData:
        """The test images that belong to the data."""
        return evaluation.test_set_of(self.data)

    @property
    def classifier(self) -> str:
        """The name of the classifier whose features measure the data; see `ganbook.features`."""
        return features.classifier_of(self.data)

    @property
    def samples(self) -> int:
        """How many samples the measures take: 2,000 if the preset is quick, else 10,000.

        Never more than there are test images to compare with; stand-ins have 4,000. Of stacked
        digits 26,000 in place of 10,000, of points always 2,500, as in the papers.
        """
        protocol = evaluation.protocol_of(self.data)
        wanted = protocol.quick_samples if self.preset == "quick" else protocol.samples
        return min(wanted, len(self.test)) if protocol.against_test else wanted

    def report(self, measure):
        """Attach a line about this run to the notebook, for ``make lessons`` to collect."""
        from IPython.display import display

        content = {"lesson": self.number, "data": self.data.caption, "measure": measure}
        line = f"Lesson {self.number}, {self.data.caption}: {measure}"
        display({REPORT: content, "text/plain": line}, raw=True)


@dataclass(frozen=True)
class Lesson(Page):
    """What a notebook works with that trains a GAN; made by `start_lesson`.

    Attributes:
        recipe: the lesson's main run.
        folder: where checkpoints and pictures go: a new one each time, and for each GAN that is
            trained; see `folder_of`.
    """

    recipe: Recipe
    folder: Path

    @property
    def steps(self) -> int:
        """Adversarial steps of the main run in this preset."""
        return self.recipe.steps[self.preset]

    @property
    def batch_size(self) -> int:
        return self.recipe.batch_size

    def calls_left(self, gan) -> int:
        """Return how many elements of the stream are left of the main run: an epoch for ``fit``.

        Where none are left, says so, and how to begin anew: ``fit`` then does nothing.
        """
        left = self.steps - gan.step
        if left <= 0:
            print(
                f"This training is finished, at step {gan.step:,}. To begin anew, run the cell "
                "that makes gan again, then this one."
            )
        return max(0, -(-left // gan.steps_per_call))

    def folder_of(self, gan) -> Path:
        """Return where the checkpoints of a GAN's main run go: the same folder each time.

        A GAN that was made anew begins a new run in a new folder, which is said.
        """
        folder = session.run_of(gan, self.folder).folder
        if folder != self.folder:
            self._go_to(folder)
            print(f"Results     {folder}")
        return folder

    def film(self, gan, look, every) -> Film:
        """Return the `Film` of a GAN's main run: the same one each time it is asked for.

        Args:
            gan: the `GAN` that is filmed.
            look, every: see `ganbook.callbacks.Film`.
        """
        run, new = session.run_of(gan, self.folder), Film(look, every)
        if run.film is None:
            run.film = new
        run.film.look, run.film.every = new.look, new.every
        return run.film

    def _go_to(self, folder):
        object.__setattr__(self, "folder", folder)  # the rest of a lesson never changes

    def unfinished(self) -> Path | None:
        """Return the folder of this lesson's newest run that was cut off, or None.

        It had this preset and these data; wherever GANBOOK_RUNS is kept, it outlives the machine.
        """
        folders = sorted(self.folder.parent.glob("*/")) if self.folder.parent.is_dir() else []
        for folder in reversed(folders):
            steps = checkpoint.saved_steps(folder)
            if steps and 0 < steps[-1] < self.steps:
                return folder
        return None

    def go_on(self, gan) -> int:
        """Set a new GAN to the end of the newest run that was cut off, and return its step.

        What follows is written into that run's folder, and equals what would have followed there.
        A GAN that was stopped in this session needs no such call; it stays as it is.

        Raises:
            RunError: there is no such run, or it was of another GAN.
        """
        if gan.step and session.begun(gan, self.folder):
            print(f"This gan is at step {gan.step:,} of {self.steps:,}: run the training cell.")
            return gan.step
        folder = self.unfinished()
        if folder is None:
            raise RunError(f"there is no unfinished run in {self.folder.parent}; train a new one.")
        step = checkpoint.restore(gan, folder)
        session.begin(gan, folder)
        self._go_to(folder)
        print(f"Going on at step {step:,} of {self.steps:,}, in {folder}.")
        return step

    def show_finished(self, samples, count=16):
        """Show samples above those of this lesson's trained generator, made from the same latents.

        Where the trained weights are not at hand, that is said, and how to get them.

        Args:
            samples: of a `GAN`, as its ``sample`` returns them for seed 0, ``count`` or more.
            count: how many of each are shown.
        """
        try:
            generator, record = runs.shipped_generator(self.number)
        except RunError as error:
            print(f"{error}\nThe picture at the top of this page was made from them.")
            return
        made = np.concatenate([samples[:count], sample_from(generator, count)])
        title = f"{TITLES[record['data']]}, {record['step']:,} steps, is the row below"
        alt = f"Two rows of {count} samples: yours, and those of a finished training"
        plots.show(plots.image_grid(made, count, title, ["yours", "finished"]), alt)

    def measure(self, gan) -> dict:
        """Return all measures of fresh samples; see `ganbook.evaluation.Judge.measure`.

        Says in one line how many samples they are taken on, and in another one if the GAN is not
        trained yet. For points and stacked digits: see `ganbook.evaluation.measure_points` and
        `ganbook.evaluation.measure_stacked`.
        """
        if gan.step == 0:
            print(UNTRAINED + " What is measured here is noise.")
        if evaluation.protocol_of(self.data).against_test:
            print(
                f"Measured on {self.samples:,} samples against "
                f"{min(self.samples, len(self.test)):,} test images, as the {self.preset} preset "
                f"does. Compare only with numbers at {self.samples:,}."
            )
        else:
            print(f"Measured on {self.samples:,} samples.")
        return evaluation.measure(self.data, gan.sample(self.samples))

    def score(self, gan, measures, variant="your run"):
        """Add a row to your own scoreboard and show it beside the rows of this project.

        The table has every lesson's rows with as many samples as were measured here; the picture
        those on the same data. What was damaged in the file is named and left out.

        Raises:
            RunError: the GAN is not trained, so there is no run to be compared.
        """
        if gan.step == 0:
            raise RunError(f"{UNTRAINED} It gets no row on the scoreboard.")
        from IPython.display import HTML, display

        row = scoreboard.row_of(gan, self.number, variant, measures, preset=self.preset)
        row = scoreboard.append(row)
        rows, problems = scoreboard.read(scoreboard.SHIPPED, own_scoreboard())
        print("\n".join(problems), end="\n" if problems else "")
        alike = [r for r in rows if all(r[k] == row[k] for k in ("samples", "standin"))]
        here = next(block for block in scoreboard.blocks(alike) if row in block)
        alt = "Dots for each row: Frechet distance at the left, fractions from 0 to 1 at the right"
        plots.show(plots.scoreboard(here, scoreboard.title_of(here)), alt)
        display(HTML(scoreboard.as_html(alike), metadata={}))


def start_lesson(number, precision=None) -> Lesson:
    """Load a lesson's data, print what it will run on and how long it will take.

    Where convolutions are trained, this also sets Keras's dtype policy: mixed_bfloat16 if the
    processor has bfloat16, else float32. ``precision`` names one of them instead.

    Raises:
        SettingError: there is no such lesson or precision, or GANBOOK_PRESET is no preset.
    """
    recipe = recipe_of(number)
    chosen = preset()
    policy = recipe.precision(precision)
    keras.config.set_dtype_policy(policy)
    data = load_data(recipe.data, size=recipe.size)
    # Another folder for stand-ins: a run must not go on with other images than it began with.
    kind = f"{number}-{chosen}" + ("-standin" if data.is_standin else "")
    folder = runs_folder() / kind / stamp()
    lesson = Lesson(number, chosen, data, recipe, folder)
    _introduce(lesson)
    if recipe.convolutions:
        print(f"Precision   {policy} (start_lesson({number!r}, precision=...) changes it)")
    print(f"Training    {lesson.steps:,} steps, {_how_long(lesson, policy)}")
    print(f"Results     {folder}")
    left = lesson.unfinished()
    if left:
        print(
            f"Unfinished  {left}, at step {checkpoint.saved_steps(left)[-1]:,} of "
            f"{lesson.steps:,}: lesson.go_on(gan), before the training cell, goes on with it"
        )
    return lesson


def _how_long(lesson, policy):
    """Say how long the training will take; the quick one is not worth waiting for an answer."""
    if lesson.preset == "quick":
        return "made to take less than a minute on 2 CPU cores"
    print("Timing a few steps of the training ...", flush=True)
    seconds = timing.seconds_of(lesson.recipe, lesson.data, policy, lesson.steps)
    return f"about {duration(seconds)} on this machine, by a few of them made now"


def start_page(number, data="mnist") -> Page:
    """Load the data of a notebook that trains nothing, and print what it works with.

    Raises:
        DataError: there is no such data set.
        SettingError: GANBOOK_PRESET is no preset.
    """
    page = Page(number, preset(), load_data(data))
    _introduce(page)
    return page


def _introduce(page):
    print(f"Device      {device()}")
    print(f"Preset      {page.preset} (GANBOOK_PRESET={'|'.join(PRESETS)} changes it)")
    data = page.data
    what = evaluation.protocol_of(data).examples
    where = "drawn here" if data.source == "drawn" else f"from {data.source}"
    print(f"Data        {data.caption}: {len(data):,} {what} {data.shape}, {where}")


def stored_results(name) -> dict:
    """Return the results that a committed script measured, such as "01_ablation".

    Raises:
        RunError: the package has no such results.
    """
    path = Path(__file__).parent / "results" / f"{name}.json"
    if not path.exists():
        raise RunError(f"there are no stored results {name!r} in {path.parent}.")
    return json.loads(path.read_text())
