"""How long a lesson's training will take here: a few of its own steps are made, and timed.

Nothing else tells: a matrix product says little about convolutions, one processor's convolutions
little about another's, and compilation takes as long as a hundred steps.
"""

import contextlib
import random
import time
from concurrent.futures import ThreadPoolExecutor

import keras
import numpy as np
import tensorflow as tf

ENOUGH = 1.0  # seconds of steps that are timed, after the first call, which also compiles
MOST = 20  # calls that are timed


def seconds_of(recipe, data, policy, steps) -> float:
    """Return how many seconds a lesson's training will take, compilation included; an estimate.

    The networks are built anew, trained for a moment on one batch, and thrown away; random
    generators, names of layers and Keras's settings are afterwards as they were. A growing GAN is
    timed at each of its stages.

    Args:
        recipe: the lesson's; see `ganbook.recipes`.
        data: the `ImageData` to train on.
        policy: the dtype policy to train in.
        steps: how many adversarial steps the training will make.
    """
    # Keras keeps names, policy and seeds for each thread by itself.
    with _generators_left_alone(), ThreadPoolExecutor(1) as elsewhere:
        return elsewhere.submit(_measure, recipe, data, policy, steps).result()


def _measure(recipe, data, policy, steps):
    gan = recipe.gan(precision=policy, steps=steps)
    batch = next(iter(data.stream(recipe.batch_size, gan.discriminator_steps, gan.steps_per_call)))
    same = tf.data.Dataset.from_tensors(batch).repeat()
    options = tf.data.Options()
    options.autotune.enabled = False  # else the end of every fit waits; see `ganbook.stream`
    same = same.with_options(options)
    starts = gan.schedule.starts if hasattr(gan, "schedule") else [0]
    seconds = 0.0
    for start, end in zip(starts, [*starts[1:], steps], strict=True):
        gan._step.assign(start)
        first, each = _time_of(gan, same)
        seconds += first + each * max(0, (end - start) / gan.steps_per_call - 1)
    return seconds


def _time_of(gan, stream):
    """Return the seconds of the first call, which compiles, and of each further one."""

    def call():
        begin = time.perf_counter()
        gan.fit(stream, steps_per_epoch=1, verbose=0)
        return time.perf_counter() - begin

    def calls(count):
        begin = time.perf_counter()
        gan.fit(stream, steps_per_epoch=count, verbose=0)
        return (time.perf_counter() - begin) / count

    first = call()
    second = call()  # begins a new fit, as the first one did: not what a call costs inside of one
    return first, calls(min(MOST, max(3, round(ENOUGH / second))))


@contextlib.contextmanager
def _generators_left_alone():
    """Keep Python's, NumPy's and TensorFlow's random generators where they are.

    TensorFlow does not say what its seed is, so meanwhile it cannot be set.
    """
    states, seed = (random.getstate(), np.random.get_state()), keras.utils.set_random_seed
    keras.utils.set_random_seed = lambda seed: None
    try:
        yield
    finally:
        keras.utils.set_random_seed = seed
        random.setstate(states[0])
        np.random.set_state(states[1])
