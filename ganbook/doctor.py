"""``python -m ganbook doctor``: can the lessons run on this machine, and if not, what to do.

What it calls ok has been tried: packages are imported, a file is written, a picture is drawn, a
small GAN makes two steps. A finding that stops a lesson comes with a cure.
"""

import contextlib
import math
import os
import platform
import shutil
import sys
import tempfile

from ganbook import installed, keras_setup
from ganbook.errors import GanbookError
from ganbook.installed import cure_of, first_line, new_environment
from ganbook.places import runs_folder

# The cure of what nobody thought of.
UNFORESEEN = "look at what it names; if that is in order, please report it with these lines"
SPACE = 0.5  # gigabytes that the checkpoints of a lesson may take


class Report:
    """Prints one line for each finding and counts those that stop a lesson."""

    def __init__(self):
        self.failures = 0

    def good(self, subject, text):
        print(f"  ok    {subject:12} {text}", flush=True)

    def note(self, subject, text):
        print(f"  note  {subject:12} {text}", flush=True)

    def fail(self, subject, text, cure):
        self.failures += 1
        print(f"  FAIL  {subject:12} {text}\n        {'':12} -> {cure}", flush=True)


def examine() -> int:
    """Print the report; return 0, or 1 if a lesson could not run."""
    report = Report()
    # In this order: each finds out what would make the next ones fail in a way hard to read.
    if examine_python(report) and examine_keras_setup(report) and examine_packages(report):
        attempt(examine_datasets_library, report)
        attempt(examine_device, report)
        attempt(examine_picture, report)
        attempt(examine_training, report)
        attempt(examine_data, report)
        attempt(examine_settings, report)
    attempt(examine_folder, report)
    if report.failures:
        print(f"{report.failures} problem(s): the lessons cannot run yet.")
        return 1
    print("The lessons can run.")
    return 0


def attempt(examination, report):
    """Make an examination; what nobody thought of becomes a failure, and the others follow."""
    try:
        examination(report)
    except Exception as error:
        subject = getattr(examination, "__name__", "").removeprefix("examine_")
        report.fail(subject, f"failed: {type(error).__name__}: {first_line(error)}", UNFORESEEN)


def examine_python(report) -> bool:
    """Check the version of Python."""
    if sys.version_info < (3, 11):  # noqa: UP036 (the doctor is for those who did not install)
        report.fail("Python", platform.python_version(), "install Python 3.11, 3.12 or 3.13")
        return False
    report.good("Python", platform.python_version())
    return True


def examine_keras_setup(report) -> bool:
    """Check what Keras is set to, before it is imported."""
    fault = keras_setup.fault()
    if fault:
        report.fail("Keras setup", fault.text, fault.cure)
        return False
    report.good("Keras setup", ", ".join(keras_setup.NEEDED.values()))
    return True


def examine_packages(report) -> bool:
    """Import what the lessons import, and compare versions with the oldest that are supported."""
    before, blamed = report.failures, {}
    for name in installed.OLDEST:
        found = installed.look_for(name)
        if not found.fault:
            report.good(name, found.version)
        elif found.fault in blamed:  # one package fails of another: only that one is to be cured
            report.fail(name, found.fault, f"mend {blamed[found.fault]} first, see above")
        else:
            blamed[found.fault] = name
            report.fail(name, found.fault, found.cure)
    return report.failures == before


def examine_datasets_library(report):
    """Say whether TensorFlow Datasets works; without it, data are fetched another way."""
    from ganbook import prepared

    try:
        prepared.import_tfds()
    except GanbookError as error:
        report.note("datasets", f"{first_line(error)}; the original files are fetched without it")
    else:
        report.good("datasets", "TensorFlow Datasets")


def examine_device(report):
    """Say what the networks will run on, and in which precision."""
    from ganbook import hardware

    report.good("device", f"{hardware.description()}, {hardware.precision()} for convolutions")


def examine_picture(report):
    """Draw a picture as a notebook shows it."""
    try:
        import numpy as np

        from ganbook import plots

        figure = plots.image_grid(np.zeros((2, 8, 8, 1), np.uint8), 2, "doctor")
        shown = plots.Picture(plots.png_of(figure), "Two black squares")._repr_html_()
        if 'src="data:image/png;base64,' not in shown:
            raise ValueError("the page got no picture")
    except Exception as error:
        cure = f"{cure_of('matplotlib')}, and the same for pillow"
        report.fail("picture", f"cannot be drawn: {first_line(error)}", cure)
    else:
        report.good("picture", "drawn")


def examine_training(report):
    """Let a small convolutional GAN make two steps, in the precision that lessons take here."""
    try:
        losses, samples = two_steps()
    except Exception as error:
        report.fail("training", f"failed: {first_line(error)}", new_environment())
        return
    if not all(map(math.isfinite, losses)) or samples.shape != (2, 8, 8, 1):
        report.fail("training", f"gave losses of {losses}", new_environment())
    else:
        report.good("training", "two steps of a small GAN")


def two_steps():
    """Train a small GAN for two steps; return its last losses and two samples."""
    import keras
    import numpy as np

    from ganbook import GAN, hardware
    from ganbook.data import stream

    layers, policy = keras.layers, hardware.precision()
    generator = keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(16, dtype=policy),
            layers.Reshape((4, 4, 1)),
            layers.Conv2DTranspose(1, 4, 2, padding="same", activation="tanh", dtype=policy),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(4, 3, 2, dtype=policy),
            layers.Flatten(),
            layers.Dense(1, dtype=policy),
        ]
    )
    gan = GAN(generator, discriminator)
    images = np.random.default_rng(0).integers(0, 256, (16, 8, 8, 1)).astype(np.uint8)
    gan.fit(stream(images, 4), steps_per_epoch=2, verbose=0)
    return [float(loss) for loss in gan.last_losses[-1]], gan.sample(2)


def examine_data(report):
    """Find out where each data set would come from, and load it whole."""
    from ganbook.data import load_data

    mend = "mend the folder in GANBOOK_DATA, or unset GANBOOK_DATA"
    for name in ("mnist", "fashion_mnist"):
        try:
            data = load_data(name, split="test")
            if data.is_standin:
                report.note(name, "no source can be reached: lessons use the offline stand-in")
                continue
            count = len(load_data(name)) + len(data)
        except GanbookError as error:
            cure = mend if os.environ.get("GANBOOK_DATA") else UNFORESEEN
            report.fail(name, str(error), cure)
        else:
            report.good(name, f"{count:,} images from {data.source}")


def examine_settings(report):
    """Check GANBOOK_PRESET."""
    from ganbook import lesson

    try:
        report.good("preset", lesson.preset())
    except GanbookError as error:
        report.fail("preset", str(error), "set GANBOOK_PRESET to one of them, or unset it")


def examine_folder(report):
    """Check that results can be written, and that there is room for them."""
    try:
        folder = runs_folder()
    except (GanbookError, OSError) as error:
        report.fail("folder", str(error), "set GANBOOK_RUNS to a folder, or unset it")
        return
    try:
        with made_for_a_moment(folder), tempfile.TemporaryFile(dir=folder) as file:
            file.write(os.urandom(1024))
            file.flush()
            free = shutil.disk_usage(folder).free / 1e9
    except OSError as error:
        what = f"{folder.absolute()} cannot be written ({error.strerror})"
        report.fail("folder", what, "set GANBOOK_RUNS to a folder that is yours")
        return
    if free < SPACE:
        cure = f"free {SPACE} GB, or set GANBOOK_RUNS to a folder on another disk"
        report.fail("folder", f"{folder.absolute()} has {free:.1f} GB left", cure)
    else:
        report.good("folder", f"{folder.absolute()} can be written, {free:,.0f} GB free")


@contextlib.contextmanager
def made_for_a_moment(folder):
    """Make a folder and those around it, as the first run will; remove what was not there."""
    missing = [one for one in (folder, *folder.parents) if not one.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    finally:
        for one in missing:
            with contextlib.suppress(OSError):  # not made after all, or in use by now
                one.rmdir()
