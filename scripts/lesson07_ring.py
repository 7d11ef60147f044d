"""Lesson 07's patient with a mode collapse, and what each treatment does for it.

    python scripts/lesson07_ring.py [--seeds 0 1 2] [--steps 1500] [--only NAME ...]

The patient is lesson 00's pair on the ring of 8, with a generator whose rate is ten times the
discriminator's. Every row is a training of it with one treatment, measured on 2,500 samples: how
unevenly the modes come (KL, from 0 to ln 8 = 2.08), and the share of each mode. Rows are added to
ganbook/results/07_ring.json one by one; a row that is there is not made again.
"""

from dataclasses import dataclass

import experiments
import keras
import numpy as np

from ganbook import GAN, load_data, metrics
from ganbook.evaluation import measure_points
from ganbook.losses import NonSaturating
from ganbook.models import plane
from ganbook.penalties import R1R2, GradientPenalty

SAMPLES, BATCH_SIZE = 2_500, 128


@dataclass(frozen=True)
class Treatment:
    """What is done for the patient."""

    name: str
    text: str
    generator_rate: float = 1e-2
    discriminator_rate: float = 1e-3
    pack: int = 1
    kernels: int = 0
    unroll: int = 0
    penalty: str | None = None
    real_label: float = 1.0
    average: float | None = None


PENALTIES = {None: None, "R1R2": R1R2(1.0), "GP": GradientPenalty(0.1)}
TREATMENTS = [
    Treatment("ill", "no treatment"),
    Treatment("packed", "packs of four", pack=4),
    Treatment("minibatch", "minibatch discrimination", kernels=8),
    Treatment("unrolled", "unrolled, 5 steps", unroll=5),
    Treatment("scales", "two time scales", 1e-3, 4e-3),
    Treatment("R1R2", "R1 and R2", penalty="R1R2"),
    Treatment("GP", "gradient penalty", penalty="GP"),
    Treatment("smoothed", "real labels of 0.9", real_label=0.9),
    Treatment("averaged", "averaged weights", average=0.99),
]


def build_gan(way, seed) -> GAN:
    """Return the untrained patient with a treatment."""
    keras.utils.set_random_seed(seed)
    rates = way.generator_rate, way.discriminator_rate
    return GAN(
        plane.build_generator(),
        plane.build_discriminator(pack=way.pack, kernels=way.kernels),
        NonSaturating(real_label=way.real_label),
        **experiments.adams(*rates, beta_1=0.5, beta_2=0.99),
        penalty=PENALTIES[way.penalty],
        unroll=way.unroll,
        average=way.average,
        steps_per_call=50,
        seed=seed,
    )


def main():
    chosen = experiments.arguments(__doc__, seeds=[0, 1, 2], steps=1_500)
    ring = load_data("ring")

    def make(way, steps, seed):
        gan = build_gan(way, seed)
        experiments.trained(gan, ring.stream(BATCH_SIZE, steps_per_call=50, seed=seed), steps)
        points = gan.sample(SAMPLES)
        nearest = np.argmin(np.linalg.norm(points[:, None] - ring.centers, axis=-1), axis=1)
        shares = metrics.class_histogram(nearest, len(ring.centers)) / SAMPLES
        found = {**measure_points(ring, points), "shares": shares.round(4).tolist()}
        return {**found, **experiments.late(gan), "seconds": round(gan.seconds, 1)}

    results = experiments.Results("07_ring", "lesson07_ring.py", ring)
    experiments.fill(results, TREATMENTS, chosen, make)


if __name__ == "__main__":
    main()
