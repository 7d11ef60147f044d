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
    """Return the path of Keras's settings; the file need not exist."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home) if home else Path("~/.keras").expanduser()) / "keras.json"


def fault() -> Fault | None:
    """Return the first setting of Keras that the lessons cannot work with, or None."""
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
    try:
        return json.loads(settings_file().read_text())[name], "file"
    except (OSError, ValueError, LookupError, TypeError):
        return default, "file"  # Keras, too, ignores a file that it cannot read


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
