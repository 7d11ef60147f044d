"""All measures of one set of samples, taken in one way for every lesson, script and command.

A number here is comparable with another only if both were taken on the same data, with the same
classifier and the same number of samples; so these stand in every result.
"""

import functools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ganbook import features, metrics
from ganbook.arrays import are_points, to_numpy
from ganbook.data import TITLES, ImageData, load_data
from ganbook.errors import DataError
from ganbook.modes import mixture_report, mode_report

SAMPLES = 10_000
QUICK_SAMPLES = 2_000
STACKED_SAMPLES = 26_000  # Metz et al., 2017, section 3.3.1
POINT_SAMPLES = 2_500  # Lin et al., 2018, section 4.1
FEWEST = 20  # the kernel distance's standard error comes from ten blocks of two or more
# How far the mean of samples may be from that of resized images to be taken for it: see
# `check_padded`.
RESIZED = 0.02
# Nearest training images are searched for so many samples, and for so many held-out images.
MEMORIZATION_SAMPLES = 2_000


class Judge:
    """Measures samples of one data set; what concerns only real images is computed once.

    The reference is a random choice of as many test images as there are samples (all of them, if
    there are fewer). The floor is the Frechet distance between the reference and as many random
    training images: what a perfect generator can be expected to reach with this many samples.

    Args:
        training: the training images, real or stand-in; the test images are loaded to match.
        count: how many samples each call measures, 20 or more.

    Raises:
        DataError (a ValueError): data without a classifier, or too few samples.
    """

    def __init__(self, training: ImageData, count: int = SAMPLES):
        self.classifier = features.classifier_of(training)
        if count < FEWEST:
            raise DataError(
                f"{count} samples are too few to measure: expected {FEWEST} or more, and "
                f"{SAMPLES:,} for a number to keep"
            )
        self.count = count
        self.training = training
        test = test_set_of(training)
        self.reference_images = test.draw(min(count, len(test)))[0]

    @functools.cached_property
    def reference(self) -> np.ndarray:
        """The features of the reference images, float32 (n, 128)."""
        return features.features_of(self.reference_images, self.classifier)

    @functools.cached_property
    def floor(self) -> float:
        """The Frechet distance of ``count`` real training images from the reference."""
        real = features.features_of(self.training.draw(self.count)[0], self.classifier)
        return metrics.frechet_distance_of(self.reference, real)

    def measure(self, samples: np.ndarray) -> dict:
        """Return every measure of samples, ready for JSON.

        Args:
            samples: (count, 28, 28, 1), or (count, 32, 32, 1), of which the border is cut off,
                since it is black in padded images; uint8, or floats in [-1, 1].

        Returns:
            A dict. What makes numbers comparable: ``data``, ``standin``, ``samples``,
            ``reference`` (how many test images), ``classifier`` (the first 12 digits of its
            SHA-256). The measures: ``frechet_distance`` and its ``frechet_floor``,
            ``kernel_distance`` and its ``kernel_standard_error``, ``precision``, ``recall``,
            ``density``, ``coverage`` (k = 5), ``modes`` (classes with a sample), ``class_kl``
            (nats, against uniform), ``class_histogram``, ``memorization`` (between pixels; 0.5
            like unseen real images, towards 1 copies), ``memorization_z`` (how sure its
            difference from 0.5 is) and ``copies`` (a fraction). See `ganbook.metrics` for what
            each means.

        Raises:
            DataError (a ValueError): another number of samples, a wrong shape, dtype or range, or
                images that were resized to 32 x 32, where that can be told (see `check_padded`).
        """
        given, samples = samples, features.as_pictures(samples)
        if len(samples) != self.count:
            raise DataError(f"{len(samples)} samples were given to a judge of {self.count}")
        check_padded(given, self.training)
        found, classes = features.features_and_classes(samples, self.classifier)
        modes = metrics.mode_report(classes, features.CLASSES)
        memory = metrics.memorization_score(
            samples[:MEMORIZATION_SAMPLES],
            features.as_pictures(self.training.images),
            features.as_pictures(self.reference_images[:MEMORIZATION_SAMPLES]),
        )
        numbers = {
            "frechet_distance": metrics.frechet_distance_of(self.reference, found),
            "frechet_floor": self.floor,
            "kernel_distance": metrics.kernel_distance(self.reference, found),
            "kernel_standard_error": metrics.kernel_distance_spread(self.reference, found)[
                "standard_error"
            ],
            **metrics.prdc(self.reference, found),
            "class_kl": modes["kl"],
            "memorization": memory["score"],
            "memorization_z": memory["z"],
            "copies": memory["copies"],
        }
        return {
            "data": self.training.name,
            "standin": self.training.is_standin,
            "samples": self.count,
            "reference": len(self.reference_images),
            "classifier": features.load(self.classifier).record["sha256"][:12],
            **{name: _six_digits(value) for name, value in numbers.items()},
            "modes": modes["modes"],
            "class_histogram": metrics.class_histogram(classes, features.CLASSES).tolist(),
        }


def measure(data: ImageData, samples: np.ndarray) -> dict:
    """Return every measure of samples for what ``data`` holds.

    See `protocol_of`, which chooses among `measure_images`, `measure_points`, `measure_stacked`.

    Raises:
        DataError (a ValueError): samples that cannot be measured, or data of your own, for which
            there is no classifier.
    """
    return protocol_of(data).measure(data, samples)


def measure_images(data: ImageData, samples: np.ndarray) -> dict:
    """Return what `Judge.measure` finds, for samples that are judged once."""
    return Judge(data, len(samples)).measure(samples)


def measure_points(data: ImageData, samples: np.ndarray) -> dict:
    """Return the measures of 2-D points against the mixture they were trained on, for JSON.

    Args:
        data: "ring" or "grid".
        samples: (N, 2) points.

    Returns:
        ``data``, ``samples`` (N), and what `ganbook.metrics.mixture_report` finds: ``modes``,
        ``kl``, ``high_quality`` and ``spread_ratio``.

    Raises:
        DataError (a ValueError): samples that are no points.
    """
    if not are_points(samples):
        raise DataError(f"samples have shape {np.shape(samples)}; points, (N, 2), are right.")
    found = mixture_report(samples, data.centers, data.sigma)
    numbers = {name: _six_digits(value) for name, value in found.items() if name != "modes"}
    return {"data": data.name, "samples": len(samples), "modes": found["modes"], **numbers}


def measure_stacked(data: ImageData, samples: np.ndarray) -> dict:
    """Return how many of the 1,000 modes of stacked digits samples reach, for JSON.

    Args:
        data: "stacked_mnist", real or stand-in.
        samples: (N, 28, 28, 3), uint8 or floats in [-1, 1]; N is 26,000 in the papers.

    Returns:
        ``data``, ``standin``, ``samples`` (N), ``classifier``; ``modes`` with a sample and ``kl``
        (nats, against uniform), see `ganbook.metrics.mode_report`; and the same of N real examples
        through the same classifier, ``real_modes`` and ``real_kl``: what can be expected at best.

    Raises:
        DataError (a ValueError): a wrong shape, dtype or range.

    Source: Metz et al., 2017, section 3.3.1; Lin et al., 2018, section 4.2.
    """
    classifier = features.classifier_of(data)
    modes = len(data.class_names)
    classes = features.stacked_classes(samples, classifier)
    check_padded(samples, data)
    found = mode_report(classes, modes)
    real = mode_report(features.stacked_classes(data.draw(len(samples))[0], classifier), modes)
    return {
        "data": data.name,
        "standin": data.is_standin,
        "samples": len(samples),
        "classifier": features.load(classifier).record["sha256"][:12],
        "modes": found["modes"],
        "kl": _six_digits(found["kl"]),
        "real_modes": real["modes"],
        "real_kl": _six_digits(real["kl"]),
    }


def measure_own(data: ImageData, samples: np.ndarray) -> dict:
    """Raise DataError: data of your own have no classifier and no known modes to measure by.

    A distance between pixels is not offered in their place: it prefers blur to sharp samples.
    """
    if data.holds_points:
        raise DataError(
            f"the modes of {data.name!r} are not known, by which points are measured; look at them "
            "beside real ones, by ganbook.plots.points."
        )
    features.classifier_of(data)  # raises, and says for which data there is one


def check_padded(samples: np.ndarray, training: ImageData):
    """Raise DataError if samples of 32 x 32 look like images that were resized, not padded.

    Before measuring, the border of 2 is cut off, which is black in padded images. Of resized ones
    it cuts off a part, and what is left is too large: real digits were 15 from real digits then.

    They are told by the mean of all samples. Its distance from the mean of the training images, as
    padded and as resized, is 1 less their correlation. Measured on both MNISTs and both toys, 1,000
    images at a time:

    | samples | from padded | from resized |
    |---|---|---|
    | real images, padded | 0.002 or less | 0.034 or more |
    | lessons 02 and 06, the shipped generators | 0.002 | 0.047 or more |
    | the same networks in their first 450 and 200 steps | 0.003 to 1.4 | 0.057 or more |
    | real images of 16, 8 or 4 pixels, enlarged as in growing stages | 0.01 to 0.2 | 0.04 or more |
    | real images, resized in five ways | 0.033 or more | 0.007 or less |
    | the same, blurred or without one class | 0.028 or more | 0.016 or less |

    So what is within 0.02 of resized, and twice as far from padded, is refused. The mean of N
    samples is off by about 1 / N in this measure, so that much is added. What cannot be told (one
    class only, few samples) is taken for padded.
    """
    samples = to_numpy(samples)
    if samples.shape[1] != 32:
        return
    real = training.images[:, 2:-2, 2:-2] if training.images.shape[1] == 32 else training.images
    if real.shape[1:3] != (28, 28):
        return
    real, found = (images.mean(axis=(0, 3), dtype=np.float64) for images in (real, samples))
    padded, resized = _apart(found, np.pad(real, 2)), _apart(found, _enlarged(real))
    if resized < RESIZED + 1 / len(samples) and padded > 2 * resized:
        raise DataError(
            "the samples look like images that were resized to 32 x 32; 28 x 28 must be padded, as "
            "load_data(..., size=32) does, since the border of 2 is cut off: pass them as they "
            "were, (N, 28, 28, 1), or train on padded ones."
        )


def _apart(one, other):
    """Return 1 less the correlation of two pictures; 1 if one of them is plain."""
    one, other = one - one.mean(), other - other.mean()
    lengths = np.linalg.norm(one) * np.linalg.norm(other)
    return 1.0 - float(np.sum(one * other) / lengths) if lengths > 1e-9 else 1.0


def _enlarged(picture):
    """Return a picture of 28 x 28 resized to 32 x 32, between neighbors in a straight line."""
    places = (np.arange(32) + 0.5) * 28 / 32 - 0.5
    for _ in range(2):
        picture = np.stack([np.interp(places, np.arange(28), row) for row in picture], axis=1)
    return picture


@dataclass(frozen=True)
class Protocol:
    """How samples of one kind of data are measured; `protocol_of` chooses it.

    Attributes:
        examples: what the data set holds, in a word.
        made: what a generator makes of them.
        samples: how many are measured for a number to keep.
        quick_samples: how many are measured in the quick preset.
        against_test: whether samples are compared with test images, so that there should not be
            more of them, and a scoreboard's row has all that it needs.
        measure: called with the data and the samples; returns a dict, ready for JSON.
    """

    examples: str
    made: str
    samples: int
    quick_samples: int
    against_test: bool
    measure: Callable[[ImageData, np.ndarray], dict]


IMAGES = Protocol("images", "gray images", SAMPLES, QUICK_SAMPLES, True, measure_images)
STACKED = Protocol(
    "images", "stacked digits", STACKED_SAMPLES, QUICK_SAMPLES, False, measure_stacked
)
# As many in every preset, since points cost next to nothing.
POINTS = Protocol("points", "points", POINT_SAMPLES, POINT_SAMPLES, False, measure_points)
OWN = Protocol("images", "images of your own", SAMPLES, QUICK_SAMPLES, False, measure_own)
OWN_POINTS = Protocol(
    "points", "points of your own", POINT_SAMPLES, POINT_SAMPLES, False, measure_own
)


def protocol_of(data: ImageData) -> Protocol:
    """Return how samples of this data are measured: the one place that asks what the data are."""
    if data.holds_points:
        return OWN_POINTS if data.centers is None else POINTS
    if not features.has_classifier(data):
        return OWN
    return STACKED if data.stack > 1 else IMAGES


def test_set_of(training: ImageData) -> ImageData:
    """Return the test images that belong to training images, real or stand-in.

    Raises:
        DataError (a ValueError): of data of your own none are known.
    """
    if training.name not in TITLES:
        raise DataError(
            f"no test images are known of {training.name!r}; make them an ImageData of their own."
        )
    source = "standin" if training.is_standin else "auto"
    return load_data(training.name, source, split="test")


def _six_digits(value):
    """Round to six significant digits: more would be noise in every one of these measures."""
    return float(f"{value:.6g}")
