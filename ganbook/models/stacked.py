"""Lesson 07: networks for stacked digits, three digits as the red, green and blue of one image.

The generator has 417,059 parameters; the discriminator of packs of two 39,073, of single images
37,537.
"""

import keras
from keras import layers

from ganbook.layers import Packing

LATENT_SIZE = 100
SLOPE = 0.2
MOMENTUM = 0.8


def build_generator(latent_size=LATENT_SIZE):
    """Return the generator: (N, latent_size) latents to (N, 28, 28, 3) in [-1, 1]."""
    return keras.Sequential(
        [
            keras.Input((latent_size,)),
            layers.Dense(7 * 7 * 64, activation="relu"),
            layers.Reshape((7, 7, 64)),
            layers.Conv2DTranspose(64, 4, strides=2, padding="same"),
            layers.BatchNormalization(momentum=MOMENTUM),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.Conv2DTranspose(32, 4, strides=2, padding="same"),
            layers.BatchNormalization(momentum=MOMENTUM),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.Conv2DTranspose(3, 4, padding="same", activation="tanh"),
        ],
        name="generator",
    )


def build_discriminator(pack=2):
    """Return the discriminator: (N, 28, 28, 3) images to (N / pack, 1) logits, one a pack."""
    return keras.Sequential(
        [
            keras.Input((28, 28, 3)),
            *([Packing(pack)] if pack > 1 else []),
            layers.Conv2D(32, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.Conv2D(64, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.Flatten(),
            layers.Dense(1),
        ],
        name="discriminator",
    )
