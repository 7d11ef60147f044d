"""A second generator that holds the running average of the first one's weights.

The raw generator circles around; its average stands nearer to the middle. Two details matter. The
average starts slowly, so that the random start is forgotten: decay min(bound, (1 + t) / (10 + t)).
And BatchNorm statistics belong to the weights they were measured with: averaging them too would
describe no network that ever was, so they are measured anew for the averaged weights. So are the
vectors of spectral normalization.
"""

import contextlib

import keras
import tensorflow as tf

from ganbook import distributed, players, randomness
from ganbook.errors import SettingError
from ganbook.layers import SpectralNormalization

STATISTICS_BATCHES = 20
STATISTICS_BATCH_SIZE = 100


def copy_of(generator):
    """Return a second generator of the same structure with the same weights.

    Raises:
        SettingError: a layer cannot be copied.
    """
    why = "average= needs a second generator, but this one cannot be copied: {}. Make it of layers "
    why += "that have get_config, or leave average out."
    lambdas = players.layers_of(generator, keras.layers.Lambda)
    if lambdas:  # some versions of Keras copy it, and none saves it
        raise SettingError(why.format(f"the layer {lambdas[0].name} is a Lambda"))
    try:
        copy = keras.models.clone_model(generator)
    except Exception as error:  # whatever a layer's own config raises
        raise SettingError(why.format(str(error).split("\n")[0])) from error
    copy.set_weights(generator.get_weights())
    copy.name = f"averaged_{generator.name}"
    return copy


def check_bound(bound):
    """Raise SettingError unless ``bound`` is a decay in (0, 1)."""
    if not 0.0 < bound < 1.0:
        raise SettingError(f"average is {bound}; a decay lies between 0 and 1, 0.999 for instance.")
    return float(bound)


def update(averaged, generator, age, bound):
    """Move the averaged weights towards the generator's; ``age`` is 0 for the first time.

    Source: the warm-up is TensorFlow's ``ExponentialMovingAverage(num_updates=...)``; averaged
    generators: Yazici et al., 2019, and Karras et al., 2018, section 5.
    """
    t = tf.cast(age, tf.float32)
    keep = tf.minimum(tf.constant(bound, tf.float32), (1.0 + t) / (10.0 + t))
    pairs = zip(averaged.trainable_weights, generator.trainable_weights, strict=True)
    distributed.assign(
        (slow, slow.value + (1.0 - tf.cast(keep, slow.dtype)) * (fast.value - slow.value))
        for slow, fast in pairs
    )


def measure_statistics(averaged, seed):
    """Set the BatchNorm statistics to the plain mean over 20 batches of fakes.

    Spectral normalization's vectors are set to those of the weights as they are. Both depend on
    weights and seed only, not on what was there before.
    """
    for i, layer in enumerate(players.layers_of(averaged, SpectralNormalization)):
        layer.u.assign(randomness.normal(layer.u.shape, randomness.key(seed, i, "statistics u")))
        layer.settle()
    layers = players.layers_of(averaged, keras.layers.BatchNormalization)
    if not layers:
        return
    variables = [v for layer in layers for v in (layer.moving_mean, layer.moving_variance)]
    totals = [0.0] * len(variables)
    with _no_momentum(layers):
        for batch in range(STATISTICS_BATCHES):
            shape = (STATISTICS_BATCH_SIZE, *averaged.input_shape[1:])
            latents = randomness.normal(shape, randomness.key(seed, batch, "statistics"))
            averaged(latents, training=True)
            totals = [t + v.numpy() for t, v in zip(totals, variables, strict=True)]
    for variable, total in zip(variables, totals, strict=True):
        variable.assign(total / STATISTICS_BATCHES)


@contextlib.contextmanager
def _no_momentum(layers):
    """With momentum 0 a "moving" statistic is the last batch's own."""
    momenta = [layer.momentum for layer in layers]
    try:
        for layer in layers:
            layer.momentum = 0.0
        yield
    finally:
        for layer, momentum in zip(layers, momenta, strict=True):
            layer.momentum = momentum
