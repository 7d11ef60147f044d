"""Images from a generator, the same ones each time; and files of samples."""

import io
import math
import reprlib
import struct
import zipfile
import zlib
from pathlib import Path

import numpy as np
import tensorflow as tf

from ganbook import randomness, value_range
from ganbook.arrays import are_points, to_numpy
from ganbook.data import to_uint8
from ganbook.errors import DataError, RunError, SettingError
from ganbook.files import write_whole

# Samples are made in blocks of this size, so that the first ten of a hundred are the ten of ten.
BLOCK = 250
# Larger images than this many numbers are made in parts of so many: a block would fill the memory.
LARGE, PART = 2**16, 10


def sample_from(generator, count, seed=0) -> np.ndarray:
    """Return ``count`` images of a generator: float32, shape (count, H, W, C); see `GAN.sample`."""
    shape = (BLOCK, *generator.input_shape[1:])
    blocks = []
    part = PART if math.prod(filter(None, generator.output_shape[1:])) > LARGE else BLOCK
    for block in range(-(-count // BLOCK)):
        latents = randomness.normal(shape, randomness.key(seed, block, "sample"))
        for start in range(0, min(BLOCK, count - block * BLOCK), part):
            made = generator(latents[start : start + part], training=False)
            blocks.append(tf.cast(made, tf.float32).numpy())
    return np.concatenate(blocks)[:count]


def in_float32(model):
    """Return a copy of a model, with the same weights, that computes in float32.

    For pictures that are looked at closely: under mixed_bfloat16 a pixel is up to ten gray levels
    off. Weights are float32 under every policy, so nothing else differs.

    Args:
        model: a built Keras model that can be described by its config.
    """
    copy = type(model).from_config(_float32_config(model.get_config()))
    copy.set_weights(model.get_weights())
    return copy


def _float32_config(config):
    """Return a config, nested ones included, with every dtype policy that of float32."""
    if isinstance(config, dict):
        if config.get("class_name") == "DTypePolicy":
            return {**config, "config": {"name": "float32"}}
        return {name: _float32_config(value) for name, value in config.items()}
    if isinstance(config, (list, tuple)):
        return type(config)(_float32_config(value) for value in config)
    return config


def walk(start, end, count) -> np.ndarray:
    """Return ``count`` latents on the way from ``start`` to ``end``, both included.

    ``start`` and ``end`` are (latent,) arrays. The way is an arc around the origin (spherical
    interpolation): halfway on a straight line, latents would be shorter than any that the
    generator has been trained on. Returns float32 (count, latent).

    Raises SettingError for fewer than 2 latents, or for shapes other than one shared (latent,).

    Source: White 2016 (arXiv:1609.04468), section 2.1.
    """
    start, end = (np.asarray(latent, np.float64) for latent in (start, end))
    if start.ndim != 1 or start.shape != end.shape:
        raise SettingError(f"shapes {start.shape} and {end.shape}; expected one (latent,) for both")
    if count < 2:
        raise SettingError(f"count is {count}; a walk has 2 latents or more.")
    cosine = np.dot(start, end) / (np.linalg.norm(start) * np.linalg.norm(end))
    angle = np.arccos(np.clip(cosine, -1.0, 1.0))
    places = np.linspace(0.0, 1.0, count)[:, None]
    if np.sin(angle) < 1e-6:  # one direction, or opposite ones: no arc is shorter than another
        return ((1.0 - places) * start + places * end).astype(np.float32)
    weights = np.sin((1.0 - places) * angle), np.sin(places * angle)
    return ((weights[0] * start + weights[1] * end) / np.sin(angle)).astype(np.float32)


def write_samples(path, images) -> Path:
    """Write samples as the array "images" of a .npz file, atomically.

    Images, floats in [-1, 1], become uint8; what lies outside, as a generator without a last
    activation makes it, is clipped. uint8 images and points, (N, 2), stay as they are.

    Raises:
        DataError: the images are of another type, or none of their numbers is negative, so that
            they were scaled to [0, 1] or to 0 to 255; the error says what to call.
        RunError: the file cannot be written.
    """
    # A .npz file cannot hold bfloat16: it would come back as bytes without a meaning.
    images, buffer = to_numpy(images), io.BytesIO()
    if not are_points(images):
        if images.dtype.kind != "f" or images.min(initial=0) >= 0:
            value_range.check(images, name="the samples")
        images = images if images.dtype == np.uint8 else to_uint8(images)
    np.savez(buffer, images=images)
    try:
        return write_whole(path, buffer.getvalue())
    except OSError as error:
        raise RunError(f"cannot write {path}: {error.strerror}.") from error


# What a file can end in that was damaged, encrypted or packed in a way of its own.
UNREADABLE = (
    OSError,
    ValueError,
    LookupError,
    EOFError,
    RuntimeError,
    MemoryError,
    OverflowError,
    SyntaxError,
    TypeError,
    struct.error,
    zipfile.BadZipFile,
    zlib.error,
)
MOST_BYTES = 2**34


def read_samples(path) -> np.ndarray:
    """Return the array "images" of a .npz file, as it is.

    Raises:
        DataError: there is no such file, it is empty or damaged, or it has no such array.
    """
    path = Path(path)
    if not path.is_file():
        raise DataError(f"there is no file {path}; `sample` writes one.")
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty; expected a .npz file with an array named images.")
    try:
        with path.open("rb") as file:
            arrays = np.load(file, allow_pickle=False)
            # A .npy file holds one array without a name.
            names = getattr(arrays, "files", [])
            if "images" in names:
                _check_size(arrays.zip)
            images = arrays["images"] if "images" in names else None
    except UNREADABLE as error:
        why = str(error).partition("\n")[0] or type(error).__name__
        raise DataError(f"{path} is damaged or no .npz file ({why}).") from error
    if images is None:
        found = ", ".join(map(_plain, names[:5])) or "one without a name"
        raise DataError(f"{path} holds no array named images; it holds {found}.")
    if not isinstance(images, np.ndarray) or images.ndim < 2:
        raise DataError(
            f"{path} has images of shape {np.shape(images)}; expected (N, H, W, C), or (N, 2) for "
            "points."
        )
    return images


def _plain(name):
    """Return a name as it is if it can stand in a line, else quoted and cut."""
    return name if name.isprintable() and len(name) < 50 else reprlib.repr(name)


def _check_size(archive):
    """Raise ValueError if an array claims more values than its file can hold, or too many at all.

    NumPy takes the memory first and reads then.
    """
    info = archive.getinfo("images.npy")
    with archive.open(info) as file:
        version = np.lib.format.read_magic(file)
        read = np.lib.format.read_array_header_1_0 if version == (1, 0) else None
        read = read or np.lib.format.read_array_header_2_0
        shape, _, dtype = read(file)
    claimed = math.prod(shape) * dtype.itemsize
    if claimed > info.file_size:
        raise ValueError(f"it claims {math.prod(shape):,} values and holds fewer")
    if claimed > MOST_BYTES:
        raise ValueError(f"its images take {claimed / 2**30:,.0f} GiB; 16 GiB are read at most")
