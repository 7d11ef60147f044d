"""What Keras is set to, and whether the lessons can work with it: asked before Keras is imported.

Keras reads its backend from the variable KERAS_BACKEND, else from the file ``keras.json`` in
KERAS_HOME or ``~/.keras``, when it is imported; image format and type of numbers from the file.
"""

import json
import os
import sys
from pathlib import Path
from typing import NamedTuple

from ganbook.errors import SettingError

# What the lessons need, and what Keras has by itself.
NEEDED = {"backend": "tensorflow", "image_data_format": "channels_last", "floatx": "float32"}


class Fault(NamedTuple):
    """A setting that the lessons cannot work with: its name, what is wrong, what to do."""

    name: str
    text: str
    cure: str


def settings_file() -> Path:
    """Return the path of Keras's settings, found as Keras does; the file need not exist."""
    home = os.environ.get("KERAS_HOME")
    if home is None:
        base = os.path.expanduser("~")
        home = os.path.join(base if os.access(base, os.W_OK) else "/tmp", ".keras")
    return Path(os.path.expanduser(os.path.join(home, "keras.json")))


def fault() -> Fault | None:
    """Return the first setting of Keras that the lessons cannot work with, or None."""
    if "keras" not in sys.modules and _settings() is None:
        path = settings_file()
        return Fault("settings", f"{path} holds what Keras cannot read", f"delete {path}")
    for name, needed in NEEDED.items():
        value, where = _setting(name, needed)
        if value != needed:
            text = f"Keras's {name} is {value!r}; the lessons need {needed!r}"
            return Fault(name, text, _cure(name, needed, where))
    return None


def check():
    """Raise SettingError, in one line with its cure, where Keras is set to what cannot work."""
    found = fault()
    if found:
        raise SettingError(f"{found.text}: {found.cure}.")


def _setting(name, default):
    """Return what a setting is or will be, and where that stands."""
    config = getattr(sys.modules.get("keras"), "config", None)
    if hasattr(config, name):
        return getattr(config, name)(), "keras"
    if name == "backend" and os.environ.get("KERAS_BACKEND"):
        return os.environ["KERAS_BACKEND"], "variable"
    return (_settings() or {}).get(name, default), "file"


def _settings():
    """Return what stands in Keras's file, nothing where it is missing or no JSON, as Keras does.

    Returns None where the import of Keras would fail of it.
    """
    path = settings_file()
    try:
        found = json.loads(path.read_text()) if os.path.exists(path) else {}
    except ValueError:
        return {}
    except OSError:  # a folder, or a file that may not be read
        return None
    whole = isinstance(found, dict) and isinstance(found.get("epsilon", 1e-7), float)
    return found if whole else None


def _cure(name, needed, where):
    if where == "variable":
        return "unset the variable KERAS_BACKEND and start Python anew"
    if where == "keras" and name == "backend":
        return (
            "Keras was imported with it in this process; start Python anew, with KERAS_BACKEND "
            f"unset and without {name!r} in {settings_file()}"
        )
    if where == "keras":
        return f"call keras.config.set_{name}({needed!r})"
    return f'write "{name}": "{needed}" into {settings_file()} and start Python anew'
