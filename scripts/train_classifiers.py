"""Train the classifiers whose features and classes `ganbook.features` uses.

    python scripts/train_classifiers.py mnist fashion_mnist toy_digits toy_garments

Trains on the training set, measures on the test set, and writes `NAME_classifier.npz` with a JSON
record (test accuracy, seed, versions, checksum of the data) into `ganbook/weights/`. The test set
plays no part in training: the last epoch is kept, whatever its test accuracy.
"""

import argparse
import os
import platform
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import keras  # noqa: E402
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402

from ganbook import features  # noqa: E402
from ganbook.data import load_data  # noqa: E402

LEARNING_RATE = 2e-3
# Garments are as likely to point left as right; a mirrored digit is another sign.
MIRRORED = ("fashion_mnist", "toy_garments")
EPOCHS = {"mnist": 8, "fashion_mnist": 12, "toy_digits": 8, "toy_garments": 8}
# Pixels; garments fill their frame, so there is less room to move them in.
SHIFT = {"mnist": 2, "fashion_mnist": 1, "toy_digits": 2, "toy_garments": 1}


def shifted(images, rng, most):
    """Move each image by its own -most..most pixels on both axes, black coming in."""
    height, width = images.shape[1:3]
    padded = np.pad(images, ((0, 0), (most, most), (most, most), (0, 0)))
    down, right = rng.integers(0, 2 * most + 1, (2, len(images)))
    moved = np.empty_like(images)
    for y in range(2 * most + 1):
        for x in range(2 * most + 1):
            chosen = (down == y) & (right == x)
            moved[chosen] = padded[chosen, y : y + height, x : x + width]
    return moved


def augmented(images, rng, shift, mirror):
    """Return a freshly disturbed copy of the training images for one epoch."""
    images = shifted(images, rng, shift)
    if mirror:
        chosen = rng.random(len(images)) < 0.5
        images[chosen] = images[chosen, :, ::-1]
    return images


def compiled_model(seed, steps):
    """Build the network with Adam and a learning rate that falls to zero over all steps."""
    model = features.build(seed)
    rate = keras.optimizers.schedules.CosineDecay(LEARNING_RATE, steps)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    optimizer = keras.optimizers.Adam(rate)
    model.compile(optimizer, loss, metrics=["accuracy"], jit_compile=False)
    return model


def train(name, train_set, test_set, options):
    """Train one classifier, a printed line an epoch; return it and its test accuracy."""
    rng = np.random.default_rng(options.seed)
    epochs = options.epochs or EPOCHS[name]
    per_epoch = len(train_set.images) // options.batch
    model = compiled_model(options.seed, per_epoch * epochs)
    accuracy = 0.0
    for epoch in range(1, epochs + 1):
        start = time.perf_counter()
        order = rng.permutation(len(train_set.images))[: per_epoch * options.batch]
        images = augmented(train_set.images[order], rng, SHIFT[name], name in MIRRORED)
        history = model.fit(
            images, train_set.labels[order], batch_size=options.batch, shuffle=False, verbose=0
        ).history
        accuracy = model.evaluate(test_set.images, test_set.labels, batch_size=500, verbose=0)[1]
        print(
            f"{name} epoch {epoch}/{epochs}  loss {history['loss'][0]:.4f}  "
            f"test accuracy {100 * accuracy:.2f} %  {time.perf_counter() - start:.0f} s",
            flush=True,
        )
    return model, accuracy


def feature_variance(model, images):
    """Return the variance of the features on these images, averaged over the 128."""
    features_only = keras.Model(model.inputs, model.get_layer("features").output)
    return float(np.var(features_only.predict(images, batch_size=500, verbose=0), axis=0).mean())


def normalize_features(model, variance):
    """Give the features an average variance of 1, without changing any prediction.

    Between the features and the logits is a ReLU (and dropout, which is off): what the features
    are divided by, the next layer's kernel can be multiplied by.
    """
    scale = np.sqrt(variance)
    kernel, bias = model.get_layer("features").get_weights()
    model.get_layer("features").set_weights([kernel / scale, bias / scale])
    kernel, bias = model.get_layer("logits").get_weights()
    model.get_layer("logits").set_weights([kernel * scale, bias])


def make(name, options):
    """Train, measure and store one classifier."""
    train_set = load_data(name, split="train", source=options.source)
    test_set = load_data(name, split="test", source=options.source)
    if train_set.is_standin:
        raise SystemExit(f"{name} is not at hand, only its stand-in: set GANBOOK_DATA")
    model, accuracy = train(name, train_set, test_set, options)
    normalize_features(model, feature_variance(model, train_set.images))
    record = {
        "name": name,
        "test_accuracy": round(float(accuracy), 4),
        "train_images": len(train_set.images),
        "test_images": len(test_set.images),
        "parameters": model.count_params(),
        "seed": options.seed,
        "epochs": options.epochs or EPOCHS[name],
        "batch": options.batch,
        "shift": SHIFT[name],
        "train_data_sha256": train_set.checksum,
        "test_data_sha256": test_set.checksum,
        "versions": {
            "python": platform.python_version(),
            "tensorflow": tf.__version__,
            "keras": keras.__version__,
            "numpy": np.__version__,
        },
    }
    path = features.save_weights(model, name, record)
    print(
        f"{name}: test accuracy {100 * accuracy:.2f} %, wrote {path.name}, "
        f"{path.stat().st_size:,} bytes",
        flush=True,
    )


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "names", nargs="+", choices=features.NAMES, metavar="NAME", help=", ".join(features.NAMES)
    )
    parser.add_argument("--source", default="auto", help="where load_data looks (auto)")
    parser.add_argument("--epochs", type=int, help="passes over the data (8; Fashion-MNIST 12)")
    parser.add_argument("--batch", type=int, default=128, help="images a step (128)")
    parser.add_argument("--seed", type=int, default=1, help="for weights, order, dropout (1)")
    options = parser.parse_args(arguments)
    for name in options.names:
        make(name, options)
    return 0


if __name__ == "__main__":
    sys.exit(main())
