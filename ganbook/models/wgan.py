"""Lessons 04 and 05: one pair on 28 x 28 images, for every way of keeping a critic smooth.

The generator has 1,028,673 parameters, the critic 138,561.
"""

import keras
from keras import layers

from ganbook.layers import SpectralNormalization

LATENT_SIZE = 100
SLOPE = 0.2
MOMENTUM = 0.8


def build_generator(latent_size=LATENT_SIZE, channels=(128, 64, 1)):
    """Return the generator: (N, latent_size) latents to (N, 28, 28, C) in [-1, 1].

    ``channels``: of the maps at 7 x 7 and 14 x 14, of those at 28 x 28, and of the image.
    """
    first, second, image = channels
    return keras.Sequential(
        [
            keras.Input((latent_size,)),
            layers.Dense(7 * 7 * first, activation="relu"),
            layers.Reshape((7, 7, first)),
            layers.Conv2DTranspose(first, 4, strides=2, padding="same"),
            layers.BatchNormalization(momentum=MOMENTUM),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.Conv2DTranspose(second, 4, strides=2, padding="same"),
            layers.BatchNormalization(momentum=MOMENTUM),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.Conv2DTranspose(image, 4, padding="same", activation="tanh"),
        ],
        name="generator",
    )


def build_critic(spectral=False, batch_norm=False):
    """Return the critic: (N, 28, 28, 1) in [-1, 1] to (N, 1), any real number.

    Args:
        spectral: divide every kernel by its largest singular value.
        batch_norm: BatchNorm after the second convolution, which a critic with a gradient penalty
            must not have: the lesson shows why.
    """
    wrap = SpectralNormalization if spectral else (lambda layer: layer)
    network = keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            wrap(layers.Conv2D(64, 4, strides=2, padding="same")),
            layers.LeakyReLU(negative_slope=SLOPE),
            wrap(layers.Conv2D(128, 4, strides=2, padding="same")),
        ],
        name="critic",
    )
    if batch_norm:
        network.add(layers.BatchNormalization())
    network.add(layers.LeakyReLU(negative_slope=SLOPE))
    network.add(layers.Flatten())
    network.add(wrap(layers.Dense(1)))
    return network
