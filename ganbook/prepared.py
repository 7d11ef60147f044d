"""MNIST and Fashion-MNIST through TensorFlow Datasets: its cache, and its download.

It stores the pictures in an order of its own; here they come back in that of the original files,
so that a run sees the same data, whichever source it has.
"""

import contextlib
import hashlib
import io
import logging
import os
import shutil
import textwrap
import warnings
from pathlib import Path

import numpy as np

from ganbook import idx, mirrors, quiet
from ganbook.errors import DataError

FILES = 4  # of a data set: images and labels of two splits


class NotHereError(DataError):
    """A source doesn't have the data set; another one may."""


class DamagedError(NotHereError):
    """The cache has the data set, in files that cannot be read."""


def load(name: str, split: str, download: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return images, uint8 (N, 28, 28, 1), and labels, int64 (N,), in their original order.

    Args:
        name: "mnist" or "fashion_mnist".
        split: "train" or "test".
        download: fetch and prepare what isn't in the cache or is damaged there; else the cache
            is only read, and nothing in it is changed.

    Raises:
        NotHereError: not in the cache, damaged or something else there, no way to fetch it, or
            TensorFlow Datasets doesn't work; the message says which.
    """
    if not _is_cached(name):
        if not download:
            raise NotHereError("not in the TensorFlow Datasets cache")
        _make_sure_of_the_originals(name)
        _prepare(name)
        return _read(name, split)
    try:
        return _read(name, split)
    except DamagedError as error:
        if not download:
            raise
        trouble = str(error)
    _make_sure_of_the_originals(name)
    return _read_anew(name, split, trouble)


def cache_folder() -> Path:
    """Return the folder of TensorFlow Datasets, which its own variable TFDS_DATA_DIR may name."""
    return Path(os.path.expanduser(os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets"))


def _is_cached(name):
    """Whether the version that is read has been prepared; without any, nothing is imported."""
    folder = cache_folder() / name
    # The question of os.path never raises, however long the name is.
    if not os.path.isdir(folder) or not any(folder.glob("*/dataset_info.json")):
        return False
    return os.path.exists(_version_folder(name) / "dataset_info.json")


def _version_folder(name):
    """Return the folder of the version that is read; older ones are for somebody else's use."""
    tfds = import_tfds()
    try:
        version = tfds.builder_cls(name).VERSION
    except Exception as error:
        raise NotHereError(f"TensorFlow Datasets doesn't work ({_line(error)})") from error
    return cache_folder() / name / str(version)


def import_tfds():
    """Import and return TensorFlow Datasets, without a line on the screen whatever happens.

    Raises:
        NotHereError: it is missing, or at odds with TensorFlow or protobuf; the message gives the
            first thing that it said about that.
    """
    quiet.import_tensorflow()
    with _hushed() as said:
        try:
            import tensorflow_datasets as tfds

            # A failed import may leave a part of the module behind, and raise no error.
            for name in ("builder", "as_numpy", "download", "ReadConfig"):
                getattr(tfds, name)
            return tfds
        except Exception as error:  # ImportError, or protobuf's VersionError and TypeError, or ...
            reason = _line(said[0] if said else error)
            if not isinstance(error, ModuleNotFoundError):
                # A second attempt fails of what the first one left behind; so the first counts.
                _first_reason.append(reason)
                reason = _first_reason[0]
    raise NotHereError(f"TensorFlow Datasets cannot be imported ({reason})")


_first_reason = []


class _Listener(logging.Handler):
    """Keeps what is logged, for the one who asked."""

    def __init__(self):
        super().__init__(logging.ERROR)
        self.lines = []

    def emit(self, record):
        self.lines.append(record.getMessage())


@contextlib.contextmanager
def _hushed():
    """Show nothing of what is printed, warned of or logged; yield the list of logged errors."""
    listener, absl, root = _Listener(), logging.getLogger("absl"), logging.getLogger()
    before = absl.handlers, absl.propagate
    absl.handlers, absl.propagate = [listener], False
    # Without any handler on the root, absl would set one up there, and leave it behind.
    nothing = logging.NullHandler()
    root.addHandler(nothing)
    try:
        with (
            warnings.catch_warnings(),
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
        ):
            warnings.simplefilter("ignore")
            yield listener.lines
    finally:
        root.removeHandler(nothing)
        absl.handlers, absl.propagate = before


def _builder(name):
    tfds = import_tfds()
    try:
        return tfds.builder(name, data_dir=str(cache_folder()))
    except Exception as error:  # it reads dataset_info.json and features.json, if they are there
        raise _unreadable(cache_folder() / name, error) from error


def _unreadable(path, error):
    """Return the error to raise: a damaged file, or TensorFlow Datasets that cannot read any."""
    cause = error
    while cause is not None:
        # What 4.9.9 raises of protobuf 7, for one; a sound cache is not to blame for that.
        if isinstance(cause, (AttributeError, ImportError, NameError, TypeError)):
            return NotHereError(f"TensorFlow Datasets doesn't work ({_line(cause)})")
        cause = cause.__cause__
    return DamagedError(f"{path} is damaged ({_line(error)})")


def _read(name, split):
    """Read one split from the cache; DamagedError names the file that is damaged or missing."""
    builder = _builder(name)
    tfds = import_tfds()
    try:
        one_file_after_the_other = tfds.ReadConfig(interleave_cycle_length=1)
        content = tfds.as_numpy(
            builder.as_dataset(split=split, batch_size=-1, read_config=one_file_after_the_other)
        )
        images, labels = content["image"], content["label"]
    except Exception as error:  # TensorFlow, JSON and the file system each have their own
        raise _unreadable(_record_file(name, split), error) from error
    if images.shape != (idx.COUNTS[split], idx.SIZE, idx.SIZE, 1):
        raise DamagedError(f"{_record_file(name, split)} is damaged (it holds {images.shape})")
    places = original_places(split, len(images))
    images, labels = images[places], labels[places].astype(np.int64)
    if not idx.is_published(images, labels, name, split):
        raise NotHereError(
            f"{_record_file(name, split)} holds other pictures, or another order, than the "
            f"original files"
        )
    return images, labels


def original_places(split: str, count: int) -> np.ndarray:
    """Return, for each picture of the original file, its place in the records, int64 (count,).

    TensorFlow Datasets numbers the pictures as they come, and writes them in the order of the md5
    of the split's name followed by that number. Its `core.hashing` promises a new major version
    of all data sets should that ever change, and what is read is compared with a checksum; hence
    no table of 140,000 places.
    """
    keys = [
        hashlib.md5(f"{split}{number}".encode(), usedforsecurity=False).digest()
        for number in range(count)
    ]
    places = np.empty(count, np.int64)
    places[sorted(range(count), key=keys.__getitem__)] = np.arange(count)
    return places


def _record_file(name, split):
    """Return the file that holds one split, or the folder where it should be."""
    files = sorted(_version_folder(name).glob(f"{name}-{split}.tfrecord*"))
    return files[0] if files else _version_folder(name)


def _read_anew(name, split, trouble):
    """Prepare a damaged data set again; what is there goes only when the new one can be read."""
    folder = _version_folder(name)
    aside = folder.with_name(f"{folder.name}.damaged")
    try:
        shutil.rmtree(aside, ignore_errors=True)
        folder.rename(aside)
    except OSError as error:  # somebody else's cache, which may not be changed
        raise NotHereError(f"{error.filename} cannot be changed ({error.strerror})") from error
    print(f"{trouble}: it is removed and prepared again.")
    try:
        _prepare(name)
        content = _read(name, split)
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
        raise
    shutil.rmtree(aside, ignore_errors=True)
    return content


def _prepare(name):
    """Let TensorFlow Datasets fetch what it doesn't have and write its records, quietly."""
    tfds = import_tfds()
    print(f"TensorFlow Datasets prepares {name}, once, in {cache_folder()} ...", flush=True)
    try:
        with _hushed(), _impatient():
            tfds.disable_progress_bar()
            _builder(name).download_and_prepare(
                download_config=tfds.download.DownloadConfig(try_download_gcs=False)
            )
    except Exception as error:  # of the network, the disk, TensorFlow or TensorFlow Datasets
        raise NotHereError(f"TensorFlow Datasets failed ({_line(error)})") from error


@contextlib.contextmanager
def _impatient():
    """Give up a download that stalls; TensorFlow Datasets itself would wait for ever."""
    import requests

    adapter = requests.adapters.HTTPAdapter
    send = adapter.send

    def send_in_time(self, request, **more):
        self.max_retries = self.max_retries.new(connect=False, read=False)
        return send(self, request, **{**more, "timeout": mirrors.STALL})

    adapter.send = send_in_time
    try:
        yield
    finally:
        adapter.send = send


def _make_sure_of_the_originals(name):
    """Remove damaged original files; raise NotHereError if some are missing and out of reach."""
    try:
        sound = _sound_originals(name)
    except OSError as error:  # somebody else's cache, which may not be changed
        raise NotHereError(f"{error.filename} cannot be changed ({error.strerror})") from error
    trouble = mirrors.first_trouble(name) if sound < FILES else None
    if trouble:
        raise NotHereError(trouble)


def _sound_originals(name):
    """Return how many original files have been downloaded; remove those that are damaged."""
    downloads = cache_folder() / "downloads"
    packed = {value for key, value in idx.PACKED.items() if key[0] == name}
    sound = 0
    for record in sorted(downloads.rglob("*.gz.INFO")):
        file = record.with_suffix("")
        if mirrors.MIRRORS[name][0] not in record.read_text() or not file.exists():
            continue
        if hashlib.sha256(file.read_bytes()).hexdigest() in packed:
            sound += 1
            continue
        file.unlink()
        record.unlink()
        print(f"{file} is damaged: it is removed and fetched again.")
    for file in downloads.glob("extracted/GZIP.*-ubyte*"):
        if hashlib.sha256(file.read_bytes()).hexdigest() not in idx.CHECKSUMS.values():
            file.unlink()
    return sound


def _line(error):
    """Return the first line of an error, shortened, or its kind if it says nothing."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    return textwrap.shorten(lines[0], 120, placeholder=" ...")
