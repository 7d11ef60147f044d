"""The data of all lessons: ``load_data(name)`` returns one ImageData, whatever the source.

``ImageData.of(images)`` makes one of a reader's own pictures; see `ganbook.own_data`.

The order of sources is: the folder named by the environment variable GANBOOK_DATA, the cache of
TensorFlow Datasets, its download, the original files from the web, and, for digits and garments,
stand-ins drawn by this package. All but the stand-ins give the same images in the same order.
"""

import dataclasses
import functools
import hashlib
import operator
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ganbook import idx, mirrors, mixtures, originals, own_data, prepared
from ganbook.arrays import to_numpy
from ganbook.errors import DataError, SettingError
from ganbook.prepared import NotHereError
from ganbook.settings import whole
from ganbook.stream import stream

__all__ = ["ImageData", "load_data", "stream", "to_float", "to_uint8"]

DIGITS = tuple("0123456789")
GARMENTS = (
    "T-shirt", "trouser", "pullover", "dress", "coat",
    "sandal", "shirt", "sneaker", "bag", "ankle boot",
)  # fmt: skip
TITLES = {
    **idx.TITLES,
    "stacked_mnist": "Stacked MNIST",
    "ring": "Ring of 8 Gaussians",
    "grid": "Grid of 25 Gaussians",
    "toy_digits": "Toy digits",
    "toy_garments": "Toy garments",
}
DRAWN = ("ring", "grid", "toy_digits", "toy_garments")
SOURCES = {
    "folder": "the folder in GANBOOK_DATA",
    "cache": "the TensorFlow Datasets cache",
    "download": "TensorFlow Datasets",
    "originals": "the original files",
    "standin": "offline stand-in",
}
OWN = "data of your own"
SPLITS = ("train", "test")
POINTS = {"train": 50_000, "test": 10_000}
TOYS = {"train": 20_000, "test": 4_000}
LARGEST_SIZE = 64


@dataclass(frozen=True, eq=False, repr=False)
class ImageData:
    """Images or points, their labels, and where they came from.

    Attributes:
        name: the name given to `load_data` or `of`.
        images: uint8 (N, H, W, C), 0 is black; points are float32 (N, 2). With ``stack=3`` these
            are the single gray digits; `stream` and `draw` put three of them together. Images of
            your own may be float32 in [-1, 1], too.
        labels: int64 (N,), the class, or the mode of a mixture.
        source: where the data came from, for people.
        is_standin: True if drawn pictures stand in for a data set that wasn't at hand.
        class_names: what the labels mean; of stacked digits, of the labels that `draw` returns.
        stack: how many images make one example.
        centers: float32 (modes, 2) of a mixture, else None.
        sigma: standard deviation of each mode of a mixture, else None.
    """

    name: str
    images: np.ndarray
    labels: np.ndarray
    source: str
    is_standin: bool
    class_names: tuple[str, ...]
    stack: int = 1
    centers: np.ndarray | None = None
    sigma: float | None = None

    @classmethod
    def of(cls, images, labels=None, name="your images", class_names=None) -> "ImageData":
        """Return images or points of your own as an ImageData, copied.

        Args:
            images: (N, H, W, C), or gray ones (N, H, W), of any size: an array, a tensor, a list of
                pictures, a pair (images, labels), or a tf.data.Dataset that ends, of images or
                (image, label), in batches or not, which is read whole. uint8, 0 to 255, or floats
                in [-1, 1], which become float32. Or points, floats (N, 2).
            labels: integers (N,) from 0, or one-hot (N, classes). Without any, all images are of
                one class, "unlabeled".
            name: what to call them; not that of a data set which `load_data` knows.
            class_names: one for each class; numbers, if None.

        Raises:
            DataError (a ValueError): images in another range (the error says what to call) or of
                different sizes, a dataset without an end, labels that do not fit, a name in use.
        """
        title = own_data.title_of(name)
        if title in TITLES:
            raise DataError(f"name is {name!r}, a data set of load_data; choose another.")
        images, labels, class_names = own_data.arrays_of(images, labels, title, class_names)
        return cls(str(name), images, labels, OWN, False, class_names)

    def __post_init__(self):
        for array in (self.images, self.labels):
            array.setflags(write=False)  # all readers share one array

    def __len__(self) -> int:
        return len(self.images)

    def __repr__(self) -> str:
        examples = "x".join(map(str, self.shape))
        return f"<{self.caption}: {len(self):,} examples of {examples} ({self.source})>"

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one example."""
        shape = self.images.shape[1:]
        return (*shape[:-1], self.stack) if self.stack > 1 else shape

    @property
    def holds_points(self) -> bool:
        """Whether examples are points in the plane, not images."""
        return self.images.ndim == 2

    @property
    def caption(self) -> str:
        """What to call the data in a figure's title; a stand-in says that it is one."""
        title = TITLES.get(self.name) or own_data.title_of(self.name)
        return f"{title} stand-in (drawn offline)" if self.is_standin else title

    @functools.cached_property
    def checksum(self) -> str:
        """The sha256 of images and labels, so that a run can record what it saw."""
        digest = hashlib.sha256(np.ascontiguousarray(self.images))
        digest.update(np.ascontiguousarray(self.labels))
        return digest.hexdigest()

    def stream(self, batch_size, discriminator_steps=1, steps_per_call=1, seed=0):
        """Return an endless tf.data.Dataset of shuffled batches; see `ganbook.stream.stream`."""
        return stream(
            self.images, batch_size, discriminator_steps, steps_per_call, seed, self.stack
        )

    def draw(self, count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
        """Return ``count`` random examples and their labels; the same ones for the same seed.

        No example comes twice before every example has come once. A stacked example is three
        random digits r, g, b with the label 100 r + 10 g + b.
        """
        count = whole(count, "count", at_least=1)
        rng = np.random.default_rng(whole(seed, "seed", at_least=0))
        rounds = -(-count // len(self))
        picks = [
            np.concatenate([rng.permutation(len(self)) for _ in range(rounds)])[:count]
            for _ in range(self.stack)
        ]
        images = np.concatenate([self.images[pick] for pick in picks], axis=-1)
        labels = np.zeros(count, np.int64)
        for pick in picks:
            labels = 10 * labels + self.labels[pick]
        return images, labels


def load_data(
    name: str | Path,
    source: str = "auto",
    *,
    split: str = "train",
    size: int | None = None,
    seed: int = 0,
) -> ImageData:
    """Load a data set by name, or your own from a folder.

    Args:
        name: "mnist", "fashion_mnist", "stacked_mnist" (three digits as red, green and blue,
            1,000 classes), "ring", "grid" (mixtures of 2-D Gaussians), "toy_digits" or
            "toy_garments" (drawn by this package). Or a folder: a Path, or a string with a / in
            it, or one that is no name of a data set. IDX files named as MNIST's are read from it,
            packed or not, with pictures of any size; those of labels may be missing. The data are
            named after the folder. Arrays and datasets: `ImageData.of`.
        source: "folder" (the one named by GANBOOK_DATA), "cache" or "download" (TensorFlow
            Datasets), "originals" (the original files, fetched by Keras into its own cache),
            "standin", or "auto": the first of these, in this order, that has the data; nothing is
            downloaded while original files are in Keras's cache. Whatever is fetched, and a
            stand-in, is announced with one printed line. A host that doesn't answer isn't asked
            again, unless "download" or "originals" is asked for by name.
        split: "train" or "test".
        size: pad pictures with black to this height and width; None keeps 28, or a folder's own.
        seed: of everything that is drawn: points, toys and stand-ins.

    Raises:
        DataError (a ValueError): unknown name, or files that are missing or damaged.
        SettingError (a ValueError): another argument has a value that cannot work.
    """
    is_own = not isinstance(name, str) or name not in TITLES
    if is_own and not own_data.is_folder(name):
        raise DataError(_unknown(name))
    _check_choice(SettingError, "source", source, ("auto", *SOURCES))
    _check_choice(SettingError, "split", split, SPLITS)
    seed = whole(seed, "seed", at_least=0)
    if is_own:
        return _own_folder(Path(os.path.expanduser(name)), source, split, size)
    if name in DRAWN and source != "auto":
        raise SettingError(f"source is {source!r}, but {name} is always drawn; leave source out.")
    if name in ("ring", "grid"):
        if size is not None:
            raise SettingError(f"size is {size!r}, but {name} holds points; leave size out.")
        return _mixture(name, split, seed)
    padding = _padding(size)
    images, labels, where, is_standin = _pictures(name, source, split, seed)
    if padding:
        images = np.pad(images, ((0, 0), (padding, padding), (padding, padding), (0, 0)))
    stacked = name == "stacked_mnist"
    names = GARMENTS if name in ("fashion_mnist", "toy_garments") else DIGITS
    if stacked:
        names = tuple(f"{number:03d}" for number in range(1000))
    return ImageData(name, images, labels, where, is_standin, names, stack=3 if stacked else 1)


def to_float(images: np.ndarray) -> np.ndarray:
    """Scale uint8 images, 0 to 255, to float32 in [-1, 1]: x / 127.5 - 1. Black is -1.

    Raises:
        DataError (a ValueError): the images are floats, so they have been scaled before.
    """
    images = to_numpy(images)
    if np.issubdtype(images.dtype, np.floating):
        raise DataError(
            f"the images are {images.dtype}; to_float scales uint8 ones, and only once."
        )
    return images.astype(np.float32) / np.float32(127.5) - np.float32(1)


def to_uint8(images: np.ndarray) -> np.ndarray:
    """Undo `to_float`: round to uint8 and clip what lies outside of [-1, 1].

    Raises:
        DataError (a ValueError): an image holds NaN, or the images are no floats.
    """
    images = to_numpy(images)
    if images.dtype.kind != "f":
        raise DataError(f"the images are {images.dtype}; to_uint8 takes floats in [-1, 1].")
    images = images.astype(np.float32)
    if np.isnan(images).any():
        raise DataError(f"{np.isnan(images).sum()} pixels are NaN; to_uint8 needs numbers.")
    # Clipped first, because infinity has no integer.
    return np.rint((np.clip(images, -1, 1) + 1) * np.float32(127.5)).astype(np.uint8)


def _unknown(name):
    choices = f"{', '.join(TITLES)}, or a folder"
    if hasattr(name, "shape") or own_data.is_dataset(name):
        return f"load_data takes a name, one of {choices}; ImageData.of takes arrays and datasets."
    return f"data set {name!r} is unknown; choose one of {choices}."


def _own_folder(folder, source, split, size):
    """Return what a reader's own folder holds."""
    if source != "auto":
        raise SettingError(f"source is {source!r}, but the data are in a folder; leave source out.")
    images, labels = own_data.read_folder(folder, split)
    if size is not None:
        images = own_data.padded(images, size)
    name = folder.resolve().name
    # Else it would be taken for the data set of that name, and judged by its classifier.
    name = f"{name} folder" if name in TITLES else name
    own = ImageData.of(images, labels, name)
    return dataclasses.replace(own, source=f"the folder {own_data.title_of(folder)}")


def _pictures(name, source, split, seed):
    """Return images, labels, where they came from, and whether they are stand-ins."""
    if name in DRAWN:
        return *_toys(name, split, seed), "drawn", False
    files = "mnist" if name == "stacked_mnist" else name
    if source in ("download", "originals"):
        mirrors.forget()
    reasons = []
    for one in _places(source):
        try:
            images, labels = _load_from(one, files, split, seed, reasons)
        except NotHereError as error:
            if one != "kept":
                reasons.append(str(error))
            continue
        if reasons and one == "standin":
            print(_announcement(files, reasons))
        where = SOURCES["originals" if one == "kept" else one]
        return images, labels, where, one == "standin"
    raise DataError(f"source={source!r} has no {TITLES[files]}: {reasons[0]}.")


def _places(source):
    """Yield where to look, in order; "kept" are original files that were fetched before."""
    for one in SOURCES if source == "auto" else (source,):
        if one == "download" and source == "auto":
            yield "kept"
        yield one


def _load_from(place, name, split, seed, reasons):
    """Return images and labels from one place, or raise NotHereError to have the next tried."""
    if place == "folder":
        return _from_folder(name, split)
    if place == "standin":
        return _toys("toy_digits" if name == "mnist" else "toy_garments", split, seed)
    if place == "kept":
        return originals.kept(name, split)
    if place == "originals":
        return originals.load(name, split, why=reasons[-1] if reasons else "")
    return prepared.load(name, split, download=place == "download")


def _from_folder(name, split):
    setting = os.environ.get("GANBOOK_DATA")
    if not setting:
        raise NotHereError("GANBOOK_DATA is not set")
    folder = Path(os.path.expanduser(setting))  # which never raises
    if not os.path.isdir(folder):  # which never raises, either
        shown = setting if len(setting) < 200 else f"{setting[:200]}..."
        raise DataError(f"GANBOOK_DATA is {shown!r}, which is no folder; correct or unset it.")
    if not os.access(folder, os.R_OK | os.X_OK):
        raise DataError(f"GANBOOK_DATA is {setting!r}, a folder that may not be read; have it so.")
    if not os.path.isdir(folder / name):
        raise NotHereError(f"the folder in GANBOOK_DATA has no subfolder {name}")
    return idx.read_folder(folder, name, split)


def _announcement(name, reasons):
    toys = "toy digits" if name == "mnist" else "toy garments"
    # A host that is out of reach is one reason, though two sources need it.
    reasons = [
        one
        for one, after in zip(reasons, [*reasons[1:], ""], strict=True)
        if not after.startswith(one.removesuffix(" cannot be reached"))
    ]
    return f"{TITLES[name]} is not at hand ({'; '.join(reasons)}): {toys} drawn offline stand in."


def _toys(name, split, seed):
    from ganbook import standins

    draw = standins.toy_digits if name == "toy_digits" else standins.toy_garments
    images, labels = draw(TOYS[split], _split_seed(seed, split))
    return images[..., np.newaxis], labels


def _mixture(name, split, seed):
    draw = mixtures.ring if name == "ring" else mixtures.grid
    points, labels, centers, sigma = draw(POINTS[split], _split_seed(seed, split))
    names = tuple(f"mode {number}" for number in range(len(centers)))
    return ImageData(name, points, labels, "drawn", False, names, centers=centers, sigma=sigma)


def _split_seed(seed, split):
    """Return another seed for each split, so that a test set repeats nothing."""
    return int(np.random.SeedSequence([seed, SPLITS.index(split)]).generate_state(1)[0])


def _padding(size):
    """Return how many black pixels go on each side of a picture of 28 x 28."""
    if size is None:
        return 0
    try:
        padding, odd = divmod(operator.index(size) - idx.SIZE, 2)
    except TypeError:
        padding, odd = -1, 0
    if padding < 0 or odd or size > LARGEST_SIZE:
        raise SettingError(
            f"size is {size!r}; it must be an even integer from {idx.SIZE} to {LARGEST_SIZE}."
        )
    return padding


def _check_choice(error, what, value, choices):
    if value not in choices:
        raise error(f"{what} {value!r} is unknown; choose one of {', '.join(choices)}.")
