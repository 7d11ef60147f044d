"""Whatever people have, `GAN.fit` trains on it, or says in one line what to do."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from helpers import gan_of, images
from PIL import Image

from ganbook import GAN, load_data
from ganbook.data import stream, to_float
from ganbook.errors import DataError, SettingError

IMAGES = images(100)
LABELS = np.arange(100) % 10
FLOATS = to_float(IMAGES)


class Pairs(keras.utils.PyDataset):
    """Batches of 16 with labels, the last one short; says how often it was told of an epoch."""

    told = 0

    def __len__(self):
        return 7

    def __getitem__(self, number):
        part = slice(16 * number, 16 * number + 16)
        return IMAGES[part], LABELS[part]

    def on_epoch_end(self):
        self.told += 1


class Loader:
    """As loaders of other libraries are: to be iterated again and again."""

    def __len__(self):
        return 6

    def __iter__(self):
        return (IMAGES[i : i + 16] for i in range(0, 96, 16))


def generator(values=IMAGES, count=10**6):
    for _ in range(count):
        yield values[:16]


def slices(*arrays, batch=16):
    data = arrays[0] if len(arrays) == 1 else arrays
    return tf.data.Dataset.from_tensor_slices(data).batch(batch)


def of_unknown_rank():
    return tf.data.Dataset.from_generator(lambda: generator(count=9), output_types=tf.uint8)


@pytest.fixture
def folder_of_pictures(tmp_path):
    for kind in ("a", "b"):
        (tmp_path / kind).mkdir()
        for i in range(20):
            Image.fromarray(IMAGES[i, ..., 0]).save(tmp_path / kind / f"{i}.png")
    return tmp_path


def state_of(gan):
    networks = [*gan.generator.weights, *gan.discriminator.weights]
    optimizers = [*gan.generator_optimizer.variables, *gan.discriminator_optimizer.variables]
    return [v.numpy().tobytes() for v in (*networks, *optimizers)]


WAYS = {
    "an array": lambda: (IMAGES,),
    "an array of floats": lambda: (FLOATS.astype(np.float64),),
    "an array without an axis for channels": lambda: (IMAGES[..., 0],),
    "a tensor": lambda: (tf.constant(IMAGES),),
    "a list": lambda: ([*IMAGES],),
    "an array with labels": lambda: (IMAGES, LABELS),
    "a pair of arrays": lambda: ((IMAGES, LABELS),),
    "images": lambda: (slices(IMAGES),),
    "images without an axis for channels": lambda: (slices(IMAGES[..., 0]),),
    "images with labels": lambda: (slices(IMAGES, LABELS),),
    "images by name": lambda: (slices({"label": LABELS, "image": IMAGES}),),
    "a finite dataset without short batches": lambda: (slices(IMAGES[:96]).take(2),),
    "an endless dataset": lambda: (slices(FLOATS).repeat(),),
    "an unknown rank": lambda: (of_unknown_rank(),),
    "a PyDataset": lambda: (Pairs(),),
    "a loader": lambda: (Loader(),),
    "a generator": lambda: (generator(),),
    "a generator with labels": lambda: (((batch, 0) for batch in generator()),),
    "a stream": lambda: (stream(IMAGES, 16),),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("calls", [1, 2])
def test_it_trains_on(way, calls, capsys):
    if way == "a stream" and calls == 2:
        pytest.skip("a stream has the calls in its elements")
    gan = gan_of(steps_per_call=calls)
    before = state_of(gan)
    gan.fit(*WAYS[way](), steps=4, verbose=0)
    assert gan.step == 4 and gan.trouble is None
    assert state_of(gan) != before


def test_it_trains_on_a_folder_by_keras(folder_of_pictures):
    data = keras.utils.image_dataset_from_directory(
        folder_of_pictures, color_mode="grayscale", image_size=(8, 8), batch_size=16, verbose=False
    )
    with pytest.raises(DataError, match=r"floats from 0 to 2\d\d; .*images / 127.5 - 1"):
        gan_of().fit(data, steps=1, verbose=0)
    gan = gan_of()
    gan.fit(data.map(lambda images, labels: (images / 127.5 - 1, labels)), verbose=0)
    assert gan.step == 2  # of 40 pictures the last 8 are left out


@pytest.mark.parametrize("settings", [{}, {"discriminator_steps": 2}, {"steps_per_call": 5}])
@pytest.mark.parametrize("seed", [7])
def test_an_array_trains_as_its_stream_does(settings, seed):
    by_stream, by_array, by_data = (gan_of(seed=seed, **settings) for _ in range(3))
    digits = images(300)
    by_stream.fit(
        stream(digits, 16, *settings_of(by_stream), seed=seed),
        steps_per_epoch=5 // by_stream.steps_per_call,
        verbose=0,
    )
    by_array.fit(digits, batch_size=16, steps=5, verbose=0)
    by_data.fit(digits, LABELS, batch_size=16, steps=3 if by_data.steps_per_call == 1 else 5,
                verbose=0)  # fmt: skip
    by_data.fit(digits, batch_size=16, steps=5 - by_data.step, verbose=0)  # goes on where it was
    assert state_of(by_stream) == state_of(by_array) == state_of(by_data)


def settings_of(gan):
    return gan.discriminator_steps, gan.steps_per_call


def test_image_data_trains_as_its_stream_does():
    data = load_data("ring")
    by_stream, by_data = (point_gan() for _ in range(2))
    by_stream.fit(data.stream(64), steps_per_epoch=3, verbose=0)
    by_data.fit(data, steps=3, verbose=0)
    assert state_of(by_stream) == state_of(by_data)


def point_gan():
    keras.utils.set_random_seed(0)
    generator = keras.Sequential([keras.Input((4,)), keras.layers.Dense(2)])
    discriminator = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    gan = GAN(generator, discriminator)
    gan.compile(run_eagerly=True)
    return gan


class TestHowLong:
    def test_an_array_is_once_through_an_epoch(self):
        gan = gan_of()
        history = gan.fit(IMAGES, batch_size=16, epochs=2, verbose=0)
        assert gan.step == 12 and len(history.history["generator_loss"]) == 2

    def test_batches_of_64_where_nothing_is_said(self):
        gan = gan_of()
        gan.fit(IMAGES, verbose=0)
        assert gan.step == 1

    def test_a_short_last_batch_is_left_out_and_that_is_said(self, capsys):
        gan = gan_of()
        gan.fit(slices(IMAGES), epochs=2, verbose=0)
        assert gan.step == 12
        assert "2 batches were left out: they were not as large" in capsys.readouterr().out

    def test_a_second_time_makes_as_many_steps(self):
        gan = gan_of()
        for _ in range(2):
            history = gan.fit(slices(IMAGES[:96]), verbose=0)
            assert history.history["generator_loss"]
        assert gan.step == 12

    def test_steps_are_rounded_up_to_calls_and_that_is_said(self, capsys):
        gan = gan_of(steps_per_call=4)
        gan.fit(IMAGES, batch_size=8, steps=6, verbose=0)
        assert gan.step == 8
        assert "6 steps become 8: a call makes 4" in capsys.readouterr().out

    @pytest.mark.parametrize("none", [{"steps": 0}, {"epochs": 0}, {"steps_per_epoch": 0}])
    def test_no_steps_change_nothing(self, none):
        gan = gan_of()
        gan.fit(IMAGES, steps=1, verbose=0)
        before, log = state_of(gan), list(gan.log)
        assert gan.fit(IMAGES, **none, verbose=0).history == {}
        assert state_of(gan) == before and gan.log == log and gan.step == 1

    @pytest.mark.parametrize("way", ["a stream", "an endless dataset", "a generator"])
    def test_endless_data_need_a_length(self, way):
        with pytest.raises(SettingError, match="pass steps=.*or steps_per_epoch="):
            gan_of().fit(*WAYS[way](), verbose=0)

    @pytest.mark.parametrize(
        ("length", "message"),
        [
            ({"steps": -1}, "steps is -1"),
            ({"steps": 2.5}, "steps is 2.5"),
            ({"steps_per_epoch": -1}, "steps_per_epoch is -1"),
            ({"epochs": -1}, "epochs is -1"),
            ({"steps": 2, "epochs": 2}, "leave steps_per_epoch and epochs out"),
            ({"steps": 2, "steps_per_epoch": 2}, "leave steps_per_epoch and epochs out"),
            ({"batch_size": 0}, "batch_size is 0"),
            ({"batch_size": "16"}, "batch_size is '16'"),
        ],
    )
    def test_a_length_that_cannot_be(self, length, message):
        with pytest.raises(SettingError, match=message):
            gan_of().fit(IMAGES, **length, verbose=0)


def test_a_generator_loses_nothing():
    """It is looked at before it is used, and read again by the next fit."""
    used = []

    def counted():
        for number in range(100):
            used.append(number)
            yield np.full((16, 8, 8, 1), number, np.uint8)

    seen, batches, gan = [], counted(), gan_of()
    step = gan._adversarial_step
    gan._adversarial_step = lambda images, step_: (
        seen.append(int(images[0, 0, 0, 0])) or step(images, step_)
    )
    for _ in range(2):
        gan.fit(batches, steps=3, verbose=0)
    assert seen == used == [0, 1, 2, 3, 4, 5]
    assert gan.step == 6


def test_data_that_end_too_early_are_named(capsys):
    gan = gan_of()
    gan.fit(generator(count=3), steps=5, verbose=0)
    assert gan.step == 3
    assert "The data ended after 3 of 5 elements" in capsys.readouterr().out


def test_a_pydataset_is_told_of_its_epochs():
    data = Pairs()
    gan_of().fit(data, steps=13, verbose=0)
    assert data.told == 2


def test_what_is_passed_over_is_said(capsys):
    gan = gan_of()
    gan.fit(slices(IMAGES).repeat(), steps=5, verbose=0)
    assert "Passing over" not in capsys.readouterr().out
    gan.fit(slices(IMAGES).repeat(), steps=5, verbose=0)
    assert "Passing over 5 elements of your dataset" in capsys.readouterr().out
    gan.fit(stream(IMAGES, 16), steps_per_epoch=1, verbose=0)
    assert "Passing over" not in capsys.readouterr().out


def test_a_dataset_that_ends_goes_on_where_it_was():
    whole, parts = gan_of(), gan_of()
    whole.fit(slices(IMAGES[:96]), steps=9, verbose=0)
    for _ in range(3):
        parts.fit(slices(IMAGES[:96]), steps=3, verbose=0)
    assert state_of(whole) == state_of(parts)


CANNOT = [
    (None, "given nothing; it takes an ImageData, an array"),
    ("mnist", "given a str; it takes"),
    ({"image": IMAGES}, "given a dict; it takes"),
    (7, "given a int; it takes"),
    (tf.data.Dataset.from_tensor_slices(IMAGES), r"single images of shape \(8, 8, 1\).*batch"),
    (slices(IMAGES[:0]), "the dataset is empty"),
    (iter(()), "has no batch left"),
    (slices({"a": IMAGES, "b": LABELS}), "elements with 'a', 'b'; images are looked for"),
    (images()[:, :7], r"shape \(256, 7, 8, 1\); the networks need \(N, 8, 8, 1\): pad or"),
    (np.zeros((9, 8, 8, 3), np.uint8), "build the networks for 3 channels"),
    (np.zeros((9, 64), np.uint8), "reshape them"),
    (slices(np.zeros((9, 4, 4, 1), np.uint8)), r"batches have shape \(None, 4, 4, 1\)"),
    (iter([IMAGES[:, :5]]), r"batches of a list_iterator have shape \(100, 5, 8, 1\)"),
    (load_data("toy_digits"), r"Toy digits have shape \(20000, 28, 28, 1\).*\(N, 8, 8, 1\)"),
]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(data, message, id=f"case {number}")
        for number, (data, message) in enumerate(CANNOT)
    ],
)
def test_what_cannot_be_trained_on_is_named(data, message):
    with pytest.raises(SettingError, match=message):
        gan_of().fit(data, steps=1, verbose=0)


def test_batches_have_their_size_already():
    with pytest.raises(SettingError, match="batch_size is 4, but the data come in batches"):
        gan_of().fit(slices(IMAGES), batch_size=4, steps=1, verbose=0)


@pytest.mark.parametrize("way", ["images", "a PyDataset", "a loader", "a generator"])
def test_an_element_must_divide(way):
    gan = gan_of(discriminator_steps=5)
    with pytest.raises(SettingError, match=r"holds 16 images.* 5 steps of the discriminator"):
        gan.fit(*WAYS[way](), steps=1, verbose=0)
    assert gan.step == 0


WRONG = {
    "floats 0..1": (IMAGES / np.float32(255), r"floats from 0 to 1; .*\[-1, 1\].*images \* 2 - 1"),
    "floats 0..255": (IMAGES.astype(np.float32), r"floats from 0 to 255; .*images / 127.5 - 1"),
    "beyond": (FLOATS * 3, r"floats from -3 to 3; .*\[-1, 1\]"),
    "uint16": (IMAGES.astype(np.uint16) * 257, "uint16 from 0 to 65535"),
    "int64": (IMAGES.astype(np.int64), "int64 from 0 to 255; .*astype"),
    "bool": (IMAGES > 99, "are bool"),
    "uint8 0..1": ((IMAGES > 99).astype(np.uint8), "uint8 from 0 to 1; .*255"),
}


@pytest.mark.parametrize("kind", WRONG)
@pytest.mark.parametrize("form", ["array", "dataset", "generator", "validation"])
def test_a_wrong_range_is_refused_by_name(kind, form):
    values, message = WRONG[kind]
    gan = gan_of()
    before = state_of(gan)
    forms = {"array": values, "dataset": slices(values), "generator": generator(values)}
    with pytest.raises(DataError, match=message):
        if form == "validation":
            gan.fit(IMAGES, steps=1, verbose=0, validation_data=values)
        else:
            gan.fit(forms[form], steps=1, verbose=0)
    assert state_of(gan) == before and gan.step == 0


def test_a_sigmoid_wants_0_to_1():
    gan = GAN(sigmoid_generator(), gan_of().discriminator)
    gan.compile(run_eagerly=True)
    assert gan.value_range == (0, 1)
    gan.fit(IMAGES / np.float32(255), steps=1, verbose=0)
    gan.fit(IMAGES, steps=1, verbose=0)
    with pytest.raises(DataError, match=r"floats from -1 to 1; .*\[0, 1\]"):
        gan.fit(FLOATS, steps=1, verbose=0)


def test_uint8_is_scaled_to_the_generators_range():
    def trained(values):
        gan = GAN(sigmoid_generator(), gan_of().discriminator)
        gan.compile(run_eagerly=True)
        gan.fit(values, steps=2, verbose=0)
        return gan.last_losses

    np.testing.assert_allclose(trained(IMAGES), trained(IMAGES / np.float32(255)), rtol=1e-5)


def sigmoid_generator():
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((6,)),
            keras.layers.Dense(64, activation="sigmoid"),
            keras.layers.Reshape((8, 8, 1)),
        ]
    )
