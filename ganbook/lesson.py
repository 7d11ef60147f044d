"""What a lesson's setup cell needs: preset, data, a time estimate, a folder, a final report."""

import json
import os
import time
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import tensorflow as tf

from ganbook.callbacks import duration
from ganbook.data import ImageData, load_data
from ganbook.errors import RunError, SettingError
from ganbook.recipes import PRESETS, Recipe, recipe_of

REPORT = "application/vnd.ganbook.report+json"
# Which classifier's features measure a stand-in.
STANDINS = {"mnist": "toy_digits", "fashion_mnist": "toy_garments"}
# What `calibrate` gave on the machine where the recipes' milliseconds were measured.
REFERENCE_MILLISECONDS = 6.3


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


def device() -> str:
    """Return what the networks will run on, in a few words."""
    gpus = tf.config.list_physical_devices("GPU")
    if gpus:
        details = tf.config.experimental.get_device_details(gpus[0])
        return details.get("device_name", "GPU")
    return f"CPU ({os.cpu_count()} cores)"


def calibrate() -> float:
    """Return the milliseconds of a small matrix product here: how fast this machine is."""
    matrix = tf.ones((784, 784))
    times = []
    for _ in range(8):
        start = time.perf_counter()
        (matrix @ matrix).numpy()
        times.append(time.perf_counter() - start)
    return 1000 * sorted(times)[2]


@dataclass(frozen=True)
class Lesson:
    """What a notebook works with; made by `start_lesson`.

    Attributes:
        recipe: the lesson's main run.
        preset: "quick", "standard" or "full".
        data: the training images.
        folder: where this session's checkpoints and pictures go; a new one each time.
    """

    recipe: Recipe
    preset: str
    data: ImageData
    folder: Path

    @property
    def steps(self) -> int:
        """Adversarial steps of the main run in this preset."""
        return self.recipe.steps[self.preset]

    @property
    def batch_size(self) -> int:
        return self.recipe.batch_size

    def calls_left(self, gan) -> int:
        """Return how many elements of the stream are left of the main run: an epoch for ``fit``."""
        return max(1, (self.steps - gan.step) // gan.steps_per_call)

    def measure(self, gan, count=2000) -> dict:
        """Return the measures of fresh samples against test images, and the floor beside them.

        The floor is the Frechet distance of as many real training images: what a perfect
        generator would get at this count.
        """
        from ganbook import features, metrics
        from ganbook.data import to_uint8

        test = load_data(self.recipe.data, split="test", size=self.recipe.size)
        name = self.data.name if not self.data.is_standin else STANDINS[self.data.name]
        reference = features.features_of(test.draw(count)[0], name)
        floor = features.features_of(self.data.draw(count)[0], name)
        fakes = features.features_of(to_uint8(gan.sample(count)), name)
        found = metrics.prdc(reference, fakes)
        return {
            "frechet_distance": metrics.frechet_distance_of(reference, fakes),
            "floor": metrics.frechet_distance_of(reference, floor),
            "recall": found["recall"],
            "coverage": found["coverage"],
        }

    def report(self, measure):
        """Attach a line about this run to the notebook, for ``make lessons`` to collect."""
        from IPython.display import display

        content = {"lesson": self.recipe.lesson, "data": self.data.caption, "measure": measure}
        line = f"Lesson {self.recipe.lesson}, {self.data.caption}: {measure}"
        display({REPORT: content, "text/plain": line}, raw=True)


def start_lesson(number) -> Lesson:
    """Load a lesson's data, print what it will run on and how long it will take.

    Raises:
        SettingError: there is no such lesson, or GANBOOK_PRESET is no preset.
    """
    recipe = recipe_of(number)
    chosen = preset()
    data = load_data(recipe.data, size=recipe.size)
    stamp = datetime.now().strftime("%Y-%m-%d-%H%M%S")
    folder = Path("runs") / f"{number}-{chosen}" / stamp
    lesson = Lesson(recipe, chosen, data, folder)
    seconds = lesson.steps * recipe.milliseconds / 1000 * calibrate() / REFERENCE_MILLISECONDS
    print(f"Device      {device()}")
    print(f"Preset      {chosen} (GANBOOK_PRESET={'|'.join(PRESETS)} changes it)")
    print(f"Data        {data.caption}: {len(data):,} images {data.shape}, from {data.source}")
    print(f"Training    {lesson.steps:,} steps, about {duration(seconds)} on this machine")
    print(f"Results     {folder}")
    return lesson


def stored_results(name) -> dict:
    """Return the results that a committed script measured, such as "01_ablation".

    Raises:
        RunError: the package has no such results.
    """
    path = Path(__file__).parent / "results" / f"{name}.json"
    if not path.exists():
        raise RunError(f"there are no stored results {name!r} in {path.parent}.")
    return json.loads(path.read_text())
