"""Lesson 05's grid: learning rates and seeds, with and without spectral normalization.

    python scripts/lesson05_rates.py [--seeds 0 1 2] [--steps 400] [--only NAME ...]

Every row is a short training of lesson 05's pair with the hinge loss on the real Fashion-MNIST, in
batches of 16, both players with the same rate, measured on 2,000 samples. Beside it stands how
steep the discriminator is: the longest gradient at real images, fakes and points in between, and
the product of its layers' norms, which no gradient can exceed. Rows are added to
ganbook/results/05_rates.json one by one; a row that is there is not made again. Longer rows, which
the lesson shows, too, were made by

    python scripts/lesson05_rates.py --seeds 0 --steps 3000 --only "with 0.001" "without 0.001"
    python scripts/lesson05_rates.py --seeds 0 --steps 12500 --only "without 0.001"

and the one with the layer after 12,500 steps is the lesson's main run.
"""

from dataclasses import dataclass

import experiments
import keras
import numpy as np

from ganbook import GAN, evaluation, lipschitz, to_uint8
from ganbook.data import stream, to_float
from ganbook.layers import SpectralNormalization
from ganbook.models import wgan

BATCH_SIZE = 16
IMAGES = 500  # of each kind, where gradients are measured
RATES = (1e-4, 3e-4, 1e-3, 3e-3, 1e-2)


@dataclass(frozen=True)
class Cell:
    """One cell of the grid."""

    name: str
    text: str
    spectral: bool
    rate: float


CELLS = [
    Cell(f"{kind} {rate:g}", f"{rate:g}, {text}", spectral, rate)
    for rate in RATES
    for kind, text, spectral in (
        ("with", "with spectral normalization", True),
        ("without", "without", False),
    )
]


def build_gan(cell, seed) -> GAN:
    """Return the untrained pair of a cell."""
    keras.utils.set_random_seed(seed)
    return GAN(
        wgan.build_generator(),
        wgan.build_critic(spectral=cell.spectral),
        "hinge",
        generator_optimizer=keras.optimizers.Adam(cell.rate, beta_1=0.0, beta_2=0.9),
        discriminator_optimizer=keras.optimizers.Adam(cell.rate, beta_1=0.0, beta_2=0.9),
        update="simultaneous",
        average=0.999,
        seed=seed,
    )


def normalized(layer):
    """Return a plain layer with the weights that a layer computes with."""
    if not isinstance(layer, SpectralNormalization):
        return layer
    plain = type(layer.layer).from_config(layer.layer.get_config() | {"name": "plain"})
    plain.build(layer.input.shape)
    kernel, bias = layer.layer.get_weights()
    plain.set_weights([kernel / layer.sigma(), bias])
    return plain


def steepness(discriminator, real, fake, seed=0) -> dict:
    """Return the longest gradients of a discriminator, and the product of its layers' norms."""
    weights = np.random.default_rng(seed).random((len(real), 1, 1, 1)).astype(np.float32)
    between = weights * to_float(real) + (1.0 - weights) * to_float(fake)
    places = {"real": real, "fake": fake, "between": between}
    with_weights = [layer for layer in discriminator.layers if layer.weights]
    norms = [
        lipschitz.operator_norm(normalized(layer), tuple(layer.input.shape[1:]))
        for layer in with_weights
    ]
    return {
        "longest_gradients": {
            name: round(float(lipschitz.input_gradient_norms(discriminator, images).max()), 4)
            for name, images in places.items()
        },
        "layer_norms": [round(norm, 4) for norm in norms],
        "product_of_norms": round(float(np.prod(norms)), 4),
    }


def main():
    chosen = experiments.arguments(__doc__, seeds=[0, 1, 2], steps=400)
    data = experiments.real("fashion_mnist")
    judge = evaluation.Judge(data, evaluation.QUICK_SAMPLES)
    real = judge.reference_images[:IMAGES]

    def make(cell, steps, seed):
        gan = build_gan(cell, seed)
        gan.fit(stream(data.images, BATCH_SIZE, seed=seed), steps_per_epoch=steps, verbose=0)
        if gan.trouble:  # a result, too: at this rate it breaks down
            return {"trouble": gan.trouble, "reached": gan.step}
        samples = to_uint8(gan.sample(judge.count))
        return {
            "averaged": judge.measure(samples),
            **steepness(gan.discriminator, real, samples[:IMAGES]),
            "late": experiments.late(gan),
            "seconds": round(gan.seconds, 1),
        }

    results = experiments.Results("05_rates", "lesson05_rates.py", data)
    experiments.fill(results, CELLS, chosen, make)


if __name__ == "__main__":
    main()
