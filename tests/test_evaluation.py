"""The judge: every measure at once, comparable only with its like; and files of samples."""

import functools
import json
import os

import numpy as np
import pytest
from PIL import Image

from ganbook import data, evaluation, features, metrics, runs, scoreboard, spoiled
from ganbook.data import load_data
from ganbook.errors import DataError, RunError
from ganbook.recipes import recipe_of
from ganbook.sampling import read_samples, sample_from, write_samples

COUNT = 300


@pytest.fixture(scope="module", autouse=True)
def fewer_toys():
    """Four thousand drawn digits are enough to measure on here, and quick to draw."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(data.TOYS, "train", 4000)
        patch.setitem(data.TOYS, "test", 600)
        yield


@functools.cache
def toys():
    return load_data("toy_digits")


@functools.cache
def judge():
    return evaluation.Judge(toys(), COUNT)


@functools.cache
def of_real_images():
    """The measures of training images, as if they were samples."""
    return judge().measure(toys().draw(COUNT, seed=1)[0])


def test_real_images_are_near_the_floor_and_known_as_copies():
    found = of_real_images()
    assert found["frechet_distance"] == pytest.approx(found["frechet_floor"], rel=0.5)
    assert abs(found["kernel_distance"]) < 4 * found["kernel_standard_error"]
    assert min(found["precision"], found["recall"], found["coverage"]) > 0.8
    assert found["modes"] == 10 and sum(found["class_histogram"]) == COUNT
    assert found["copies"] == 1.0 and found["memorization"] > 0.95


def test_the_parts_are_those_of_the_metrics():
    found = of_real_images()
    vectors = features.features_of(toys().draw(COUNT, seed=1)[0], "toy_digits")
    expected = metrics.frechet_distance_of(judge().reference, vectors)
    assert found["frechet_distance"] == pytest.approx(expected, rel=1e-5)
    near = metrics.prdc(judge().reference, vectors)
    assert {name: found[name] for name in near} == pytest.approx(near, rel=1e-5)


def test_a_collapsed_set_is_told_from_a_whole_one():
    ones = toys().images[toys().labels == 1][:COUNT]
    whole, collapsed = of_real_images(), judge().measure(ones)
    assert collapsed["precision"] > 0.9 * whole["precision"]
    assert collapsed["recall"] < 0.5 * whole["recall"]
    assert collapsed["coverage"] < 0.3 * whole["coverage"]
    assert collapsed["class_kl"] > 2 and collapsed["modes"] <= 2
    assert collapsed["frechet_distance"] > 10 * whole["frechet_distance"]


def test_what_makes_numbers_comparable_stands_beside_them():
    found = of_real_images()
    assert found["data"] == "toy_digits" and found["standin"] is False
    assert found["samples"] == found["reference"] == COUNT
    record = features.load("toy_digits").record
    assert found["classifier"] == record["sha256"][:12]
    assert set(scoreboard.BLOCK) <= set(found)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_a_stand_in_is_judged_by_the_stand_ins_classifier():
    standin = load_data("mnist", source="standin")
    found = evaluation.Judge(standin, 50).measure(standin.images[:50])
    assert found["standin"] is True and found["data"] == "mnist"
    assert found["classifier"] == features.load("toy_digits").record["sha256"][:12]
    assert found["frechet_distance"] < 3 * found["frechet_floor"]


def test_more_samples_than_test_images_use_them_all(monkeypatch):
    monkeypatch.setitem(data.TOYS, "test", 60)
    assert len(evaluation.Judge(toys(), 100).reference_images) == 60


def test_floats_and_padded_images_are_measured_alike():
    images = toys().draw(COUNT, seed=1)[0]
    padded = np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))
    assert judge().measure(data.to_float(padded)) == of_real_images()


@pytest.mark.parametrize(
    "images, message",
    [
        (np.zeros((COUNT, 28, 28), np.uint8), r"shape \(300, 28, 28\)"),
        (np.zeros((COUNT, 28, 28, 1), np.int64), "are int64 from 0 to 0; pass uint8"),
        (np.full((COUNT, 28, 28, 1), 255.0), "are floats from 255 to 255; .*/ 127.5 - 1"),
        (np.full((COUNT, 28, 28, 1), np.nan), "NaN or infinite"),
        (np.zeros((COUNT - 1, 28, 28, 1), np.uint8), "299 samples were given to a judge of 300"),
    ],
)
def test_bad_samples_are_refused(images, message):
    with pytest.raises(DataError, match=message):
        judge().measure(images)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda real: real / 255, r"from 0 to 1; .*images \* 2 - 1 puts"),
        (lambda real: real / np.float32(1), "from 0 to 255; .*images / 127.5 - 1 puts"),
        (lambda real: real.astype(np.uint16) * 257, "uint16 .*// 257"),
    ],
)
@pytest.mark.parametrize("padding", [0, 2])
def test_real_images_in_a_range_that_is_not_the_generators_are_refused(change, message, padding):
    edge = (padding, padding)
    real = np.pad(toys().draw(COUNT)[0], ((0, 0), edge, edge, (0, 0)))
    with pytest.raises(DataError, match=message):
        evaluation.measure(toys(), change(real))


# Padded, not resized


def resized(images, way="BILINEAR"):
    """Return images of 28 x 28 resized to 32 x 32, as they must not be."""
    way = getattr(Image.Resampling, way)
    made = [[Image.fromarray(one).resize((32, 32), way) for one in channels] for channels in
            np.moveaxis(images, 3, 1)]  # fmt: skip
    return np.moveaxis(np.array([[np.asarray(one) for one in row] for row in made]), 1, 3)


def padded(images):
    return np.pad(images, ((0, 0), (2, 2), (2, 2), (0, 0)))


def enlarged(images, side):
    """Return padded images shrunk to a growing stage and enlarged again."""
    times = 32 // side
    small = padded(images).reshape(-1, side, times, side, times, 1).mean(axis=(2, 4))
    return np.rint(small).astype(np.uint8).repeat(times, 1).repeat(times, 2)


needs_real_data = pytest.mark.skipif(
    not os.environ.get("GANBOOK_DATA"), reason="needs the original files in GANBOOK_DATA"
)
ALL_IMAGES = [
    pytest.param("mnist", marks=needs_real_data),
    pytest.param("fashion_mnist", marks=needs_real_data),
    "toy_digits",
    "toy_garments",
]
WAYS = ("NEAREST", "BILINEAR", "BICUBIC", "LANCZOS", "BOX")


@pytest.mark.parametrize("name", ALL_IMAGES)
def test_resized_images_are_refused_and_padded_ones_are_not(name):
    training = load_data(name)
    real = training.draw(500, seed=3)[0]
    for way in WAYS:
        with pytest.raises(DataError, match="resized to 32 x 32; 28 x 28 must be padded"):
            evaluation.check_padded(resized(real, way), training)
    with pytest.raises(DataError, match="resized"):
        evaluation.check_padded(data.to_float(resized(spoiled.blurred(real, 4))), training)
    noise = np.random.default_rng(0).integers(0, 256, (500, 32, 32, 1)).astype(np.uint8)
    dead = [np.full_like(noise, value) for value in (0, 128, 255)]
    stages = [enlarged(real, side) for side in (4, 8, 16)]
    one_class = padded(training.images[training.labels == 3][:500])
    whole = [padded(real), padded(real[:20]), padded(spoiled.blurred(real)), one_class]
    for images in (*whole, *stages, noise, *dead, real, data.to_float(padded(real))):
        evaluation.check_padded(images, training)


def test_data_that_were_padded_for_training_are_known_as_well():
    training = load_data("toy_digits", size=32)
    real = load_data("toy_digits").draw(COUNT)[0]
    evaluation.check_padded(training.images[:COUNT], training)
    with pytest.raises(DataError, match="resized"):
        evaluation.check_padded(resized(real), training)
    evaluation.check_padded(resized(real), load_data("toy_digits", size=64))  # cannot be told


def test_measures_refuse_resized_images():
    with pytest.raises(DataError, match="resized to 32 x 32"):
        judge().measure(resized(toys().draw(COUNT, seed=1)[0]))
    stacked = stacked_toys()
    with pytest.raises(DataError, match="resized to 32 x 32"):
        evaluation.measure_stacked(stacked, resized(stacked.draw(COUNT, seed=1)[0]))


@needs_real_data
@pytest.mark.parametrize(("lesson", "name"), [("02", "mnist"), ("06", "fashion_mnist")])
def test_generators_of_padded_images_are_not_refused(lesson, name):
    training = load_data(name)
    for make in (
        lambda: runs.shipped_generator(lesson)[0],
        lambda: recipe_of(lesson).gan().generator,
    ):
        try:
            evaluation.check_padded(sample_from(make(), 250), training)
        except RunError as error:  # weights come apart from the package
            pytest.skip(str(error))


def test_too_few_samples_and_data_without_a_classifier_are_refused():
    with pytest.raises(DataError, match="1 samples are too few to measure: expected 20 or more"):
        evaluation.Judge(toys(), 1)
    with pytest.raises(DataError, match="no classifier for 'ring'"):
        evaluation.Judge(load_data("ring"), 100)


# Files of samples


def test_samples_come_back_from_their_file(tmp_path):
    images = np.linspace(-1, 1, 16, dtype=np.float32).reshape(1, 4, 4, 1)
    path = write_samples(tmp_path / "s.npz", images)
    assert np.array_equal(read_samples(path), data.to_uint8(images))


def test_what_a_file_of_samples_would_spoil_is_refused(tmp_path):
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1)
    assert np.array_equal(read_samples(write_samples(tmp_path / "s.npz", images)), images)
    for wrong in (images / 255, images / 1.0, images.astype(np.int64)):
        with pytest.raises(DataError, match="the samples are"):
            write_samples(tmp_path / "s.npz", wrong)
    over = data.to_float(images) * 1.5  # a generator without a last activation
    found = read_samples(write_samples(tmp_path / "s.npz", over))
    assert np.array_equal(found, data.to_uint8(over)) and found.max() == 255
    for wrong in (images, images.astype(np.int64)):
        with pytest.raises(DataError, match="to_uint8 takes floats"):
            data.to_uint8(wrong)


def test_bad_files_are_named(tmp_path):
    path = tmp_path / "s.npz"
    with pytest.raises(DataError, match="there is no file .*s.npz"):
        read_samples(path)
    path.write_bytes(b"")
    with pytest.raises(DataError, match="s.npz is empty"):
        read_samples(path)
    path.write_bytes(b"PK\x03\x04 and then nothing")
    with pytest.raises(DataError, match="s.npz is damaged or no .npz file"):
        read_samples(path)
    np.savez(path, pictures=np.zeros(3))
    with pytest.raises(DataError, match="no array named images; it holds pictures"):
        read_samples(path)
    np.savez(path, images=np.array([{}], dtype=object))
    with pytest.raises(DataError, match="dtype object; expected uint8"):
        read_samples(path)
    with path.open("wb") as file:
        np.save(file, np.zeros(3))
    with pytest.raises(DataError, match="it holds one without a name"):
        read_samples(path)


def stacked_toys():
    """Stacked digits from the drawn ones, as they stand in for MNIST."""
    toy = toys()
    names = tuple(f"{number:03d}" for number in range(1000))
    return data.ImageData("stacked_mnist", toy.images, toy.labels, "drawn", True, names, stack=3)


def test_what_the_data_are_decides_how_they_are_measured():
    chosen = {one.name: evaluation.protocol_of(one) for one in (toys(), stacked_toys())}
    chosen["ring"] = evaluation.protocol_of(load_data("ring"))
    table = {name: (one.made, one.samples, one.quick_samples) for name, one in chosen.items()}
    assert table == {
        toys().name: ("gray images", 10_000, 2_000),
        "stacked_mnist": ("stacked digits", 26_000, 2_000),
        "ring": ("points", 2_500, 2_500),
    }
    assert [name for name, one in chosen.items() if one.against_test] == [toys().name]


def test_stacked_digits_are_judged_digit_by_digit():
    stacked = stacked_toys()
    assert features.classifier_of(stacked) == "toy_digits"
    found = evaluation.measure(stacked, stacked.draw(500, seed=1)[0])
    assert found["standin"] and found["samples"] == 500
    assert abs(found["modes"] - found["real_modes"]) < 40
    # 500 even draws from 1,000 modes reach 1000 (1 - 0.999^500) = 394 of them.
    assert found["real_modes"] == pytest.approx(394, abs=25)
    assert found["kl"] == pytest.approx(found["real_kl"], abs=0.1)
    assert json.loads(json.dumps(found, allow_nan=False)) == found


def test_one_stacked_digit_again_and_again_is_one_mode():
    stacked = stacked_toys()
    again = np.repeat(stacked.draw(1)[0], 60, axis=0)
    found = evaluation.measure_stacked(stacked, again)
    assert found["modes"] == 1 and found["kl"] == pytest.approx(np.log(1000), rel=1e-5)
    with pytest.raises(DataError, match=r"\(N, 28, 28, 3\)"):
        evaluation.measure_stacked(stacked, again[..., :1])
