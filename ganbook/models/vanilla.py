"""Lesson 01: the dense pair, a generator of 114,064 and a discriminator of 100,609 parameters."""

import math

import keras

LATENT_SIZE = 100
SLOPE = 0.01


def build_generator(image_shape=(28, 28, 1), latent_size=LATENT_SIZE, units=128):
    """Return a dense generator: (N, latent_size) latents to (N, *image_shape) images in [-1, 1]."""
    return keras.Sequential(
        [
            keras.Input((latent_size,)),
            keras.layers.Dense(units),
            keras.layers.LeakyReLU(negative_slope=SLOPE),
            keras.layers.Dense(math.prod(image_shape), activation="tanh"),
            keras.layers.Reshape(image_shape),
        ],
        name="generator",
    )


def build_discriminator(image_shape=(28, 28, 1), units=128):
    """Return a dense discriminator: (N, *image_shape) images in [-1, 1] to (N, 1) logits."""
    return keras.Sequential(
        [
            keras.Input(image_shape),
            keras.layers.Flatten(),
            keras.layers.Dense(units),
            keras.layers.LeakyReLU(negative_slope=SLOPE),
            keras.layers.Dense(1),
        ],
        name="discriminator",
    )
