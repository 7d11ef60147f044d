"""Loading data: from a folder, through TensorFlow Datasets, drawn; and one clear error each."""

import gzip
import hashlib
import json
import logging
import shutil
import socket
import sys
import types

import numpy as np
import pytest
from idx_files import SMALL, idx_bytes, write_tiny_files

from ganbook import data, idx, mirrors, prepared
from ganbook.data import load_data, to_float, to_uint8


@pytest.fixture(autouse=True)
def nothing_at_hand(request, tmp_path, monkeypatch):
    """No folder, an empty cache, no network; a test adds what it needs."""
    if "data_folder" in request.fixturenames:
        request.getfixturevalue("data_folder")  # it reads the variable that is unset here
    monkeypatch.delenv("GANBOOK_DATA", raising=False)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(data, "TOYS", SMALL)
    monkeypatch.setattr(prepared, "_first_reason", [])
    monkeypatch.setattr(mirrors, "trouble", out_of_reach)


def out_of_reach(address, also=()):
    return f"{mirrors.host(address)} cannot be reached"


@pytest.fixture
def tiny_folder(tmp_path, monkeypatch):
    """A folder of both data sets in the original format, with a few pictures each."""
    write_tiny_files(tmp_path / "files", monkeypatch)
    monkeypatch.setenv("GANBOOK_DATA", str(tmp_path / "files"))
    return tmp_path / "files"


# Scaling


def test_scaling_is_an_exact_inverse_on_all_values():
    values = np.arange(256, dtype=np.uint8)
    scaled = to_float(values)
    assert scaled.dtype == np.float32
    assert (scaled[0], scaled[255]) == (-1, 1)
    np.testing.assert_allclose(scaled, np.arange(256) / 127.5 - 1, atol=1e-7)
    assert to_uint8(scaled).dtype == np.uint8
    np.testing.assert_array_equal(to_uint8(scaled), values)


def test_to_float_does_not_scale_twice():
    with pytest.raises(ValueError, match="float32; to_float scales uint8 ones, and only once"):
        to_float(to_float(np.zeros((2, 28, 28, 1), np.uint8)))


def test_to_uint8_rounds_and_clips():
    given = np.array([-np.inf, -7, -1, -0.999, 0.0, 0.003, 0.999, 1, 1.004, np.inf])
    assert to_uint8(given).tolist() == [0, 0, 0, 0, 128, 128, 255, 255, 255, 255]
    # A value anywhere within half a gray level goes to that level.
    gray = np.arange(256)
    for off in (-0.49, 0.49):
        np.testing.assert_array_equal(to_uint8((gray + off) / 127.5 - 1), gray)


def test_to_uint8_refuses_nan():
    with pytest.raises(ValueError, match="^2 pixels are NaN"):
        to_uint8(np.array([0.0, np.nan, np.nan]))


# Points


@pytest.mark.parametrize(("name", "modes", "sigma"), [("ring", 8, 0.01), ("grid", 25, 0.05)])
def test_mixtures(name, modes, sigma):
    points = load_data(name)
    assert points.images.dtype == np.float32 and points.images.shape == (50_000, 2)
    assert points.shape == (2,) and points.stack == 1 and not points.is_standin
    assert points.centers.shape == (modes, 2) and points.centers.dtype == np.float32
    assert points.sigma == sigma and len(points.class_names) == modes
    offsets = points.images - points.centers[points.labels]
    assert offsets.std() == pytest.approx(sigma, rel=0.02)
    assert np.abs(offsets.mean(axis=0)).max() < 5 * sigma / 50_000**0.5
    # Each label is the nearest center: the modes do not overlap.
    nearest = ((points.images[:, None] - points.centers) ** 2).sum(axis=2).argmin(axis=1)
    np.testing.assert_array_equal(nearest, points.labels)
    counts = np.bincount(points.labels, minlength=modes)
    assert np.abs(counts - 50_000 / modes).max() < 5 * (50_000 / modes) ** 0.5


def test_where_the_modes_are():
    ring, grid = load_data("ring").centers, load_data("grid").centers
    half = 0.5**0.5
    np.testing.assert_allclose(ring[:3], [(1, 0), (half, half), (0, 1)], atol=1e-6)
    np.testing.assert_allclose(np.hypot(*ring.T), 1, atol=1e-6)
    assert len({tuple(center) for center in ring.round(6).tolist()}) == 8
    wanted = {(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}
    assert {tuple(center) for center in grid.tolist()} == wanted


@pytest.mark.parametrize("name", ["ring", "grid", "toy_digits", "toy_garments"])
def test_drawn_data_depends_on_seed_and_split_only(name, capsys):
    first, again = load_data(name, seed=3), load_data(name, seed=3)
    assert first.checksum == again.checksum
    others = [load_data(name, seed=4), load_data(name, split="test", seed=3)]
    assert len({first.checksum, *(other.checksum for other in others)}) == 3
    fewer = len(others[1])
    assert not np.array_equal(first.images[:fewer], others[1].images)
    assert first.source == "drawn" and not first.is_standin
    assert capsys.readouterr().out == ""


# The folder


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("name", ["mnist", "fashion_mnist"])
def test_folder(tiny_folder, name, split, capsys):
    loaded = load_data(name, split=split)
    assert loaded.images.shape == (SMALL[split], 28, 28, 1) and loaded.images.dtype == np.uint8
    assert loaded.labels.shape == (SMALL[split],) and loaded.labels.dtype == np.int64
    packed = (tiny_folder / name / idx.file_name(split, "images")).read_bytes()
    assert loaded.images.tobytes() == gzip.decompress(packed)[16:]
    assert loaded.source == "the folder in GANBOOK_DATA" and not loaded.is_standin
    assert loaded.caption == {"mnist": "MNIST", "fashion_mnist": "Fashion-MNIST"}[name]
    assert load_data(name, "folder", split=split).checksum == loaded.checksum
    assert capsys.readouterr().out == ""


def test_another_packing_of_the_same_bytes_is_accepted(tiny_folder):
    before = load_data("mnist").checksum
    file = tiny_folder / "mnist" / idx.file_name("train", "images")
    file.write_bytes(gzip.compress(gzip.decompress(file.read_bytes()), compresslevel=1, mtime=99))
    assert load_data("mnist").checksum == before


def packed(numbers, length):
    return gzip.compress(np.array(numbers, ">u4").tobytes() + bytes(length))


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda old: old[:1000], "is truncated"),
        (lambda old: b"", "is (truncated|no IDX file)"),
        (lambda old: b"<html>404</html>", "not a gzip file"),
        (lambda old: old[:500] + bytes(9) + old[509:], "is damaged"),
        (lambda old: packed([2051, 59, 28, 28], 59 * 784), "holds 59 images instead of 60"),
        (lambda old: packed([2051, 60, 28, 28], 59 * 784), "46272 bytes instead of 47056"),
        (lambda old: packed([2051, 60, 28, 28], 60 * 784), "differs from the published file"),
        (lambda old: packed([2049, 60], 60), "is no IDX file of images"),
        (lambda old: gzip.compress(b"ab"), "is no IDX file of images"),
    ],
)
@pytest.mark.parametrize("source", ["auto", "folder"])
def test_damaged_file(tiny_folder, damage, message, source):
    file = tiny_folder / "mnist" / "train-images-idx3-ubyte.gz"
    file.write_bytes(damage(file.read_bytes()))
    with pytest.raises(ValueError, match=message) as caught:
        load_data("mnist", source)
    assert str(file) in str(caught.value) and "\n" not in str(caught.value)
    assert file.exists()  # the folder belongs to the user
    assert len(load_data("mnist", source, split="test")) == 20
    assert len(load_data("fashion_mnist", source)) == 60


@pytest.mark.parametrize(
    ("moved", "message"),
    [
        ("mnist/train-labels-idx1-ubyte.gz", "holds the MNIST training labels"),
        ("mnist/t10k-images-idx3-ubyte.gz", "holds the MNIST test images"),
        ("fashion_mnist/train-images-idx3-ubyte.gz", "holds the Fashion-MNIST training images"),
    ],
)
def test_mislabeled_file(tiny_folder, moved, message):
    shutil.copy(tiny_folder / moved, tiny_folder / "mnist" / "train-images-idx3-ubyte.gz")
    with pytest.raises(ValueError, match=f"{message}; put the MNIST training images there"):
        load_data("mnist")


@pytest.mark.parametrize("source", ["auto", "folder"])
def test_missing_file(tiny_folder, source):
    file = tiny_folder / "mnist" / "train-labels-idx1-ubyte.gz"
    file.unlink()
    with pytest.raises(ValueError, match=f"{file} is missing"):
        load_data("mnist", source)


def test_a_folder_where_a_file_should_be(tiny_folder):
    file = tiny_folder / "mnist" / "train-labels-idx1-ubyte.gz"
    file.unlink()
    file.mkdir()
    with pytest.raises(ValueError, match=f"{file} cannot be read .Is a directory"):
        load_data("mnist")


def test_folder_that_is_none(tmp_path, monkeypatch):
    monkeypatch.setenv("GANBOOK_DATA", str(tmp_path / "nowhere"))
    for source in ("auto", "folder"):
        with pytest.raises(ValueError, match="GANBOOK_DATA is '.*nowhere', which is no folder"):
            load_data("mnist", source)
    assert len(load_data("ring")) == 50_000


def test_folder_without_this_data_set(tiny_folder, capsys):
    shutil.rmtree(tiny_folder / "mnist")
    with pytest.raises(ValueError, match="has no subfolder mnist"):
        load_data("mnist", "folder")
    assert load_data("mnist").is_standin
    assert "has no subfolder mnist" in capsys.readouterr().out


def test_the_original_files(data_folder, monkeypatch):
    monkeypatch.setenv("GANBOOK_DATA", str(data_folder))
    for name in ("mnist", "fashion_mnist"):
        for split, count in (("train", 60_000), ("test", 10_000)):
            loaded = load_data(name, "folder", split=split)
            assert loaded.images.shape == (count, 28, 28, 1)
            assert np.unique(loaded.labels).tolist() == list(range(10))
    first = load_data("mnist", "folder")
    assert first.labels[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]
    assert first.images.mean() / 255 == pytest.approx(0.1307, abs=1e-4)


# Stand-ins


@pytest.mark.parametrize(
    ("name", "toys", "title"),
    [
        ("mnist", "toy_digits", "MNIST"),
        ("fashion_mnist", "toy_garments", "Fashion-MNIST"),
        ("stacked_mnist", "toy_digits", "Stacked MNIST"),
    ],
)
def test_a_stand_in_is_announced(name, toys, title, capsys):
    loaded = load_data(name)
    (line,) = capsys.readouterr().out.splitlines()
    for reason in ("GANBOOK_DATA is not set", "not in the TensorFlow Datasets cache"):
        assert reason in line
    hosts = [mirrors.host(one) for one in mirrors.MIRRORS["mnist" if "dig" in toys else name]]
    assert f"; {' and '.join(hosts)} cannot be reached)" in line
    assert line.count(hosts[0]) == 1  # two sources need it, which is no news
    assert toys.replace("_", " ") in line
    assert loaded.is_standin and loaded.source == "offline stand-in"
    assert loaded.caption == f"{title} stand-in (drawn offline)"
    assert loaded.checksum == load_data(toys).checksum


def test_a_stand_in_that_was_asked_for_needs_no_announcement(capsys):
    assert load_data("mnist", "standin").is_standin
    assert capsys.readouterr().out == ""


def test_with_a_named_source_nothing_else_is_tried(capsys):
    for source, reason in (
        ("folder", "GANBOOK_DATA is not set"),
        ("cache", "not in the TensorFlow Datasets cache"),
        ("download", "storage.googleapis.com cannot be reached"),
        ("originals", "storage.googleapis.com and .* cannot be reached"),
    ):
        with pytest.raises(ValueError, match=f"source='{source}' has no MNIST: .*{reason}"):
            load_data("mnist", source)
    assert capsys.readouterr().out == ""


# TensorFlow Datasets that doesn't work

RAISES = "raise TypeError('duplicate file name mnist.proto')"
SWALLOWS = """
try:
    raise RuntimeError("gencode 6 runtime 5.\\nSee the guarantee.")
except Exception as error:
    logging.exception(error)
"""
SPEAKS = """
import sys, warnings
from absl import logging
print("red line", file=sys.stderr)
print("plain line")
warnings.warn("a warning")
logging.error("protobuf is too old")
"""


@pytest.fixture
def broken(tmp_path, monkeypatch):
    """Return a function that puts a broken package in the place of TensorFlow Datasets."""

    def put(code):
        package = tmp_path / "broken" / "tensorflow_datasets"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text(code)
        monkeypatch.syspath_prepend(str(tmp_path / "broken"))
        for name in [name for name in sys.modules if name.split(".")[0] == package.name]:
            monkeypatch.delitem(sys.modules, name)
        # So that what the broken package leaves behind goes with the test.
        monkeypatch.setitem(sys.modules, package.name, None)
        del sys.modules[package.name]

    monkeypatch.setattr(mirrors, "trouble", lambda address, also=(): None)
    return put


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (RAISES, "duplicate file name mnist.proto"),
        (SPEAKS + RAISES, "protobuf is too old"),
        ("from absl import logging" + SWALLOWS, "gencode 6 runtime 5."),
        (SPEAKS, "protobuf is too old"),
        ("", "module 'tensorflow_datasets' has no attribute 'builder'"),
        ("raise AssertionError", "AssertionError"),
        ("import nowhere", "No module named 'nowhere'"),
    ],
    ids=["raises", "speaks and raises", "swallows", "speaks", "empty", "says nothing", "needs"],
)
def test_a_broken_package_is_one_line(broken, code, reason, monkeypatch, capfd):
    broken(code)
    monkeypatch.setattr(logging.getLogger(), "handlers", [])  # those of pytest, which nobody has
    handlers = logging.getLogger().handlers[:], logging.getLogger("absl").handlers[:]
    for _ in range(2):  # the second time, what the first attempt left behind is met
        with pytest.raises(ValueError) as caught:
            load_data("mnist", "download")
        assert str(caught.value) == (
            f"source='download' has no MNIST: TensorFlow Datasets cannot be imported ({reason})."
        )
    assert capfd.readouterr() == ("", "")
    assert handlers == (logging.getLogger().handlers, logging.getLogger("absl").handlers)
    assert logging.getLogger("absl").propagate


def test_a_package_that_breaks_twice_in_two_ways_keeps_its_first_reason(broken, tmp_path):
    broken("import sys; n = sys.__dict__.setdefault('_tries', [])\nn.append(1)\n"
           "raise TypeError(f'reason {len(n)}')")  # fmt: skip
    try:
        for _ in range(2):
            with pytest.raises(prepared.NotHereError, match="imported .reason 1.$"):
                prepared.import_tfds()
        assert sys._tries == [1, 1]
    finally:
        del sys._tries


@pytest.mark.parametrize(
    "module",
    [None, types.ModuleType("half_imported")],
    ids=["missing", "at odds with another package"],
)
def test_without_tensorflow_datasets(module, monkeypatch, tmp_path):
    (tmp_path / "cache" / "mnist" / "3.0.1").mkdir(parents=True)
    (tmp_path / "cache" / "mnist" / "3.0.1" / "dataset_info.json").write_text("{}")
    monkeypatch.setitem(sys.modules, "tensorflow_datasets", module)
    monkeypatch.setattr(mirrors, "first_trouble", lambda name: None)
    for source in ("cache", "download"):
        with pytest.raises(ValueError, match="TensorFlow Datasets cannot be imported"):
            load_data("mnist", source)
    assert load_data("mnist").is_standin
    # A cache that nothing can read now is not damaged for that.
    assert (tmp_path / "cache" / "mnist" / "3.0.1" / "dataset_info.json").exists()


def test_a_package_that_can_only_be_imported(monkeypatch, tfds, tmp_path):
    """Version 4.9.9 beside protobuf 7 raises AttributeError at every cache that it meets."""
    (tmp_path / "cache" / "mnist" / "3.0.1").mkdir(parents=True)
    (tmp_path / "cache" / "mnist" / "3.0.1" / "dataset_info.json").write_text("{}")

    def fail(*args, **more):
        raise RuntimeError("Failed to construct mnist") from AttributeError("no label")

    monkeypatch.setattr(tfds, "builder", fail)
    monkeypatch.setattr(mirrors, "first_trouble", lambda name: None)
    for source in ("cache", "download"):
        with pytest.raises(ValueError, match="TensorFlow Datasets doesn't work .no label.\\.$"):
            load_data("mnist", source)
    assert (tmp_path / "cache" / "mnist" / "3.0.1" / "dataset_info.json").exists()


# Arguments


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"name": "minst"}, "data set 'minst' is unknown; choose one of mnist, fashion_mnist"),
        ({"name": None}, "data set None is unknown"),
        ({"name": "mnist", "source": "web"}, "source 'web' is unknown; choose one of auto, folder"),
        ({"name": "mnist", "split": "valid"}, "split 'valid' is unknown; choose one of train"),
        ({"name": "ring", "source": "folder"}, "source is 'folder', but ring is always drawn"),
        ({"name": "ring", "size": 32}, "size is 32, but ring holds points"),
        ({"name": "ring", "seed": -1}, "seed is -1"),
        ({"name": "toy_digits", "seed": 1.5}, "seed is 1.5"),
        *(
            ({"name": "toy_digits", "size": size}, f"size is {size!r}; .* even .* 28 to 64")
            for size in (0, -32, 27, 29, 26, 66, 1_000_000, "32", 32.0, True)
        ),
    ],
)
def test_arguments_that_cannot_be(settings, message):
    with pytest.raises(ValueError, match=message) as caught:
        load_data(**settings)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("size", [28, 30, 32, 64])
def test_size_pads_evenly_with_black(size):
    plain, padded = load_data("toy_digits"), load_data("toy_digits", size=size)
    assert padded.images.shape == (60, size, size, 1) and padded.shape == (size, size, 1)
    edge = (size - 28) // 2
    inner = padded.images[:, edge : size - edge, edge : size - edge]
    np.testing.assert_array_equal(inner, plain.images)
    assert padded.images.sum(dtype=int) == plain.images.sum(dtype=int)
    assert padded.images.dtype == np.uint8


# What is loaded


def test_stacked_digits():
    digits = load_data("toy_digits")
    stacked = load_data("stacked_mnist", "standin", size=32)
    assert stacked.stack == 3 and stacked.shape == (32, 32, 3) and len(stacked) == 60
    assert len(stacked.class_names) == 1000 and stacked.class_names[42] == "042"
    images, labels = stacked.draw(200, seed=1)
    assert images.shape == (200, 32, 32, 3) and images.dtype == np.uint8
    known = dict(pairs(digits.images, digits.labels))
    for image, label in zip(images[:, 2:-2, 2:-2], labels, strict=True):
        red, green, blue = (known[image[..., channel].tobytes()] for channel in range(3))
        assert label == 100 * red + 10 * green + blue
    assert (images[..., 0] == images[..., 1]).all(axis=(1, 2)).mean() < 0.2
    element = next(iter(stacked.stream(4, steps_per_call=2)))
    assert element.shape == (2, 4, 32, 32, 3)


def pairs(images, labels):
    return [(image.tobytes(), int(label)) for image, label in zip(images, labels, strict=True)]


def test_draw():
    digits = load_data("toy_digits")
    images, labels = digits.draw(60, seed=5)
    assert sorted(image.tobytes() for image in images) == sorted(
        image.tobytes() for image in digits.images
    )
    np.testing.assert_array_equal(np.sort(labels), np.sort(digits.labels))
    assert not np.array_equal(labels, digits.labels)
    again, _ = digits.draw(60, seed=5)
    other, _ = digits.draw(60, seed=6)
    np.testing.assert_array_equal(images, again)
    assert not np.array_equal(images, other)
    # Pictures keep their labels, and none comes twice before all have come once.
    known = dict(pairs(digits.images, digits.labels))
    images, labels = digits.draw(150)
    assert [known[image.tobytes()] for image in images] == labels.tolist()
    _, counts = np.unique(images.reshape(150, -1), axis=0, return_counts=True)
    assert len(counts) == 60 and set(counts) == {2, 3}


@pytest.mark.parametrize("count", [0, -3, 2.0, "4", None])
def test_draw_refuses_a_count_that_cannot_be(count):
    with pytest.raises(ValueError, match=f"count is {count!r}"):
        load_data("toy_digits").draw(count)


def test_stream_of_loaded_data():
    digits = load_data("toy_digits")
    element = next(iter(digits.stream(60, seed=1))).numpy()
    assert element.dtype == np.uint8 and element.shape == (60, 28, 28, 1)
    assert sorted(image.tobytes() for image in element) == sorted(
        image.tobytes() for image in digits.images
    )


def test_checksum_covers_images_and_labels():
    digits = load_data("toy_digits")
    content = digits.images.tobytes() + digits.labels.tobytes()
    assert digits.checksum == hashlib.sha256(content).hexdigest()


def test_loaded_data_cannot_be_changed_by_accident():
    digits = load_data("toy_digits")
    with pytest.raises(ValueError, match="read-only"):
        digits.images[0] = 0
    with pytest.raises(AttributeError):
        digits.name = "mnist"


def test_repr_is_short():
    assert repr(load_data("toy_digits")) == "<Toy digits: 60 examples of 28x28x1 (drawn)>"
    assert repr(load_data("ring")) == "<Ring of 8 Gaussians: 50,000 examples of 2 (drawn)>"


# TensorFlow Datasets, for real: it prepares both sets from the original files

FEW = 300


@pytest.fixture
def tfds():
    """TensorFlow Datasets, where it can be imported; with Colab's packages it cannot."""
    try:
        return prepared.import_tfds()
    except prepared.NotHereError as error:
        pytest.skip(str(error))


@pytest.mark.parametrize(("split", "count"), [("train", 60_000), ("test", 10_000)])
def test_where_tensorflow_datasets_puts_each_picture(split, count, tmp_path, tfds):
    from tensorflow_datasets.core import shuffle

    shuffler = shuffle.Shuffler(tmp_path, hash_salt=split)
    for number in range(count):
        shuffler.add(number, number.to_bytes(4, "big"))
    stored = np.array([int.from_bytes(record, "big") for _, record in shuffler])
    assert not np.array_equal(stored, np.arange(count))
    restored = stored[prepared.original_places(split, count)]
    np.testing.assert_array_equal(restored, np.arange(count))


@pytest.fixture(params=["mnist", "fashion_mnist"])
def with_originals(request, data_folder, tmp_path, monkeypatch, tfds):
    """The original files lie where TensorFlow Datasets keeps its downloads, as after a download.

    Returns the name of the data set, and the first few of its training pictures and labels.
    """
    from tensorflow_datasets.core.download import checksums, resource

    name = request.param
    downloads = tmp_path / "cache" / "downloads" / name
    downloads.mkdir(parents=True)
    for url, info in checksums.get_all_url_infos().items():
        if url.startswith(mirrors.MIRRORS[name][0]):
            file = downloads / resource.get_dl_fname(url, info.checksum)
            shutil.copy(data_folder / name / info.filename, file)
            record = {"urls": [url], "dataset_names": [name], "original_fname": info.filename}
            record["url_info"] = info.asdict()
            file.with_name(f"{file.name}.INFO").write_text(json.dumps(record))
    # All 70,000 pictures take half a minute; the way through the code is the same for a few.
    config = tfds.download.DownloadConfig
    monkeypatch.setattr(
        tfds.download, "DownloadConfig", lambda **more: config(max_examples_per_split=FEW, **more)
    )
    published = {("whole", *which): checksum for which, checksum in idx.CHECKSUMS.items()}
    first = {}
    for split in ("train", "test"):
        images, labels = idx.read_folder(data_folder, name, split)
        first[split] = images[:FEW], labels[:FEW]
        for kind, array in zip(("images", "labels"), first[split], strict=True):
            content = idx_bytes(array.astype(np.uint8))
            published[name, split, kind] = hashlib.sha256(content).hexdigest()
    monkeypatch.setattr(idx, "CHECKSUMS", published)
    monkeypatch.setattr(idx, "COUNTS", {"train": FEW, "test": FEW})
    return name, first["train"]


def test_tensorflow_datasets(with_originals, capfd):
    name, (images, labels) = with_originals
    fetched = load_data(name)
    assert fetched.source == "TensorFlow Datasets" and not fetched.is_standin
    out, err = capfd.readouterr()
    (line,) = out.splitlines()  # no progress bars
    assert line.startswith(f"TensorFlow Datasets prepares {name}") and err == ""

    # It holds the original pictures with their labels, in the original order.
    np.testing.assert_array_equal(fetched.images, images)
    np.testing.assert_array_equal(fetched.labels, labels)
    assert fetched.checksum == hashlib.sha256(images.tobytes() + labels.tobytes()).hexdigest()
    assert fetched.labels.dtype == np.int64

    # From now on it is in the cache.
    cached = load_data(name)
    assert cached.source == "the TensorFlow Datasets cache"
    assert cached.checksum == fetched.checksum == load_data(name, "download").checksum
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("with_originals", ["mnist"], indirect=True)
def test_a_cache_with_other_pictures_or_another_order(
    with_originals, tmp_path, monkeypatch, capsys
):
    load_data("mnist", "download")
    (file,) = (tmp_path / "cache").glob("mnist/*/mnist-train.tfrecord*")
    before = file.read_bytes()
    monkeypatch.setattr(prepared, "original_places", lambda split, count: np.arange(count))
    for source in ("cache", "download"):
        with pytest.raises(ValueError, match=f"{file} holds other pictures, or another order"):
            load_data("mnist", source)
    capsys.readouterr()
    assert load_data("mnist").is_standin
    assert f"{file} holds other pictures" in capsys.readouterr().out
    assert file.read_bytes() == before  # it is sound, and may be somebody's own


@pytest.mark.parametrize("with_originals", ["mnist"], indirect=True)
def test_damaged_cache(with_originals, tmp_path, capsys):
    before = load_data("mnist").checksum
    (file,) = (tmp_path / "cache").glob("mnist/*/mnist-train.tfrecord*")
    whole = file.read_bytes()
    for damaged in (whole[:-200], whole[:5000] + b"?" + whole[5001:], b""):
        file.write_bytes(damaged)
        with pytest.raises(ValueError, match=f"{file} is damaged"):
            load_data("mnist", "cache")
        assert file.read_bytes() == damaged  # reading the cache changes nothing in it
    capsys.readouterr()
    assert load_data("mnist").checksum == before
    assert f"{file} is damaged" in capsys.readouterr().out
    assert load_data("mnist", "cache").checksum == before
    info = file.with_name("dataset_info.json")
    info.write_text(info.read_text()[:-20])
    assert load_data("mnist").checksum == before
    assert f"{info.parents[1]} is damaged" in capsys.readouterr().out
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["downloads", "mnist"]


@pytest.mark.parametrize("with_originals", ["mnist"], indirect=True)
def test_a_damaged_cache_stays_until_there_is_a_better_one(with_originals, tmp_path, monkeypatch):
    load_data("mnist", "download")
    (file,) = (tmp_path / "cache").glob("mnist/*/mnist-train.tfrecord*")
    file.write_bytes(file.read_bytes()[:-200])
    damaged = file.read_bytes()

    def fail(name):
        raise prepared.NotHereError("the disk is full")

    monkeypatch.setattr(prepared, "_prepare", fail)
    with pytest.raises(ValueError, match="the disk is full"):
        load_data("mnist", "download")
    assert file.read_bytes() == damaged
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["downloads", "mnist"]


@pytest.mark.parametrize("with_originals", ["mnist"], indirect=True)
def test_another_version_in_the_cache_is_left_alone(with_originals, tmp_path):
    """Other programs may share the cache, and one of them may have prepared an older version."""
    checksum = load_data("mnist", "download").checksum
    (folder,) = (tmp_path / "cache").glob("mnist/*")
    older = folder.with_name("1.0.0")
    folder.rename(older)
    content = {path.name: path.read_bytes() for path in older.iterdir()}
    with pytest.raises(ValueError, match="not in the TensorFlow Datasets cache"):
        load_data("mnist", "cache")
    assert load_data("mnist").checksum == checksum
    (file,) = folder.glob("mnist-train.tfrecord*")
    file.write_bytes(b"")
    assert load_data("mnist").checksum == checksum
    assert sorted(path.name for path in folder.parent.iterdir()) == ["1.0.0", folder.name]
    assert content == {path.name: path.read_bytes() for path in older.iterdir()}


def test_a_download_that_stalls_is_given_up(tfds, monkeypatch, capfd):
    """TensorFlow Datasets itself waits for ever, and so would this test."""
    import requests
    from tensorflow_datasets.core.download import checksums
    from tensorflow_datasets.image_classification import mnist

    send = requests.adapters.HTTPAdapter.send
    silent = socket.create_server(("127.0.0.1", 0))  # takes calls, and says nothing
    address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
    for url, info in list(checksums.get_all_url_infos().items()):
        if url.startswith(mnist.MNIST.URL):
            there = address + url.removeprefix(mnist.MNIST.URL)
            monkeypatch.setitem(checksums.get_all_url_infos(), there, info)
    monkeypatch.setattr(mnist.MNIST, "URL", address)
    monkeypatch.setattr(mirrors, "first_trouble", lambda name: None)
    monkeypatch.setattr(mirrors, "STALL", 0.3)
    with pytest.raises(ValueError, match="TensorFlow Datasets failed .*Read timed out"):
        load_data("mnist", "download")
    out, err = capfd.readouterr()
    assert out.count("\n") == 1 and err == ""
    assert requests.adapters.HTTPAdapter.send is send
    silent.close()


@pytest.mark.parametrize("with_originals", ["mnist"], indirect=True)
def test_damaged_download(with_originals, tmp_path, capsys):
    """The damaged file is removed; without a network it cannot be fetched again."""
    (file,) = (tmp_path / "cache").rglob("*train-images*.gz")
    others = set((tmp_path / "cache").rglob("*.gz")) - {file}
    file.write_bytes(file.read_bytes()[:-1])
    assert load_data("mnist").is_standin
    assert f"{file} is damaged" in capsys.readouterr().out
    assert set((tmp_path / "cache").rglob("*.gz")) == others
