"""The `GAN` of each lesson, untrained: networks, loss, penalty, optimizers."""

import keras

from ganbook import randomness
from ganbook.gan import GAN
from ganbook.growing import GrowingGAN, Schedule
from ganbook.losses import NonSaturating
from ganbook.models import dcgan, fashion, plane, progressive, stacked, vanilla, wgan
from ganbook.models import modern as networks
from ganbook.penalties import R1, R1R2, Drift, GradientPenalty, Sum

MODERN = R1R2(1.0)  # the penalty of lesson 08


def plane_gan(seed=0) -> GAN:
    """Lesson 00: dense networks for points in the plane."""
    randomness.seed_keras(seed)
    return GAN(
        plane.build_generator(),
        plane.build_discriminator(),
        generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5, beta_2=0.99),
        discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5, beta_2=0.99),
        average=0.99,
        steps_per_call=50,
        seed=seed,
    )


def vanilla_gan(seed=0) -> GAN:
    """Lesson 01: the dense pair, trained by the settings that lesson 01 arrives at."""
    randomness.seed_keras(seed)
    return GAN(
        vanilla.build_generator(),
        vanilla.build_discriminator(),
        NonSaturating(real_label=0.9),
        generator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(2e-3, beta_1=0.5),
        average=0.999,
        steps_per_call=50,
        seed=seed,
    )


def dcgan_gan(seed=0) -> GAN:
    """Lesson 02: the convolutional pair by the guidelines, one shared forward pass a step."""
    randomness.seed_keras(seed)
    return GAN(
        dcgan.build_generator(dropout=0.0),
        dcgan.build_deep_discriminator(),
        generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
        update="simultaneous",
        average=0.999,
        seed=seed,
    )


def fashion_gan(seed=0) -> GAN:
    """Lesson 03: the improved generator and the dense discriminator, kept smooth by R1."""
    randomness.seed_keras(seed)
    return GAN(
        fashion.build_generator(),
        fashion.build_discriminator(),
        generator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5),
        penalty=R1(0.5),
        update="simultaneous",
        average=0.999,
        seed=seed,
    )


def wgan_gan(seed=0) -> GAN:
    """Lesson 04: a critic kept smooth by a gradient penalty."""
    randomness.seed_keras(seed)
    return GAN(
        wgan.build_generator(),
        wgan.build_critic(),
        "wasserstein",
        generator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.0, beta_2=0.9),
        discriminator_optimizer=keras.optimizers.Adam(5e-4, beta_1=0.0, beta_2=0.9),
        penalty=GradientPenalty(10.0),
        update="simultaneous",
        average=0.999,
        seed=seed,
    )


def clipped_gan(seed=0) -> GAN:
    """Lesson 04, the variant "clip": the same pair, by Arjovsky et al., 2017, algorithm 1."""
    randomness.seed_keras(seed)
    return GAN(
        wgan.build_generator(),
        wgan.build_critic(),
        "wasserstein",
        generator_optimizer=keras.optimizers.RMSprop(5e-5),
        discriminator_optimizer=keras.optimizers.RMSprop(5e-5),
        discriminator_steps=5,
        clip_weights=0.01,
        average=0.999,
        seed=seed,
    )


def spectral_gan(seed=0) -> GAN:
    """Lesson 05: lesson 04's pair, its critic kept smooth by spectral normalization."""
    randomness.seed_keras(seed)
    return GAN(
        wgan.build_generator(),
        wgan.build_critic(spectral=True),
        "hinge",
        generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.9),
        discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.0, beta_2=0.9),
        update="simultaneous",
        average=0.999,
        seed=seed,
    )


def growing_gan(seed=0, steps=14_000, schedule=None, std_dev=True) -> GAN:
    """Lesson 06: a pair that grows from 4 x 4 to 32 x 32.

    ``schedule`` is another one of 32 x 32 images than the recipe's, which shares ``steps`` out;
    without ``std_dev`` the critic does not see how much the images of a group differ.
    """
    schedule = schedule or Schedule.shared(32, steps, batch_size=16, last=4)
    randomness.seed_keras(seed)
    return GrowingGAN(
        progressive.GrowingGenerator(channels=(64, 64, 32, 16)),
        progressive.GrowingDiscriminator(channels=(64, 64, 32, 16), std_dev=std_dev),
        schedule,
        generator_optimizer=keras.optimizers.Adam(3e-3, beta_1=0.0, beta_2=0.99),
        discriminator_optimizer=keras.optimizers.Adam(3e-3, beta_1=0.0, beta_2=0.99),
        penalty=Sum(GradientPenalty(10.0), Drift(0.001)),
        update="simultaneous",
        average=0.999,
        seed=seed,
    )


def stacked_gan(seed=0, pack=2, penalty=None) -> GAN:
    """Lesson 07: a convolutional pair for stacked digits, judged in packs of two.

    ``pack`` is how many images the discriminator judges at once, 1 for each by itself.
    """
    randomness.seed_keras(seed)
    generator, discriminator = stacked.build_generator(), stacked.build_discriminator(pack)
    return pair_for_digits(generator, discriminator, seed, penalty)


def pair_for_digits(generator, discriminator, seed=0, penalty=None) -> GAN:
    """Return the `GAN` of lesson 07's networks, for digits in color or gray."""
    return GAN(
        generator,
        discriminator,
        generator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5, beta_2=0.99),
        discriminator_optimizer=keras.optimizers.Adam(1e-3, beta_1=0.5, beta_2=0.99),
        penalty=penalty,
        update="simultaneous",
        average=0.999,
        seed=seed,
    )


def modern_gan(seed=0, steps=13_000) -> GAN:
    """Lesson 08: a convolutional pair, relativistic, with R1 and R2 and rates that fall."""
    randomness.seed_keras(seed)
    pair = networks.build_generator(), networks.build_discriminator()
    return modern(*pair, steps, seed, rate=2.5e-3, update="simultaneous")


def modern_dense_gan(seed=0, steps=80_000) -> GAN:
    """Lesson 08, the variant "dense": lesson 01's networks; nothing but the training is new."""
    randomness.seed_keras(seed)
    pair = vanilla.build_generator(), vanilla.build_discriminator()
    return modern(*pair, steps, seed, rate=2e-3, steps_per_call=50)


def modern(generator, discriminator, steps, seed=0, *, rate, penalty=MODERN, **more) -> GAN:
    """Return a `GAN` of lesson 08: relativistic, R1 and R2, rates that fall, averaged weights.

    Source: Huang et al., 2024 (R3GAN), section 3, for loss and penalties.
    """

    def optimizer():
        falling = keras.optimizers.schedules.CosineDecay(rate, steps, alpha=0.02)
        return keras.optimizers.Adam(falling, beta_1=0.0, beta_2=0.99)

    return GAN(
        generator,
        discriminator,
        "relativistic",
        generator_optimizer=optimizer(),
        discriminator_optimizer=optimizer(),
        penalty=penalty,
        average=0.999,
        seed=seed,
        **more,
    )
