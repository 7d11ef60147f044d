"""One training step of lesson 03b's small networks, with a linear output and with a sigmoid.

    python benchmarks/sigmoid_output.py [--rounds 5]

A student's report found a linear output twice as fast. Batches of 32, in a graph without XLA, as
`GAN.fit` runs them on a CPU. The two take turns; the medians of the times and of the ratios within
a round are printed, as one JSON object on the last line.
"""

import argparse
import os
import warnings

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
import turns  # noqa: E402

from ganbook import GAN, hardware  # noqa: E402
from ganbook.data import stream  # noqa: E402
from ganbook.errors import PitfallWarning  # noqa: E402
from ganbook.mistakes import NoisyLabels  # noqa: E402
from ganbook.models import fashion  # noqa: E402

STEPS, BATCH_SIZE = 20, 32


def prepare(activation):
    """Return a function that makes n steps with such an output."""
    keras.utils.set_random_seed(0)
    gan = GAN(
        fashion.build_report_generator(),
        fashion.build_report_discriminator(activation=activation),
        NoisyLabels(),
        update="simultaneous",
    )
    images = np.random.default_rng(0).integers(0, 256, (1024, 28, 28, 1)).astype(np.uint8)
    batches = stream(images, BATCH_SIZE)

    def run(steps):
        gan.fit(batches, steps_per_epoch=steps, verbose=0)

    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    warnings.simplefilter("ignore", PitfallWarning)  # the sigmoid is the point
    ways = {"linear": (prepare(None), STEPS), "sigmoid": (prepare("sigmoid"), STEPS)}
    times = turns.take_turns(ways, parser.parse_args().rounds, warm_up=2)
    versions = {"tensorflow": tf.__version__, "keras": keras.__version__}
    turns.report(times, "linear", hardware=hardware.description(), **versions)


if __name__ == "__main__":
    main()
