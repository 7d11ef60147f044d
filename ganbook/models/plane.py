"""Lesson 00: a pair for points in the plane, 4,482 and 4,417 parameters."""

import keras

LATENT_SIZE = 2
SLOPE = 0.2


def build_generator(latent_size=LATENT_SIZE, units=64):
    """Return the generator: (N, latent_size) latents to (N, 2) points."""
    return keras.Sequential(
        [
            keras.Input((latent_size,)),
            keras.layers.Dense(units),
            keras.layers.LeakyReLU(negative_slope=SLOPE),
            keras.layers.Dense(units),
            keras.layers.LeakyReLU(negative_slope=SLOPE),
            keras.layers.Dense(2),
        ],
        name="generator",
    )


def build_discriminator(units=64):
    """Return the discriminator: (N, 2) points to (N, 1) logits."""
    return keras.Sequential(
        [
            keras.Input((2,)),
            keras.layers.Dense(units),
            keras.layers.LeakyReLU(negative_slope=SLOPE),
            keras.layers.Dense(units),
            keras.layers.LeakyReLU(negative_slope=SLOPE),
            keras.layers.Dense(1),
        ],
        name="discriminator",
    )
