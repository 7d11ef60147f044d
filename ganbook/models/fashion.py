"""Lesson 03: the improved pair on Fashion-MNIST, and the small pair of a student's report.

The improved generator has 1,926,401 parameters, its dense discriminator 533,505. The report's
generator has 1,340,929, its discriminator 75,137.
"""

import keras
from keras import layers

LATENT_SIZE = 100
REPORT_LATENT_SIZE = 128
SLOPE = 0.2
MOMENTUM = 0.8


def build_generator(latent_size=LATENT_SIZE):
    """Return the improved generator: (N, latent_size) latents to (N, 28, 28, 1) in [-1, 1].

    LeakyReLU stands before BatchNorm, as in the recipe.
    """
    return keras.Sequential(
        [
            keras.Input((latent_size,)),
            layers.Dense(7 * 7 * 256),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.Reshape((7, 7, 256)),
            layers.Conv2DTranspose(128, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.BatchNormalization(momentum=MOMENTUM),
            layers.Conv2DTranspose(64, 4, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.BatchNormalization(momentum=MOMENTUM),
            _gray_image(),
        ],
        name="generator",
    )


def _gray_image():
    """Return the last layer of both generators, a convolution with a kernel of 7 to one channel.

    It is written as a transposed one, which with a stride of 1 is the same convolution with its
    kernel mirrored, and has as many parameters: on a CPU, TensorFlow computes the gradient of the
    first form about ten times slower, and that took half of a training step.
    """
    return layers.Conv2DTranspose(1, 7, padding="same", activation="tanh")


def build_discriminator(image_shape=(28, 28, 1)):
    """Return the recipe's dense discriminator: (N, *image_shape) in [-1, 1] to (N, 1) logits."""
    return keras.Sequential(
        [
            keras.Input(image_shape),
            layers.Flatten(),
            layers.Dense(512),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.Dense(256),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.Dense(1),
        ],
        name="discriminator",
    )


def build_report_generator(latent_size=REPORT_LATENT_SIZE, batch_norm=True, transposed=2):
    """Return the report's generator: (N, latent_size) latents to (N, 28, 28, 1) in [-1, 1].

    Args:
        latent_size: length of a latent.
        batch_norm: BatchNorm, before LeakyReLU, after every transposed convolution.
        transposed: 2, or 4 for the deeper variant, in which one more stands before each of them
            that does not change the size.
    """
    widths = {2: [(128, 2), (128, 2)], 4: [(128, 1), (64, 2), (64, 1), (64, 2)]}[transposed]
    network = keras.Sequential(
        [
            keras.Input((latent_size,)),
            layers.Dense(7 * 7 * 128),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.Reshape((7, 7, 128)),
        ],
        name="generator",
    )
    for width, stride in widths:
        network.add(layers.Conv2DTranspose(width, 4, strides=stride, padding="same"))
        if batch_norm:
            network.add(layers.BatchNormalization())
        network.add(layers.LeakyReLU(negative_slope=SLOPE))
    network.add(_gray_image())
    return network


def build_report_discriminator(batch_norm=True, pooling="max", activation=None):
    """Return the report's discriminator: (N, 28, 28, 1) in [-1, 1] to (N, 1).

    Args:
        batch_norm: BatchNorm after the second convolution.
        pooling: before the output: "max" or "average" over each channel, or None to keep all
            values.
        activation: None for logits; "sigmoid" for probabilities.
    """
    pool = {"max": layers.GlobalMaxPooling2D, "average": layers.GlobalAveragePooling2D}
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(64, 3, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.Conv2D(128, 3, strides=2, padding="same"),
            *([layers.BatchNormalization()] if batch_norm else []),
            layers.LeakyReLU(negative_slope=SLOPE),
            pool.get(pooling, layers.Flatten)(),
            layers.Dense(1, activation=activation),
        ],
        name="discriminator",
    )
