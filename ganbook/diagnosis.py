"""Symptoms of a training: how strongly each layer is pulled, and what a discriminator remembers."""

import numpy as np
import tensorflow as tf

from ganbook import players, randomness
from ganbook.update import scaled_images


def weight_gradient_norms(gan, images) -> dict[str, dict[str, float]]:
    """Return how strongly the losses pull at each layer of both players, as things stand.

    A generator whose norms are thousands of times smaller than they were learns nothing, whatever
    its loss says. Nothing is changed, and penalties and regularizers are left out.

    Args:
        gan: a `GAN`, on one device.
        images: real ones, (N, ...), uint8 or floats in [-1, 1]; as many fakes are made.

    Returns:
        "discriminator" and "generator": for each layer with trainable weights, by its name, the
        Euclidean norm of the gradient of that player's loss for all of them.
    """
    real, step, use = scaled_images(tf.convert_to_tensor(images)), gan.step, "gradient norms"
    key = randomness.key(gan.seed, step, f"{use} latents")
    latents = randomness.normal((len(real), *gan.generator.input_shape[1:]), key)
    seed = randomness.key(gan.seed, step, f"{use} labels")
    with (
        players.watching(gan.discriminator) as discriminator_tape,
        players.watching(gan.generator) as generator_tape,
    ):
        fake, _ = players.call(gan.generator, latents, gan.seed, step, use)
        of_real, _ = players.call(gan.discriminator, real, gan.seed, step, f"{use} real")
        of_fake, _ = players.call(gan.discriminator, fake, gan.seed, step, f"{use} fake")
        d_loss = gan.loss_pair.discriminator(of_real, of_fake, seed=seed)
        g_loss = gan.loss_pair.generator(of_fake, of_real, seed=seed)
    return {
        "discriminator": _by_layer(discriminator_tape, d_loss, gan.discriminator),
        "generator": _by_layer(generator_tape, g_loss, gan.generator),
    }


def _by_layer(tape, loss, model):
    pairs = zip(players.gradients(tape, loss, model), model.trainable_weights, strict=True)
    squares = {id(v): 0.0 if g is None else float(tf.reduce_sum(tf.square(g))) for g, v in pairs}
    return {
        layer.name: float(np.sqrt(sum(squares[id(v)] for v in layer.trainable_weights)))
        for layer in model.layers
        if layer.trainable_weights
    }


def taken_for_real(gan, images) -> float:
    """Return the share of images that the discriminator calls real (an output above 0).

    Compare training images with ones that were held out: where it calls real what it was trained
    on, and fake what it was not, it has learned its images by heart. It is called as outside
    training, on all images at once, so that a packed one may be asked, too.

    Args:
        gan: a `GAN` whose loss is on logits.
        images: (N, ...), uint8 or floats in [-1, 1].
    """
    outputs = gan.discriminator(scaled_images(tf.convert_to_tensor(images)), training=False)
    return float(tf.reduce_mean(tf.cast(outputs > 0, tf.float32)))
