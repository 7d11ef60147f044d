"""Upload as Colab does it: the chosen file lands in the working folder, under a browser's name."""

import os
import shutil
from pathlib import Path


def upload():
    """Return {file name: content} of what was chosen; nothing, if the learner canceled."""
    chosen = os.environ.get("COLAB_STAND_IN_UPLOAD")
    if not chosen:
        return {}
    name = f"{Path(chosen).stem} (1).whl"  # a second download is called so
    shutil.copy(chosen, name)
    return {name: Path(name).read_bytes()}
