"""The small classifiers whose features the distances use, with their stored weights.

Inception features say little about 28 x 28 gray pictures, so each data set has a small
convolutional classifier of its own. Its penultimate layer is the feature space of every distance in
this series, and its class is the mode that a sample falls into.

The features are the 128 numbers that enter the last ReLU, not those that leave it. Before the ReLU
they are close to bell-shaped, which the Frechet distance assumes; after it, most of them are
exactly zero and what a sample does wrong on the negative side is invisible. They are scaled by one
number for each data set, so that on its training images their variance is 1 on average.

``scripts/train_classifiers.py`` trains the classifiers and writes the weights.
"""

import functools
import hashlib
import io
import json
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ganbook import value_range
from ganbook.arrays import to_numpy
from ganbook.data import to_uint8
from ganbook.errors import DataError
from ganbook.files import write_json, write_whole

NAMES = ("mnist", "fashion_mnist", "toy_digits", "toy_garments")
# Whose classifier judges the single digits of stacked ones.
SINGLE = {"stacked_mnist": "mnist"}
# What is drawn when a data set isn't at hand, and whose classifier then judges.
STANDINS = {"mnist": "toy_digits", "fashion_mnist": "toy_garments"}
CLASSES = 10
FEATURES = 128
WEIGHTS_FOLDER = Path(__file__).parent / "weights"
BATCH = 500


class Classifier(NamedTuple):
    """A loaded classifier: ``run(uint8 batch) -> (features, logits)`` and the record beside it."""

    name: str
    run: object
    record: dict


def build(seed: int = 0):
    """Build the untrained network: images (N, 28, 28, 1) in 0..255 to logits (N, 10).

    All seeds are given explicitly, so building or loading a classifier never moves the global
    random state of a training that goes on beside it; and all layers are float32 whatever the
    global dtype policy is, so that a measured number doesn't depend on it.
    """
    import keras

    layers = keras.layers

    def block(filters, padding, offset, pool):
        """Convolution, BatchNorm, ReLU; pooling stands before them, where it saves them work."""
        start = keras.initializers.HeNormal(seed=seed + offset)
        return [
            layers.Conv2D(
                filters,
                3,
                padding=padding,
                use_bias=False,
                kernel_initializer=start,
                dtype="float32",
            ),
            *([layers.MaxPooling2D(dtype="float32")] if pool else []),
            layers.BatchNormalization(momentum=0.95, dtype="float32"),
            layers.ReLU(dtype="float32"),
        ]

    def dense(units, offset, name):
        start = keras.initializers.GlorotUniform(seed=seed + offset)
        return layers.Dense(units, kernel_initializer=start, dtype="float32", name=name)

    return keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Rescaling(1 / 255, dtype="float32"),
            *block(16, "same", 1, pool=True),
            *block(48, "same", 2, pool=True),
            *block(64, "valid", 3, pool=False),
            layers.Flatten(dtype="float32"),
            layers.Dropout(0.25, seed=seed + 4, dtype="float32"),
            dense(FEATURES, 5, "features"),
            layers.ReLU(dtype="float32"),
            layers.Dropout(0.4, seed=seed + 6, dtype="float32"),
            dense(CLASSES, 7, "logits"),
        ]
    )


def weight_arrays(model) -> dict:
    """Name the weights of a network from :func:`build` in order: ``{"00": array, "01": ...}``."""
    return {f"{i:02d}": weight.numpy() for i, weight in enumerate(model.weights)}


@functools.cache
def load(name: str) -> Classifier:
    """Load the stored classifier of a data set, once per process.

    ``name`` is "mnist", "fashion_mnist", "toy_digits" or "toy_garments". Raises
    :class:`~ganbook.errors.DataError` (a ValueError) for another name, and for weights that are
    missing or whose SHA-256 isn't the recorded one.
    """
    if name not in NAMES:
        raise DataError(f"no classifier for {name!r}: choose one of {', '.join(NAMES)}")
    arrays, record = _read_weights(name)
    model = build()
    for weight, key in zip(model.weights, sorted(arrays), strict=True):
        weight.assign(arrays[key])
    return Classifier(name, _compiled(model), record)


def features_of(images: np.ndarray, name: str) -> np.ndarray:
    """Return the features of images, float32 (N, 128), by the classifier ``name`` of :func:`load`.

    ``images`` is (N, 28, 28, 1), or (N, 32, 32, 1), of which the border of 2 is cut off: they are
    taken for padded ones, as `load_data` makes them, and must not be resized ones. Values are
    uint8 0..255, or floats in [-1, 1], which are first rounded to uint8 as ``sample`` does.
    Raises DataError (a ValueError) for any other shape, dtype or range, NaN, or no images.
    """
    return _run(images, name)[0]


def predict(images: np.ndarray, name: str) -> np.ndarray:
    """Return the class of each image, int64 (N,); the images are those of :func:`features_of`."""
    return _run(images, name)[1].argmax(axis=1)


def features_and_classes(images: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return :func:`features_of` and :func:`predict` of the same images from one pass."""
    features, logits = _run(images, name)
    return features, logits.argmax(axis=1)


def stacked_classes(images: np.ndarray, name: str = "mnist") -> np.ndarray:
    """Return the mode of stacked digits (N, 28, 28, 3), int64 (N,): 100 r + 10 g + b.

    Each channel is one digit, classified by itself (Metz et al. 2017, section 3.3.1; 1,000 modes).
    Values and errors as in :func:`features_of`.
    """
    images = to_numpy(images)
    if images.ndim != 4 or images.shape[3] != 3:
        raise DataError(f"stacked digits have shape (N, 28, 28, 3), not {images.shape}")
    # As a whole: one channel alone may well hold no black.
    value_range.check(images, name="the samples")
    images = images if images.dtype == np.uint8 else to_uint8(images)
    red, green, blue = (predict(images[..., channel, None], name) for channel in range(3))
    return 100 * red + 10 * green + blue


def _run(images: np.ndarray, name: str) -> tuple[np.ndarray, np.ndarray]:
    images = as_pictures(images)
    classifier = load(name)
    batches = [images[start : start + BATCH] for start in range(0, len(images), BATCH)]
    features, logits = zip(*(classifier.run(batch) for batch in batches), strict=True)
    return np.concatenate(features), np.concatenate(logits)


def classifier_of(data) -> str:
    """Return the name of the classifier that judges an `ImageData`; a stand-in has its own.

    Stacked digits are judged digit by digit. Raises DataError (a ValueError) for data without a
    classifier.
    """
    if not has_classifier(data):
        raise DataError(
            f"there is no classifier for {data.name!r}, by whose features samples are measured, "
            f"only for {', '.join(NAMES)}: look at samples beside real images, by "
            "ganbook.plots.image_grid."
        )
    return _name_of_classifier(data)


def has_classifier(data) -> bool:
    """Say whether samples of an `ImageData` can be measured by the features of a classifier."""
    return _name_of_classifier(data) in NAMES


def _name_of_classifier(data):
    single = SINGLE.get(data.name, data.name)
    return STANDINS.get(single) if data.is_standin else single


def as_pictures(images: np.ndarray) -> np.ndarray:
    """Check images as :func:`features_of` takes them, and bring them to uint8 (N, 28, 28, 1).

    Of 32 x 32 the border of 2 is cut off, whatever it holds; whether it should have been black,
    `ganbook.evaluation.check_padded` can tell of many samples.
    """
    images = to_numpy(images)
    if images.ndim != 4 or images.shape[1:] not in ((28, 28, 1), (32, 32, 1)):
        raise DataError(
            f"images have shape {images.shape}: expected (N, 28, 28, 1), or those padded to "
            "(N, 32, 32, 1)"
        )
    if len(images) == 0:
        raise DataError("there are no images: expected at least one")
    value_range.check(images, name="the samples")
    if images.shape[1] == 32:
        images = images[:, 2:-2, 2:-2]
    return images if images.dtype == np.uint8 else to_uint8(images)


def _read_weights(name: str) -> tuple[dict, dict]:
    path = WEIGHTS_FOLDER / f"{name}_classifier.npz"
    record_path = path.with_suffix(".json")
    for needed in (path, record_path):
        if not needed.exists():
            raise DataError(
                f"{needed.name} is missing: reinstall ganbook, or make it with "
                f"scripts/train_classifiers.py {name}"
            )
    try:
        record = json.loads(record_path.read_text(encoding="utf-8"))
        intact = hashlib.sha256(path.read_bytes()).hexdigest() == record["sha256"]
    except (ValueError, KeyError):
        intact = False
    if not intact:
        raise DataError(
            f"{path.name} is damaged or not the one that {record_path.name} describes: reinstall "
            f"ganbook, or make it anew with scripts/train_classifiers.py {name}"
        )
    with np.load(path, allow_pickle=False) as arrays:
        return dict(arrays), record


def _compiled(model):
    """Wrap the network as a function of a uint8 NumPy batch; one trace serves every batch size."""
    import keras
    import tensorflow as tf

    both = keras.Model(model.inputs, [model.get_layer("features").output, model.outputs[0]])

    # No XLA: on CPUs it makes convolutions many times slower.
    @tf.function(jit_compile=False, input_signature=[tf.TensorSpec((None, 28, 28, 1), tf.uint8)])
    def forward(batch):
        return both(batch, training=False)

    def run(batch):
        features, logits = forward(tf.constant(batch))
        return features.numpy(), logits.numpy()

    return run


def save_weights(model, name: str, record: dict) -> Path:
    """Write a classifier's weights and record (with the weights' SHA-256) atomically."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **weight_arrays(model))
    record = {**record, "sha256": hashlib.sha256(buffer.getvalue()).hexdigest()}
    path = write_whole(WEIGHTS_FOLDER / f"{name}_classifier.npz", buffer.getvalue())
    write_json(path.with_suffix(".json"), record)
    return path
