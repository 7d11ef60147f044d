"""The six variants of a student's report on Fashion-MNIST, repeated, with what explains them.

    python scripts/lesson03_report.py [--seeds 0] [--steps 1000] [--only NAME ...]

Every row is a training from scratch with batches of 32 and the loss of the report, whose labels
have noise on them, measured on 10,000 samples; one to four minutes on 2 cores. Rows are added to
ganbook/results/03_report.json one by one, and the first samples of each go to build/03_report/; a
row that is there is not made again. At the end the samples are drawn into
notebooks/figures/03_report.png.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path

import experiments
import keras
import numpy as np

from ganbook import GAN, evaluation, load_data, plots, to_uint8
from ganbook.data import stream
from ganbook.errors import PitfallWarning
from ganbook.losses import NonSaturating
from ganbook.mistakes import NoisyLabels
from ganbook.models import fashion
from ganbook.sampling import sample_from

BATCH_SIZE = 32
SHOWN = 12  # samples of each variant in the picture
SAMPLES = Path(__file__).parent.parent / "build" / "03_report"
FIGURE = experiments.FIGURES / "03_report.png"


@dataclass(frozen=True)
class Variant:
    """One of the report's variants, or a change that tests an explanation."""

    name: str
    text: str
    batch_norm: bool = True
    transposed: int = 2
    pooling: str | None = "max"
    activation: str | None = None
    loss: str = "noisy labels"
    rate: float = 3e-4
    beta_1: float = 0.9
    images: int = 60_000


DEEP = {"transposed": 4}
VARIANTS = [
    Variant("report", "as the report begins"),
    Variant("no batch norm", "1. without BatchNorm", batch_norm=False),
    Variant("sigmoid", "2. sigmoid output", activation="sigmoid"),
    Variant("deep", "3. four layers, flattened", pooling=None, **DEEP),
    Variant("deep sigmoid", "4. the same, sigmoid", pooling=None, activation="sigmoid", **DEEP),
    Variant("deep max", "5. four layers, max pooling", **DEEP),
    Variant("deep adam", "6. the same, DCGAN's Adam", rate=2e-4, beta_1=0.5, **DEEP),
    Variant("probability", "2 with its proper loss", activation="sigmoid", loss="probability"),
    Variant("deep clipped", "3 with labels kept at 1", pooling=None, loss="clipped labels", **DEEP),
    Variant("average", "average pooling", pooling="average"),
    Variant("all images", "test images in the training", images=70_000),
]
LOSSES = {
    "noisy labels": NoisyLabels(),
    "clipped labels": NoisyLabels(clipped=True),
    "probability": NonSaturating(from_logits=False),
}


def build_gan(variant, seed) -> GAN:
    """Return the untrained pair of a variant."""
    keras.utils.set_random_seed(seed)
    return GAN(
        fashion.build_report_generator(
            batch_norm=variant.batch_norm, transposed=variant.transposed
        ),
        fashion.build_report_discriminator(variant.batch_norm, variant.pooling, variant.activation),
        LOSSES[variant.loss],
        generator_optimizer=keras.optimizers.Adam(variant.rate, beta_1=variant.beta_1),
        discriminator_optimizer=keras.optimizers.Adam(variant.rate, beta_1=variant.beta_1),
        update="simultaneous",
        seed=seed,
    )


def draw(results):
    """Draw the first samples of every row into one picture."""
    rows = [row for row in results.rows() if (SAMPLES / f"{row['name']}.npy").exists()]
    images = np.concatenate([np.load(SAMPLES / f"{row['name']}.npy") for row in rows])
    labels = [row["text"] for row in rows]
    title = f"Fashion-MNIST: the report's variants after {rows[0]['steps']:,} steps"
    plots.save_figure(plots.image_grid(images, SHOWN, title, labels), FIGURE, dpi=72)


def main():
    chosen = experiments.arguments(__doc__, seeds=[0], steps=1_000)
    warnings.simplefilter("ignore", PitfallWarning)  # variant 2 makes the mistake on purpose
    data = experiments.real("fashion_mnist")
    test = load_data("fashion_mnist", split="test")
    everything = np.concatenate([data.images, test.images])
    judge = evaluation.Judge(data)

    def make(variant, steps, seed):
        batches = stream(everything[: variant.images], BATCH_SIZE, seed=seed)
        gan = experiments.trained(build_gan(variant, seed), batches, steps)
        samples = to_uint8(sample_from(gan.generator, judge.count))
        SAMPLES.mkdir(parents=True, exist_ok=True)
        np.save(SAMPLES / f"{variant.name}.npy", samples[:SHOWN])
        return {
            "raw": judge.measure(samples),
            **experiments.losses_of(gan),
            "seconds": round(gan.seconds, 1),
        }

    results = experiments.Results("03_report", "lesson03_report.py", data, test)
    experiments.fill(results, VARIANTS, chosen, make)
    draw(results)


if __name__ == "__main__":
    main()
