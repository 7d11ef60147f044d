"""``python -m ganbook doctor``: can the lessons run on this machine, and if not, what to do.

What it calls ok has been tried: packages are imported, a file is written, a picture is drawn, a
small GAN makes two steps. A finding that stops a lesson comes with a cure.
"""

import importlib
import math
import os
import platform
import re
import shutil
import sys
import tempfile

from ganbook import keras_setup, quiet
from ganbook.errors import GanbookError
from ganbook.places import runs_folder

OLDEST = {"tensorflow": (2, 19), "keras": (3, 10), "numpy": (2, 0), "matplotlib": (3, 10)}
# What the package and the notebooks import, by name; and what pip calls it, where it differs.
NEEDED = (*OLDEST, "PIL", "IPython", "ipywidgets", "scipy", "optuna")
CALLED = {"PIL": "pillow", "IPython": "ipython"}
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
        examine_datasets_library(report)
        examine_device(report)
        examine_picture(report)
        examine_training(report)
        examine_data(report)
        examine_settings(report)
    examine_folder(report)
    if report.failures:
        print(f"{report.failures} problem(s): the lessons cannot run yet.")
        return 1
    print("The lessons can run.")
    return 0


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
    before = report.failures
    for name in NEEDED:
        try:
            if name == "tensorflow":
                quiet.import_tensorflow()
            module = importlib.import_module(name)
        except Exception as error:  # missing, or at odds with another package
            report.fail(name, f"cannot be imported: {first_line(error)}", cure_of(name))
            continue
        version = getattr(module, "__version__", "")
        if too_old(version, OLDEST.get(name, ())):
            report.fail(name, version, cure_of(name))
        else:
            report.good(name, version or "installed")
    return report.failures == before


def too_old(version, oldest) -> bool:
    """Say whether a version, such as "2.20.0rc1", is older than another, such as (2, 19)."""
    numbers = tuple(map(int, re.findall(r"\d+", version)))
    return bool(oldest) and numbers[: len(oldest)] < oldest


def first_line(error) -> str:
    """Return the first line of an error, or its kind if it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def cure_of(name) -> str:
    """Return the command that brings a package, for the very Python that was asked."""
    package = CALLED.get(name, name)
    oldest = ".".join(map(str, OLDEST.get(name, ())))
    if in_colab() and name in ("tensorflow", "keras", "numpy"):
        return "Runtime > Disconnect and delete runtime, and begin anew: Colab brings it itself"
    wanted = f'"{package}>={oldest}"' if oldest else package
    return f"{sys.executable} -m pip install --upgrade {wanted}"


def in_colab() -> bool:
    return "google.colab" in sys.modules or "COLAB_RELEASE_TAG" in os.environ


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
        assert 'src="data:image/png;base64,' in shown
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
        report.fail("training", f"failed: {first_line(error)}", fresh_environment())
        return
    if not all(map(math.isfinite, losses)) or samples.shape != (2, 8, 8, 1):
        report.fail("training", f"gave losses of {losses}", fresh_environment())
    else:
        report.good("training", "two steps of a small GAN")


def fresh_environment() -> str:
    if in_colab():
        return "Runtime > Disconnect and delete runtime, and begin anew"
    return "make an environment of its own: see Start in the project's README"


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
    """Find out where each data set would come from."""
    from ganbook.data import load_data

    for name in ("mnist", "fashion_mnist"):
        try:
            data = load_data(name, split="test")
        except GanbookError as error:
            report.fail(name, str(error), "mend the folder in GANBOOK_DATA, or unset GANBOOK_DATA")
            continue
        if data.is_standin:
            report.note(name, "no source can be reached: lessons use the offline stand-in")
        else:
            report.good(name, f"{len(data):,} test images from {data.source}")


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
    except GanbookError as error:
        report.fail("folder", str(error), "set GANBOOK_RUNS to a folder, or unset it")
        return
    # The folder itself is made by the first run: now the nearest one that is there is asked.
    there = next(one for one in (folder, *folder.resolve().parents) if one.is_dir()).resolve()
    try:
        with tempfile.TemporaryFile(dir=there) as file:
            file.write(os.urandom(1))
    except OSError as error:
        report.fail(
            "folder",
            f"{there} cannot be written ({error.strerror})",
            "set GANBOOK_RUNS to a folder that is yours",
        )
        return
    free = shutil.disk_usage(there).free / 1e9
    if free < SPACE:
        cure = f"free {SPACE} GB, or set GANBOOK_RUNS to a folder on another disk"
        report.fail("folder", f"{there} has {free:.1f} GB left", cure)
    else:
        report.good("folder", f"{there} can be written, {free:,.0f} GB free")
