"""Files that are whole or not there: written under a temporary name, then renamed."""

import contextlib
import json
import os
from pathlib import Path


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
            os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise
