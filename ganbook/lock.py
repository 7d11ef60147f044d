"""One training at a time in a folder.

The operating system holds the lock and gives it up when the process ends, however it ends, so a
dead process never stands in the way.
"""

import contextlib
import json
import os
import socket
import warnings
from pathlib import Path

import filelock

from ganbook.errors import RunError

_HELD: dict[Path, filelock.BaseFileLock] = {}  # by this process
# On Windows a virus scanner that looks at the new file keeps it from being locked for a moment.
PATIENCE = 0.5  # seconds


def take(folder):
    """Lock a folder for this process, which may have it already; the folder is made if missing.

    Raises:
        RunError: another process trains there.
        OSError: the folder cannot be made or written to.
    """
    folder = Path(folder).resolve()
    if folder in _HELD:
        return
    folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / ".lock", timeout=PATIENCE)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise RunError(
            f"another training uses {folder} ({_owner(folder)}); wait for it, stop it, or give "
            "another folder."
        ) from None
    except NotImplementedError:  # a network drive, for instance
        warnings.warn(
            f"{folder} cannot be locked where it is; do not train twice into it at once.",
            stacklevel=2,
        )
        return
    _HELD[folder] = lock
    owner = {"process": os.getpid(), "machine": socket.gethostname()}
    with contextlib.suppress(OSError):  # then a refusal cannot say whose it is
        (folder / ".owner.json").write_text(json.dumps(owner))


def give_back(folder):
    """Unlock a folder, if this process has locked it; nothing of the lock is left behind."""
    folder = Path(folder).resolve()
    lock = _HELD.pop(folder, None)
    if lock is None:
        return
    for name in (".owner.json", ".lock"):
        with contextlib.suppress(OSError):  # Windows keeps a file that is open
            (folder / name).unlink()
    lock.release(force=True)


def _owner(folder) -> str:
    try:
        owner = json.loads((folder / ".owner.json").read_text())
        return f"process {owner['process']} on {owner['machine']}"
    except (OSError, ValueError, LookupError, TypeError):
        return "another process"
