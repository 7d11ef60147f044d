"""What a bare ``train NN`` means: data, networks, loss, optimizers and steps of each lesson."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import keras

from ganbook import builders, hardware
from ganbook.errors import SettingError
from ganbook.gan import GAN

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


RECIPES = {
    "00": Recipe(
        lesson="00",
        title="A GAN you can watch",
        data="ring",
        size=None,
        batch_size=128,
        steps={"quick": 4_000, "standard": 10_000, "full": 20_000},
        build=builders.plane_gan,
    ),
    "01": Recipe(
        lesson="01",
        title="Vanilla GAN",
        data="mnist",
        size=28,
        batch_size=64,
        steps={"quick": 6_000, "standard": 40_000, "full": 80_000},
        build=builders.vanilla_gan,
    ),
    "02": Recipe(
        lesson="02",
        title="DCGAN",
        data="mnist",
        size=32,
        batch_size=64,
        steps={"quick": 80, "standard": 5_000, "full": 20_000},
        build=builders.dcgan_gan,
        convolutions=True,
    ),
    "03": Recipe(
        lesson="03",
        title="Better GAN",
        data="fashion_mnist",
        size=28,
        batch_size=16,
        steps={"quick": 120, "standard": 10_500, "full": 40_000},
        build=builders.fashion_gan,
        convolutions=True,
    ),
    "04": Recipe(
        lesson="04",
        title="WGAN-GP",
        data="fashion_mnist",
        size=28,
        batch_size=16,
        steps={"quick": 60, "standard": 7_500, "full": 40_000},
        build=builders.wgan_gan,
        convolutions=True,
    ),
    "05": Recipe(
        lesson="05",
        title="Spectral normalization",
        data="fashion_mnist",
        size=28,
        batch_size=16,
        steps={"quick": 100, "standard": 12_500, "full": 40_000},
        build=builders.spectral_gan,
        convolutions=True,
    ),
    "06": Recipe(
        lesson="06",
        title="Growing GAN",
        data="fashion_mnist",
        size=32,
        batch_size=16,
        steps={"quick": 80, "standard": 14_000, "full": 60_000},
        build=builders.growing_gan,
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
        build=builders.stacked_gan,
        convolutions=True,
    ),
    "08": Recipe(
        lesson="08",
        title="Modern baseline",
        data="fashion_mnist",
        size=28,
        batch_size=32,
        steps={"quick": 150, "standard": 13_000, "full": 60_000},
        build=builders.modern_gan,
        convolutions=True,
        planned=True,
    ),
}


# What else a lesson trains: by lesson and variant, what differs from the lesson's recipe.
VARIANTS = {
    "04": {
        "clip": {
            "title": "WGAN, clipped",
            "batch_size": 64,
            "steps": {"quick": 10, "standard": 800, "full": 10_000},
            "build": builders.clipped_gan,
        },
    },
    "08": {
        "dense": {
            "title": "Lesson 01's networks, modern training",
            "data": "mnist",
            "batch_size": 64,
            "steps": {"quick": 3_000, "standard": 80_000, "full": 200_000},
            "build": builders.modern_dense_gan,
            "convolutions": False,
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
