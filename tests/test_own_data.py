"""A reader's own pictures: every form in which people have them, one clear error for the rest."""

import gzip
import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from idx_files import idx_bytes

from ganbook import evaluation, own_data, plots
from ganbook.data import ImageData, load_data
from ganbook.errors import DataError, SettingError

COUNT = 12


def pictures(count=COUNT, height=6, width=5, channels=1, seed=0):
    rng = np.random.default_rng(seed)
    return rng.integers(0, 256, (count, height, width, channels)).astype(np.uint8)


def floats(**sizes):
    return pictures(**sizes).astype(np.float64) / 127.5 - 1


LABELS = np.arange(COUNT) % 3
DATASET = tf.data.Dataset.from_tensor_slices
GRAY, COLORED = pictures()[..., 0], pictures(channels=3)


# What is taken


@pytest.mark.parametrize("channels", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("size", [(1, 1), (6, 5), (40, 64)])
def test_images_of_any_size_and_number_of_channels(channels, size):
    images = pictures(3, *size, channels)
    data = ImageData.of(images, name="cats")
    assert data.shape == (*size, channels) and len(data) == 3 and not data.holds_points
    assert np.array_equal(data.images, images) and data.images.dtype == np.uint8
    assert next(iter(data.stream(2))).shape == (2, *size, channels)
    assert data.draw(5)[0].shape == (5, *size, channels)
    assert repr(data) == f"<cats: 3 examples of {size[0]}x{size[1]}x{channels} (data of your own)>"


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (GRAY, pictures()),
        (tf.constant(COLORED), COLORED),
        (list(COLORED), COLORED),
        ([tf.constant(one) for one in COLORED], COLORED),
        (DATASET(COLORED), COLORED),
        (DATASET(GRAY), pictures()),
        (DATASET(COLORED).batch(5), COLORED),
        (DATASET(GRAY).batch(5), pictures()),
        (DATASET(pictures(height=2, width=2)[..., 0]).batch(5), pictures(height=2, width=2)),
        (DATASET({"image": COLORED}).batch(5), COLORED),
        (tf.data.Dataset.from_generator(lambda: iter(COLORED), tf.uint8), COLORED),
        (tf.data.Dataset.from_generator(lambda: iter([COLORED]), tf.uint8), COLORED),
        (floats(), floats().astype(np.float32)),
        (tf.cast(floats(), tf.float16), floats().astype(np.float16).astype(np.float32)),
        (floats().tolist(), floats().astype(np.float32)),
    ],
)
def test_images_without_labels(given, expected):
    data = ImageData.of(given)
    assert data.images.dtype == expected.dtype and np.array_equal(data.images, expected)
    assert data.labels.tolist() == [0] * COUNT and data.class_names == ("unlabeled",)
    assert data.caption == data.name == "your images" and data.source == "data of your own"


@pytest.mark.parametrize(
    "given",
    [
        (COLORED, LABELS),
        ((COLORED, LABELS),),
        ((COLORED, LABELS[:, None].astype(np.uint8)),),
        (COLORED, LABELS.tolist()),
        (COLORED, tf.one_hot(LABELS, 3)),
        (DATASET((COLORED, LABELS)),),
        (DATASET((COLORED, LABELS)).batch(5),),
        (DATASET((COLORED, tf.one_hot(LABELS, 3))),),
        (DATASET((COLORED, tf.one_hot(LABELS, 3))).batch(4, drop_remainder=True),),
        (DATASET((COLORED, LABELS, LABELS)).batch(5),),
        (DATASET({"image": COLORED, "label": LABELS, "id": LABELS}),),
        (DATASET(COLORED), LABELS),
    ],
)
def test_images_with_labels(given):
    data = ImageData.of(*given)
    assert np.array_equal(data.images, COLORED)
    assert data.labels.dtype == np.int64 and np.array_equal(data.labels, LABELS)
    assert data.class_names == ("0", "1", "2")


def test_gray_batches_with_labels_are_told_from_images_of_many_channels():
    gray, labels = pictures(height=8, width=8)[..., 0], np.arange(COUNT)
    batches = ImageData.of(DATASET((gray, labels)).batch(4, drop_remainder=True))
    assert batches.shape == (8, 8, 1) and len(batches) == COUNT
    deep = ImageData.of(DATASET((pictures(channels=7), labels)))
    assert deep.shape == (6, 5, 7) and len(deep) == COUNT


def test_names_of_classes():
    assert ImageData.of(COLORED, LABELS, class_names=["a", "b", "c"]).class_names == tuple("abc")
    dataset = DATASET((COLORED, LABELS)).batch(4)
    dataset.class_names = ["a", "b", "c"]  # as image_dataset_from_directory leaves them
    assert ImageData.of(dataset).class_names == tuple("abc")


def test_points_are_points_without_modes():
    places = np.random.default_rng(0).normal(scale=3.0, size=(9, 2))
    data = ImageData.of(places, name="spirals")
    assert data.holds_points and data.shape == (2,) and data.centers is None
    assert data.images.dtype == np.float32 and next(iter(data.stream(4))).shape == (4, 2)
    assert ImageData.of(DATASET(places).batch(4)).holds_points
    assert evaluation.protocol_of(data).examples == "points"
    with pytest.raises(DataError, match="modes of 'spirals' are not known"):
        evaluation.measure(data, places)


def test_what_was_given_may_change_and_what_is_held_may_not():
    images, labels = pictures(), LABELS.copy()
    data = ImageData.of(images, labels)
    before = data.checksum
    images[:] = 0
    labels[:] = 0
    assert ImageData.of(data.images, data.labels).checksum == before
    with pytest.raises(ValueError, match="read-only"):
        data.images[0] = 0


@pytest.mark.parametrize(
    ("name", "caption"),
    [("$5 cats $", "$5 cats $"), ("a\nb\tc", "a b c"), ("", "your images"), ("\udcff x", "x")],
)
def test_any_name_can_stand_in_a_title(name, caption):
    data = ImageData.of(pictures(), name=name)
    assert data.caption == caption and caption in repr(data)
    figure = plots.image_grid(data.images, title=data.caption, labels=[data.caption])
    figure.canvas.draw()
    log = [{"step": 1, "discriminator_loss": 1.0, "generator_loss": 1.0}]
    plots.training_panel(log, data.images, 4, data.caption, data.caption).canvas.draw()
    groups = dict.fromkeys((data.caption, "x" + data.caption), np.zeros((2, 2)))
    plots.points(groups, data.caption).canvas.draw()


def test_data_made_by_hand_have_a_caption_too():
    data = ImageData("cats", pictures(), LABELS, "somewhere", False, ("a", "b", "c"))
    assert data.caption == "cats" and "cats" in repr(data)


# What is refused


@pytest.mark.parametrize(
    ("images", "message"),
    [
        (pictures() / 255, r"images \* 2 - 1"),
        (pictures().astype(np.float32), r"images / 127.5 - 1"),
        (DATASET(pictures().astype(np.float32)).batch(4), r"images / 127.5 - 1"),
        (pictures().astype(np.uint16) * 257, "// 257"),
        (pictures().astype(np.int64), r"astype\('uint8'\)"),
        (pictures() > 127, "bool"),
        (np.full((3, 4, 4, 1), np.nan), "NaN"),
        (pictures()[:0], r"shape \(0, 6, 5, 1\)"),
        (pictures()[0, 0], r"shape \(5, 1\)"),
        (np.zeros((4, 784)), r"shape \(4, 784\)"),
        (pictures(height=8, width=8).swapaxes(1, 3), r"np.moveaxis\(images, 1, -1\)"),
        ([pictures()[0], pictures(height=7)[0]], r"different sizes, \(6, 5, 1\) and \(7, 5, 1\)"),
        (np.array([[np.inf, 0.0]]), "infinite"),
        (np.zeros((0, 2)), "are none"),
        ("cats", "type str"),
        (None, "type NoneType"),
        (iter(pictures()), "type .*iterator; an array, a tensor, a list of pictures or a tf.data"),
        (ImageData.of(pictures()), "type ImageData"),
        (DATASET(pictures()).repeat(), "have no end"),
        (ImageData.of(pictures()).stream(4), "have no end"),
        (DATASET(pictures()).take(0), "empty"),
        (
            DATASET(pictures(height=8, width=8)[..., 0]).batch(4, True),
            r"\(4, 8, 8\).*4 gray images",
        ),
        (DATASET({"a": pictures()}), "'a'; none is called image"),
        (DATASET(tf.sparse.from_dense(GRAY)), "elements of SparseTensor"),
    ],
)
def test_images_that_cannot_be(images, message):
    with pytest.raises(DataError, match=f"^your images .*({message})") as error:
        ImageData.of(images)
    assert "\n" not in str(error.value)


def test_a_dataset_that_does_not_say_that_it_is_endless_is_given_up(monkeypatch):
    monkeypatch.setattr(own_data, "MOST_BYTES", 10_000)
    endless = DATASET(pictures()).repeat().filter(lambda image: True)
    with pytest.raises(DataError, match="may have no end"):
        ImageData.of(endless)


def test_pictures_of_different_sizes_in_a_dataset():
    sizes = [pictures(1)[0], pictures(1, height=7)[0]]
    dataset = tf.data.Dataset.from_generator(
        lambda: iter(sizes), output_signature=tf.TensorSpec((None, None, 1), tf.uint8)
    )
    with pytest.raises(DataError, match=r"\(6, 5, 1\) and \(7, 5, 1\)"):
        ImageData.of(dataset)


@pytest.mark.parametrize(
    ("labels", "names", "message"),
    [
        (LABELS[:-1], None, "11 labels for 12 images"),
        (LABELS - 1, None, "from -1 to 1"),
        (LABELS, ["a", "b"], "from 0 to 2; 2 classes"),
        (LABELS + 10**7, None, "10000000"),
        (LABELS.astype(float), None, "labels are float64"),
        (["cat"] * COUNT, None, "return_inverse"),
        (np.ones((COUNT, 3)), None, "not one-hot"),
        ([[0], [0, 1]] * 6, None, "different lengths"),
        (LABELS, "abc", "class_names is 'abc'"),
        (LABELS, 3, "class_names is 3"),
        (None, ["a", "b"], "2 class_names, but no labels"),
    ],
)
def test_labels_that_cannot_be(labels, names, message):
    with pytest.raises(DataError, match=message):
        ImageData.of(pictures(), labels, class_names=names)


def test_labels_are_given_once_and_names_are_not_those_of_known_data():
    with pytest.raises(DataError, match="labels of their own"):
        ImageData.of(DATASET((pictures(), LABELS)), LABELS)
    with pytest.raises(DataError, match="name is 'mnist'"):
        ImageData.of(pictures(), name="mnist")
    with pytest.raises(DataError, match="ImageData.of takes arrays"):
        load_data(pictures())


# Folders


def write(folder, split="train", packed=True, labels=True, **sizes):
    """Write pictures as IDX files; return them."""
    folder.mkdir(parents=True, exist_ok=True)
    images = pictures(**sizes)
    start = {"train": "train", "test": "t10k"}[split]
    contents = {"images-idx3": idx_bytes(images[..., 0])}
    if labels:
        contents["labels-idx1"] = idx_bytes((np.arange(len(images)) % 3).astype(np.uint8))
    for name, content in contents.items():
        path = folder / f"{start}-{name}-ubyte"
        if packed:
            path.with_name(path.name + ".gz").write_bytes(gzip.compress(content))
        else:
            path.write_bytes(content)
    return images


@pytest.mark.parametrize("packed", [True, False])
def test_a_folder_of_idx_files_of_any_size(tmp_path, packed):
    train = write(tmp_path / "cats", packed=packed)
    test = write(tmp_path / "cats", "test", packed=packed, count=4, seed=1)
    for path in (tmp_path / "cats", str(tmp_path / "cats"), "cats", "./cats", Path("cats")):
        data = load_data(path)
        assert data.name == data.caption == "cats" and data.shape == (6, 5, 1)
        assert np.array_equal(data.images, train) and np.array_equal(data.labels, LABELS)
        assert data.class_names == ("0", "1", "2") and data.source == f"the folder {Path(path)}"
    assert np.array_equal(load_data("cats", split="test").images, test)


def test_labels_of_a_folder_may_be_missing_and_pictures_padded(tmp_path):
    images = write(tmp_path / "cats", labels=False)
    data = load_data("cats", size=9)
    assert data.class_names == ("unlabeled",) and data.shape == (9, 9, 1)
    assert np.array_equal(data.images[:, 1:7, 2:7], images)
    assert data.images.sum(dtype=int) == images.sum(dtype=int)
    with pytest.raises(SettingError, match="size is 5, but the images are 6 x 5"):
        load_data("cats", size=5)
    with pytest.raises(SettingError, match="leave source out"):
        load_data("cats", "folder")


def test_a_folder_named_as_a_known_data_set_is_not_taken_for_it(tmp_path):
    for name in ("ring", "toy_digits"):
        write(tmp_path / name)
        own = load_data(f"./{name}")
        assert own.name == f"{name} folder" and not own.holds_points
        assert evaluation.protocol_of(own).made == "images of your own"
    assert load_data("ring").source == "drawn"


def test_folders_that_cannot_be_read(tmp_path):
    with pytest.raises(DataError, match="'no/where' is not there"):
        load_data("no/where")
    (tmp_path / "cats").mkdir()
    (tmp_path / "cats" / "1.png").write_bytes(b"")
    wanted = "train-images-idx3-ubyte.gz and no train-images-idx3-ubyte. .*PNG or JPEG are not read"
    with pytest.raises(DataError, match=wanted) as error:
        load_data("cats")
    assert "\n" not in str(error.value)
    with pytest.raises(DataError, match="t10k-images-idx3-ubyte.gz"):
        load_data("cats", split="test")
    with pytest.raises(DataError, match="is a file"):
        load_data("cats/1.png")
    with pytest.raises(DataError, match="'cts' is unknown; choose one of mnist, .*, or a folder"):
        load_data("cts")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no IDX file of images"),
        (b"\x00\x00\x08", "no IDX file of images"),
        (idx_bytes(np.zeros(5, np.uint8)), "no IDX file of images"),
        (idx_bytes(pictures()[..., 0])[:-1], "has 375 bytes, unpacked, where its header says 376"),
        (idx_bytes(pictures()[..., 0]) + b"x", "has 377 bytes"),
        (gzip.compress(idx_bytes(pictures()[..., 0]))[:-9], "cannot be read"),
        (b"\x1f\x8b junk", "cannot be read"),
        (idx_bytes(pictures()[:0, ..., 0]), r"shape \(0, 6, 5, 1\)"),
    ],
)
def test_damaged_idx_files_are_named(tmp_path, content, message):
    write(tmp_path / "cats", packed=False)
    (tmp_path / "cats" / "train-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(DataError, match=f"cats.*{message}"):
        load_data("cats")


@pytest.mark.skipif(os.name != "posix" or os.geteuid() == 0, reason="needs a user with few rights")
def test_a_file_that_may_not_be_read_is_named(tmp_path):
    write(tmp_path / "cats")
    (tmp_path / "cats" / "train-labels-idx1-ubyte.gz").chmod(0)
    with pytest.raises(DataError, match="train-labels.*cannot be read .Permission denied"):
        load_data("cats")


def test_the_labels_of_a_folder_must_be_as_many(tmp_path):
    write(tmp_path / "cats", packed=False)
    labels = idx_bytes(np.zeros(5, np.uint8))
    (tmp_path / "cats" / "train-labels-idx1-ubyte").write_bytes(labels)
    with pytest.raises(DataError, match="5 labels for 12 images"):
        load_data("cats")


# Beside the lessons


def test_data_of_your_own_are_not_measured_and_that_is_said():
    data = ImageData.of(pictures(height=28, width=28), name="cats")
    protocol = evaluation.protocol_of(data)
    assert protocol.made == "images of your own" and not protocol.against_test
    for fails in (
        lambda: evaluation.measure(data, data.images),
        lambda: evaluation.Judge(data, 100),
        lambda: evaluation.measure_stacked(data, data.images),
    ):
        with pytest.raises(DataError, match="no classifier for 'cats'.*plots.image_grid"):
            fails()
    with pytest.raises(DataError, match="no test images are known of 'cats'"):
        evaluation.test_set_of(data)


def test_a_page_on_data_of_your_own(tmp_path, capsys):
    from ganbook import start_page

    write(tmp_path / "cats")
    page = start_page("01b", "./cats")
    assert page.samples in (2_000, 10_000)
    said = capsys.readouterr().out
    assert "Data        cats: 12 images (6, 5, 1), from the folder cats" in said
    with pytest.raises(DataError, match="no classifier for 'cats'"):
        _ = page.classifier
