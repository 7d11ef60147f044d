"""Two forms of lesson 03's last layer, a convolution with a kernel of 7 from 64 channels to one.

    python benchmarks/gray_image.py [--rounds 5]

``Conv2D`` and ``Conv2DTranspose`` with a stride of 1 compute the same (`tests/test_models.py`).
Forward pass and gradient of 16 images of 28 x 28, in a graph without XLA, as `GAN.fit` runs them on
a CPU. The two take turns; the medians of the times and of the ratios within a round are printed, as
one JSON object on the last line.
"""

import argparse
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import tensorflow as tf  # noqa: E402
import turns  # noqa: E402
from keras import layers  # noqa: E402

from ganbook import hardware  # noqa: E402

STEPS = 20


def prepare(layer):
    """Return a function that computes the layer and its gradients n times."""
    features = tf.random.stateless_normal((16, 28, 28, 64), (0, 0))
    layer.build(features.shape)

    @tf.function
    def gradients():
        with tf.GradientTape() as tape:
            tape.watch(features)
            total = tf.reduce_sum(layer(features) ** 2)
        return tape.gradient(total, [features, *layer.trainable_variables])

    def run(steps):
        for _ in range(steps):
            gradients()

    return run


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=5)
    options = {"padding": "same", "activation": "tanh"}
    ways = {
        "Conv2DTranspose": (prepare(layers.Conv2DTranspose(1, 7, **options)), STEPS),
        "Conv2D": (prepare(layers.Conv2D(1, 7, **options)), STEPS),
    }
    times = turns.take_turns(ways, parser.parse_args().rounds, warm_up=2)
    versions = {"tensorflow": tf.__version__, "keras": keras.__version__}
    turns.report(times, "Conv2DTranspose", hardware=hardware.description(), **versions)


if __name__ == "__main__":
    main()
