"""Reading the original gzip IDX files of MNIST and Fashion-MNIST.

An image file starts with the big-endian 32-bit numbers 2051, count, rows and columns, a label file
with 2049 and count; then come the bytes. Every file is compared with its known checksum.
"""

import gzip
import hashlib
import os
import stat
import zlib
from pathlib import Path

import numpy as np

from ganbook.errors import DataError

TITLES = {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}
SIZE = 28
PREFIXES = {"train": "train", "test": "t10k"}
COUNTS = {"train": 60_000, "test": 10_000}
KINDS = {"images": (2051, 16), "labels": (2049, 8)}
FILES = {"images": "images-idx3-ubyte.gz", "labels": "labels-idx1-ubyte.gz"}

# sha256 of the unpacked bytes: mirrors pack the same bytes into different gzip files.
# fmt: off
CHECKSUMS = {
    ("mnist", "train", "images"):
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ("mnist", "train", "labels"):
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ("mnist", "test", "images"):
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ("mnist", "test", "labels"):
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ("fashion_mnist", "train", "images"):
        "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
    ("fashion_mnist", "train", "labels"):
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ("fashion_mnist", "test", "images"):
        "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
    ("fashion_mnist", "test", "labels"):
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
}

# sha256 of the published gzip files, which TensorFlow Datasets expects too.
PACKED = {
    ("mnist", "train", "images"):
        "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    ("mnist", "train", "labels"):
        "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    ("mnist", "test", "images"):
        "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    ("mnist", "test", "labels"):
        "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
    ("fashion_mnist", "train", "images"):
        "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
    ("fashion_mnist", "train", "labels"):
        "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
    ("fashion_mnist", "test", "images"):
        "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
    ("fashion_mnist", "test", "labels"):
        "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
}
# fmt: on


class FileError(DataError):
    """A file is missing, damaged or another one; ``trouble`` says which, in a few words."""

    def __init__(self, path: Path, trouble: str, wanted: str):
        super().__init__(f"{path} {trouble}; put {wanted} there.")
        self.path = path
        self.trouble = trouble


def read_folder(folder: Path, name: str, split: str) -> tuple[np.ndarray, np.ndarray]:
    """Return images, uint8 (N, 28, 28, 1), and labels, int64 (N,), from ``folder``/``name``.

    Raises:
        FileError (a DataError): a file is missing, damaged, truncated or another file than its
            name says.
    """
    images, labels = (
        read_file(folder / name / file_name(split, kind), name, split, kind) for kind in KINDS
    )
    return images.reshape(-1, SIZE, SIZE, 1), labels.astype(np.int64)


def read_file(path: Path, name: str, split: str, kind: str) -> np.ndarray:
    """Return what stands behind the header of one file ("images" or "labels"), flat uint8.

    Raises:
        FileError (a DataError): the file is missing, damaged, truncated or another file.
    """
    unpacked = _unpacked(path)
    found = hashlib.sha256(unpacked).hexdigest()
    if found != CHECKSUMS[name, split, kind]:
        trouble = _what_is_wrong(unpacked, found, split, kind)
        raise FileError(path, trouble, _title(name, split, kind))
    return np.frombuffer(unpacked, np.uint8, offset=KINDS[kind][1])


def is_published(images: np.ndarray, labels: np.ndarray, name: str, split: str) -> bool:
    """Whether these arrays hold what the published files hold, in the same order.

    Args:
        images: uint8 (N, 28, 28, 1).
        labels: integers (N,), 0 to 9.
    """
    for kind, array in (("images", images), ("labels", labels)):
        shape = (SIZE, SIZE) if kind == "images" else ()
        digest = hashlib.sha256(np.array([KINDS[kind][0], len(array), *shape], ">u4").tobytes())
        digest.update(np.ascontiguousarray(array, np.uint8))
        if digest.hexdigest() != CHECKSUMS[name, split, kind]:
            return False
    return True


def file_name(split: str, kind: str) -> str:
    """Return the file's published name, such as ``train-images-idx3-ubyte.gz``."""
    return f"{PREFIXES[split]}-{FILES[kind]}"


def _unpacked(path):
    """Return what a file unpacks to, or one byte more than the largest: a bomb is not unpacked."""
    try:
        mode = os.stat(path).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):  # a pipe would be waited for
            raise FileError(path, "is no file", "the original gzip file")
        with gzip.open(path) as file:
            return file.read(_largest() + 1)
    except FileNotFoundError:
        raise FileError(path, "is missing", "the original gzip file") from None
    except EOFError:
        trouble = "is truncated"
    except (gzip.BadGzipFile, zlib.error):
        trouble = "is damaged or not a gzip file"
    except OSError as error:
        trouble = f"cannot be read ({error.strerror})"
    raise FileError(path, trouble, "the original gzip file")


def _largest():
    return KINDS["images"][1] + max(COUNTS.values()) * SIZE * SIZE


def _what_is_wrong(unpacked, found, split, kind):
    """Say in a few words why an unpacked file isn't the expected one."""
    for other, checksum in CHECKSUMS.items():
        if checksum == found:
            return f"holds {_title(*other)}"
    magic, header = KINDS[kind]
    numbers = np.frombuffer(unpacked[: len(unpacked) // 4 * 4][:header], ">u4")
    if len(numbers) * 4 < header or numbers[0] != magic:
        return f"is no IDX file of {kind}"
    if numbers[1] != COUNTS[split]:
        return f"holds {numbers[1]} {kind} instead of {COUNTS[split]}"
    wanted = header + COUNTS[split] * (SIZE * SIZE if kind == "images" else 1)
    if len(unpacked) > _largest():
        return f"unpacks to more than {_largest()} bytes, instead of {wanted}"
    if len(unpacked) != wanted:
        return f"unpacks to {len(unpacked)} bytes instead of {wanted}"
    return "differs from the published file (its checksum is another)"


def _title(name, split, kind):
    return f"the {TITLES[name]} {'training' if split == 'train' else 'test'} {kind}"
