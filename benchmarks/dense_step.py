"""Speed of one adversarial step of lesson 01's dense GAN, three ways of training side by side.

    python benchmarks/dense_step.py [--rounds 5] [--data mnist]

All three train the same two networks with Adam on batches of 64 real images and as many fakes:

* ``train_on_batch``: three calls a step, as most tutorials do it;
* ``plain fit``: Keras's ``fit`` with a custom ``train_step``, one step a call, ``tf.data``;
* ``GAN.fit``: this package, 50 steps a call.

The three take turns, so that a machine whose speed drifts slows all of them; the medians of the
times and of the ratios within a round are printed, as one JSON object on the last line.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import turns  # noqa: E402

from ganbook import GAN, load_data  # noqa: E402
from ganbook.data import to_float  # noqa: E402
from ganbook.models import vanilla  # noqa: E402

BATCH = 64
STEPS_PER_CALL = 50


def adam(rate):
    return keras.optimizers.Adam(rate)


def prepare_train_on_batch(images):
    """Return a function that makes n steps by the usual recipe of three calls."""
    generator, discriminator = vanilla.build_generator(), vanilla.build_discriminator()
    loss = keras.losses.BinaryCrossentropy(from_logits=True)
    discriminator.compile(loss=loss, optimizer=adam(1e-3))
    discriminator.trainable = False
    latents = keras.Input((vanilla.LATENT_SIZE,))
    combined = keras.Model(latents, discriminator(generator(latents)))
    combined.compile(loss=loss, optimizer=adam(1e-4))
    floats = to_float(images)
    random = np.random.default_rng(0)
    ones, zeros = np.ones((BATCH, 1), "float32"), np.zeros((BATCH, 1), "float32")

    def run(steps):
        for _ in range(steps):
            noise = random.normal(size=(BATCH, vanilla.LATENT_SIZE)).astype("float32")
            real = floats[random.integers(0, len(floats), BATCH)]
            fake = generator.predict_on_batch(noise)
            # Without this toggle Keras 3 would not train the discriminator at all.
            discriminator.trainable = True
            discriminator.train_on_batch(real, ones * 0.9)
            discriminator.train_on_batch(fake, zeros)
            discriminator.trainable = False
            combined.train_on_batch(noise, ones)

    return run


class PlainGAN(keras.Model):
    """The train step that Keras's own examples show."""

    def __init__(self):
        super().__init__()
        self.generator, self.discriminator = (
            vanilla.build_generator(),
            vanilla.build_discriminator(),
        )
        self.loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)
        self.d_optimizer, self.g_optimizer = adam(1e-3), adam(1e-4)
        self.compile(optimizer=None)
        self.built = True

    def train_step(self, real):
        latents = tf.random.normal((BATCH, vanilla.LATENT_SIZE))
        with tf.GradientTape() as tape:
            real_logits = self.discriminator(real, training=True)
            fake_logits = self.discriminator(self.generator(latents), training=True)
            d_loss = self.loss_fn(0.9 * tf.ones_like(real_logits), real_logits)
            d_loss += self.loss_fn(tf.zeros_like(fake_logits), fake_logits)
        weights = self.discriminator.trainable_weights
        self.d_optimizer.apply_gradients(zip(tape.gradient(d_loss, weights), weights, strict=True))
        latents = tf.random.normal((BATCH, vanilla.LATENT_SIZE))
        with tf.GradientTape() as tape:
            fake_logits = self.discriminator(self.generator(latents, training=True))
            g_loss = self.loss_fn(tf.ones_like(fake_logits), fake_logits)
        weights = self.generator.trainable_weights
        self.g_optimizer.apply_gradients(zip(tape.gradient(g_loss, weights), weights, strict=True))
        return {"d_loss": d_loss, "g_loss": g_loss}


def prepare_plain_fit(images):
    """Return a function that makes n steps with Keras's fit, one step a call."""
    gan = PlainGAN()
    floats = to_float(images)
    options = tf.data.Options()
    # Else TensorFlow 2.21 waits at the end of every fit, for a reason that has nothing to do
    # with the way of training (see CONTRIBUTING.md).
    options.autotune.enabled = False
    stream = tf.data.Dataset.from_tensor_slices(floats).repeat().shuffle(10_000).batch(BATCH)
    stream = stream.prefetch(2).with_options(options)
    return lambda steps: gan.fit(stream, steps_per_epoch=steps, verbose=0, shuffle=False)


def prepare_gan_fit(images):
    """Return a function that makes n steps with GAN.fit, 50 steps a call."""
    from ganbook.data import stream

    gan = GAN(
        vanilla.build_generator(),
        vanilla.build_discriminator(),
        loss="non_saturating",
        generator_optimizer=adam(1e-4),
        discriminator_optimizer=adam(1e-3),
        steps_per_call=STEPS_PER_CALL,
    )
    batches = stream(images, BATCH, steps_per_call=STEPS_PER_CALL)
    return lambda steps: gan.fit(batches, steps_per_epoch=steps // STEPS_PER_CALL, verbose=0)


WAYS = {
    "train_on_batch": (prepare_train_on_batch, 500),
    "plain fit": (prepare_plain_fit, 1000),
    "GAN.fit": (prepare_gan_fit, 2000),
}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", default="mnist")
    arguments = parser.parse_args()
    images = load_data(arguments.data).images
    ways = {name: (prepare(images), steps) for name, (prepare, steps) in WAYS.items()}
    times = turns.take_turns(ways, arguments.rounds, warm_up=2 * STEPS_PER_CALL)
    turns.report(times, "GAN.fit", tensorflow=tf.__version__, keras=keras.__version__)


if __name__ == "__main__":
    main()
