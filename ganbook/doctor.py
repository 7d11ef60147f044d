"""``python -m ganbook doctor``: can the lessons run on this machine, and if not, what to do."""

import importlib
import os
import platform
import sys
import tempfile
from pathlib import Path

from ganbook.errors import GanbookError

OLDEST = {"tensorflow": (2, 19), "keras": (3, 10)}
NEEDED = ("numpy", "matplotlib", "PIL", "tensorflow_datasets", "importlib_resources")


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
    examine_versions(report)
    if report.failures == 0:
        examine_device(report)
        examine_data(report)
        examine_settings(report)
    examine_folder(report)
    if report.failures:
        print(f"{report.failures} problem(s): the lessons cannot run yet.")
        return 1
    print("The lessons can run.")
    return 0


def examine_versions(report):
    """Check Python and the packages that the lessons import."""
    if sys.version_info < (3, 11):  # noqa: UP036 (the doctor is for those who did not install)
        report.fail("Python", platform.python_version(), "install Python 3.11, 3.12 or 3.13")
    else:
        report.good("Python", platform.python_version())
    for name in (*OLDEST, *NEEDED):
        try:
            if name == "tensorflow":
                from ganbook.quiet import import_tensorflow

                import_tensorflow()
            version = importlib.import_module(name).__version__
        except ImportError as error:
            report.fail(name, f"cannot be imported: {error}", "pip install -r requirements.txt")
        except AttributeError:
            report.good(name, "installed")
        else:
            examine_version(report, name, version)


def examine_version(report, name, version):
    """Compare a version with the oldest one that is supported."""
    oldest = OLDEST.get(name, (0,))
    if tuple(int(part) for part in version.split(".")[: len(oldest)]) < oldest:
        wanted = ".".join(map(str, oldest))
        report.fail(name, version, f'pip install "{name}>={wanted}"')
    else:
        report.good(name, version)


def examine_device(report):
    """Say what the networks will run on."""
    from ganbook import hardware

    report.good("device", hardware.description())


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
    """Check that results can be written here."""
    folder = Path("runs") if Path("runs").is_dir() else Path()
    try:
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(os.urandom(1))
    except OSError as error:
        report.fail(
            "folder",
            f"{folder.resolve()} cannot be written ({error.strerror})",
            "change to a folder that is yours, or give train another --out",
        )
    else:
        report.good("folder", f"{folder.resolve()} can be written")
