"""Small networks and streams that many tests share."""

import keras
import numpy as np
import tensorflow as tf

from ganbook import GAN
from ganbook.data import stream
from ganbook.layers import SpectralNormalization

IMAGE = (8, 8, 1)


def images(count=256, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, *IMAGE)).astype(np.uint8)


def dense_pair(latent=6, seed=0):
    keras.utils.set_random_seed(seed)
    generator = keras.Sequential(
        [
            keras.Input((latent,)),
            keras.layers.Dense(16),
            keras.layers.LeakyReLU(negative_slope=0.2),
            keras.layers.Dense(64, activation="tanh"),
            keras.layers.Reshape(IMAGE),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input(IMAGE),
            keras.layers.Flatten(),
            keras.layers.Dense(16),
            keras.layers.LeakyReLU(negative_slope=0.2),
            keras.layers.Dense(1),
        ]
    )
    return generator, discriminator


def stateful_pair(seed=0):
    """Networks with all kinds of hidden state: BatchNorm, dropout, spectral normalization."""
    keras.utils.set_random_seed(seed)
    generator = keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(4 * 4 * 4),
            keras.layers.BatchNormalization(momentum=0.8),
            keras.layers.ReLU(),
            keras.layers.Dropout(0.2),
            keras.layers.Reshape((4, 4, 4)),
            SpectralNormalization(
                keras.layers.Conv2DTranspose(1, 4, 2, padding="same", activation="tanh")
            ),
        ]
    )
    discriminator = keras.Sequential(
        [
            keras.Input(IMAGE),
            keras.layers.Conv2D(4, 3, 2, padding="same"),
            keras.layers.BatchNormalization(momentum=0.8),
            keras.layers.LeakyReLU(negative_slope=0.2),
            keras.layers.Dropout(0.3),
            keras.layers.Flatten(),
            SpectralNormalization(keras.layers.Dense(1)),
        ]
    )
    return generator, discriminator


def adam(rate=1e-3):
    return keras.optimizers.Adam(rate, beta_1=0.5)


def gan_of(pair=dense_pair, seed=0, compiled=False, **settings):
    """Return a small GAN. A test that makes a few steps is quicker without compiling them."""
    settings.setdefault("generator_optimizer", adam())
    settings.setdefault("discriminator_optimizer", adam())
    gan = GAN(*pair(seed=seed), seed=seed, **settings)
    if not compiled:
        gan.compile(run_eagerly=True)
    return gan


def stream_for(gan, batch=8):
    return stream(images(), batch, gan.discriminator_steps, gan.steps_per_call, seed=gan.seed)


def train(gan, steps, callbacks=(), batch=8):
    calls = steps // gan.steps_per_call
    gan.fit(stream_for(gan, batch), steps_per_epoch=calls, verbose=0, callbacks=list(callbacks))
    return gan


def flat(weights):
    """Return variables as one flat array."""
    return np.concatenate([np.ravel(tf.convert_to_tensor(v).numpy()) for v in weights])


def everything(gan):
    """Return all that a run consists of, as one flat array."""
    from ganbook.checkpoint import state_of

    return np.concatenate(
        [np.ravel(v.numpy()).astype(np.float64) for part in state_of(gan).values() for v in part]
    )
