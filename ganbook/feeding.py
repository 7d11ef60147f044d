"""What people have, as what `GAN.fit` trains on: one dataset, an element for each call.

An array, an `ImageData`, a tf.data.Dataset, a Keras PyDataset, a loader or a generator of batches:
each becomes an endless tf.data.Dataset whose elements hold the real images of one call of ``fit``.
Labels that come along are left out; batches that are shorter than the first are, too.
"""

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import keras
import numpy as np
import tensorflow as tf

from ganbook import stream as streams
from ganbook import value_range
from ganbook.arrays import to_numpy
from ganbook.errors import SettingError
from ganbook.settings import whole

BATCH_SIZE = 64
IMAGE_KEYS = ("image", "images", "x", "pixels", "pixel_values")
TAKEN = "an ImageData, an array, a tf.data.Dataset, a PyDataset, a loader or a generator of batches"


@dataclass
class Feed:
    """What `GAN.fit` trains on.

    Attributes:
        dataset: tf.data.Dataset, an element for each call, endless but where ``one_pass``.
        length: how many elements make an epoch; None: that is not known.
        one_pass: an epoch ends where the dataset ends; the length is what it is at most.
        period: after how many elements the same come again; None: never, or not known.
        goes_on: elements that were used in earlier calls of ``fit`` need not be passed over.
        left_out: returns how many batches were left out so far, for their size.
    """

    dataset: tf.data.Dataset
    length: int | None = None
    one_pass: bool = False
    period: int | None = None
    goes_on: bool = False
    left_out: Callable[[], int] = lambda: 0

    @property
    def enters(self) -> bool:
        """Whether the dataset begins anywhere at no cost."""
        return hasattr(self.dataset, "enter")

    def entered(self, begin) -> tf.data.Dataset:
        """Return the dataset from the element on that a variable says when it is iterated."""
        if self.goes_on or self.one_pass:
            return self.dataset
        if self.period is None:
            return streams.entered(self.dataset, begin)
        return streams.entered(self.dataset, begin, self.period)

    def endless(self):
        """Return a feed of the same elements that begins again where this one ends."""
        if not self.one_pass:
            return self
        return replace(self, dataset=self.dataset.repeat(), one_pass=False)


@dataclass(frozen=True)
class Needs:
    """What the elements must be for a GAN; `of` reads it off."""

    example: tuple  # the shape of one image, None where it is free
    discriminator_steps: int
    steps_per_call: int
    devices: int
    values: tuple | None  # the range of the values
    seed: int

    @classmethod
    def of(cls, gan):
        return cls(
            tuple(gan.discriminator.input_shape[1:]),
            gan.discriminator_steps,
            gan.steps_per_call,
            gan.distribute_strategy.num_replicas_in_sync,
            gan.value_range,
            gan.seed,
        )

    @property
    def rank(self) -> int:
        return len(self.example)

    @property
    def text(self) -> str:
        leading = () if self.steps_per_call == 1 else (self.steps_per_call,)
        batch = f"{self.discriminator_steps} * batch"
        return f"({', '.join(map(str, (*leading, batch, *self.example)))})"

    def has_no_channel(self, shape) -> bool:
        """Say whether these are the axes of gray images without an axis of one channel."""
        return self.example[-1:] == (1,) and self.fits((*shape, 1))

    def fits(self, shape) -> bool:
        """Say whether the shape of an image is the one that is needed, as far as it is known."""
        return len(shape) == self.rank and all(
            have is None or want is None or have == want
            for have, want in zip(shape, self.example, strict=True)
        )

    def check_batch(self, size):
        """Raise SettingError unless so many images can be shared out to the steps and devices."""
        if size % self.discriminator_steps:
            raise SettingError(
                f"an element holds {size} images, which cannot be shared out to "
                f"{self.discriminator_steps} steps of the discriminator; these settings need "
                f"{self.text}, {self.discriminator_steps * BATCH_SIZE} images for instance."
            )
        each = size // self.discriminator_steps
        if each % self.devices:
            raise SettingError(
                f"a batch of {each} cannot be shared out equally to {self.devices} devices; use a "
                "multiple."
            )


def feed_of(x, gan, batch_size=None) -> Feed:
    """Return what a GAN trains on.

    Args:
        x: what `GAN.fit` takes.
        gan: the `GAN`.
        batch_size: images in one update of the discriminator, for an array or an ImageData; 64 if
            None.

    Raises:
        SettingError: x cannot be trained on, or does not fit the networks.
        DataError: an array has values that do not fit the generator's range.
    """
    needs = Needs.of(gan)
    x = images_of(x)
    if is_array(x) or hasattr(x, "images"):
        size = BATCH_SIZE if batch_size is None else whole(batch_size, "batch_size")
        return _of_examples(x, needs, size)
    if batch_size is not None:
        raise SettingError(
            f"batch_size is {batch_size!r}, but the data come in batches already; leave it out, or "
            "pass an array."
        )
    if isinstance(x, tf.data.Dataset):
        return _of_dataset(x, needs)
    is_iterable = hasattr(x, "__iter__") and not isinstance(x, (str, bytes, dict))
    if isinstance(x, keras.utils.PyDataset) or is_iterable:
        return _of_batches(Batches(x, needs), needs)
    raise SettingError(f"fit was given {kind_of(x)}; it takes {TAKEN}.")


def images_of(x):
    """Return the images of a pair (images, labels) of arrays; anything else as it is."""
    if isinstance(x, tuple) and len(x) in (2, 3) and is_array(x[0]):
        return x[0]
    return x


def is_array(x) -> bool:
    """Say whether x holds numbers in axes, of whatever library, or is a plain list of them."""
    if isinstance(x, list):
        return bool(x) and (is_array(x[0]) or isinstance(x[0], (int, float)))
    return hasattr(x, "shape") and hasattr(x, "dtype") and not hasattr(x, "images")


def examples_of(x, needs, name="the images") -> np.ndarray:
    """Return an array of images as the networks take them, a channel's axis added where it lacks.

    Raises:
        SettingError: their shape does not fit.
        DataError: their values do not.
    """
    array = to_numpy(x)
    if needs.has_no_channel(array.shape[1:]):
        array = array[..., np.newaxis]
    if not needs.fits(array.shape[1:]):
        raise SettingError(_unfit(name, array.shape, needs))
    value_range.check(array, needs.values, name)
    return array


def _of_examples(x, needs, size):
    """Return the feed of an array or an ImageData: a stream with the GAN's own seed."""
    settings = size, needs.discriminator_steps, needs.steps_per_call, needs.seed
    needs.check_batch(size * needs.discriminator_steps)
    if hasattr(x, "images"):
        if not needs.fits(x.shape):
            raise SettingError(_unfit(x.caption, (len(x), *x.shape), needs))
        value_range.check(x.images, needs.values, x.caption)
        dataset, count = x.stream(*settings), len(x)
    else:
        array = examples_of(x, needs)
        dataset, count = streams.stream(array, *settings), len(array)
    calls = count // (size * needs.discriminator_steps * needs.steps_per_call)
    return Feed(dataset, max(1, calls))


def _unfit(name, shape, needs):
    """Say that images do not fit, and what would help."""
    example, want = tuple(shape[1:]), needs.example
    text = f"{name} have shape {tuple(shape)}; the networks need (N, {', '.join(map(str, want))})"
    if len(example) == len(want) == 3 and example[-1] == want[-1]:
        return f"{text}: pad or resize them, load_data(..., size={want[0]}) for instance."
    if len(example) == len(want) == 3:
        return f"{text}: build the networks for {example[-1]} channels, or convert the images."
    return f"{text}: reshape them, or build the networks for them."


def _of_dataset(dataset, needs):
    if hasattr(dataset, "enter"):  # one of our own: endless, and begins anywhere
        _check_stream(dataset.element_spec.shape, needs)
        return Feed(dataset)
    dataset = dataset.map(_picker(dataset.element_spec))
    shape = dataset.element_spec.shape
    if _is_of_calls(shape, needs):
        _check_stream(shape, needs)
        return _repeated(dataset)
    dataset = _with_known_shape(dataset, needs)
    size, left_out = dataset.element_spec.shape[0], lambda: 0
    short = size is None
    if short:
        length, options = dataset.cardinality(), dataset.options()
        dataset, left_out = _full_batches(dataset)
    else:
        needs.check_batch(size)
    if needs.steps_per_call > 1:
        return _grouped(dataset, length if short else dataset.cardinality(), needs, left_out)
    if short:
        return _passes(dataset.with_options(options), length, left_out)
    return _repeated(dataset)


def batches_of(dataset, needs):
    """Return a dataset that ends as batches of images alone, of any sizes.

    Raises:
        SettingError: it does not end, or its images do not fit the networks.
    """
    if hasattr(dataset, "enter") or dataset.cardinality() == tf.data.INFINITE_CARDINALITY:
        raise SettingError(
            "the validation data have no end; use a dataset that has one, .take(10) for instance."
        )
    return _with_known_shape(dataset.map(_picker(dataset.element_spec)), needs)


def _is_of_calls(shape, needs) -> bool:
    return shape.rank == needs.rank + 2 and needs.steps_per_call > 1


def _check_stream(shape, needs):
    """Raise SettingError unless elements of this shape hold the real images of one call."""
    leading = 0 if needs.steps_per_call == 1 else 1
    fits = (
        shape.rank == leading + 1 + needs.rank
        and needs.fits(tuple(shape[leading + 1 :]))
        and shape.is_fully_defined()
        and (not leading or shape[0] == needs.steps_per_call)
        and shape[leading] % needs.discriminator_steps == 0
    )
    if not fits:
        sizes = "?" if shape.rank is None else tuple(shape)
        raise SettingError(
            f"an element of the stream has shape {sizes}; these settings need {needs.text}, all "
            "sizes known."
        )
    needs.check_batch(shape[leading])


def _picker(spec):
    """Return a function that takes the images out of an element of a dataset."""
    if isinstance(spec, dict):
        found = [key for key in IMAGE_KEYS if key in spec]
        if not found:
            raise SettingError(
                f"the dataset has elements with {', '.join(map(repr, spec))}; images are looked "
                f"for under {', '.join(map(repr, IMAGE_KEYS))}: choose them by dataset.map."
            )
        inner = _picker(spec[found[0]])
        return lambda element: inner(element[found[0]])
    if isinstance(spec, (tuple, list)):
        inner = _picker(spec[0])
        return lambda *element: inner(element[0])
    if not isinstance(spec, tf.TensorSpec):
        raise SettingError(
            f"the dataset has elements of {type(spec).__name__}; fit needs images, all of one "
            "size: make them tensors by dataset.map."
        )
    return lambda element: element


def _with_known_shape(dataset, needs):
    """Return a dataset of batches whose images have all the axes and sizes that are needed."""
    shape = dataset.element_spec.shape
    whole_shape = (shape[0] if shape.rank else None, *needs.example)
    if shape.rank is None:  # it will be looked at when it is there
        return dataset.map(lambda images: tf.ensure_shape(images, whole_shape))
    sizes = tuple(shape)
    if needs.fits(sizes) and not needs.has_no_channel(sizes[1:]):
        raise SettingError(
            f"the dataset has single images of shape {sizes}; end it with .batch({BATCH_SIZE}), "
            "for instance."
        )
    if needs.has_no_channel(sizes[1:]):
        return dataset.map(lambda images: tf.ensure_shape(images[..., tf.newaxis], whole_shape))
    if not needs.fits(sizes[1:]):
        raise SettingError(_unfit("the dataset's batches", sizes, needs))
    return dataset.map(lambda images: tf.ensure_shape(images, whole_shape))


def _full_batches(dataset):
    """Return a dataset without batches that are smaller than the first, and their counter."""
    with tf.init_scope(), tf.device("CPU:0"):  # where tf.data runs
        size = tf.Variable(0, dtype=tf.int64, trainable=False)
        others = tf.Variable(0, dtype=tf.int64, trainable=False)

    def is_full(images):
        count = tf.shape(images, out_type=tf.int64)[0]
        full = tf.where(size.value() == 0, count, size.value())
        with tf.control_dependencies(
            [size.assign(full), others.assign_add(tf.cast(count != full, tf.int64))]
        ):
            return tf.identity(count == full)

    return dataset.filter(is_full), lambda: int(others.numpy())


def _repeated(dataset, **more):
    """Return the feed of a dataset that ends, or not: it begins again."""
    count = int(dataset.cardinality())
    if count == 0:
        raise SettingError("the dataset is empty; fit needs 1 batch or more.")
    if count == tf.data.INFINITE_CARDINALITY:
        return Feed(dataset, **more)
    known = count if count > 0 else None
    return Feed(dataset.repeat(), known, period=known, **more)


def _passes(dataset, length, left_out):
    """Return the feed of batches that may be short at the end: an epoch is one pass."""
    count = int(length)
    if count == tf.data.INFINITE_CARDINALITY:
        return Feed(dataset, left_out=left_out)
    if count == 0:
        raise SettingError("the dataset is empty; fit needs 1 batch or more.")
    if count > 0:
        return Feed(dataset, count, one_pass=True, left_out=left_out)
    return Feed(dataset.repeat(), left_out=left_out)


def _grouped(dataset, length, needs, left_out):
    """Return the feed of batches of which several make one call."""
    count, calls = int(length), needs.steps_per_call
    if count == 0:
        raise SettingError("the dataset is empty; fit needs 1 batch or more.")
    dataset = dataset if count == tf.data.INFINITE_CARDINALITY else dataset.repeat()
    known = max(1, count // calls) if count > 0 else None
    return Feed(dataset.batch(calls, drop_remainder=True), known, left_out=left_out)


class Batches:
    """Batches that Python makes, as arrays of images, all as large as the first.

    Args:
        x: a PyDataset, a loader (whatever can be iterated again), or a generator, which is read on
            and on; a batch is an array, or a tuple, list or dict that has the images first.
        needs: what the images must be.

    Attributes:
        length: how many batches there are, or None.
        read_once: whether it cannot begin again.
        left_out: how many batches were left out, for their size.
    """

    def __init__(self, x, needs):
        self._x, self._needs, self.left_out = x, needs, 0
        self.read_once = hasattr(x, "__next__")
        count = getattr(x, "num_batches", None) if hasattr(x, "on_epoch_end") else _length(x)
        self.length = count if count is None else int(count)
        self._began = iter(self._pass())
        first = next(self._began, None)
        if first is None:
            raise SettingError(f"{kind_of(x)} has no batch left; fit needs 1 or more.")
        self._first = [first]
        self.shape, self.dtype = first.shape, first.dtype

    def __iter__(self):
        """Yield all batches, and again, until a generator ends."""
        # The first one was taken to be looked at.
        batches = itertools.chain(self._first, self._began) if self._first else self._pass()
        self._first = []
        while True:
            for images in batches:
                if images.shape == self.shape:
                    yield images
                else:
                    self.left_out += 1
            if self.read_once:
                return
            batches = self._pass()

    def _pass(self):
        return (self._images(batch) for batch in _batches_of(self._x))

    def _images(self, batch):
        while isinstance(batch, (tuple, list, dict)):
            if isinstance(batch, dict):
                batch = batch[next((key for key in IMAGE_KEYS if key in batch), next(iter(batch)))]
            else:
                batch = batch[0]
        array, needs = to_numpy(batch), self._needs
        if needs.has_no_channel(array.shape[1:]):
            array = array[..., np.newaxis]
        if not needs.fits(array.shape[1:]):
            raise SettingError(_unfit(f"the batches of {kind_of(self._x)}", array.shape, needs))
        return array.astype(np.float32) if array.dtype == np.float64 else array


def _batches_of(x):
    """Return an iterator over one pass of what makes batches."""
    if not isinstance(x, keras.utils.PyDataset):
        return iter(x)
    return _pass_of_pydataset(x)


def _pass_of_pydataset(x):
    for number in itertools.count() if x.num_batches is None else range(x.num_batches):
        yield x[number]
    x.on_epoch_end()


def _length(x):
    try:
        return len(x)
    except TypeError:  # of a generator, or of a loader that does not know
        return None


def _of_batches(batches, needs):
    needs.check_batch(batches.shape[0])
    spec = tf.TensorSpec(batches.shape, batches.dtype)
    dataset = tf.data.Dataset.from_generator(lambda: iter(batches), output_signature=spec)
    options = tf.data.Options()
    options.autotune.enabled = False  # it would read ahead, and lose a batch of a generator
    dataset = dataset.with_options(options)
    length, calls = batches.length, needs.steps_per_call
    if calls > 1:
        dataset = dataset.batch(calls, drop_remainder=True)
        length = length and max(1, length // calls)
    period = length if calls == 1 else None
    return Feed(
        dataset,
        length,
        period=period,
        goes_on=batches.read_once,
        left_out=lambda: batches.left_out,
    )


def planned(feed, steps_per_call, steps=None, steps_per_epoch=None, epochs=1):
    """Return the feed, how many elements make an epoch (None: all), and how many epochs there are.

    Args:
        feed: of `feed_of`.
        steps_per_call: adversarial steps that an element is for.
        steps: adversarial steps to make now, in one epoch; rounded up to calls, which is said.
        steps_per_epoch, epochs: as in Keras.

    Raises:
        SettingError: a number cannot be, or the length of an epoch is not known.
    """
    epochs = whole(epochs, "epochs", at_least=0)
    if steps is not None:
        if steps_per_epoch is not None or epochs != 1:
            raise SettingError(
                f"steps is {steps!r}, all steps that are made now; leave steps_per_epoch and "
                "epochs out beside it."
            )
        calls = math.ceil(whole(steps, "steps", at_least=0) / steps_per_call)
        if calls * steps_per_call != steps:
            print(
                f"{steps:,} steps become {calls * steps_per_call:,}: a call makes {steps_per_call}."
            )
        return feed.endless(), calls, 1
    if steps_per_epoch is not None:
        return feed.endless(), whole(steps_per_epoch, "steps_per_epoch", at_least=0), epochs
    if feed.length is None:
        raise SettingError(
            "the stream is endless, or does not know its length: pass steps=, how many to make "
            "now, or steps_per_epoch=, the length of an epoch."
        )
    return feed, None if feed.one_pass else feed.length, epochs


def kind_of(x) -> str:
    """Say what kind of thing x is, for an error."""
    return "nothing" if x is None else f"a {type(x).__name__}"
