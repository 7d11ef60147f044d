"""Speed of one training step of lesson 02's DCGAN at batch 128, beside Keras's fit and PyTorch.

    python benchmarks/conv_step.py [--rounds 5] [--data mnist]

All ways train networks of the same sizes with Adam:

* ``GAN.fit, simultaneous``: this package as lesson 02 uses it, one forward pass for both players;
* ``GAN.fit, alternating``: the generator runs twice a step;
* ``plain fit``: Keras's ``fit`` with a custom ``train_step``, plain Keras layers, alternating;
* ``PyTorch``: eager, channels-last, alternating, if torch is installed (it is no dependency); in
  bfloat16 too. This package takes bfloat16 only where the processor has it.

Dropout stands before the upsampling everywhere. The ways take turns; the medians of the times and
of the ratios within a round are printed, as one JSON object on the last line.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import turns  # noqa: E402
from keras import layers  # noqa: E402

from ganbook import GAN, hardware, load_data  # noqa: E402
from ganbook.data import stream, to_float  # noqa: E402
from ganbook.models import dcgan  # noqa: E402

BATCH = 128
STEPS = 10


def adam():
    return keras.optimizers.Adam(2e-4, beta_1=0.5)


def prepare_gan_fit(images, update, precision="float32"):
    """Return a function that makes n steps with GAN.fit."""
    keras.config.set_dtype_policy(precision)
    networks = dcgan.build_generator(), dcgan.build_discriminator()
    keras.config.set_dtype_policy("float32")
    optimizers = {"generator_optimizer": adam(), "discriminator_optimizer": adam()}
    gan = GAN(*networks, update=update, **optimizers)
    batches = stream(images, BATCH)
    return lambda steps: gan.fit(batches, steps_per_epoch=steps, verbose=0)


def plain_generator():
    """Return lesson 02's generator with Keras's own UpSampling2D and Conv2D."""
    return keras.Sequential(
        [
            keras.Input((dcgan.LATENT_SIZE,)),
            layers.Dense(8 * 8 * 128),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Reshape((8, 8, 128)),
            layers.BatchNormalization(),
            layers.Dropout(0.3),
            layers.UpSampling2D(),
            layers.Conv2D(64, 5, padding="same"),
            layers.LeakyReLU(negative_slope=0.2),
            layers.BatchNormalization(),
            layers.UpSampling2D(),
            layers.Conv2D(1, 5, padding="same", activation="tanh"),
        ]
    )


class PlainGAN(keras.Model):
    """The train step that Keras's own examples show."""

    def __init__(self):
        super().__init__()
        self.generator, self.discriminator = plain_generator(), dcgan.build_discriminator()
        self.loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)
        self.d_optimizer, self.g_optimizer = adam(), adam()
        self.compile(optimizer=None, jit_compile=False)
        self.built = True

    def train_step(self, real):
        fake = self.generator(tf.random.normal((BATCH, dcgan.LATENT_SIZE)), training=True)
        with tf.GradientTape() as tape:
            real_logits = self.discriminator(real, training=True)
            fake_logits = self.discriminator(fake, training=True)
            d_loss = self.loss_fn(tf.ones_like(real_logits), real_logits)
            d_loss += self.loss_fn(tf.zeros_like(fake_logits), fake_logits)
        weights = self.discriminator.trainable_weights
        self.d_optimizer.apply_gradients(zip(tape.gradient(d_loss, weights), weights, strict=True))
        with tf.GradientTape() as tape:
            fake = self.generator(tf.random.normal((BATCH, dcgan.LATENT_SIZE)), training=True)
            fake_logits = self.discriminator(fake, training=True)
            g_loss = self.loss_fn(tf.ones_like(fake_logits), fake_logits)
        weights = self.generator.trainable_weights
        self.g_optimizer.apply_gradients(zip(tape.gradient(g_loss, weights), weights, strict=True))
        return {"d_loss": d_loss, "g_loss": g_loss}


def prepare_plain_fit(images):
    """Return a function that makes n steps with Keras's fit."""
    gan = PlainGAN()
    options = tf.data.Options()
    options.autotune.enabled = False  # see CONTRIBUTING.md
    batches = tf.data.Dataset.from_tensor_slices(to_float(images)).repeat().shuffle(1_000)
    batches = batches.batch(BATCH).prefetch(2).with_options(options)
    return lambda steps: gan.fit(batches, steps_per_epoch=steps, verbose=0, shuffle=False)


def prepare_torch(images, dtype_name):
    """Return a function that makes n steps in PyTorch, eager and channels-last."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    dtype = getattr(torch, dtype_name)
    generator = nn.Sequential(
        nn.Linear(dcgan.LATENT_SIZE, 8 * 8 * 128), nn.LeakyReLU(0.2), nn.Unflatten(1, (128, 8, 8)),
        nn.BatchNorm2d(128), nn.Dropout(0.3), nn.Upsample(scale_factor=2),
        nn.Conv2d(128, 64, 5, padding=2), nn.LeakyReLU(0.2), nn.BatchNorm2d(64),
        nn.Upsample(scale_factor=2), nn.Conv2d(64, 1, 5, padding=2), nn.Tanh(),
    ).to(memory_format=torch.channels_last)  # fmt: skip
    discriminator = nn.Sequential(
        nn.Conv2d(1, 8, 5, 2, 2), nn.LeakyReLU(0.2), nn.Dropout(0.3),
        nn.Conv2d(8, 64, 5, 2, 2), nn.LeakyReLU(0.2), nn.Flatten(), nn.Linear(8 * 8 * 64, 1),
    ).to(memory_format=torch.channels_last)  # fmt: skip
    optimizers = [
        torch.optim.Adam(network.parameters(), 2e-4, (0.5, 0.999))
        for network in (generator, discriminator)
    ]
    bce = nn.functional.binary_cross_entropy_with_logits
    real_images = torch.from_numpy(to_float(images[:10_000]).transpose(0, 3, 1, 2).copy())
    random = np.random.default_rng(0)
    cast = torch.autocast("cpu", dtype=dtype, enabled=dtype_name != "float32")
    ones, zeros = torch.ones(BATCH, 1), torch.zeros(BATCH, 1)

    def step():
        picked = torch.from_numpy(random.integers(0, len(real_images), BATCH))
        real = real_images[picked].to(memory_format=torch.channels_last)
        with cast:
            fake = generator(torch.randn(BATCH, dcgan.LATENT_SIZE)).detach()
            loss = bce(discriminator(real).float(), ones) + bce(discriminator(fake).float(), zeros)
        optimizers[1].zero_grad()
        loss.backward()
        optimizers[1].step()
        with cast:
            fake = generator(torch.randn(BATCH, dcgan.LATENT_SIZE))
            loss = bce(discriminator(fake).float(), ones)
        optimizers[0].zero_grad()
        loss.backward()
        optimizers[0].step()

    return lambda steps: [step() for _ in range(steps)]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--data", default="mnist")
    arguments = parser.parse_args()
    images = load_data(arguments.data, size=32).images
    ways = {
        "GAN.fit, simultaneous": prepare_gan_fit(images, "simultaneous"),
        "GAN.fit, alternating": prepare_gan_fit(images, "alternating"),
        "plain fit": prepare_plain_fit(images),
    }
    if hardware.has_bfloat16():
        ways["GAN.fit, bfloat16"] = prepare_gan_fit(images, "simultaneous", "mixed_bfloat16")
    versions = {"tensorflow": tf.__version__, "keras": keras.__version__}
    try:
        import torch

        versions["torch"] = torch.__version__
        for dtype_name in ("float32", "bfloat16"):
            ways[f"PyTorch, {dtype_name}"] = prepare_torch(images, dtype_name)
    except ImportError:
        print("PyTorch is not installed: it is left out.")
    turns_of = {name: (run, STEPS) for name, run in ways.items()}
    times = turns.take_turns(turns_of, arguments.rounds, warm_up=2)
    turns.report(times, "GAN.fit, simultaneous", hardware=hardware.description(), **versions)


if __name__ == "__main__":
    main()
