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
            layers.Conv2D(1, 7, padding="same", activation="tanh"),
        ],
        name="generator",
    )


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


def build_report_generator(latent_size=REPORT_LATENT_SIZE, batch_norm=True):
    """Return the report's generator: (N, latent_size) latents to (N, 28, 28, 1) in [-1, 1]."""

    def double():
        """Twice the height and width; BatchNorm before LeakyReLU."""
        norm = [layers.BatchNormalization()] if batch_norm else []
        convolution = layers.Conv2DTranspose(128, 4, strides=2, padding="same")
        return [convolution, *norm, layers.LeakyReLU(negative_slope=SLOPE)]

    return keras.Sequential(
        [
            keras.Input((latent_size,)),
            layers.Dense(7 * 7 * 128),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.Reshape((7, 7, 128)),
            *double(),
            *double(),
            layers.Conv2D(1, 7, padding="same", activation="tanh"),
        ],
        name="generator",
    )


def build_report_discriminator(batch_norm=True, pool=True, activation=None):
    """Return the report's discriminator: (N, 28, 28, 1) in [-1, 1] to (N, 1).

    Args:
        batch_norm: BatchNorm after the second convolution.
        pool: global max pooling before the output; else all values are flattened.
        activation: None for logits; "sigmoid" for probabilities.
    """
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Conv2D(64, 3, strides=2, padding="same"),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.Conv2D(128, 3, strides=2, padding="same"),
            *([layers.BatchNormalization()] if batch_norm else []),
            layers.LeakyReLU(negative_slope=SLOPE),
            layers.GlobalMaxPooling2D() if pool else layers.Flatten(),
            layers.Dense(1, activation=activation),
        ],
        name="discriminator",
    )
