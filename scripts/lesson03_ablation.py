"""Lesson 03's improvements on Fashion-MNIST, each switched on alone, then together.

    python scripts/lesson03_ablation.py [--seeds 0 1 2] [--steps 2000] [--only NAME ...]

Every row is a training from scratch on the real Fashion-MNIST with batches of 16, measured on
10,000 samples of the averaged weights; two to eight minutes on 2 cores. Rows are added to
ganbook/results/03_ablation.json one by one; a row that is there is not made again, so the script
can be stopped at will. At the end the rows of seed 0 are added to the scoreboard that comes with
the package.
"""

from dataclasses import dataclass

import experiments
import keras

from ganbook import GAN, evaluation, scoreboard
from ganbook.data import stream
from ganbook.losses import NonSaturating
from ganbook.mistakes import PersistentFlips
from ganbook.models import fashion, vanilla
from ganbook.penalties import R1

BATCH_SIZE = 16


@dataclass(frozen=True)
class Switches:
    """One setting of the switches; the defaults are the networks with none of them on."""

    name: str
    text: str
    generator: str = "improved"
    real_label: float = 1.0
    fake_label: float = 0.0
    flip_labels: float = 0.0
    persistent: bool = False
    generator_steps: int = 1
    generator_rate: float = 2e-4
    discriminator_rate: float = 2e-4
    penalty: float = 0.0


SMOOTH = {"real_label": 0.9, "fake_label": 0.1}
FLIPS = {"flip_labels": 0.1}
TWICE = {"generator_steps": 2}
RATES = {"generator_rate": 1e-4}
PENALTY = {"penalty": 0.5}
FASTER = {"generator_rate": 5e-4, "discriminator_rate": 1e-3}
VARIANTS = [
    Switches("dense", "dense generator, no switch", generator="dense"),
    Switches("plain", "improved generator, no switch"),
    Switches("one-sided", "labels 0.9 and 0", real_label=0.9),
    Switches("smoothing", "labels 0.9 and 0.1", **SMOOTH),
    Switches("flips", "one label in ten flipped", **FLIPS),
    Switches("twice", "generator updated twice", **TWICE),
    Switches("rates", "generator's rate halved", **RATES),
    Switches("all", "all of them: the recipe", **SMOOTH, **FLIPS, **TWICE, **RATES),
    Switches("persistent", "flips that persist", persistent=True, **FLIPS),
    Switches("penalty", "gradients penalized (R1)", **PENALTY),
    Switches("faster", "rates of 5e-4 and 1e-3", **FASTER),
    Switches("both", "R1 and these rates", **PENALTY, **FASTER),
]


def build_gan(switches, seed) -> GAN:
    """Return the untrained pair with these switches."""
    keras.utils.set_random_seed(seed)
    build = fashion.build_generator if switches.generator == "improved" else vanilla.build_generator
    loss = NonSaturating(
        real_label=switches.real_label,
        fake_label=switches.fake_label,
        flip_labels=0.0 if switches.persistent else switches.flip_labels,
    )
    return GAN(
        build(),
        fashion.build_discriminator(),
        PersistentFlips(loss, switches.flip_labels) if switches.persistent else loss,
        generator_optimizer=keras.optimizers.Adam(switches.generator_rate, beta_1=0.5),
        discriminator_optimizer=keras.optimizers.Adam(switches.discriminator_rate, beta_1=0.5),
        generator_steps=switches.generator_steps,
        penalty=R1(switches.penalty) if switches.penalty else None,
        average=0.999,
        seed=seed,
    )


def add_to_scoreboard(results):
    """Add the rows of seed 0 to the scoreboard that comes with the package, each one once."""
    there = [(row["lesson"], row["variant"]) for row in scoreboard.read(scoreboard.SHIPPED)[0]]
    switches = {one.name: one for one in VARIANTS}
    for row in results.rows():
        if row["seed"] == 0 and ("03", row["text"]) not in there:
            gan = build_gan(switches[row["name"]], seed=0)  # untrained: for its parameters
            more = {key: row[key] for key in ("steps", "seconds", "versions")}
            one = scoreboard.row_of(gan, "03", row["text"], row["averaged"], **more)
            scoreboard.append(one, scoreboard.SHIPPED)


def main():
    chosen = experiments.arguments(__doc__, seeds=[0, 1, 2], steps=2_000)
    data = experiments.real("fashion_mnist")
    judge = evaluation.Judge(data)

    def make(switches, steps, seed):
        batches = stream(data.images, BATCH_SIZE, seed=seed)
        gan = experiments.trained(build_gan(switches, seed), batches, steps)
        return {
            "averaged": experiments.measures(gan.sampling_generator(), judge),
            "late": experiments.late(gan),
            "seconds": round(gan.seconds, 1),
        }

    results = experiments.Results("03_ablation", "lesson03_ablation.py", data)
    experiments.fill(results, VARIANTS, chosen, make)
    add_to_scoreboard(results)


if __name__ == "__main__":
    main()
