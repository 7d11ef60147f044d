"""What a bare ``train NN`` means: data, networks, loss, optimizers and steps of each lesson."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import keras

from ganbook import hardware
from ganbook.errors import SettingError
from ganbook.gan import GAN
from ganbook.growing import GrowingGAN, Schedule
from ganbook.losses import NonSaturating
from ganbook.models import dcgan, fashion, plane, progressive, stacked, vanilla, wgan
from ganbook.penalties import R1, R1R2, Drift, GradientPenalty, Sum

MODERN = R1R2(1.0)  # the penalty of lesson 08
PRESETS = ("quick", "standard", "full")


@dataclass(frozen=True)
class Recipe:
    """One lesson's main run.

    Attributes:
        lesson: its number, "01".
        title: what is trained, in a few words.
        data: the name of the data set.
        size: the height and width of the images, None for points.
        batch_size: real images in one discriminator update.
        steps: adversarial steps for each preset.
        milliseconds: time of one step on 2 CPU cores, measured; the base of time estimates.
        build: makes the GAN for a seed, in the precision that Keras has at that moment; if it
            is planned, for a seed and a number of steps.
        convolutions: whether the networks are convolutional; then bfloat16 pays where the processor
            has it.
        planned: whether the run has a plan that its length decides: stages, or a falling rate.
        variant: what sets it apart from the lesson's own recipe, such as "clip"; or None.
    """

    lesson: str
    title: str
    data: str
    size: int | None
    batch_size: int
    steps: dict[str, int]
    milliseconds: float
    build: Callable[..., GAN] = field(repr=False)
    convolutions: bool = False
    planned: bool = False
    variant: str | None = None

    @property
    def name(self) -> str:
        """What a run folder is called: "04", or "04-clip" for a variant."""
        return f"{self.lesson}-{self.variant}" if self.variant else self.lesson

    def precision(self, asked=None) -> str:
        """Return the dtype policy to train in: what was asked for, or the quicker one here.

        Raises:
            SettingError: there is no such precision.
        """
        if asked is None and not self.convolutions:
            return "float32"
        return hardware.precision(asked)

    def gan(self, seed=0, precision="float32", steps=None) -> GAN:
        """Return the new `GAN` of this lesson, its layers in one precision.

        ``steps`` is the length of the run, for networks whose growth is planned by it; the default
        is that of the standard preset.
        """
        before = keras.config.dtype_policy()
        keras.config.set_dtype_policy(precision)
        try:
            if self.planned:
                return self.build(seed, steps or self.steps["standard"])
            return self.build(seed)
        finally:
            keras.config.set_dtype_policy(before)


def plane_gan(seed=0) -> GAN:
    """Lesson 00: dense networks for points in the plane."""
    keras.utils.set_random_seed(seed)
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
    keras.utils.set_random_seed(seed)
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
    keras.utils.set_random_seed(seed)
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
    keras.utils.set_random_seed(seed)
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
    keras.utils.set_random_seed(seed)
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
    keras.utils.set_random_seed(seed)
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
    keras.utils.set_random_seed(seed)
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
    keras.utils.set_random_seed(seed)
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
    keras.utils.set_random_seed(seed)
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


def modern_dense_gan(seed=0, steps=100_000) -> GAN:
    """Lesson 08, the variant "dense": lesson 01's networks; nothing but the training is new."""
    keras.utils.set_random_seed(seed)
    return modern(vanilla.build_generator(), vanilla.build_discriminator(), steps, seed, 50)


def modern(generator, discriminator, steps, seed=0, steps_per_call=1, penalty=MODERN) -> GAN:
    """Return a `GAN` of lesson 08: relativistic, R1 and R2, a rate that falls, averaged weights.

    Source: Huang et al., 2024 (R3GAN), section 3, for loss and penalties.
    """

    def optimizer():
        rate = keras.optimizers.schedules.CosineDecay(2e-3, steps, alpha=0.02)
        return keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.99)

    return GAN(
        generator,
        discriminator,
        "relativistic",
        generator_optimizer=optimizer(),
        discriminator_optimizer=optimizer(),
        penalty=penalty,
        average=0.999,
        steps_per_call=steps_per_call,
        seed=seed,
    )


RECIPES = {
    "00": Recipe(
        lesson="00",
        title="A GAN you can watch",
        data="ring",
        size=None,
        batch_size=128,
        steps={"quick": 4_000, "standard": 10_000, "full": 20_000},
        milliseconds=0.8,
        build=plane_gan,
    ),
    "01": Recipe(
        lesson="01",
        title="Vanilla GAN",
        data="mnist",
        size=28,
        batch_size=64,
        steps={"quick": 6_000, "standard": 40_000, "full": 80_000},
        milliseconds=1.9,
        build=vanilla_gan,
    ),
    "02": Recipe(
        lesson="02",
        title="DCGAN",
        data="mnist",
        size=32,
        batch_size=64,
        steps={"quick": 80, "standard": 5_000, "full": 20_000},
        milliseconds=170.0,
        build=dcgan_gan,
        convolutions=True,
    ),
    "03": Recipe(
        lesson="03",
        title="Better GAN",
        data="fashion_mnist",
        size=28,
        batch_size=16,
        steps={"quick": 120, "standard": 10_500, "full": 40_000},
        milliseconds=98.0,
        build=fashion_gan,
        convolutions=True,
    ),
    "04": Recipe(
        lesson="04",
        title="WGAN-GP",
        data="fashion_mnist",
        size=28,
        batch_size=16,
        steps={"quick": 60, "standard": 7_500, "full": 40_000},
        milliseconds=141.0,
        build=wgan_gan,
        convolutions=True,
    ),
    "05": Recipe(
        lesson="05",
        title="Spectral normalization",
        data="fashion_mnist",
        size=28,
        batch_size=16,
        steps={"quick": 100, "standard": 12_500, "full": 40_000},
        milliseconds=80.0,
        build=spectral_gan,
        convolutions=True,
    ),
    "06": Recipe(
        lesson="06",
        title="Growing GAN",
        data="fashion_mnist",
        size=32,
        batch_size=16,
        steps={"quick": 80, "standard": 14_000, "full": 60_000},
        milliseconds=95.0,
        build=growing_gan,
        convolutions=True,
        planned=True,
    ),
    "07": Recipe(
        lesson="07",
        title="Packed GAN",
        data="stacked_mnist",
        size=28,
        batch_size=32,
        steps={"quick": 200, "standard": 30_000, "full": 100_000},
        milliseconds=35.0,
        build=stacked_gan,
        convolutions=True,
    ),
}


# What else a lesson trains: by lesson and variant, what differs from the lesson's recipe.
VARIANTS = {
    "04": {
        "clip": {
            "title": "WGAN, clipped",
            "batch_size": 64,
            "steps": {"quick": 10, "standard": 800, "full": 10_000},
            "milliseconds": 1_270.0,
            "build": clipped_gan,
        },
    },
}


def recipe_of(lesson, variant=None) -> Recipe:
    """Return the recipe of a lesson such as "01", or a variant of it.

    Raises:
        SettingError: there is no such lesson, or no such variant of it.
    """
    if lesson not in RECIPES:
        raise SettingError(f"unknown lesson {lesson!r}; choose one of {', '.join(RECIPES)}.")
    if variant is None:
        return RECIPES[lesson]
    variants = VARIANTS.get(lesson)
    if not variants:
        raise SettingError(f"lesson {lesson} has no variant {variant!r}: leave --variant out.")
    if variant not in variants:
        raise SettingError(
            f"unknown variant {variant!r} of lesson {lesson}; choose one of {', '.join(variants)}."
        )
    return replace(RECIPES[lesson], variant=variant, **variants[variant])
