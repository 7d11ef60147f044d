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
from ganbook.layers import DiffAugment, MinibatchDiscrimination, MinibatchStdDev, Packing
from ganbook.losses import NonSaturating
from ganbook.mistakes import NoisyLabels, PersistentFlips
from ganbook.penalties import GradientPenalty

STEPS = 3
FLIPS = NonSaturating(flip_labels=0.3)
WAYS = {
    "alternating": {"loss": FLIPS, "clip_weights": 0.05},
    "simultaneous": {"update": "simultaneous", "loss": "relativistic"},
    "penalty": {"loss": NoisyLabels(0.3), "penalty": GradientPenalty(10.0)},
    "unrolled": {"unroll": 2},
    # Layers are made anew for each discriminator.
    "packs in color, moved": {
        "front": lambda: [DiffAugment("color"), Packing(2), DiffAugment("translation")],
        "channels": 3,
    },
    "cut, packed and flipped": {
        "front": lambda: [DiffAugment("cutout"), Packing(2)],
        "loss": PersistentFlips(FLIPS, 0.5),
        "patches": True,
    },
}
COMPARING = {
    "MinibatchStdDev": (lambda: MinibatchStdDev(4), (8, 4, 4, 1)),
    "MinibatchDiscrimination": (lambda: MinibatchDiscrimination(3, 2), (8, 5)),
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


def build(steps_per_call=1, front=list, channels=1, patches=False, **settings):
    """Make a GAN; its discriminator begins with `front`, and may judge each patch by itself."""
    keras.utils.set_random_seed(0)
    layers, shape = keras.layers, (4, 4, channels)
    generator = keras.Sequential(
        [keras.Input((3,)), layers.Dense(16 * channels), layers.Reshape(shape)]
    )
    judge = [layers.Conv2D(1, 1)] if patches else [layers.Flatten(), layers.Dense(1)]
    discriminator = keras.Sequential(
        [keras.Input(shape), *front(), layers.Conv2D(4, 3, activation="softplus"), *judge]
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


def trained(gan, batch=8):
    shape = gan.discriminator.input_shape[1:]
    images = np.random.default_rng(0).normal(size=(64, *shape)).clip(-1, 1).astype(np.float32)
    batches = stream(images, batch, gan.discriminator_steps, seed=0)
    gan.fit(batches, steps_per_epoch=STEPS, verbose=0)
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
        "weights": gap(weights_of(one), weights_of(two)),
        "losses": abs(losses[0] - losses[1]),
        "moved": gap(weights_of(one), start),
    }


def gap(a, b):
    return float(np.abs(np.asarray(a) - np.asarray(b)).max())


def comparing(make, shape):
    """Return how far two devices are from the layer on each half, and on the whole batch."""
    strategy, layer = strategy_of(2), make()
    batch = np.random.default_rng(0).normal(size=shape).astype(np.float32)
    halves = np.split(batch, 2)
    with strategy.scope():
        layer.build(shape)
    shares = strategy.experimental_distribute_values_from_function(
        lambda context: tf.constant(halves[context.replica_id_in_sync_group])
    )
    found = tf.concat(strategy.experimental_local_results(strategy.run(layer, (shares,))), 0)
    alone = tf.concat([layer(half) for half in halves], 0)
    return {"halves": gap(found, alone), "whole": gap(found, layer(batch))}


def augmented():
    """Return how far DiffAugment is from one device's, where a GAN does not take it."""
    strategy, found = strategy_of(2), {}
    batch = np.random.default_rng(0).normal(size=(8, 4, 4, 3)).astype(np.float32)
    expected = DiffAugment(seed=0)(batch, training=True)
    with strategy.scope():
        found["not in a replica"] = gap(DiffAugment(seed=0)(batch, training=True), expected)
        layer = DiffAugment(seed=0)
    # The last batch could be a smaller one, so a graph does not know how many images come.
    dataset = tf.data.Dataset.from_tensor_slices(batch).batch(8)
    elements = iter(strategy.experimental_distribute_dataset(dataset))

    def change(images):
        assert images.shape[0] is None
        return layer(images, training=True)

    results = tf.function(lambda: strategy.run(change, (next(elements),)))()
    together = tf.concat(strategy.experimental_local_results(results), 0)
    found["unknown size"] = gap(together, expected)
    return found


def refusal(devices):
    """Return what is said of several steps a call."""
    try:
        with strategy_of(devices).scope():
            build(steps_per_call=2)
    except SettingError as error:
        return str(error)


def unequal():
    """Return what is said of a batch that two devices cannot share out equally."""
    with strategy_of(2).scope():
        gan = build()
    try:
        trained(gan, batch=7)
    except SettingError as error:
        return str(error)


if __name__ == "__main__":
    halve_the_cpu()
    found = {name: apart(way) for name, way in WAYS.items()}
    found["one device"] = apart(WAYS["simultaneous"], 1)
    found["comparing"] = {name: comparing(*case) for name, case in COMPARING.items()}
    found["augmented"] = augmented()
    found["critic steps"] = apart({"discriminator_steps": 2})
    found["refused"] = {"one": refusal(1), "two": refusal(2), "unequal": unequal()}
    print(json.dumps(found))
