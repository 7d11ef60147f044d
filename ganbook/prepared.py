"""MNIST and Fashion-MNIST through TensorFlow Datasets: its cache, and its download."""

import contextlib
import hashlib
import io
import os
import shutil
import threading
import urllib.request
from pathlib import Path

import numpy as np

from ganbook import idx, quiet
from ganbook.errors import DataError

# The addresses TensorFlow Datasets fetches the original files from.
ADDRESSES = {
    "mnist": "https://storage.googleapis.com/cvdf-datasets/mnist/",
    "fashion_mnist": "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
}
# sha256 of the four gzip files, as TensorFlow Datasets knows them.
PACKED = {
    "mnist": (
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ),
    "fashion_mnist": (
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
    ),
}
PATIENCE = 4.0  # seconds; TensorFlow Datasets itself would try for minutes


class NotHereError(DataError):
    """A source doesn't have the data set; another one may."""


class DamagedError(NotHereError):
    """The cache has the data set, in files that cannot be read."""


def load(name: str, split: str, download: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return images, uint8 (N, 28, 28, 1), and labels, int64 (N,), in the order of the cache.

    Args:
        name: "mnist" or "fashion_mnist".
        split: "train" or "test".
        download: fetch and prepare what isn't in the cache or is damaged there; else the cache
            is only read, and nothing in it is changed.

    Raises:
        NotHereError: not in the cache, damaged, or no way to fetch it; the message says which.
    """
    cached = any((cache_folder() / name).glob("*/dataset_info.json"))
    if not cached and not download:
        raise NotHereError("not in the TensorFlow Datasets cache")
    if cached:
        try:
            return _read(name, split)
        except DamagedError as error:
            if not download:
                raise
            trouble = str(error)
    try:
        _make_sure_of_the_originals(name)
        if cached:
            print(f"{trouble}: it is removed and prepared again.")
            shutil.rmtree(cache_folder() / name)
    except OSError as error:  # somebody else's cache, which may not be changed
        raise NotHereError(f"{error.filename} cannot be changed ({error.strerror})") from error
    _prepare(name)
    return _read(name, split)


def cache_folder() -> Path:
    """Return the folder of TensorFlow Datasets, which its own variable TFDS_DATA_DIR may name."""
    return Path(os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets").expanduser()


def _builder(name):
    quiet.import_tensorflow()
    try:
        # After a failed import a part of the module stays behind, hence from.
        from tensorflow_datasets import builder
    except Exception as error:  # missing, or at odds with the TensorFlow or protobuf installed
        raise NotHereError(f"TensorFlow Datasets cannot be imported ({_line(error)})") from error
    try:
        return builder(name, data_dir=str(cache_folder()))
    except Exception as error:  # it reads dataset_info.json and features.json, if they are there
        raise DamagedError(f"{cache_folder() / name} is damaged ({_line(error)})") from error


def _read(name, split):
    """Read one split from the cache; DamagedError names the file that is damaged or missing."""
    builder = _builder(name)
    import tensorflow_datasets as tfds

    try:
        content = tfds.as_numpy(builder.as_dataset(split=split, batch_size=-1))
        images, labels = content["image"], content["label"]
    except Exception as error:  # TensorFlow, JSON and the file system each have their own
        raise DamagedError(f"{_record_file(name, split)} is damaged ({_line(error)})") from error
    if images.shape != (idx.COUNTS[split], idx.SIZE, idx.SIZE, 1):
        raise DamagedError(f"{_record_file(name, split)} is damaged (it holds {images.shape})")
    return images, labels.astype(np.int64)


def _record_file(name, split):
    """Return the file that holds one split, or the folder where it should be."""
    files = sorted((cache_folder() / name).glob(f"*/{name}-{split}.tfrecord*"))
    return files[0] if files else cache_folder() / name


def _prepare(name):
    """Let TensorFlow Datasets fetch what it doesn't have and write its records, quietly."""
    print(f"TensorFlow Datasets prepares {name}, once, in {cache_folder()} ...", flush=True)
    builder = _builder(name)
    import tensorflow_datasets as tfds

    tfds.disable_progress_bar()
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            builder.download_and_prepare(
                download_config=tfds.download.DownloadConfig(try_download_gcs=False)
            )
    except Exception as error:  # of the network, the disk, TensorFlow or TensorFlow Datasets
        raise NotHereError(f"TensorFlow Datasets failed ({_line(error)})") from error


def _make_sure_of_the_originals(name):
    """Remove damaged original files; raise NotHereError if some are missing and out of reach."""
    downloads = cache_folder() / "downloads"
    sound = 0
    for record in sorted(downloads.rglob("*.gz.INFO")):
        file = record.with_suffix("")
        if ADDRESSES[name] not in record.read_text() or not file.exists():
            continue
        if hashlib.sha256(file.read_bytes()).hexdigest() in PACKED[name]:
            sound += 1
            continue
        print(f"{file} is damaged: it is removed and fetched again.")
        file.unlink()
        record.unlink()
    for file in downloads.glob("extracted/GZIP.*-ubyte*"):
        if hashlib.sha256(file.read_bytes()).hexdigest() not in idx.CHECKSUMS.values():
            file.unlink()
    if sound < len(PACKED[name]):
        _check_connection(ADDRESSES[name])


def _check_connection(address):
    """Raise NotHereError unless one of the files can be asked for within a few seconds."""
    answers = []

    def ask():
        request = urllib.request.Request(address + "t10k-labels-idx1-ubyte.gz", method="HEAD")
        try:
            urllib.request.urlopen(request, timeout=PATIENCE).close()
            answers.append(None)
        except Exception as error:
            answers.append(error)

    # In a thread, as looking up a name without a network may take longer than the time-out.
    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(PATIENCE)
    if answers != [None]:
        host = urllib.request.Request(address).host
        raise NotHereError(f"{host} cannot be reached, so nothing can be downloaded")


def _line(error):
    """Return the first line of an error, or its kind if it has none."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:120]
