"""Lesson 02: the convolutional pair on 32 x 32 images; two generators, two discriminators.

The upsampling generator has 1,034,625 parameters (1,034,241 trainable), the classic discriminator
17,169, the one that follows the guidelines 65,921.
"""

import keras
from keras import layers

from ganbook.layers import UpSamplingConv2D

LATENT_SIZE = 100
SLOPE = 0.2


def build_generator(latent_size=LATENT_SIZE, slope=SLOPE, dropout=0.3):
    """Return a generator that repeats pixels, then smooths: (N, latent_size) to (N, 32, 32, 1).

    Images are in [-1, 1].
    """
    return keras.Sequential(
        [
            *_small_picture(latent_size, slope, dropout),
            UpSamplingConv2D(64, 5),
            layers.LeakyReLU(negative_slope=slope),
            layers.BatchNormalization(),
            UpSamplingConv2D(1, 5, activation="tanh"),
        ],
        name="generator",
    )


def build_transposed_generator(latent_size=LATENT_SIZE, slope=SLOPE, dropout=0.3):
    """Return the alternative with transposed convolutions: 960,321 parameters, the same shapes.

    A kernel of 4 is a multiple of the stride of 2, so that every pixel of the large image is made
    of equally many products: with 5 it would not be, and checkerboards would appear.
    """
    return keras.Sequential(
        [
            *_small_picture(latent_size, slope, dropout),
            layers.Conv2DTranspose(64, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=slope),
            layers.BatchNormalization(),
            layers.Conv2DTranspose(1, 4, strides=2, padding="same", activation="tanh"),
        ],
        name="generator",
    )


def _small_picture(latent_size, slope, dropout):
    """Return the layers with which both generators begin: latents to (N, 8, 8, 128)."""
    return [
        keras.Input((latent_size,)),
        layers.Dense(8 * 8 * 128),
        layers.LeakyReLU(negative_slope=slope),
        layers.Reshape((8, 8, 128)),
        layers.BatchNormalization(),
        layers.Dropout(dropout),
    ]


def build_discriminator(slope=SLOPE, dropout=0.3):
    """Return the classic discriminator: (N, 32, 32, 1) in [-1, 1] to (N, 1) logits."""
    return keras.Sequential(
        [
            keras.Input((32, 32, 1)),
            layers.Conv2D(8, 5, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=slope),
            layers.Dropout(dropout),
            layers.Conv2D(64, 5, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=slope),
            layers.Flatten(),
            layers.Dense(1),
        ],
        name="discriminator",
    )


def build_deep_discriminator(slope=SLOPE, batch_norm=True):
    """Return a discriminator by the guidelines: (N, 32, 32, 1) in [-1, 1] to (N, 1) logits.

    A third convolution lets each value of its last picture see 29 x 29 pixels where the classic
    one's sees 13 x 13; BatchNorm stands after every convolution but the first.
    Source: Radford et al., 2016, section 3.
    """
    network = keras.Sequential([keras.Input((32, 32, 1))], name="discriminator")
    for width in (16, 32, 64):
        network.add(layers.Conv2D(width, 5, strides=2, padding="same"))
        if batch_norm and width > 16:
            network.add(layers.BatchNormalization())
        network.add(layers.LeakyReLU(negative_slope=slope))
    network.add(layers.Flatten())
    network.add(layers.Dense(1))
    return network
