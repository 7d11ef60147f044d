"""Images from a generator, the same ones each time; and files of samples."""

import io
import math
import os
import zipfile
from pathlib import Path

import numpy as np
import tensorflow as tf

from ganbook import randomness, value_range
from ganbook.arrays import are_points, to_numpy
from ganbook.data import to_uint8
from ganbook.errors import DataError, RunError, SettingError
from ganbook.files import write_whole
from ganbook.lines import one_line

# Samples are made in blocks of this size, so that the first ten of a hundred are the ten of ten.
BLOCK = 250
# Larger images than this many numbers are made in parts of so many: a block would fill the memory.
LARGE, PART = 2**16, 10
# So many numbers are drawn at once, and so many bytes are read.
MOST_NUMBERS, MOST_BYTES = 2**29, 2**31
NUMBERS = "biuf"  # kinds of dtypes; whether they can be measured is for others to say


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


def check_memory(generator, count):
    """Raise SettingError for more samples than a memory can be expected to hold at once."""
    most = MOST_NUMBERS // math.prod(filter(None, generator.output_shape[1:]))
    if count > most:
        raise SettingError(f"count is {count:,}; of this generator {most:,} are drawn at most.")


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


def read_samples(path) -> np.ndarray:
    """Return the array "images" of a .npz file, as it is: numbers of two axes or more.

    Raises:
        DataError: there is no such file, it is empty or damaged, it has no such array, or one that
            is larger than its file or than ``MOST_BYTES``, for which no memory is taken.
    """
    path = Path(path)
    if not os.path.isfile(path):  # which never raises
        place = " a folder," if os.path.isdir(path) else ""
        raise DataError(f"there is{place} no file {path}; `sample` writes one.")
    try:
        with path.open("rb") as file:
            return _images_of(path, file)
    except DataError:
        raise
    except Exception as error:  # zip, its ways to pack, NumPy and its headers have their own
        why = getattr(error, "strerror", None) or str(error).strip().partition("\n")[0]
        why = one_line(why or type(error).__name__, most=200)
        raise DataError(f"{path} is damaged or no .npz file ({why}).") from error


def _images_of(path, file):
    """Return the array "images" of an open file, or raise DataError or what NumPy raises."""
    if os.fstat(file.fileno()).st_size == 0:
        raise DataError(f"{path} is empty; expected a .npz file with an array named images.")
    if file.read(6) == np.lib.format.MAGIC_PREFIX:
        raise DataError(
            f"{path} holds no array named images; it holds one without a name, as np.save writes "
            "it: np.savez(file, images=array) gives it the name."
        )
    with zipfile.ZipFile(file) as archive:
        names = [name.removesuffix(".npy") for name in archive.namelist()]
        if "images.npy" not in archive.namelist():
            found = ", ".join(one_line(name, most=40) for name in names[:5]) or "nothing"
            found += f" and {len(names) - 5} more" if len(names) > 5 else ""
            raise DataError(f"{path} holds no array named images; it holds {found}.")
        _check_header(path, archive)
        with archive.open("images.npy") as member:
            return np.lib.format.read_array(member, allow_pickle=False)


def _check_header(path, archive):
    """Raise DataError if an array cannot be samples; NumPy takes the memory first, reads then."""
    with archive.open("images.npy") as member:
        version = np.lib.format.read_magic(member)
        if version == (1, 0):
            shape, _, dtype = np.lib.format.read_array_header_1_0(member)
        else:  # the third kind differs in the names of fields only, and fields are no samples
            shape, _, dtype = np.lib.format.read_array_header_2_0(member)
    if len(shape) < 2 or dtype.kind not in NUMBERS:
        raise DataError(
            f"{path} has images of shape {one_line(shape, most=100)} and dtype "
            f"{one_line(dtype, most=100)}; expected uint8 or floats (N, H, W, C), or (N, 2) for "
            "points."
        )
    claimed = math.prod(shape) * dtype.itemsize
    if claimed > archive.getinfo("images.npy").file_size:
        raise DataError(
            f"{path} is damaged: its images claim {claimed:,} bytes, and it holds fewer."
        )
    if claimed > MOST_BYTES:
        raise DataError(
            f"{path} has images of {claimed / 2**30:,.1f} GiB; {MOST_BYTES / 2**30:g} are read at "
            "most. Fewer samples are enough."
        )
