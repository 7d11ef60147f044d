"""Weights in one file: plain NumPy arrays and a record of how they came about.

A ``.keras`` file ties weights to a Keras version; arrays in a ``.npz`` file load into any network
with the same shapes, whatever wrote them.
"""

import io
import json
from pathlib import Path

import numpy as np

from ganbook.errors import RunError
from ganbook.files import write_whole


def save(path, model, record, half=False) -> Path:
    """Write a model's weights and a JSON-ready record to a ``.npz`` file, atomically.

    With ``half``, kernels are rounded to float16, which halves the file. Vectors, which are few,
    stay as they are: a variance of BatchNorm can be too small for float16.
    """
    arrays = {}
    for i, weight in enumerate(model.weights):
        array = weight.numpy()
        arrays[f"weight_{i:03d}"] = array.astype(np.float16) if half and array.ndim > 1 else array
    buffer = io.BytesIO()
    np.savez_compressed(buffer, record=np.array(json.dumps(record)), **arrays)
    return write_whole(path, buffer.getvalue())


def load_into(model, path) -> dict:
    """Set a model's weights from a file that `save` wrote, and return the record.

    Raises:
        RunError: the file is missing or damaged, or holds weights of other shapes.
    """
    record, arrays = _read(path)
    wanted = [tuple(weight.shape) for weight in model.weights]
    found = [array.shape for array in arrays]
    if wanted != found:
        raise RunError(f"the weights at {path} have shapes {found}; this network needs {wanted}.")
    model.set_weights([np.asarray(array, np.float32) for array in arrays])
    return record


def read_record(path) -> dict:
    """Return the record of a file that `save` wrote, the whole of which can be read.

    Raises:
        RunError: the file is missing or damaged.
    """
    return _read(path)[0]


def _read(path):
    try:
        # Opened here: NumPy leaves a damaged file open.
        with open(path, "rb") as opened, np.load(opened, allow_pickle=False) as file:
            record = json.loads(str(file["record"]))
            return record, [file[f"weight_{i:03d}"] for i in range(len(file.files) - 1)]
    except FileNotFoundError as error:
        raise RunError(f"there are no weights at {path}.") from error
    except Exception as error:  # zip, NumPy and JSON each have errors of their own
        raise RunError(f"the weights at {path} are damaged: {error}") from error
