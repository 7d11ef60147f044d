"""Lesson 07's benchmark in the plane: how many modes of a ring and of a grid are found.

    python scripts/lesson07_modes.py [--seeds 0 1 ... 9] [--only NAME ...]

Every row is a training of lesson 00's kind of pair, with three hidden layers of 128 units, on a
ring of 8 Gaussians (4,000 steps) or a grid of 25 (12,000), measured on 2,500 samples as in the
papers: modes with at least one sample within three standard deviations, the share of such samples,
the KL divergence of the shares of the modes from equal ones, and how wide the samples lie around
their modes (1: as wide as the data). All ways have the same networks, batches, and a rate that
falls to a fiftieth along half a cosine; what they differ in is in `ways_on`. Rows are added to
ganbook/results/07_modes.json one by one; a row that is there is not made again.
"""

from dataclasses import dataclass

import experiments
import keras

from ganbook import GAN, load_data
from ganbook.evaluation import measure_points
from ganbook.models import plane
from ganbook.penalties import R1R2

BATCH_SIZE = 256
UNITS, HIDDEN = 128, 3
SAMPLES = 2_500
RATE = 2e-3
SLOWEST = 0.02  # of the rate, at the end
STEPS = {"ring": 4_000, "grid": 12_000}
GAMMA = 0.05


@dataclass(frozen=True)
class Way:
    """One way to train on one set of points."""

    name: str
    text: str
    data: str
    steps: int
    pack: int = 1
    unroll: int = 0
    gamma: float = 0.0
    loss: str = "non_saturating"


def ways_on(data):
    """Return the ways for one set of points."""
    what = {
        "plain": {"text": "plain"},
        "unrolled": {"text": "unrolled, 5 steps", "unroll": 5},
        "packed": {"text": "packed, 4 samples", "pack": 4},
        "penalized": {"text": "R1 and R2", "gamma": GAMMA},
        "relativistic": {
            "text": "R1 and R2, relativistic",
            "gamma": GAMMA,
            "loss": "relativistic",
        },
    }
    return [
        Way(name=f"{data} {name}", data=data, steps=STEPS[data], **more)
        for name, more in what.items()
    ]


WAYS = [*ways_on("ring"), *ways_on("grid")]


def build_gan(way, steps, seed) -> GAN:
    """Return the untrained pair of a way."""
    keras.utils.set_random_seed(seed)
    return GAN(
        plane.build_generator(units=UNITS, hidden=HIDDEN),
        plane.build_discriminator(units=UNITS, hidden=HIDDEN, pack=way.pack),
        way.loss,
        generator_optimizer=optimizer_of(steps),
        discriminator_optimizer=optimizer_of(steps),
        penalty=R1R2(way.gamma) if way.gamma else None,
        unroll=way.unroll,
        average=0.995,
        steps_per_call=50,
        seed=seed,
    )


def optimizer_of(steps):
    """Return a new optimizer whose rate falls over so many steps."""
    rate = keras.optimizers.schedules.CosineDecay(RATE, steps, alpha=SLOWEST)
    return keras.optimizers.Adam(rate, beta_1=0.0, beta_2=0.99)


def main():
    chosen = experiments.arguments(__doc__, seeds=list(range(10)), steps=STEPS["grid"])
    sets = {name: load_data(name) for name in ("ring", "grid")}

    def make(way, steps, seed):
        gan, data = build_gan(way, steps, seed), sets[way.data]
        batches = data.stream(BATCH_SIZE, steps_per_call=gan.steps_per_call, seed=seed)
        experiments.trained(gan, batches, steps)
        return {**measure_points(data, gan.sample(SAMPLES)), "seconds": round(gan.seconds, 1)}

    results = experiments.Results("07_modes", "lesson07_modes.py", *sets.values())
    experiments.fill(results, WAYS, chosen, make)


if __name__ == "__main__":
    main()
