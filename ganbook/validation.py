"""What a GAN's losses are on held-out images: the numbers of ``validation_data``.

Each batch of held-out images meets as many fakes, of latents that are the same every time, and
both networks are called as outside of training: nothing of the training moves.
"""

import math

import keras
import tensorflow as tf

from ganbook import feeding, players, randomness, value_range
from ganbook import update as updates
from ganbook.data import ImageData
from ganbook.errors import SettingError
from ganbook.layers import MinibatchStdDev, Packing


def held_out(x, gan, batch_size=None) -> tf.data.Dataset:
    """Return held-out images in batches, each with its latents; the last may be short.

    For a discriminator whose layers divide a batch into groups or packs, what is left over at a
    batch's end is left out.

    Args:
        x: an ImageData, an array, (images, labels), or a tf.data.Dataset of batches that ends.
        gan: the `GAN`.
        batch_size: of an array or ImageData; 64 if None.

    Returns:
        A tf.data.Dataset of (images, latents).

    Raises:
        SettingError: this cannot be validated on, or does not fit the networks.
        DataError: the values do not fit the generator's range.
    """
    needs = feeding.Needs.of(gan)
    x = feeding.images_of(x)
    size = feeding.BATCH_SIZE if batch_size is None else batch_size
    name = "the validation images"
    if isinstance(x, ImageData):
        x = x.draw(len(x))[0] if x.stack > 1 else x.images
    if feeding.is_array(x):
        array = feeding.examples_of(x, needs, name)
        with tf.device("CPU:0"):
            batches = tf.data.Dataset.from_tensor_slices(array).batch(size)
    elif isinstance(x, tf.data.Dataset):
        batches = feeding.batches_of(x, needs)
        value_range.check(next(iter(batches)), needs.values, name)
    else:
        raise SettingError(
            f"validation_data is {feeding.kind_of(x)}; it must be an ImageData, an array or a "
            "tf.data.Dataset of batches."
        )
    multiple = _multiple(gan.discriminator)
    if multiple > 1:
        batches = batches.map(lambda images: images[: tf.shape(images)[0] // multiple * multiple])
        batches = batches.filter(lambda images: tf.shape(images)[0] > 0)
    return batches.enumerate().map(lambda number, images: (images, _latents(images, number, gan)))


def _multiple(discriminator) -> int:
    """Return what the size of a batch must be a multiple of: some layers divide it into groups."""
    kinds = {MinibatchStdDev: "group_size", Packing: "count"}
    sizes = [
        getattr(layer, name)
        for kind, name in kinds.items()
        for layer in players.layers_of(discriminator, kind)
    ]
    return math.lcm(*sizes)


def _latents(images, number, gan):
    shape = (tf.shape(images)[0], *gan.generator.input_shape[1:])
    latents = randomness.normal(shape, randomness.key(gan.seed, number, "validation latents"))
    return tf.ensure_shape(latents, (images.shape[0], *shape[1:]))


def losses_and_accuracies(gan, images, latents):
    """Return what `ganbook.update.LOGS` names, on one batch; nothing moves.

    Args:
        gan: the `GAN`.
        images: float32 (N, ...), of the generator's range.
        latents: float32 (N, latent).
    """
    judge, maker = (updates.Player(m, gan.seed, 0) for m in (gan.discriminator, gan.generator))
    fakes, _ = maker(latents, "validation", training=False)
    real_logits, _ = judge(images, "validation real", training=False)
    fake_logits, _ = judge(fakes, "validation fake", training=False)
    key = judge.key("validation labels")
    return (
        gan.loss_pair.discriminator(real_logits, fake_logits, seed=key),
        gan.loss_pair.generator(fake_logits, real_logits, seed=key),
        *players.accuracies(real_logits, fake_logits),
    )


def means() -> list:
    """Return a keras.metrics.Mean for each value that `ganbook.update.LOGS` names."""
    return [keras.metrics.Mean(name=name) for name in updates.LOGS]
