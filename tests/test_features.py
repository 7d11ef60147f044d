"""The shipped classifiers: record, checksum, accuracy, what they accept, what the measures see."""

import functools
import hashlib
import json
import os
import random
import shutil

import numpy as np
import pytest

from ganbook import features, metrics, spoiled
from ganbook.data import load_data

REQUIRED_ACCURACY = {
    "mnist": 0.992,
    "fashion_mnist": 0.915,
    "toy_digits": 0.95,
    "toy_garments": 0.95,
}
COUNT = 1000

needs_real_data = pytest.mark.skipif(
    not os.environ.get("GANBOOK_DATA"), reason="needs the original files in GANBOOK_DATA"
)
DATA_SETS = [
    pytest.param("mnist", marks=needs_real_data),
    pytest.param("fashion_mnist", marks=needs_real_data),
    "toy_digits",
]


@functools.cache
def data(name, split):
    return load_data(name, split=split)


def some_of(whole):
    """Return images and labels of a random subset: the first half of MNIST's test set is easier."""
    chosen = np.random.default_rng(0).permutation(len(whole.images))[:COUNT]
    return whole.images[chosen], whole.labels[chosen]


def pictures(count=3, size=28, channels=1, seed=0):
    return np.random.default_rng(seed).integers(0, 256, (count, size, size, channels), np.uint8)


@pytest.mark.parametrize("name", features.NAMES)
def test_shipped_weights_are_small_recorded_and_good_enough(name):
    path = features.WEIGHTS_FOLDER / f"{name}_classifier.npz"
    record = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    assert path.stat().st_size < 2_000_000
    assert hashlib.sha256(path.read_bytes()).hexdigest() == record["sha256"]
    assert record["name"] == name
    assert record["test_accuracy"] >= REQUIRED_ACCURACY[name]
    assert {"seed", "versions", "train_data_sha256", "test_data_sha256"} <= set(record)


@pytest.mark.parametrize("name", DATA_SETS)
def test_recorded_accuracy_is_what_the_shipped_weights_reach(name):
    images, labels = some_of(data(name, "test"))
    accuracy = np.mean(features.predict(images, name) == labels)
    assert accuracy == pytest.approx(features.load(name).record["test_accuracy"], abs=0.02)


def test_features_are_float32_of_128_and_do_not_depend_on_the_batch():
    images = pictures(features.BATCH + 3)
    found = features.features_of(images, "mnist")
    assert found.dtype == np.float32
    assert found.shape == (features.BATCH + 3, features.FEATURES) and features.FEATURES <= 128
    assert (found < 0).any()  # taken before the ReLU
    assert features.features_of(images[-3:], "mnist") == pytest.approx(found[-3:], abs=1e-3)


def test_padding_floats_and_the_shared_pass_give_the_same_numbers():
    images = pictures()
    expected = features.features_of(images, "mnist")
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))
    floats = images.astype(np.float32) / 127.5 - 1
    assert np.array_equal(features.features_of(padded, "mnist"), expected)
    assert np.array_equal(features.features_of(floats, "mnist"), expected)
    both = features.features_and_classes(images, "mnist")
    assert np.array_equal(both[0], expected)
    assert np.array_equal(both[1], features.predict(images, "mnist"))


def test_stacked_classes_read_red_as_hundreds():
    images = data("toy_digits", "test").images[:60]
    red, green, blue = images[:20], images[20:40], images[40:]
    stacked = np.concatenate([red, green, blue], axis=3)
    ids = features.stacked_classes(stacked, "toy_digits")
    classes = features.predict(images, "toy_digits")
    assert np.array_equal(ids, 100 * classes[:20] + 10 * classes[20:40] + classes[40:])
    with pytest.raises(ValueError, match=r"not \(20, 28, 28, 1\)"):
        features.stacked_classes(red)


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (pictures()[..., 0], r"shape \(3, 28, 28\)"),
        (pictures(channels=3), r"shape \(3, 28, 28, 3\)"),
        (pictures(size=30), r"shape \(3, 30, 30, 1\)"),
        (pictures()[:0], "no images"),
        (pictures().astype(np.int32), r"are int32 from 0 to 255; .*astype\('uint8'\)"),
        (pictures().astype(np.uint16) * 257, "are uint16 .*// 257"),
        (pictures().astype(np.float32), "are floats from 0 to 255; .*images / 127.5 - 1"),
        (pictures().astype(np.float32) / 255, r"are floats from 0 to 1; .*images \* 2 - 1"),
        (pictures() // 128, "uint8 from 0 to 1; .*multiply them by 255"),
        (np.full((3, 28, 28, 1), np.nan, np.float32), "NaN or infinite"),
        (np.full((3, 28, 28, 1), np.inf), "NaN or infinite"),
    ],
)
def test_bad_images_are_refused(images, message):
    with pytest.raises(ValueError, match=message) as error:
        features.features_of(images, "mnist")
    assert "\n" not in str(error.value)


def test_a_channel_of_stacked_digits_may_hold_no_black():
    images = data("toy_digits", "test").images[:3].repeat(3, axis=3)
    floats = images.astype(np.float32) / 127.5 - 1
    floats[..., 2] = 1  # a generator that broke down in one color
    features.stacked_classes(floats, "toy_digits")
    with pytest.raises(ValueError, match=r"floats from 0 to 1; .*images \* 2 - 1"):
        features.stacked_classes((floats + 1) / 2, "toy_digits")


def test_an_unknown_name_is_refused():
    with pytest.raises(ValueError, match="no classifier for 'cifar10': choose one of mnist"):
        features.predict(pictures(), "cifar10")


def test_damaged_and_missing_weights_are_named(tmp_path, monkeypatch):
    for suffix in (".npz", ".json"):
        shutil.copy(features.WEIGHTS_FOLDER / f"mnist_classifier{suffix}", tmp_path)
    monkeypatch.setattr(features, "WEIGHTS_FOLDER", tmp_path)
    fresh_load = features.load.__wrapped__
    assert fresh_load("mnist").record["name"] == "mnist"
    path = tmp_path / "mnist_classifier.npz"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match="mnist_classifier.npz is damaged"):
        fresh_load("mnist")
    path.with_suffix(".json").write_text("{", encoding="utf-8")
    with pytest.raises(ValueError, match="mnist_classifier.npz is damaged"):
        fresh_load("mnist")
    path.unlink()
    with pytest.raises(ValueError, match="mnist_classifier.npz is missing"):
        fresh_load("mnist")


def test_loading_ignores_the_dtype_policy_and_leaves_random_state_alone():
    """Measuring in the middle of a training changes nothing in it, and the other way round."""
    import keras

    expected = features.features_of(pictures(), "mnist")
    before = (random.getstate(), np.random.get_state()[1].tolist())
    keras.config.set_dtype_policy("mixed_bfloat16")
    try:
        classifier = features.load.__wrapped__("mnist")
    finally:
        keras.config.set_dtype_policy("float32")
    assert (random.getstate(), np.random.get_state()[1].tolist()) == before
    assert np.array_equal(classifier.run(pictures())[0], expected)


# What the measures see on real images


@pytest.fixture(scope="module")
def judged():
    """Return a judge: the measures of images against the first test images of a data set."""
    references = {}

    def judge(name, images):
        if name not in references:
            test_images, _ = some_of(data(name, "test"))
            references[name] = features.features_of(test_images, name)
        found = features.features_of(images, name)
        report = metrics.prdc(references[name], found)
        report["frechet"] = metrics.frechet_distance_of(references[name], found)
        report["kernel"] = metrics.kernel_distance(references[name], found)
        return report

    return judge


@pytest.mark.parametrize("name", DATA_SETS)
def test_distances_grow_with_blur_noise_and_a_missing_class(name, judged):
    train = data(name, "train")
    real = train.images[:COUNT]
    without = train.images[train.labels != 8][:COUNT]
    floor, missing = judged(name, real), judged(name, without)
    blur = [floor] + [judged(name, spoiled.blurred(real, times)) for times in (1, 4)]
    noise = [floor] + [judged(name, spoiled.noisy(real, sigma)) for sigma in (40, 120)]
    for measure in ("frechet", "kernel"):
        for worse in (blur, noise):
            distances = [report[measure] for report in worse]
            assert distances == sorted(distances) and distances[-1] > 2 * floor[measure]
        assert missing[measure] > 1.5 * floor[measure]
    assert missing["coverage"] < floor["coverage"] - 0.05


@pytest.mark.parametrize("name", DATA_SETS)
def test_collapse_to_one_class_keeps_precision_and_loses_recall_and_coverage(name, judged):
    train = data(name, "train")
    whole = judged(name, train.images[:COUNT])
    collapsed = judged(name, train.images[train.labels == 1][:COUNT])
    assert collapsed["precision"] > whole["precision"] - 0.05
    assert collapsed["recall"] < 0.5 * whole["recall"]
    assert collapsed["coverage"] < 0.3 * whole["coverage"]
    assert collapsed["frechet"] > 10 * whole["frechet"]
