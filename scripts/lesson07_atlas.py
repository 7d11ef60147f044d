"""Lesson 07's atlas of losses: what trainings look like that go well, badly, or nowhere.

    python scripts/lesson07_atlas.py [--only NAME ...]

Every pattern is a training of lesson 01's dense pair on the real MNIST, 4,000 steps of 64 images,
with one thing set so that the pattern appears. A row holds both losses in 50 means, the measures of
2,000 samples, how strongly the first and the last layer of the generator are pulled at the start
and at the end, and how many training and held-out images the discriminator calls real. Rows are
added to ganbook/results/07_atlas.json one by one; a row that is there is not made again. The first
samples of each go into notebooks/figures/07_atlas.png, once all of them were made in one go.
"""

from dataclasses import dataclass

import experiments
import keras
import numpy as np

from ganbook import GAN, evaluation, load_data, plots, to_uint8
from ganbook.data import stream
from ganbook.diagnosis import taken_for_real, weight_gradient_norms
from ganbook.models import vanilla
from ganbook.penalties import R1R2

BATCH_SIZE = 64
STEPS_PER_CALL = 50
SHOWN = 16
PROBED = 1_000  # images for gradients and for the discriminator's opinion
FIGURE = experiments.FIGURES / "07_atlas.png"


@dataclass(frozen=True)
class Pattern:
    """One way to train the dense pair, and with it one picture of losses."""

    name: str
    text: str
    generator_rate: float = 2e-3
    discriminator_rate: float = 2e-3
    beta_1: float = 0.5
    loss: str = "non_saturating"
    gamma: float = 0.0
    images: int = 60_000


PATTERNS = [
    Pattern("healthy", "in balance"),
    Pattern("relativistic", "relativistic, R1 and R2", loss="relativistic", gamma=1.0),
    Pattern("asleep", "rates of 1e-7", 1e-7, 1e-7),
    Pattern("outrun", "G a hundred times slower", generator_rate=2e-5),
    Pattern("saturated", "the same, saturating loss", generator_rate=2e-5, loss="minimax"),
    Pattern("hasty", "G a hundred times faster", discriminator_rate=2e-5),
    Pattern("wild", "rates of 5e-2", 5e-2, 5e-2),
    Pattern("momentum", "beta_1 of 0.95", beta_1=0.95),
    Pattern("by heart", "300 training images", images=300),
    Pattern("unbounded", "Wasserstein, not kept smooth", loss="wasserstein"),
]


def build_gan(pattern, seed) -> GAN:
    """Return the untrained pair of a pattern."""
    keras.utils.set_random_seed(seed)
    rates = pattern.generator_rate, pattern.discriminator_rate
    return GAN(
        vanilla.build_generator(),
        vanilla.build_discriminator(),
        pattern.loss,
        **experiments.adams(*rates, beta_1=pattern.beta_1),
        penalty=R1R2(pattern.gamma) if pattern.gamma else None,
        steps_per_call=STEPS_PER_CALL,
        seed=seed,
    )


def pulls(gan, images) -> dict:
    """Return the gradient norms of the generator's first and last layer."""
    norms = list(weight_gradient_norms(gan, images)["generator"].values())
    return {"first": float(f"{norms[0]:.4g}"), "last": float(f"{norms[-1]:.4g}")}


def main():
    chosen = experiments.arguments(__doc__, seeds=[0], steps=4_000)
    data = experiments.real("mnist")
    probed = load_data("mnist", split="test").images[:PROBED]
    judge, drawn = evaluation.Judge(data, evaluation.QUICK_SAMPLES), {}

    def make(pattern, steps, seed):
        images, gan = data.images[: pattern.images], build_gan(pattern, seed)
        batches = stream(images, BATCH_SIZE, steps_per_call=STEPS_PER_CALL, seed=seed)
        start = pulls(gan, probed)
        experiments.trained(gan, batches, steps)
        samples = to_uint8(gan.sample(judge.count))
        drawn[pattern.text] = samples[:SHOWN]
        return {
            **experiments.losses_of(gan),
            "pulls": {"start": start, "end": pulls(gan, probed)},
            "trained_on_called_real": taken_for_real(gan, images[:PROBED]),
            "held_out_called_real": taken_for_real(gan, probed),
            **judge.measure(samples),
            "seconds": round(gan.seconds, 1),
        }

    results = experiments.Results("07_atlas", "lesson07_atlas.py", data)
    experiments.fill(results, PATTERNS, chosen, make)
    if len(drawn) == len(PATTERNS):
        images, title = np.concatenate(list(drawn.values())), "MNIST: samples after 4,000 steps"
        experiments.save_picture(plots.image_grid(images, SHOWN, title, list(drawn)), FIGURE)


if __name__ == "__main__":
    main()
