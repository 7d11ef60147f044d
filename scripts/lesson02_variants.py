"""Lesson 02's claims, measured: dense against convolution, and one change of the DCGAN at a time.

    python scripts/lesson02_variants.py [--seeds 0] [--steps 1000] [--only NAME ...]

Every row is a training from scratch on the real MNIST, measured on 10,000 samples. Convolutional
rows make 1,000 steps of 64 images, two to four minutes each on 2 cores; the two dense rows make
lesson 01's 40,000. Rows are added to ganbook/results/02_variants.json one by one; a row that is
there is not made again.
"""

from dataclasses import dataclass
from functools import partial

import experiments
import keras
import numpy as np

from ganbook import GAN, evaluation, load_data, to_uint8
from ganbook.data import stream
from ganbook.losses import NonSaturating
from ganbook.models import dcgan, vanilla
from ganbook.sampling import sample_from

DENSE_STEPS = 40_000
GRAY = 128  # what 0 becomes when images that were scaled to [-1, 1] are padded with it


@dataclass(frozen=True)
class Variant:
    """One way to train a pair; the defaults are those of lesson 02's main run."""

    name: str
    text: str
    generator: str = "upsampling"
    discriminator: str = "deep"
    update: str = "simultaneous"
    border: int = 0
    generator_rate: float = 1e-3
    discriminator_rate: float = 1e-3
    beta_1: float = 0.5
    slope: float = 0.2
    dropout: float = 0.0
    real_label: float = 1.0
    batch_size: int = 64
    steps: int | None = None  # None: the number given on the command line


DENSE = {"generator": "dense", "discriminator": "dense", "update": "alternating",
         "real_label": 0.9, "steps": DENSE_STEPS}  # fmt: skip
CLASSIC = {"generator_rate": 1e-4, "discriminator_rate": 1e-3, "beta_1": 0.9, **DENSE}
LESSON_01 = {"generator_rate": 2e-3, "discriminator_rate": 2e-3, **DENSE}
VARIANTS = [
    Variant("classic dense", "dense, classic recipe", **CLASSIC),
    Variant("dense", "dense, lesson 01", **LESSON_01),
    Variant("main", "DCGAN as in this lesson"),
    Variant("classic", "classic discriminator", discriminator="classic"),
    Variant("fast classic", "the same, its rate 4e-3", discriminator="classic",
            discriminator_rate=4e-3),
    Variant("no batch norm", "deep one without BatchNorm", discriminator="no batch norm"),
    Variant("dropout", "dropout 0.3 in the generator", dropout=0.3),
    Variant("transposed", "transposed convolutions", generator="transposed"),
    Variant("alternating", "alternating updates", update="alternating"),
    Variant("gray border", "border padded with gray", border=GRAY),
    Variant("beta", "beta_1 0.05", beta_1=0.05),
    Variant("slope", "LeakyReLU slope 0.001", slope=0.001),
    Variant("recipe", "the classic recipe", discriminator="classic", update="alternating",
            dropout=0.3, slope=0.001, beta_1=0.05, generator_rate=2e-4, discriminator_rate=2e-4,
            border=GRAY, batch_size=200, steps=320),
]  # fmt: skip


def build_networks(variant):
    """Return the two networks of a variant. The classic discriminator always has its dropout."""
    slope = {"slope": variant.slope}
    generators = {
        "dense": vanilla.build_generator,
        "upsampling": partial(dcgan.build_generator, dropout=variant.dropout, **slope),
        "transposed": partial(dcgan.build_transposed_generator, dropout=variant.dropout, **slope),
    }
    discriminators = {
        "dense": vanilla.build_discriminator,
        "classic": partial(dcgan.build_discriminator, **slope),
        "deep": partial(dcgan.build_deep_discriminator, **slope),
        "no batch norm": partial(dcgan.build_deep_discriminator, batch_norm=False, **slope),
    }
    return generators[variant.generator](), discriminators[variant.discriminator]()


def padded(images, value):
    """Return 28 x 28 images with a border of 2 pixels of one gray level."""
    return np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)), constant_values=value)


def train(variant, images, steps, seed):
    """Train a variant from scratch and return the GAN."""
    keras.utils.set_random_seed(seed)
    together = 50 if variant.generator == "dense" else 1
    rates = variant.generator_rate, variant.discriminator_rate
    optimizers = [keras.optimizers.Adam(rate, beta_1=variant.beta_1) for rate in rates]
    gan = GAN(
        *build_networks(variant),
        NonSaturating(real_label=variant.real_label),
        generator_optimizer=optimizers[0],
        discriminator_optimizer=optimizers[1],
        update=variant.update,
        average=0.999,
        steps_per_call=together,
        seed=seed,
    )
    if variant.generator != "dense":
        images = padded(images, variant.border)
    batches = stream(images, variant.batch_size, steps_per_call=together, seed=seed)
    return experiments.trained(gan, batches, steps)


def observations(images) -> dict:
    """Measure on uint8 samples what people say about dense and convolutional GANs' pictures.

    - ``background``: the mean gray level of the outermost two pixels of 28 x 28, black in MNIST,
    - ``stray_pixels``: pixels over 128 an image whose four neighbors are all under 64,
    - ``ghosts``: the share of images in which no pixel is over 128.
    """
    if images.shape[1] == 32:
        images = images[:, 2:-2, 2:-2]
    images = images[..., 0].astype(int)
    inside = images[:, 2:-2, 2:-2]
    edge = images.sum() - inside.sum()
    around = [np.roll(images, step, axis)[:, 1:-1, 1:-1] for step in (-1, 1) for axis in (1, 2)]
    stray = (images[:, 1:-1, 1:-1] > 128) & np.all([part < 64 for part in around], axis=0)
    found = {
        "background": edge / (images.size - inside.size),
        "stray_pixels": stray.sum() / len(images),
        "ghosts": np.mean(images.max(axis=(1, 2)) <= 128),
    }
    return {name: round(float(value), 4) for name, value in found.items()}


def row_of(gan, judge) -> dict:
    """Return what is kept of one training."""
    samples = to_uint8(sample_from(gan.sampling_generator(), judge.count))
    return {
        "raw": experiments.measures(gan.generator, judge),
        "averaged": judge.measure(samples),
        "observations": observations(samples),
        "late": experiments.late(gan),
        "parameters": [gan.generator.count_params(), gan.discriminator.count_params()],
        "seconds": round(gan.seconds, 1),
    }


def main():
    chosen = experiments.arguments(__doc__, seeds=[0], steps=1_000)
    data = experiments.real("mnist")
    results = experiments.Results("02_variants", "lesson02_variants.py", data)
    judge = evaluation.Judge(data)
    if not results.has(name="real", steps=0, seed=0):
        real = observations(load_data("mnist", split="test").images)
        results.add({"name": "real", "steps": 0, "seed": 0, "observations": real})

    def make(variant, steps, seed):
        return row_of(train(variant, data.images, steps, seed), judge)

    experiments.fill(results, VARIANTS, chosen, make)


if __name__ == "__main__":
    main()
