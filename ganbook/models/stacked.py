"""Lesson 07: networks for stacked digits, three digits as the red, green and blue of one image.

The generator has 417,059 parameters; the discriminator of packs of two 39,073, of single images
37,537.
"""

import keras
from keras import layers

from ganbook.layers import Packing
from ganbook.models import wgan
from ganbook.models.wgan import LATENT_SIZE, SLOPE


def build_generator(latent_size=LATENT_SIZE, channels=3):
    """Return lesson 04's generator, half as wide: latents to (N, 28, 28, channels) in [-1, 1]."""
    return wgan.build_generator(latent_size, channels=(64, 32, channels))


def build_discriminator(pack=2, channels=3):
    """Return the discriminator: (N, 28, 28, channels) to (N / pack, 1) logits, one a pack."""
    return keras.Sequential(
        [
            keras.Input((28, 28, channels)),
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
