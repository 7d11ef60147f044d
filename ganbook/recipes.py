"""What a bare ``train 01`` means: data, networks, loss, optimizers and steps of each lesson."""

from collections.abc import Callable
from dataclasses import dataclass, field

import keras

from ganbook.errors import SettingError
from ganbook.gan import GAN
from ganbook.losses import NonSaturating
from ganbook.models import vanilla

PRESETS = ("quick", "standard", "full")


@dataclass(frozen=True)
class Recipe:
    """One lesson's main run.

    Attributes:
        lesson: its number, "01".
        title: what is trained, in a few words.
        data: the name of the data set.
        size: the height and width of the images.
        batch_size: real images in one discriminator update.
        steps: adversarial steps for each preset.
        milliseconds: time of one step on 2 CPU cores, measured; the base of time estimates.
        build: makes the GAN for a seed.
    """

    lesson: str
    title: str
    data: str
    size: int
    batch_size: int
    steps: dict[str, int]
    milliseconds: float
    build: Callable[[int], GAN] = field(repr=False)


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


RECIPES = {
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
}


def recipe_of(lesson) -> Recipe:
    """Return the recipe of a lesson such as "01".

    Raises:
        SettingError: there is no such lesson.
    """
    if lesson not in RECIPES:
        raise SettingError(f"unknown lesson {lesson!r}; choose one of {', '.join(RECIPES)}.")
    return RECIPES[lesson]
