"""A reader's own pictures and points: from arrays, datasets and folders to what `ImageData` holds.

What could be read in two ways, or would train on wrong values without a word, is refused in one
line that says what to do.
"""

import gzip
import math
import os
import zlib
from pathlib import Path

import numpy as np

from ganbook import idx, value_range
from ganbook.arrays import to_numpy
from ganbook.errors import DataError, SettingError
from ganbook.settings import whole

UNLABELED = ("unlabeled",)
# Under which names the elements of a dataset hold pictures and labels.
IMAGE_KEYS = ("image", "images", "x", "pixels", "pixel_values")
LABEL_KEYS = ("label", "labels", "y")
# A dataset that does not know its length may be endless: reading stops at so many bytes.
MOST_BYTES = 2**34
MOST_CLASSES = 100_000
FEW_CHANNELS = 4


def arrays_of(images, labels=None, name="your images", class_names=None):
    """Return examples, labels and the labels' names, as `ImageData.of` describes them.

    Raises:
        DataError: the images, labels or names cannot be used; the error says why.
    """
    if is_dataset(images):
        if labels is not None and _keys(images.element_spec)[1] is not None:
            raise DataError(f"{name} come with labels of their own; leave labels= out.")
        class_names = class_names or getattr(images, "class_names", None)
        images, found = _read(images, name)
        labels = found if labels is None else labels
    elif labels is None and _is_pair(images):
        images, labels = images
    examples = _examples(_one_array(images, name), name)
    return examples, *_labels(labels, len(examples), class_names)


def is_dataset(images) -> bool:
    """Say whether this is a tf.data.Dataset; TensorFlow need not be imported for the answer."""
    return hasattr(images, "element_spec") and hasattr(images, "cardinality")


def _is_pair(images):
    """Say whether this is (images, labels), as `keras.datasets` gives them."""
    if not isinstance(images, tuple) or len(images) != 2:
        return False
    if not all(hasattr(part, "shape") for part in images):
        return False
    first, second = (tuple(part.shape) for part in images)
    return len(first) > 1 and len(second) in (1, 2) and first[0] == second[0] and first != second


def _one_array(images, name):
    """Return an array; of a list of pictures, too, which must be of one size."""
    if hasattr(images, "shape") and hasattr(images, "dtype"):
        return np.array(to_numpy(images))  # a copy: what is trained on must not change
    if not isinstance(images, (list, tuple)):
        raise DataError(
            f"{name} are of the type {type(images).__name__}; an array, a tensor, a list of "
            "pictures or a tf.data.Dataset are right."
        )
    parts = [to_numpy(part) for part in images]
    sizes = sorted({part.shape for part in parts})
    if len(sizes) > 1:
        raise DataError(
            f"{name} have different sizes, {sizes[0]} and {sizes[-1]} among them; bring all to "
            "one, by keras.ops.image.resize for instance."
        )
    return np.array(parts)


def _examples(array, name):
    """Return images, uint8 or float32 (N, H, W, C), or points, float32 (N, 2)."""
    if array.ndim == 2 and array.shape[1] == 2 and array.dtype.kind == "f":
        if not len(array):
            raise DataError(f"{name} are none; one point or more is needed.")
        value_range.check(array, None, name)
        return array.astype(np.float32)
    if array.ndim == 3:
        array = array[..., np.newaxis]
    if array.ndim != 4 or array.size == 0:
        raise DataError(
            f"{name} have shape {array.shape}; images (N, H, W, C), gray ones (N, H, W) or points "
            "(N, 2) as floats are right, one or more."
        )
    if _has_channels_first(array.shape):
        raise DataError(
            f"{name} have shape {array.shape}, with the channels first; they come last here: "
            "np.moveaxis(images, 1, -1)."
        )
    value_range.check(array, value_range.TANH, name)
    return array if array.dtype == np.uint8 else array.astype(np.float32)


def _has_channels_first(shape):
    """Say whether these are axes as PyTorch has them: no picture is 3 pixels high and 32 deep."""
    _, first, height, width = shape
    return first in (1, 3) and height == width > FEW_CHANNELS


def _labels(labels, count, class_names):
    """Return int64 labels (N,) and a name for each class."""
    if isinstance(class_names, str) or not hasattr(class_names or (), "__iter__"):
        raise DataError(f"class_names is {class_names!r}; a list with a name for each class.")
    names = None if class_names is None else tuple(map(str, class_names))
    if labels is None:
        names = names or UNLABELED
        if len(names) > 1:
            raise DataError(f"there are {len(names)} class_names, but no labels; pass them too.")
        return np.zeros(count, np.int64), names
    labels = _numbers_of(labels)
    if len(labels) != count:
        raise DataError(f"there are {len(labels):,} labels for {count:,} images; one for each.")
    low, high = int(labels.min()), int(labels.max())
    most = len(names) if names else MOST_CLASSES
    if low < 0 or high >= most:
        raise DataError(
            f"labels reach from {low} to {high}; {most:,} classes have the labels 0 to {most - 1}."
        )
    return labels, names or tuple(str(number) for number in range(high + 1))


def _numbers_of(labels):
    """Return integer or one-hot labels as int64 (N,)."""
    try:
        labels = to_numpy(labels)
    except ValueError:
        raise DataError("labels are lists of different lengths; whole numbers are right.") from None
    if labels.ndim == 2 and labels.shape[1] == 1:  # as keras.datasets.cifar10 has them
        labels = labels[:, 0]
    if labels.ndim == 2 and labels.dtype.kind in "iufb":
        if not (np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all()):
            raise DataError(
                f"labels have shape {labels.shape} and are not one-hot; a 1 in each row, else 0."
            )
        return labels.argmax(axis=1).astype(np.int64)
    if labels.ndim != 1 or labels.dtype.kind not in "iub":
        raise DataError(
            f"labels are {labels.dtype} of shape {labels.shape}; whole numbers (N,) or one-hot "
            "ones are right. np.unique(labels, return_inverse=True) numbers names."
        )
    return labels.astype(np.int64)


# Datasets


def _keys(spec):
    """Return where an element of a dataset holds its image and its label; None: nowhere."""
    if isinstance(spec, dict):
        return tuple(
            next((key for key in keys if key in spec), None) for keys in (IMAGE_KEYS, LABEL_KEYS)
        )
    if isinstance(spec, tuple):
        return 0, 1 if len(spec) > 1 else None
    return ..., None  # the element itself is the image


def _read(dataset, name):
    """Return all images of a dataset, (N, ...), and their labels or None."""
    image_key, label_key = _keys(dataset.element_spec)
    if hasattr(dataset, "enter") or int(dataset.cardinality()) == -1:
        raise DataError(f"{name} have no end; take(1000), for instance, makes a dataset that has.")
    if image_key is None:
        found = ", ".join(map(repr, dataset.element_spec))
        raise DataError(f"{name} have elements with {found}; none is called image.")
    images, labels, read, batched = [], [], 0, None
    for element in dataset:
        image = element if image_key is ... else element[image_key]
        if not hasattr(image, "numpy") or not hasattr(image, "shape"):
            raise DataError(f"{name} have elements of {type(image).__name__}; make them tensors.")
        image = to_numpy(image)
        label = None if label_key is None else to_numpy(element[label_key])
        if batched is None:
            spec = dataset.element_spec
            spec = spec if image_key is ... else spec[image_key]
            batched = _are_batches(image.shape, spec, label, name)
        images.append(image if batched else image[np.newaxis])
        if label is not None:
            labels.append(label if batched else label[np.newaxis])
        read += image.nbytes
        if read > MOST_BYTES:
            raise DataError(
                f"{name} go on after {read / 2**30:.0f} GiB, and may have no end; take(1000), for "
                "instance, makes a dataset that has."
            )
    if not images:
        raise DataError(f"{name} are an empty dataset; one image or more is needed.")
    return _joined(images, name), np.concatenate(labels) if labels else None


def _are_batches(shape, spec, label, name):
    """Say whether elements of this shape are batches, or single images."""
    if label is not None and label.ndim == 0:
        return False
    if len(shape) != 3:
        return len(shape) == 4 or (len(shape) == 2 and shape[1] == 2)
    sizes = spec.shape.as_list() if spec.shape.rank else [0]
    if sizes[0] is None and sizes[1] is not None:  # as batch() leaves it
        return True
    if shape[2] <= FEW_CHANNELS:
        return False
    if label is not None and label.shape[0] == shape[0]:
        return True
    raise DataError(
        f"{name} have elements of shape {shape}: {shape[0]} gray images, or one of {shape[2]} "
        "channels? Give gray ones an axis for it, images[..., None], and single ones batch()."
    )


def _joined(parts, name):
    sizes = sorted({part.shape[1:] for part in parts})
    if len(sizes) == 1:
        return np.concatenate(parts)
    raise DataError(
        f"{name} have different sizes, {sizes[0]} and {sizes[-1]} among them; bring all to one by "
        "dataset.map."
    )


# Folders


def is_folder(name) -> bool:
    """Say whether a data set's name is meant as a folder: a path, or one that is there."""
    if isinstance(name, os.PathLike):
        return True
    if not isinstance(name, str):
        return False
    return any(part in name for part in {"/", os.sep}) or os.path.isdir(name)


def read_folder(folder: Path, split: str):
    """Return the images (N, H, W, 1) and labels, or None, of a folder with IDX files.

    The names of the files are MNIST's, with .gz at their end or not; the size is any.

    Raises:
        DataError: there is no such folder or file, or a file is damaged.
    """
    if not os.path.isdir(folder):
        what = "is a file; name the folder it is in" if os.path.isfile(folder) else "is not there"
        raise DataError(f"the folder {str(folder)!r} {what}.")
    images, labels = (_find(folder, split, kind) for kind in idx.KINDS)
    if images is None:
        wanted = idx.file_name(split, "images")
        raise DataError(
            f"the folder {str(folder)!r} has no {wanted} and no {wanted.removesuffix('.gz')}. "
            f"IDX files are what is read from a folder ({idx.file_name(split, 'labels')} may be "
            "missing); pictures such as PNG or JPEG are not read yet: make an array of them, for "
            "ganbook.data.ImageData.of(array)."
        )
    images = _idx_array(images, "images")[..., np.newaxis]
    return images, None if labels is None else _idx_array(labels, "labels")


def _find(folder, split, kind):
    """Return the path of a file that is there, or None."""
    packed = folder / idx.file_name(split, kind)
    paths = packed, packed.with_suffix("")
    return next((path for path in paths if os.path.exists(path)), None)


def _idx_array(path, kind):
    """Return what an IDX file of bytes holds: uint8 (N, H, W), or (N,) for labels."""
    content = _content(path)
    magic, header = idx.KINDS[kind]
    numbers = np.frombuffer(content[: min(header, len(content) // 4 * 4)], ">u4").tolist()
    if len(content) < header or numbers[0] != magic:
        raise DataError(f"{path} is no IDX file of {kind} in bytes, which begins with {magic}.")
    wanted = header + math.prod(numbers[1:])
    if len(content) != wanted:
        raise DataError(
            f"{path} has {len(content):,} bytes, unpacked, where its header says {wanted:,}; it is "
            "damaged or not whole."
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(numbers[1:])


def _content(path):
    try:
        content = path.read_bytes()
        return gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
    except (OSError, EOFError, zlib.error) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise DataError(f"{path} cannot be read ({why}).") from error


def padded(images, size):
    """Return images with black around them, up to ``size`` in height and width.

    Raises:
        SettingError: the images are larger.
    """
    size = whole(size, "size")
    height, width = images.shape[1:3]
    if size < max(height, width):
        raise SettingError(
            f"size is {size}, but the images are {height} x {width}, and are padded, never cut; "
            f"it must be {max(height, width)} or more."
        )
    # Where the black cannot be even, there is one row more at the end.
    edges = [((size - side) // 2, (size - side + 1) // 2) for side in (height, width)]
    return np.pad(images, ((0, 0), *edges, (0, 0)))


def title_of(name) -> str:
    """Return a name as it can stand in a title: one line of what can be printed."""
    shown = "".join(letter if letter.isprintable() else " " for letter in str(name))
    return " ".join(shown.split()) or "your images"
