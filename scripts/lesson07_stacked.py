"""Lesson 07's comparison on stacked digits: how many of 1,000 modes are found, treated how.

    python scripts/lesson07_stacked.py [--seeds 0] [--steps 4000] [--only NAME ...]
    python -m ganbook train 07 --preset standard --precision float32 --out runs/07
    python scripts/lesson07_stacked.py --run runs/07

Every row is a training of lesson 07's networks on real stacked digits, in batches of 32, by one
shared forward pass a step. The protocol is that of the papers: 26,000 samples of the averaged
generator, each channel classified by itself; the same number of real examples through the same
classifier stands beside it. With --run, the row is that of a run of lesson 07's recipe, "packed",
which can be stopped, resumed and trained longer. Rows are added to ganbook/results/07_stacked.json
one by one; a row that is there is not made again.
"""

from dataclasses import dataclass

import experiments

from ganbook import GAN, evaluation, runs, to_uint8
from ganbook.builders import stacked_gan
from ganbook.penalties import R1
from ganbook.recipes import RECIPES

BATCH_SIZE = RECIPES["07"].batch_size


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
    """Return the untrained pair of a way: lesson 07's recipe, changed."""
    return stacked_gan(seed, way.pack, R1(way.gamma) if way.gamma else None)


def measures_of(gan, data) -> dict:
    """Return what a row holds of a trained `GAN`."""
    samples = to_uint8(gan.sample(evaluation.STACKED_SAMPLES))
    found = evaluation.measure_stacked(data, samples)
    return {**found, **experiments.late(gan), "seconds": round(gan.seconds, 1)}


def main():
    options = experiments.parser_of(__doc__, seeds=[0], steps=4_000)
    options.add_argument("--run", metavar="FOLDER", help="add the row of a run of lesson 07")
    chosen = options.parse_args()
    data = experiments.real("stacked_mnist")
    results = experiments.Results("07_stacked", "lesson07_stacked.py", data)
    if chosen.run:
        gan, settings = runs.restored(chosen.run)
        packed = WAYS[1]
        chosen.only, chosen.steps, chosen.seeds = [packed.name], gan.step, [settings["seed"]]

    def make(way, steps, seed):
        if chosen.run:
            return measures_of(gan, data)
        batches = data.stream(BATCH_SIZE, seed=seed)
        return measures_of(experiments.trained(build_gan(way, seed), batches, steps), data)

    experiments.fill(results, WAYS, chosen, make)


if __name__ == "__main__":
    main()
