"""A run folder: the settings, the checkpoints, and what the training leaves behind.

runs/01/
    run.json                 what was trained, on which data, with which versions
    checkpoints/step-…       whole training states (see `ganbook.checkpoint`)
    generator.npz            the generator that samples, with its record
    samples.png  losses.png  what it looks like
"""

import contextlib
import math
import platform
from pathlib import Path

import keras
import numpy as np
import tensorflow as tf

import ganbook
from ganbook import (
    checkpoint,
    evaluation,
    hardware,
    lock,
    losses,
    plots,
    schema,
    scoreboard,
    shipped,
    storage,
)
from ganbook.callbacks import LivePanel, RunCheckpoint, thinned
from ganbook.data import load_data
from ganbook.errors import RunError
from ganbook.files import write_json
from ganbook.recipes import Recipe, recipe_of

# What must not change between a run and its resumption.
FIXED = ("lesson", "variant", "data", "data_checksum", "seed", "batch_size", "precision")


def versions() -> dict:
    """Return the versions that a number or a picture depends on."""
    return {
        "ganbook": ganbook.__version__,
        "python": platform.python_version(),
        "tensorflow": tf.__version__,
        "keras": keras.__version__,
        "numpy": np.__version__,
    }


def settings_of(recipe: Recipe, data, preset, steps, seed, precision) -> dict:
    """Return what a run folder records about a run."""
    return {
        "lesson": recipe.lesson,
        "variant": recipe.variant,
        "preset": preset,
        "data": data.name,
        "data_source": data.source,
        "data_checksum": data.checksum,
        "seed": seed,
        "batch_size": recipe.batch_size,
        "precision": precision,
        "steps": steps,
        "hardware": hardware.description(),
        "versions": versions(),
    }


def check_use(folder, resume):
    """Raise RunError if there is nothing to resume, or if a run is there that is not resumed."""
    saved = checkpoint.saved_steps(Path(folder) / "checkpoints")
    if resume and not saved:
        raise RunError(f"there is nothing to resume in {folder}; train without --resume first.")
    if not resume and saved:
        raise RunError(f"{folder} already holds a run; add --resume, or give another --out.")


@contextlib.contextmanager
def opened(folder, resume):
    """Make a run folder and hold it for one training; with a run in it only ``resume`` may use it.

    Raises:
        RunError: it is a file, cannot be written, is in use by another training, already holds a
            run, or has nothing to resume.
    """
    folder = Path(folder)
    check_use(folder, resume)  # before a folder is made for nothing
    try:
        lock.take(folder)
    except OSError as error:
        raise RunError(
            f"cannot write to {folder} ({error.strerror}); --out must name a folder that can be "
            "made or written to."
        ) from error
    try:
        check_use(folder, resume)  # another training may have begun and ended meanwhile
        yield folder
    finally:
        lock.give_back(folder)


def is_run(folder) -> bool:
    """Say whether a folder holds the record of a run."""
    return (Path(folder) / "run.json").is_file()


def read_settings(folder) -> dict:
    """Return the settings of the run in a folder.

    Raises:
        RunError: there is no run, or its record is damaged.
    """
    path = Path(folder) / "run.json"
    try:
        return schema.read_json(path, schema.RUN)
    except FileNotFoundError as error:
        raise RunError(f"{folder} holds no run: it has no run.json.") from error
    except (OSError, ValueError) as error:
        raise RunError(f"the record {path} is damaged ({error}).") from error


def check_resumable(folder, present):
    """Raise RunError unless the run in the folder had these settings."""
    saved = read_settings(folder)
    for name in FIXED:
        if saved.get(name) != present[name]:
            raise RunError(
                f"the run in {folder} had {name} {saved.get(name)!r}, not {present[name]!r}; "
                "resume it with the settings with which it began, or give another --out."
            )


def train(
    recipe: Recipe,
    data,
    *,
    preset,
    steps,
    folder,
    seed=0,
    resume=False,
    precision=None,
    every=None,
):
    """Train a lesson's main run in a folder, with checkpoints, and return the `GAN`.

    Args:
        recipe: what to train; see `ganbook.recipes`.
        data: the `ImageData` to train on.
        preset: recorded beside the result.
        steps: the length of the whole run, rounded up to whole calls.
        folder: the run folder.
        seed: any integer.
        resume: go on from the newest checkpoint; a finished run is left as it is.
        precision: "float32", "mixed_bfloat16", or None for the quicker one on this machine.
        every: steps between checkpoints; None: a fiftieth of the run, 1,000 at least.

    Raises:
        RunError: the folder cannot be used as asked.
    """
    with opened(folder, resume) as folder:
        return _train(recipe, data, preset, steps, folder, seed, resume, precision, every)


def _train(recipe, data, preset, steps, folder, seed, resume, precision, every):
    precision = recipe.precision(precision)
    gan = recipe.gan(seed, precision, steps)
    steps = whole_calls(steps, gan.steps_per_call)
    settings = settings_of(recipe, data, preset, steps, seed, precision)
    settings["gan"] = gan.description()
    saving = RunCheckpoint(folder / "checkpoints", every or max(1000, steps // 50))
    if resume:
        check_resumable(folder, settings)
        saving.restore(gan)
        if gan.step >= steps:
            print(f"All {steps:,} steps are done.", flush=True)
            # A kill between the last checkpoint and the results leaves a run without them.
            if not has_results(folder, gan.step):
                print("Its results were not whole: they are written now.", flush=True)
                leave_results(gan, folder, data, read_settings(folder))
            return gan
        print(f"Resuming at step {gan.step:,}.", flush=True)
    write_json(folder / "run.json", settings)
    stream = data.stream(recipe.batch_size, gan.discriminator_steps, gan.steps_per_call, seed=seed)
    calls = (steps - gan.step) // gan.steps_per_call
    gan.fit(stream, steps_per_epoch=calls, verbose=0, callbacks=[LivePanel(data.caption), saving])
    if gan.trouble is None:
        leave_results(gan, folder, data, settings)
    return gan


def whole_calls(steps, steps_per_call) -> int:
    """Return steps rounded up to whole calls of ``fit``."""
    return math.ceil(steps / steps_per_call) * steps_per_call


def leave_results(gan, folder, data, settings):
    """Write two pictures and the sampling generator into the run folder.

    The generator comes last, and its record names the step: by it the results are known as whole.
    """
    title = f"Lesson {settings['lesson']}, {data.caption}, {gan.step:,} steps"
    plots.save_figure(plots.samples(gan.sample(_shown(gan)), 16, title), folder / "samples.png")
    curves = plots.loss_curves(thinned(gan.log), title, losses.levels(gan.loss_pair))
    plots.save_figure(curves, folder / "losses.png")
    record = {**settings, "step": gan.step}
    storage.save(folder / "generator.npz", gan.sampling_generator(), record)


def has_results(folder, step) -> bool:
    """Say whether a run folder has all its results, and whether they are those of this step."""
    if not all((folder / name).is_file() for name in ("samples.png", "losses.png")):
        return False
    try:
        return storage.read_record(folder / "generator.npz").get("step") == step
    except RunError:
        return False


def _shown(gan) -> int:
    """Return how many samples a picture shows: 64 images, or enough points to see a shape."""
    return 64 if len(gan.generator.output_shape) == 4 else 1_000


def shipped_generator(lesson, data=None):
    """Return a lesson's generator with the weights that come with the package, and their record.

    Raises:
        SettingError: there is no such lesson.
        RunError: the project has no weights for this data set, or they are not at hand.
    """
    recipe = recipe_of(lesson)
    file = shipped.generator_file(f"lesson{lesson}_{data or recipe.data}_generator.npz")
    generator = recipe.gan().generator
    return generator, storage.load_into(generator, file)


def restored(folder):
    """Return the `GAN` of a run folder at its newest checkpoint, and the run's settings."""
    settings = read_settings(folder)
    recipe = recipe_of(settings["lesson"], settings.get("variant"))
    precision = recipe.precision(settings["precision"])
    gan = recipe.gan(settings["seed"], precision, settings["steps"])
    checkpoint.restore(gan, Path(folder) / "checkpoints")
    return gan, settings


def generator_of_run(folder):
    """Return the sampling generator of a run folder at its newest checkpoint, and its settings."""
    gan, settings = restored(folder)
    return gan.sampling_generator(), {**settings, "step": gan.step}


def measured_row(folder, variant="your run") -> dict:
    """Return the scoreboard's row of a run folder: 10,000 of its samples are measured now.

    Args:
        folder: of a run that `train` made.
        variant: what sets this run apart, in a few words.

    Raises:
        RunError: there is no run, or its data are not at hand any more.
    """
    gan, settings = restored(folder)
    data = load_data(settings["data"], size=recipe_of(settings["lesson"]).size)
    protocol = evaluation.protocol_of(data)
    if not protocol.against_test:
        raise RunError(
            f"the scoreboard compares gray images; the run in {folder} makes {protocol.made}."
        )
    if data.checksum != settings["data_checksum"]:
        raise RunError(
            f"the run in {folder} was trained on other images than those of {data.source}; make "
            f"the data from {settings['data_source']} reachable again."
        )
    measures = protocol.measure(data, gan.sample(protocol.samples))
    return scoreboard.row_of(gan, settings["lesson"], variant, measures, run=settings)
