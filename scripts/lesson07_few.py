"""Lesson 07's comparison on few images: what DiffAugment does for a training with 1,000 digits.

    python scripts/lesson07_few.py [--seeds 0] [--steps 5000] [--only NAME ...]

Every row is a training of lesson 07's pair, for one gray channel in the place of three and without
packs, on the real MNIST in batches of 32. The first 1,000 training images are all that the treated
and the untreated pair see; a third has 60,000. Four times on the way the averaged generator is
measured on 2,000 samples, and the discriminator is asked about 1,000 images that it was trained on
and about 1,000 test images. Rows are added to ganbook/results/07_few.json one by one; a row that is
there is not made again.
"""

from dataclasses import dataclass

import experiments
import keras

from ganbook import GAN, evaluation, load_data, to_uint8
from ganbook.builders import pair_for_digits
from ganbook.data import stream
from ganbook.diagnosis import taken_for_real
from ganbook.layers import DiffAugment
from ganbook.models import stacked
from ganbook.recipes import RECIPES

BATCH_SIZE = RECIPES["07"].batch_size
FEW = 1_000
CHECKS = 4


@dataclass(frozen=True)
class Way:
    """One way to train on some number of images."""

    name: str
    text: str
    images: int = FEW
    policy: str | None = None


WAYS = [
    Way("few", "1,000 images"),
    Way("augmented", "1,000 images, DiffAugment", policy="translation,cutout"),
    Way("all", "60,000 images", images=60_000),
]


def build_gan(way, seed) -> GAN:
    """Return the untrained pair of a way."""
    keras.utils.set_random_seed(seed)
    generator = stacked.build_generator(channels=1)
    discriminator = stacked.build_discriminator(pack=1, channels=1)
    if way.policy:
        discriminator = keras.Sequential(
            [keras.Input((28, 28, 1)), DiffAugment(way.policy), discriminator]
        )
    return pair_for_digits(generator, discriminator, seed)


def main():
    chosen = experiments.arguments(__doc__, seeds=[0], steps=5_000)
    data = experiments.real("mnist")
    held_out = load_data("mnist", split="test").images[:FEW]
    judge = evaluation.Judge(data, evaluation.QUICK_SAMPLES)

    def make(way, steps, seed):
        images, gan, curve = data.images[: way.images], build_gan(way, seed), []
        for _ in range(CHECKS):
            experiments.trained(gan, stream(images, BATCH_SIZE, seed=seed), steps // CHECKS)
            found = judge.measure(to_uint8(gan.sample(judge.count)))
            point = {
                "step": gan.step,
                "frechet_distance": found["frechet_distance"],
                "trained_on_called_real": taken_for_real(gan, images[:FEW]),
                "held_out_called_real": taken_for_real(gan, held_out),
            }
            curve.append(point)
            print(point, flush=True)
        return {**found, "curve": curve, **experiments.losses_of(gan)}

    results = experiments.Results("07_few", "lesson07_few.py", data)
    experiments.fill(results, WAYS, chosen, make)


if __name__ == "__main__":
    main()
