"""Files that are whole or not there: written under a temporary name, then renamed."""

import contextlib
import errno
import json
import os
import time
from pathlib import Path

# On Windows nothing can be renamed or replaced while another program has it open, and virus
# scanners, viewers and indexers open new files for a moment. So much later, in seconds, a refused
# rename is tried again: about one second in all.
WAITS = (0.02, 0.05, 0.1, 0.2, 0.3, 0.4)


def write_whole(path, content: bytes | str) -> Path:
    """Write a file, its folder included, and return its path.

    Args:
        path: where the file shall be; an older one is replaced.
        content: bytes, or text, which is written as UTF-8.

    Raises:
        OSError: it cannot be written. An older file is as it was, and nothing is left behind.
    """
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with replacing(path) as temporary:
        temporary.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def write_json(path, content) -> Path:
    """Write what JSON can hold; see `write_whole`."""
    return write_whole(path, json.dumps(content, indent=2) + "\n")


def replace(source, target):
    """Rename a file or folder, as ``os.replace`` does, and again while something holds it open.

    Raises:
        OSError: it could not be renamed within about a second, or never can be.
    """
    for wait in WAITS:
        try:
            return os.replace(source, target)
        except OSError as error:
            if not is_held(error):
                raise
        time.sleep(wait)
    return os.replace(source, target)


def is_held(error) -> bool:
    """Say whether an OSError may pass by itself: another program has the file open."""
    return isinstance(error, PermissionError) or error.errno == errno.EBUSY


@contextlib.contextmanager
def replacing(path):
    """Give a path beside ``path`` to write a file to, which takes its place when it is whole.

    What is no path on this machine (an open file, a bucket) is given as it is.
    """
    if not isinstance(path, (str, Path)) or "://" in str(path):
        yield path
        return
    path = Path(path)
    temporary = path.with_name(f".writing-{path.name}")
    try:
        yield temporary
        if temporary.is_file():
            replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
