"""Lesson 07's comparison on stacked digits: how many of 1,000 modes are found, treated how.

    python scripts/lesson07_stacked.py [--seeds 0] [--steps 4000] [--only NAME ...]

Every row is a training of lesson 07's networks on real stacked digits, in batches of 32, by one
shared forward pass a step. The protocol is that of the papers: 26,000 samples of the averaged
generator, each channel classified by itself; the same number of real examples through the same
classifier stands beside it. Rows are added to ganbook/results/07_stacked.json one by one; a row
that is there is not made again.
"""

from dataclasses import dataclass

import experiments
import keras

from ganbook import GAN, evaluation, to_uint8
from ganbook.models import stacked
from ganbook.penalties import R1

BATCH_SIZE = 32
RATE = 1e-3


@dataclass(frozen=True)
class Way:
    """One way to train on stacked digits."""

    name: str
    text: str
    pack: int = 1
    gamma: float = 0.0


WAYS = [
    Way("plain", "plain"),
    Way("packed", "packed, 2 samples", pack=2),
    Way("penalized", "R1", gamma=1.0),
    Way("both", "packed, 2 samples, and R1", pack=2, gamma=1.0),
]


def build_gan(way, seed) -> GAN:
    """Return the untrained pair of a way."""
    keras.utils.set_random_seed(seed)
    return GAN(
        stacked.build_generator(),
        stacked.build_discriminator(way.pack),
        generator_optimizer=keras.optimizers.Adam(RATE, beta_1=0.5, beta_2=0.99),
        discriminator_optimizer=keras.optimizers.Adam(RATE, beta_1=0.5, beta_2=0.99),
        penalty=R1(way.gamma) if way.gamma else None,
        update="simultaneous",
        average=0.999,
        seed=seed,
    )


def main():
    chosen = experiments.arguments(__doc__, seeds=[0], steps=4_000)
    data = experiments.real("stacked_mnist")

    def make(way, steps, seed):
        batches = data.stream(BATCH_SIZE, seed=seed)
        gan = experiments.trained(build_gan(way, seed), batches, steps)
        samples = to_uint8(gan.sample(evaluation.STACKED_SAMPLES))
        found = evaluation.measure_stacked(data, samples)
        return {**found, **experiments.late(gan), "seconds": round(gan.seconds, 1)}

    results = experiments.Results("07_stacked", "lesson07_stacked.py", data)
    experiments.fill(results, WAYS, chosen, make)


if __name__ == "__main__":
    main()
