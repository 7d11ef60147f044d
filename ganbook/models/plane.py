"""Lessons 00 and 07: pairs for points in the plane, of 4,482 and 4,417 parameters in lesson 00."""

import keras

from ganbook.layers import MinibatchDiscrimination, Packing

LATENT_SIZE = 2
SLOPE = 0.2


def build_generator(latent_size=LATENT_SIZE, units=64, hidden=2):
    """Return the generator: (N, latent_size) latents to (N, 2) points."""
    return keras.Sequential(
        [
            keras.Input((latent_size,)),
            *_hidden_layers(units, hidden),
            keras.layers.Dense(2),
        ],
        name="generator",
    )


def build_discriminator(units=64, hidden=2, pack=1, kernels=0):
    """Return the discriminator: (N, 2) points to (N / pack, 1) logits, one for each pack.

    ``kernels`` is how many numbers of minibatch discrimination the last layer sees as well.
    """
    return keras.Sequential(
        [
            keras.Input((2,)),
            *([Packing(pack)] if pack > 1 else []),
            *_hidden_layers(units, hidden),
            *([MinibatchDiscrimination(kernels, 5)] if kernels else []),
            keras.layers.Dense(1),
        ],
        name="discriminator",
    )


def _hidden_layers(units, hidden):
    layers = []
    for _ in range(hidden):
        layers += [keras.layers.Dense(units), keras.layers.LeakyReLU(negative_slope=SLOPE)]
    return layers
