"""Where runs go: the folder that the environment variable GANBOOK_RUNS names, or ``runs`` here."""

import os
from pathlib import Path

from ganbook.errors import SettingError


def runs_folder() -> Path:
    """Return the folder of all runs; it need not exist yet.

    In Colab, a folder in Google Drive outlives the machine.

    Raises:
        SettingError: GANBOOK_RUNS names a file, or the home of a user who is not known.
    """
    setting = os.environ.get("GANBOOK_RUNS") or "runs"
    folder = Path(os.path.expanduser(setting))
    if folder.parts[:1] and folder.parts[0].startswith("~"):
        raise SettingError(f"GANBOOK_RUNS is {setting!r}, and there is no home {folder.parts[0]}.")
    if folder.exists() and not folder.is_dir():
        raise SettingError(f"GANBOOK_RUNS is {setting!r}, which is a file; name a folder.")
    return folder


def own_scoreboard() -> Path:
    """Return the file with the reader's own rows."""
    return runs_folder() / "scoreboard.jsonl"
