"""Small data sets in the original format, which `ganbook.idx` takes for the published ones."""

import gzip
import hashlib

import numpy as np

from ganbook import idx

SMALL = {"train": 60, "test": 20}


def idx_bytes(array):
    """Return an array of images or labels, uint8, as the content of an unpacked IDX file."""
    kind = 2049 if array.ndim == 1 else 2051
    return np.array([kind, *array.shape[:3]], ">u4").tobytes() + array.tobytes()


def write_tiny_files(folder, monkeypatch):
    """Write both data sets with a few pictures each, and have their checksums expected."""
    unpacked, packed = {}, {}
    for number, name in enumerate(("mnist", "fashion_mnist")):
        (folder / name).mkdir(parents=True)
        rng = np.random.default_rng(number)
        for split, count in SMALL.items():
            images = rng.integers(256, size=(count, 28, 28), dtype=np.uint8)
            labels = rng.integers(10, size=count, dtype=np.uint8)
            for kind, array in (("images", images), ("labels", labels)):
                content = idx_bytes(array)
                file = gzip.compress(content, mtime=0)
                (folder / name / idx.file_name(split, kind)).write_bytes(file)
                unpacked[name, split, kind] = hashlib.sha256(content).hexdigest()
                packed[name, split, kind] = hashlib.sha256(file).hexdigest()
    monkeypatch.setattr(idx, "CHECKSUMS", unpacked)
    monkeypatch.setattr(idx, "PACKED", packed)
    monkeypatch.setattr(idx, "COUNTS", SMALL)
    return folder
