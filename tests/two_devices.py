"""Train on one device and on two, and print how far the weights are apart; see its test.

    python tests/two_devices.py

The devices are two halves of the CPU. They have to be made before TensorFlow begins to work, so
this is a process of its own.
"""

import json

import keras
import numpy as np
import tensorflow as tf

from ganbook import GAN
from ganbook.data import stream
from ganbook.errors import SettingError
from ganbook.losses import NonSaturating
from ganbook.penalties import GradientPenalty

STEPS = 3
WAYS = {
    "alternating": {"loss": NonSaturating(flip_labels=0.3), "clip_weights": 0.05},
    "simultaneous": {"update": "simultaneous"},
    "penalty": {"loss": "wasserstein", "penalty": GradientPenalty(10.0)},
    "relativistic": {"loss": "relativistic"},
    "unrolled": {"unroll": 2},
}


def halve_the_cpu():
    """Make two devices of the CPU."""
    halves = [tf.config.LogicalDeviceConfiguration(), tf.config.LogicalDeviceConfiguration()]
    tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], halves)


def strategy_of(devices):
    """Return a strategy for so many CPUs; without one it is the default."""
    names = [f"/cpu:{i}" for i in range(devices)]
    # On CPUs the default way to add up waits for ever when two sums cross each other.
    add_up = tf.distribute.ReductionToOneDevice()
    return tf.distribute.MirroredStrategy(names, cross_device_ops=add_up)


def build(steps_per_call=1, **settings):
    keras.utils.set_random_seed(0)
    layers = keras.layers
    generator = keras.Sequential([keras.Input((3,)), layers.Dense(16), layers.Reshape((4, 4, 1))])
    discriminator = keras.Sequential(
        [
            keras.Input((4, 4, 1)),
            layers.Conv2D(4, 3, activation="softplus"),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    rates = {
        f"{name}_optimizer": keras.optimizers.Adam(1e-2, 0.5)
        for name in ("generator", "discriminator")
    }
    return GAN(
        generator, discriminator, **rates, average=0.9, steps_per_call=steps_per_call, **settings
    )


def weights_of(gan):
    networks = (gan.generator, gan.discriminator, gan.averaged_generator)
    return np.concatenate([w.numpy().ravel() for network in networks for w in network.weights])


def trained(gan):
    images = np.random.default_rng(0).normal(size=(64, 4, 4, 1)).clip(-1, 1).astype(np.float32)
    gan.fit(stream(images, 8, seed=0), steps_per_epoch=STEPS, verbose=0)
    assert gan.step == STEPS
    return gan


def apart(settings, devices=2):
    """Return how far one device and a strategy end from each other, and how far they came."""
    start = weights_of(build(**settings))
    one = trained(build(**settings))
    with strategy_of(devices).scope():
        two = build(**settings)
    trained(two)
    losses = [gan.log[-1]["discriminator_loss"] for gan in (one, two)]
    return {
        "weights": float(np.abs(weights_of(one) - weights_of(two)).max()),
        "losses": abs(losses[0] - losses[1]),
        "moved": float(np.abs(weights_of(one) - start).max()),
    }


def refusal(devices):
    """Return what is said of several steps a call."""
    try:
        with strategy_of(devices).scope():
            build(steps_per_call=2)
    except SettingError as error:
        return str(error)


if __name__ == "__main__":
    halve_the_cpu()
    found = {name: apart(way) for name, way in WAYS.items()}
    found["one device"] = {name: apart(WAYS[name], 1) for name in ("alternating", "simultaneous")}
    found["refused"] = {"one": refusal(1), "two": refusal(2)}
    print(json.dumps(found))
