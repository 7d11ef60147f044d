"""The original gzip IDX files, fetched by Keras into its own cache of data sets.

They need nothing but Keras, so they are at hand where TensorFlow Datasets is missing or broken.
"""

import contextlib
import errno
import io
import os
import socket
import ssl
import tempfile
import urllib.error
from pathlib import Path

import numpy as np

from ganbook import idx, mirrors, quiet
from ganbook.prepared import NotHereError

DISK = (errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EROFS, errno.EIO)


class RefusedError(Exception):
    """A mirror didn't deliver the published file; ``again``: it may do so the next time."""

    def __init__(self, text, again):
        super().__init__(text)
        self.again = again


def kept(name: str, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return images, uint8 (N, 28, 28, 1), and labels, int64 (N,), that were fetched before.

    Args:
        name: "mnist" or "fashion_mnist".
        split: "train" or "test".

    Raises:
        NotHereError: a file isn't in the cache, or is damaged there; nothing is changed.
    """
    try:
        return idx.read_folder(cache_folder(), name, split)
    except idx.FileError as error:
        raise NotHereError(f"{error.path} {error.trouble}") from None


def load(name: str, split: str, why: str = "") -> tuple[np.ndarray, np.ndarray]:
    """Return what `kept` returns, and fetch what is missing or damaged in the cache.

    Args:
        name: "mnist" or "fashion_mnist".
        split: "train" or "test".
        why: why no other source was used; it is said when something is fetched.

    Raises:
        NotHereError: the cache cannot be written, or no mirror delivers the published files.
    """
    with contextlib.suppress(NotHereError):
        return kept(name, split)
    try:
        _fetch(name, split, why)
    except OSError as error:
        reason = error.strerror or error
        raise NotHereError(f"{cache_folder() / name} cannot be written ({reason})") from error
    return kept(name, split)


def cache_folder() -> Path:
    """Return our folder in Keras's cache of data sets, which KERAS_HOME may move."""
    home = Path(os.path.expanduser(os.environ.get("KERAS_HOME") or "~/.keras"))
    return home / "datasets" / "ganbook"


def _fetch(name, split, why):
    """Fetch the files of one split that are missing or damaged, and say so first."""
    folder = cache_folder() / name
    folder.mkdir(parents=True, exist_ok=True)
    # Fetched beside the others and then moved: a file in the cache is whole, and two processes
    # may fetch it at the same time.
    with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as aside:
        addresses = _those_in_reach(name)
        wanted = _wanted(folder, name, split)
        reason = f"{why}: " if why else ""
        host = mirrors.host(addresses[0])
        print(f"{reason}{idx.TITLES[name]} comes from {host}, once, into {folder}.", flush=True)
        for kind in wanted:
            _fetch_one((name, split, kind), addresses, Path(aside))


def _those_in_reach(name):
    """Return the mirrors from the first one that answers on; the others aren't waited for yet."""
    addresses = list(mirrors.MIRRORS[name])
    hosts = " and ".join(map(mirrors.host, addresses))
    while addresses and _out_of_reach(addresses[0], name):
        del addresses[0]
    if not addresses:
        raise NotHereError(f"{hosts} cannot be reached")
    return addresses


def _out_of_reach(address, name):
    return mirrors.trouble(address, also=mirrors.MIRRORS[name]) is not None


def _wanted(folder, name, split):
    """Return the kinds of files that have to be fetched; name and remove those that are damaged."""
    wanted = []
    for kind in idx.KINDS:
        path = folder / idx.file_name(split, kind)
        try:
            idx.read_file(path, name, split, kind)
        except idx.FileError as error:
            wanted.append(kind)
            if os.path.exists(path):  # which never raises
                path.unlink()
                print(f"{path} {error.trouble}: it is removed and fetched again.")
    return wanted


def _fetch_one(which, addresses, aside):
    """Fetch one file from the first address that delivers it; say what the others did instead.

    Args:
        which: the data set, split and kind, as in `idx.PACKED`.
        addresses: a list; those that are not worth another try are removed from it.
        aside: an empty folder beside the place where the file belongs.
    """
    file = idx.file_name(*which[1:])
    for address in addresses * 2:  # what was spoiled on its way may arrive the next time
        if address not in addresses or _out_of_reach(address, which[0]):
            continue
        try:
            os.replace(_download(address + file, which, aside), aside.parent / file)
            return
        except RefusedError as error:
            print(f"{address}{file} is refused: {error}.", flush=True)
            if not error.again:
                addresses.remove(address)
    raise NotHereError(f"no mirror delivers {file} whole")


def _download(url, which, aside):
    """Let Keras fetch a file into a folder, and return its path.

    Raises:
        RefusedError: it isn't the published file, or doesn't come.
        OSError: it cannot be written.
    """
    quiet.import_tensorflow()
    import keras

    file = url.rpartition("/")[2]
    try:
        with _hushed_and_timed():
            keras.utils.get_file(
                file,
                url,
                file_hash=idx.PACKED[which],
                hash_algorithm="sha256",
                cache_dir=str(aside.parent),
                cache_subdir=aside.name,
            )
    except Exception as error:  # Keras raises a bare Exception; urllib has a dozen kinds
        if (aside / file).exists():
            raise RefusedError(_what_came(aside / file, which), again=True) from error
        if _is_of_the_disk(error):
            raise
        answered = isinstance(error.__context__, urllib.error.HTTPError)
        stalled = isinstance(error, TimeoutError)
        raise RefusedError(_in_short(error, url), again=not (answered or stalled)) from error
    return aside / file


@contextlib.contextmanager
def _hushed_and_timed():
    """Show no progress bar, and give up when nothing comes; get_file has no time-out itself."""
    before = socket.getdefaulttimeout()
    socket.setdefaulttimeout(mirrors.STALL)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        socket.setdefaulttimeout(before)


def _what_came(path, which):
    """Say in a few words what a file with another checksum is, and remove it."""
    content = path.read_bytes()
    try:
        idx.read_file(path, *which)
        trouble = "it is packed in another way than the published file"
    except idx.FileError as error:
        trouble = f"it {error.trouble}"
    path.unlink()
    if content.lstrip()[:1] == b"<":
        trouble = "it is a web page"
    return f"{trouble} ({len(content):,} bytes came)"


def _is_of_the_disk(error):
    """Whether an error comes of writing; SSL has numbers of its own for what it says."""
    ours = isinstance(error, OSError) and not isinstance(error, ssl.SSLError)
    return ours and error.errno in DISK


def _in_short(error, url):
    """Return what happened to a download, in one short line."""
    if isinstance(error, TimeoutError):
        return f"nothing came for {mirrors.STALL:g} seconds"
    text = str(error).removeprefix(f"URL fetch failure on {url}: ").removeprefix("None -- ")
    return " ".join(text.replace(" -- ", " ").split())[:120] or type(error).__name__
