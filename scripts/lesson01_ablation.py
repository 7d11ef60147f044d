"""Which change did what: lesson 01's dense pair trained in several ways, each one measured.

    python scripts/lesson01_ablation.py [--seeds 0 1] [--steps 40000] [--only NAME ...]

Every row is a whole training on the same data, measured on 10,000 samples against the 10,000 test
images, for the raw generator and for the averaged one. A row takes two to four minutes on 2 cores.
Rows are added to ganbook/results/01_ablation.json one by one; a row that is there is not made
again, so the script can be stopped and started at will. The first seed's recipe also gets its rows
on the scoreboard, as it stands: without an average.
"""

from dataclasses import dataclass

import experiments
import keras
import tensorflow as tf

from ganbook import GAN, evaluation
from ganbook.data import stream
from ganbook.losses import NonSaturating
from ganbook.models import vanilla
from ganbook.update import Alternating

STEPS_PER_CALL = 50
RECIPE_STEPS = 937 * 100  # the classic notebook: 100 epochs of 937 batches


@dataclass(frozen=True)
class Way:
    """One way to train the dense pair."""

    name: str
    text: str
    generator_rate: float = 1e-4
    discriminator_rate: float = 1e-3
    beta_1: float = 0.9
    real_label: float = 0.9
    batch_size: int = 64
    shared_latents: bool = False
    steps: int | None = None  # None: the number given on the command line


MATCHED = {"generator_rate": 2e-3, "discriminator_rate": 2e-3}
WAYS = [
    Way("recipe", "the classic recipe, all 93,700 steps", shared_latents=True, steps=RECIPE_STEPS),
    Way("short recipe", "the classic recipe", shared_latents=True),
    Way("shuffled", "shuffled, new latents for each player"),
    Way("rates", "both rates 2e-3", **MATCHED),
    Way("beta", "both rates 2e-3, beta_1 0.5", beta_1=0.5, **MATCHED),
    Way("no smoothing", "the same, without smoothing", beta_1=0.5, real_label=1.0, **MATCHED),
    Way("large batch", "the same, batch 256", beta_1=0.5, batch_size=256, steps=10_000, **MATCHED),
]


class SharedLatents(Alternating):
    """The classic recipe draws one latent batch a step and uses it for both players."""

    def fakes(self, count, step, use):
        return super().fakes(count, step, "shared")


def unshuffled(images, batch_size):
    """Return the images in file order, over and over, as the classic recipe takes them."""
    whole = len(images) // batch_size * batch_size
    options = tf.data.Options()
    options.autotune.enabled = False
    dataset = tf.data.Dataset.from_tensor_slices(images[:whole]).repeat()
    dataset = dataset.batch(batch_size, drop_remainder=True)
    return dataset.batch(STEPS_PER_CALL, drop_remainder=True).prefetch(2).with_options(options)


def train(way, images, steps, seed):
    """Train one way from scratch and return the GAN."""
    keras.utils.set_random_seed(seed)
    gan = GAN(
        vanilla.build_generator(),
        vanilla.build_discriminator(),
        NonSaturating(real_label=way.real_label),
        generator_optimizer=keras.optimizers.Adam(way.generator_rate, beta_1=way.beta_1),
        discriminator_optimizer=keras.optimizers.Adam(way.discriminator_rate, beta_1=way.beta_1),
        update=SharedLatents if way.shared_latents else "alternating",
        average=0.999,
        steps_per_call=STEPS_PER_CALL,
        seed=seed,
    )
    if way.shared_latents:
        batches = unshuffled(images, way.batch_size)
    else:
        batches = stream(images, way.batch_size, steps_per_call=STEPS_PER_CALL, seed=seed)
    return experiments.trained(gan, batches, steps)


def main():
    chosen = experiments.arguments(__doc__, seeds=[0, 1], steps=40_000)
    data = experiments.real("mnist")
    judge = evaluation.Judge(data)

    def make(way, steps, seed):
        gan = train(way, data.images, steps, seed)
        if way.name == "recipe" and seed == 0:
            experiments.add_to_scoreboard(
                gan, "01", "recipe as it stands", data.name, generator=gan.generator
            )
        return {
            "raw": experiments.measures(gan.generator, judge),
            "averaged": experiments.measures(gan.sampling_generator(), judge),
            "seconds": round(gan.seconds, 1),
        }

    results = experiments.Results("01_ablation", "lesson01_ablation.py", data)
    experiments.fill(results, WAYS, chosen, make)


if __name__ == "__main__":
    main()
