"""Are the packages here that the lessons import, and if not, what brings them.

A package is imported to find out: one that pip lists may still be at odds with another.
"""

import importlib
import os
import re
import sys
from pathlib import Path
from typing import NamedTuple

from ganbook import quiet

# What the package and the notebooks import, by name, and the oldest version that will do.
# TensorFlow imports some of the others, and fails of them: these come first, to be blamed for it.
OLDEST = {
    "numpy": (2, 0),
    "matplotlib": (3, 10),
    "PIL": (11, 0),
    "IPython": (7, 34),
    "ipywidgets": (7, 7, 1),
    "scipy": (1, 15),
    "optuna": (4, 5),
    "tensorflow": (2, 19),
    "keras": (3, 10),
}
# What pip calls it, where that differs; what Colab brings, and must not be given another version.
CALLED = {"PIL": "pillow", "IPython": "ipython"}
COLABS_OWN = ("tensorflow", "keras", "numpy", "IPython", "ipywidgets")
NEW_RUNTIME = "Runtime > Disconnect and delete runtime, and begin anew"


class Found(NamedTuple):
    """What came of an import: the version, or what is wrong and what cures it."""

    version: str = ""
    fault: str = ""
    cure: str = ""


def look_for(name) -> Found:
    """Import a package by its name in `OLDEST`; whatever is raised becomes a fault."""
    try:
        if name == "tensorflow":
            quiet.import_tensorflow()
        module = importlib.import_module(name)
    except (Exception, SystemExit) as error:  # missing, or at odds with another package
        return Found("", f"cannot be imported: {first_line(error)}", cure_of(name, error))
    version = getattr(module, "__version__", None)
    if not isinstance(version, str):
        where = getattr(module, "__file__", None) or name
        return Found("", f"{where} is not the package", cure_of(name, "hidden"))
    if too_old(version, OLDEST[name]):
        return Found("", f"{version} is too old", cure_of(name))
    return Found(version)


def first_line(error) -> str:
    """Return the first line of an error, or its kind if it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]


def too_old(version, oldest) -> bool:
    """Say whether a version, such as "2.20.0rc1", is older than another, such as (2, 19)."""
    numbers = tuple(map(int, re.findall(r"\d+", version)))
    return numbers[: len(oldest)] < oldest


def cure_of(name, trouble=None) -> str:
    """Return what brings a package, for the very Python that was asked.

    Args:
        name: as it is imported; one of `OLDEST`.
        trouble: the error of its import, if there was one; anything else that is wrong with what
            is installed; None if it is missing or too old.
    """
    hiding = file_that_hides(name)
    if hiding:
        return f"rename {hiding}: Python finds it in place of the package"
    if "MPLBACKEND" in os.environ and "Key backend" in str(trouble):
        return "unset the variable MPLBACKEND, and start Python anew"
    if in_colab() and name in COLABS_OWN:
        return f"{NEW_RUNTIME}: Colab brings it itself"
    package = f"{CALLED.get(name, name)}>={'.'.join(map(str, OLDEST[name]))}"
    # What is there and broken may be of the newest version: without force, pip leaves it alone.
    missing = isinstance(trouble, ModuleNotFoundError) and trouble.name == name
    force = "--force-reinstall " if trouble and not missing else ""
    return f'{sys.executable} -m pip install --upgrade {force}"{package}"'


def file_that_hides(name) -> Path | None:
    """Return what of one's own Python finds in place of a package, or None.

    The working folder comes first where Python looks: a script of one's own that is called
    ``keras.py`` is imported as Keras.
    """
    for folder in (Path(entry or ".").resolve() for entry in sys.path):
        if {"site-packages", "dist-packages"}.isdisjoint(folder.parts):
            for path in (folder / f"{name}.py", folder / name / "__init__.py"):
                if path.is_file():
                    return path
    return None


def in_colab() -> bool:
    return "google.colab" in sys.modules or "COLAB_RELEASE_TAG" in os.environ


def new_environment() -> str:
    """Return what cures a fault that no single package is to blame for."""
    return NEW_RUNTIME if in_colab() else "make a new environment: see Start in the README"
