"""Endless batches of shuffled examples that can be entered anywhere.

Element e of a stream is a function of (array, settings, seed, e) and of nothing else. There is no
shuffle buffer, so ``stream.skip(n)`` stands exactly where a run stood that read n elements.
"""

import zlib

import numpy as np

from ganbook.errors import DataError
from ganbook.settings import whole

# TensorFlow's own index_shuffle uses 4 rounds: neighbors then land a few fixed distances apart.
SHUFFLE_ROUNDS = 16
FEW = 2000  # examples; with fewer, sorting is the faster way to shuffle


def stream(array, batch_size, discriminator_steps=1, steps_per_call=1, seed=0, stack=1):
    """Return an endless tf.data.Dataset of shuffled batches of ``array``.

    Each epoch is another permutation of the examples, each exactly once; epochs run on across
    the borders of batches. The order depends on ``seed`` only, so ``skip(n)`` resumes exactly.

    Args:
        array: uint8, integer or float examples, shape (N, ...). Values are passed on as they are;
            float64 becomes float32.
        batch_size: examples in one update of the discriminator.
        discriminator_steps: discriminator updates in one adversarial step.
        steps_per_call: adversarial steps in one element, K.
        seed: any Python integer.
        stack: how many examples, shuffled independently, become the channels of one; 3 makes
            color pictures (H, W, 3) of gray ones (H, W, 1).

    Returns:
        Elements of shape (discriminator_steps * batch_size, ...), and, if K > 1, with a leading
        axis K.

    Raises:
        SettingError (a ValueError): a count is not an integer of 1 or more.
        DataError (a ValueError): no examples, values that are not numbers, NaN or infinity, or
            examples to stack that have more than one channel.
    """
    import tensorflow as tf

    array = checked_array(array)
    rows = whole(batch_size, "batch_size") * whole(discriminator_steps, "discriminator_steps")
    calls = whole(steps_per_call, "steps_per_call")
    if whole(stack, "stack") > 1 and array.shape[1:][-1:] != (1,):
        raise DataError(f"the array has shape {array.shape}; stacking needs (N, ..., 1).")
    names = [f"{seed}/order/{channel}" for channel in range(stack)]
    # A tensor made here is captured; an array met inside the function would be copied into the
    # graph as a constant. On the CPU, because tf.data runs there.
    with tf.device("CPU:0"):
        examples = tf.constant(array)

    leading = (rows,) if calls == 1 else (calls, rows)

    def element(number):
        positions = number * (calls * rows) + tf.range(calls * rows, dtype=tf.int64)
        parts = [tf.gather(examples, _shuffled(positions, len(array), name)) for name in names]
        if len(parts) == 1:
            return tf.reshape(parts[0], (*leading, *array.shape[1:]))
        # The same as tf.concat(parts, -1), and seven times as fast.
        channels_last = tf.transpose([tf.reshape(part, [-1]) for part in parts])
        return tf.reshape(channels_last, (*leading, *array.shape[1:-1], len(parts)))

    return _enter(element, 0, 2**62 // (calls * rows))


def place(number):
    """Return a variable that says where a stream begins; see `entered`."""
    import tensorflow as tf

    with tf.init_scope(), tf.device("CPU:0"):  # where tf.data runs
        return tf.Variable(number, dtype=tf.int64, trainable=False)


def entered(dataset, begin, period=2**62):
    """Return a dataset without its first elements: as many as ``begin`` says when it is iterated.

    Args:
        dataset: one of `stream`, which begins anywhere at once, or any other tf.data.Dataset, whose
            elements up to there are made and passed over.
        begin: an int64 variable; see `place`.
        period: after how many elements the same ones come again.
    """
    import tensorflow as tf

    enter = getattr(dataset, "enter", None)
    if enter is not None:
        return enter(begin)
    here = tf.data.Dataset.from_tensors(0)
    return here.flat_map(lambda _: dataset.skip(begin % period)).with_options(dataset.options())


def checked_array(array) -> np.ndarray:
    """Return examples as an array that a stream can serve, or raise DataError."""
    array = np.asarray(array)
    if array.ndim < 1 or len(array) < 1 or array.size == 0:
        raise DataError(f"the array has shape {array.shape}; a stream needs 1 example or more.")
    if array.dtype.kind not in "uif":
        raise DataError(f"the array has dtype {array.dtype}; a stream needs uint8 or float32.")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise DataError("the array holds NaN or infinity; a stream needs finite numbers.")
    return array.astype(np.float32) if array.dtype == np.float64 else array


def _enter(element, first, end, begin=None):
    """Return the dataset of element(first), element(first + 1), ...; its ``skip`` is immediate.

    With ``begin``, an int64 variable, it starts so many elements later: as many as the variable
    says when the dataset is iterated, and not when it is made.
    """
    import tensorflow as tf

    options = tf.data.Options()
    options.deterministic = True
    options.autotune.enabled = False  # its thread sleeps ever longer, and fit waits for it
    numbers = tf.data.Dataset.range(first, end)
    if begin is not None:
        here = tf.data.Dataset.from_tensors(0)
        numbers = here.flat_map(lambda _: tf.data.Dataset.range(first + begin, end))
    dataset = numbers.map(element).prefetch(2).with_options(options)
    # tf.data's own skip would compute every element that it passes over: a minute for 20,000.
    dataset.skip = lambda count, name=None: _enter(element, first + int(count), end, begin)
    dataset.enter = lambda begin: _enter(element, first, end, begin)
    return dataset


def _shuffled(positions, count, name):
    """Return which example stands at each position of the endless order called ``name``."""
    import tensorflow as tf

    if count < FEW:
        return _shuffled_few(positions, count, name)
    words = (positions // count)[:, None] * 3 + tf.range(3, dtype=tf.int64)
    # tf.random.experimental.index_shuffle takes one seed for all positions; a batch may hold the
    # end of one epoch and the start of the next, so the op underneath is called. It uses 8 bits
    # of each word of a seed: the epoch's number as a word would give 256 permutations that
    # resemble each other, so the words are hashes.
    return tf.raw_ops.RandomIndexShuffle(
        index=positions % count,
        seed=_hashes(words, name),
        max_index=tf.constant(count - 1, tf.int64),
        rounds=SHUFFLE_ROUNDS,
    )


def _shuffled_few(positions, count, name):
    """Do the same by sorting hashes, for all epochs that the positions touch.

    RandomIndexShuffle tries numbers of 16 bits until one is small enough: for two examples that
    takes a hundred times as long.
    """
    import tensorflow as tf

    start = positions[0] // count * count
    epochs = (len(positions) - 1) // count + 2
    hashes = _hashes(start + tf.range(epochs * count, dtype=tf.int64), name)
    order = tf.argsort(tf.reshape(hashes, (epochs, count)), axis=1)
    return tf.gather(tf.reshape(order, [-1]), positions - start)


def _hashes(numbers, name):
    """Return a well mixed number, int64 of 31 bits, for each number and ``name``.

    Source: the mixing function of SplitMix64, Steele, Lea and Flood, 2014.
    """
    import tensorflow as tf

    mixed = tf.cast(numbers, tf.uint64) * 0x9E3779B97F4A7C15 + (zlib.crc32(name.encode()) << 32)
    for shift, factor in ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB)):
        mixed = tf.bitwise.bitwise_xor(mixed, tf.bitwise.right_shift(mixed, shift)) * factor
    return tf.cast(tf.bitwise.right_shift(mixed, 33), tf.int64)
