"""Lesson 08's comparison of trainings: lesson 01's two dense networks, trained in three ways.

    python scripts/lesson08_dense.py [--seeds 0] [--only NAME ...]

The recipe as it stands (93,700 steps, in file order, one latent batch for both players, no
average), the settings that lesson 01 arrives at, and lesson 08's: relativistic, R1 and R2. Four
short trainings leave out one penalty, or both. The networks are always the same. Each is measured
on 10,000 samples by the classifier of the lessons and by one that no lesson uses
(`second_opinion.py`). Rows are added to ganbook/results/08_dense.json one by one; a row that is
there is not made again.
"""

from dataclasses import dataclass

import experiments
import keras
import lesson01_ablation
from second_opinion import SecondOpinion

from ganbook import evaluation, hardware, to_uint8
from ganbook.builders import modern
from ganbook.models import vanilla
from ganbook.penalties import R1, R1R2, R2
from ganbook.recipes import recipe_of
from ganbook.sampling import sample_from


@dataclass(frozen=True)
class Way:
    """One way to train the dense pair."""

    name: str
    text: str
    steps: int
    penalty: str | None = "R1R2"


SHORT = 10_000
PENALTIES = {"R1R2": R1R2(1.0), "R1": R1(1.0), "R2": R2(1.0), None: None}
MODERN = recipe_of("08", "dense")
WAYS = [
    Way("modern", "lesson 08: relativistic, R1 and R2", MODERN.steps["standard"]),
    Way("lesson 01", "lesson 01's settings", recipe_of("01").steps["standard"], None),
    Way("recipe", "the recipe as it stands", lesson01_ablation.RECIPE_STEPS, None),
    Way("short", "lesson 08, short", SHORT),
    Way("short R1", "the same, R1 alone", SHORT, "R1"),
    Way("short R2", "the same, R2 alone", SHORT, "R2"),
    Way("short none", "the same, no penalty", SHORT, None),
]


def train(way, data, steps, seed):
    """Return the trained `GAN` and the generator that samples."""
    if way.name == "recipe":
        gan = lesson01_ablation.train(lesson01_ablation.WAYS[0], data.images, steps, seed)
        return gan, gan.generator
    if way.name == "lesson 01":
        gan = recipe_of("01").gan(seed)
    else:
        keras.utils.set_random_seed(seed)
        pair, penalty = (vanilla.build_generator(), vanilla.build_discriminator()), way.penalty
        gan = modern(*pair, steps, seed, rate=2e-3, steps_per_call=50, penalty=PENALTIES[penalty])
    batches = data.stream(MODERN.batch_size, steps_per_call=gan.steps_per_call, seed=seed)
    experiments.trained(gan, batches, steps)
    return gan, gan.sampling_generator()


def main():
    chosen = experiments.arguments(__doc__, seeds=[0], steps=MODERN.steps["standard"])
    data = experiments.real("mnist")
    judge, second = evaluation.Judge(data), SecondOpinion("mnist")

    def make(way, steps, seed):
        gan, generator = train(way, data, steps, seed)
        samples = to_uint8(sample_from(generator, judge.count))
        return {
            "measures": judge.measure(samples),
            "second": second.measure(samples),
            **experiments.late(gan),
            "seconds": round(gan.seconds, 1),
            "hardware": hardware.description(),
        }

    results = experiments.Results("08_dense", "lesson08_dense.py", data)
    experiments.fill(results, WAYS, chosen, make)


if __name__ == "__main__":
    main()
