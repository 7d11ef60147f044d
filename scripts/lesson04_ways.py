"""Lesson 04's ways to train one pair of networks on Fashion-MNIST, each for the same time.

    python scripts/lesson04_ways.py [--seeds 0] [--seconds 240] [--only NAME ...]

Every row is a training from scratch on the real Fashion-MNIST with batches of 16 (the papers' 64
would leave a CPU a quarter of the updates) that lasts so many seconds of training, measured six
times on the way (2,000 samples) and at its end (10,000 samples of the averaged weights). Beside the
distance stands what the critic says: the mean of its outputs on test images minus that on samples,
which for a Wasserstein critic estimates a distance; and what clipping does to its weights and
gradients. Rows are added to ganbook/results/04_ways.json one by one; a row that is there is not
made again. How far a row gets depends on the machine.
"""

from dataclasses import dataclass

import experiments
import keras
import numpy as np

from ganbook import GAN, evaluation, lipschitz, to_uint8
from ganbook.data import stream, to_float
from ganbook.mistakes import SquaredCritic
from ganbook.models import wgan
from ganbook.penalties import GradientPenalty

BATCH_SIZE = 16
CHECKS = 6
IMAGES = 500  # test images for what the critic says
BINS = 41


@dataclass(frozen=True)
class Way:
    """One way to train the pair; the defaults are the gradient penalty of the paper's preprint."""

    name: str
    text: str
    loss: str = "wasserstein"
    clip: float | None = None
    clip_once: float | None = None
    penalty: float | None = 10.0
    batch_norm: bool = False
    optimizer: str = "adam"
    rate: float = 1e-4
    betas: tuple = (0.5, 0.9)
    critic_steps: int = 5
    update: str = "alternating"


CLIPPED = {"penalty": None, "optimizer": "rmsprop", "rate": 5e-5, "betas": ()}
WAYS = [
    Way("log", "non-saturating loss", loss="non_saturating", penalty=None, rate=2e-4,
        betas=(0.5, 0.999), critic_steps=1),
    Way("clip", "clipped at 0.01, as in the paper", clip=0.01, **CLIPPED),
    Way("penalty", "gradient penalty, five critic steps"),
    Way("clip wide", "clipped at 0.1", clip=0.1, **CLIPPED),
    Way("clip narrow", "clipped at 0.001", clip=0.001, **CLIPPED),
    Way("squared", "clipped, squared error", loss="squared", clip=0.01, **CLIPPED),
    Way("once", "clipped once, before training", clip_once=0.01, **CLIPPED),
    Way("batch norm", "gradient penalty and BatchNorm", batch_norm=True),
    Way("one step", "gradient penalty, one critic step", critic_steps=1, rate=5e-4,
        betas=(0.0, 0.9), update="simultaneous"),  # the lesson's main run
]  # fmt: skip


def optimizer_of(way):
    """Return a new optimizer."""
    if way.optimizer == "rmsprop":
        return keras.optimizers.RMSprop(way.rate)
    return keras.optimizers.Adam(way.rate, *way.betas)


def build_gan(way, seed) -> GAN:
    """Return the untrained pair of a way."""
    keras.utils.set_random_seed(seed)
    gan = GAN(
        wgan.build_generator(),
        wgan.build_critic(batch_norm=way.batch_norm),
        SquaredCritic() if way.loss == "squared" else way.loss,
        generator_optimizer=optimizer_of(way),
        discriminator_optimizer=optimizer_of(way),
        discriminator_steps=way.critic_steps,
        update=way.update,
        clip_weights=way.clip,
        penalty=GradientPenalty(way.penalty) if way.penalty else None,
        average=0.999,
        seed=seed,
    )
    if way.clip_once:
        for weight in gan.discriminator.trainable_weights:
            weight.assign(np.clip(weight.numpy(), -way.clip_once, way.clip_once))
    return gan


def short(value) -> float:
    """Return a number with four digits; with clipping, some are tiny."""
    return float(f"{value:.4g}")


def said(critic, images, samples) -> float:
    """Return the mean output on images minus that on samples (uint8 both)."""
    outputs = [critic.predict(to_float(x), verbose=0).mean() for x in (images, samples)]
    return float(outputs[0] - outputs[1])


def state_of(critic, images) -> dict:
    """Return how a critic's weights are spread, and how steep it is at some images."""
    weights = np.concatenate([w.numpy().ravel() for w in critic.trainable_weights])
    largest = float(np.abs(weights).max())
    counts, _ = np.histogram(weights, BINS, (-largest, largest))
    norms = lipschitz.input_gradient_norms(critic, images)
    return {
        "largest_weight": largest,
        "weights_at_the_bound": round(float(np.mean(np.abs(weights) > 0.99 * largest)), 4),
        "weight_histogram": counts.tolist(),
        "gradient_norm": short(norms.mean()),
        "gradient_norm_spread": short(norms.std()),
        "layer_gradient_norms": lipschitz.activation_gradient_norms(critic, images),
    }


def main():
    chosen = experiments.arguments(__doc__, seeds=[0], seconds=240)
    data = experiments.real("fashion_mnist")
    judge, quick = evaluation.Judge(data), evaluation.Judge(data, evaluation.QUICK_SAMPLES)
    images = judge.reference_images[:IMAGES]

    def make(way, seconds, seed):
        gan = build_gan(way, seed)
        batches = stream(data.images, BATCH_SIZE, way.critic_steps, seed=seed)
        curve = []
        for check in range(1, CHECKS + 1):
            experiments.train_until(gan, batches, seconds * check / CHECKS)
            samples = to_uint8(gan.sample(quick.count))
            found = quick.measure(samples)
            curve.append(
                {
                    "seconds": round(gan.seconds, 1),
                    "step": gan.step,
                    "said": short(said(gan.discriminator, images, samples[:IMAGES])),
                    **{name: found[name] for name in ("frechet_distance", "coverage")},
                }
            )
        return {
            "averaged": experiments.measures(gan.sampling_generator(), judge),
            "reached": gan.step,
            "curve": curve,
            "critic": state_of(gan.discriminator, images),
        }

    key = ("name", "seconds", "seed")
    results = experiments.Results("04_ways", "lesson04_ways.py", data, key=key)
    experiments.fill(results, WAYS, chosen, make)


if __name__ == "__main__":
    main()
