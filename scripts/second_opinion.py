"""A second opinion on every lesson: its shipped generator, measured by another classifier.

    python scripts/second_opinion.py

The distances of the lessons are taken in the features of the classifiers that come with the
package, and whoever tunes by one judge may tune to it. So here another network, that no lesson
uses, is trained from scratch on the real training images: two convolutions with pooling, and 128
features that *leave* a ReLU. It takes a minute for each data set; its weights stay in build/. Each
lesson's shipped generator is measured on 10,000 samples. Rows are added to
ganbook/results/08_second.json one by one; a row that is there is not made again. Distances in these
features are on another scale than those of the lessons: compare rows of this file only.
"""

import json
from pathlib import Path

import experiments
import keras
from keras import layers

from ganbook import evaluation, features, load_data, metrics, runs, to_uint8
from ganbook.recipes import RECIPES
from ganbook.sampling import sample_from
from ganbook.shipped import checksums

SEED, EPOCHS, BATCH_SIZE, FEATURES = 7, 3, 128, 128
FOLDER = Path(__file__).parent.parent / "build" / "second"


def build_classifier():
    """Return the untrained network: (N, 28, 28, 1) in 0..255 to (N, 10) logits."""
    keras.utils.set_random_seed(SEED)
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(64, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(FEATURES, activation="relu", name="features"),
            layers.Dropout(0.5, seed=SEED),
            layers.Dense(features.CLASSES),
        ]
    )


class SecondOpinion:
    """Measures samples of a data set, "mnist" or "fashion_mnist", in features of its own."""

    def __init__(self, name):
        keras.config.set_dtype_policy("float32")
        self.training, self.test = experiments.real(name), load_data(name, split="test")
        classifier = self._trained(FOLDER / f"{name}.weights.h5")
        self.accuracy = round(
            float(classifier.evaluate(self.test.images, self.test.labels, verbose=0)[1]), 4
        )
        self.features = keras.Model(classifier.inputs, classifier.get_layer("features").output)
        self.reference = self._features_of(self.test.draw(evaluation.SAMPLES)[0])
        self.floor = self._distance(self.training.draw(evaluation.SAMPLES)[0])

    def measure(self, samples) -> dict:
        """Return distance, its floor, precision, recall and coverage of 10,000 samples."""
        found = self._features_of(features.as_pictures(samples))
        numbers = {
            "frechet_distance": metrics.frechet_distance_of(self.reference, found),
            "frechet_floor": self.floor,
            **metrics.prdc(self.reference, found),
        }
        rounded = {name: float(f"{value:.6g}") for name, value in numbers.items()}
        return {**rounded, "samples": len(samples), "classifier_accuracy": self.accuracy}

    def _trained(self, path):
        classifier = build_classifier()
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        classifier.compile(keras.optimizers.Adam(1e-3), loss, metrics=["accuracy"])
        if path.exists():
            classifier.load_weights(path)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            images, labels = self.training.images, self.training.labels
            classifier.fit(images, labels, batch_size=BATCH_SIZE, epochs=EPOCHS, verbose=0)
            classifier.save_weights(path)
        return classifier

    def _features_of(self, images):
        return self.features.predict(images, batch_size=500, verbose=0)

    def _distance(self, images):
        return metrics.frechet_distance_of(self.reference, self._features_of(images))


def shipped():
    """Yield the lesson and the data set of every generator of gray images that is shipped."""
    for lesson in RECIPES:
        for name in ("mnist", "fashion_mnist"):
            if f"lesson{lesson}_{name}_generator.npz" in checksums():
                yield lesson, name


def main():
    opinions = {}
    results = experiments.Results("08_second", "second_opinion.py", key=("lesson", "data"))
    for lesson, name in shipped():
        if results.has(lesson=lesson, data=name):
            continue
        opinions[name] = opinions.get(name) or SecondOpinion(name)
        generator, _ = runs.shipped_generator(lesson, name)
        samples = to_uint8(sample_from(generator, evaluation.SAMPLES))
        row = {"lesson": lesson, "data": name, **opinions[name].measure(samples)}
        results.add(row)
        print(json.dumps(row), flush=True)


if __name__ == "__main__":
    main()
