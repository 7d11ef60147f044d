"""Lesson 08: lesson 02's pair on 28 x 28 images, fit for penalties.

The generator has 840,705 parameters, the discriminator 65,537.
"""

import keras
from keras import layers

from ganbook.layers import UpSamplingConv2D

LATENT_SIZE = 100
SLOPE = 0.2


def build_generator(latent_size=LATENT_SIZE):
    """Return the generator: (N, latent_size) latents to (N, 28, 28, 1) in [-1, 1]."""
    return keras.Sequential(
        [
            keras.Input((latent_size,)),
            layers.Dense(7 * 7 * 128),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.Reshape((7, 7, 128)),
            layers.BatchNormalization(),
            UpSamplingConv2D(64, 5),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.BatchNormalization(),
            UpSamplingConv2D(1, 5, activation="tanh"),
        ],
        name="generator",
    )


def build_discriminator():
    """Return the discriminator: (N, 28, 28, 1) in [-1, 1] to (N, 1) logits.

    It has no BatchNorm: a penalty on the slope at each image needs each image judged by itself.
    """
    network = keras.Sequential([keras.Input((28, 28, 1))], name="discriminator")
    for width in (16, 32, 64):
        network.add(layers.Conv2D(width, 5, strides=2, padding="same"))
        network.add(layers.LeakyReLU(negative_slope=SLOPE))
    network.add(layers.Flatten())
    network.add(layers.Dense(1))
    return network
