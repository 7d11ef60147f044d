"""Folders and files of data that cannot be used: one line each, and no memory for what they claim.

What damaged files of the other sources say is in test_data.py and test_originals.py.
"""

import gzip
import os
import random
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from bad_input import is_line, refusal
from idx_files import SMALL, idx_bytes, write_tiny_files

from ganbook import idx
from ganbook.data import load_data
from ganbook.errors import DataError, GanbookError

IMAGES = np.random.default_rng(0).integers(0, 256, (60, 28, 28), np.uint8)
LABELS = np.arange(60).astype(np.uint8) % 10


@pytest.fixture
def files(tmp_path, monkeypatch):
    """The folder of small data sets, as GANBOOK_DATA names it."""
    folder = write_tiny_files(tmp_path / "files", monkeypatch)
    monkeypatch.setenv("GANBOOK_DATA", str(folder))
    return folder


def reason(*arguments, **more):
    """Return what load_data refuses, having checked that it is one line and took little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(GanbookError) as caught:
            load_data(*arguments, **more)
        assert tracemalloc.get_traced_memory()[1] < 50 * 2**20
    finally:
        tracemalloc.stop()
    said = str(caught.value)
    assert len(said.splitlines()) == 1 and len(said) < 2_000
    return said


SETTINGS = ["~nosuchuser", "~nosuchuser/x", "~", "a_file", "a_file/x", "a_loop", "a_loop/x", "a\nb"]
SETTINGS += ["x" * 300, "x/" * 3_000, "nowhere", " ", "\udcff", "*", "\a", "/dev/null", "ü" * 200]


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: ascii(setting)[:30])
def test_a_setting_that_is_no_folder(setting, monkeypatch, capsys, tmp_path):
    Path("a_file").write_text("")
    Path("a_loop").symlink_to("a_loop")
    monkeypatch.setenv("HOME", str(tmp_path / "a_file"))
    monkeypatch.setenv("GANBOOK_DATA", setting)
    for source in ("auto", "folder"):
        assert "GANBOOK_DATA is " in reason("mnist", source)
    Path("s.npz").write_bytes(b"")
    np.savez("s.npz", images=IMAGES[:30, ..., np.newaxis])
    assert "GANBOOK_DATA is " in refusal(capsys, "evaluate", "s.npz", "--data", "mnist")


def test_a_folder_that_may_not_be_read(files, monkeypatch):
    monkeypatch.setattr("os.access", lambda *_: False)  # root may read all
    assert "may not be read" in reason("mnist")


def header(magic, *numbers):
    return np.array([magic, *numbers], ">u4").tobytes()


BODY = bytes(100)
MOST = 2**32 - 1
CONTENTS = {
    "nothing": b"", "a byte": b"\x00", "text": b"hello\nworld\n", "zeros": bytes(1_000),
    "a head only": header(2051), "half a header": header(2051, 60)[:7],
    "a huge count": header(2051, MOST, 28, 28) + BODY, "all huge": header(2051, *3 * [MOST]) + BODY,
    "huge pictures": header(2051, 60, MOST, MOST) + BODY,
    "an overflow to 0": header(2051, 2**31, 2**31, 4), "none": header(2051, 0, 28, 28),
    "of no height": header(2051, 60, 0, 28), "labels": idx_bytes(LABELS),
    "another kind": header(3331, 60, 28, 28) + IMAGES.tobytes(),
    "little-endian": np.array([2051, 60, 28, 28], "<u4").tobytes() + IMAGES.tobytes(),
    "a byte less": idx_bytes(IMAGES)[:-1], "a byte more": idx_bytes(IMAGES) + b"\x00",
    "fewer": idx_bytes(IMAGES[:59]), "another size": idx_bytes(IMAGES[:, :27]),
    "other pictures": idx_bytes(IMAGES[::-1]), "a bomb": header(2051, 60, 28, 28) + bytes(10**8),
}  # fmt: skip
SOUND = gzip.compress(idx_bytes(IMAGES), mtime=0)
FILES = {
    **{name: gzip.compress(content, mtime=0) for name, content in CONTENTS.items()},
    "an empty file": b"", "no gzip": b"hello\nworld\n", "not packed": idx_bytes(IMAGES),
    "a head of gzip": SOUND[:10], "two bytes": SOUND[:2], "cut off": SOUND[:-9],
    "no sum": SOUND[:-4], "a wrong sum": SOUND[:-8] + bytes(8), "more behind": SOUND + b"more",
    "zip": b"PK\x03\x04" + SOUND, "another method": SOUND[:2] + b"\x07" + SOUND[3:],
    "twice": SOUND + SOUND, "all flags": SOUND[:3] + b"\xff" + SOUND[4:],
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_a_file_that_is_not_the_published_one(kind, files):
    path = files / "mnist" / idx.file_name("train", "images")
    path.write_bytes(FILES[kind])
    assert str(path) in reason("mnist")
    assert path.read_bytes() == FILES[kind]  # the folder belongs to the reader


@pytest.mark.parametrize("place", ["a folder", "a pipe", "a link to itself", "gone", "no device"])
def test_what_is_no_file(place, files):
    path = files / "mnist" / idx.file_name("train", "labels")
    path.unlink()
    if place == "a folder":
        path.mkdir()
    elif place == "a pipe":
        os.mkfifo(path)
    elif place != "gone":
        path.symlink_to("/dev/zero" if place == "no device" else path)
    assert str(path) in reason("mnist")


OWN = {
    "nothing": {}, "labels only": {"labels": LABELS}, "no pictures": {"images": IMAGES[:0]},
    "another count": {"images": IMAGES, "labels": LABELS[:59]},
    "swapped": {"images": LABELS, "labels": IMAGES},
    **{f"{name}, {packed}": {"images": content} for packed, contents in
       (("packed", {name: gzip.compress(text) for name, text in CONTENTS.items()}),
        ("plain", CONTENTS)) for name, content in contents.items()
       if name not in ("fewer", "another size", "other pictures", "a bomb")},
    **{f"labels, {name}": {"images": IMAGES, "labels": content}
       for name, content in CONTENTS.items() if name not in ("labels", "a bomb")},
    "cut off": {"images": SOUND[:-9]}, "a wrong sum": {"images": SOUND[:-8] + bytes(8)},
}  # fmt: skip


@pytest.mark.parametrize("kind", OWN)
def test_a_folder_of_ones_own_that_cannot_be_used(kind, tmp_path):
    for name, content in OWN[kind].items():
        content = content if isinstance(content, bytes) else idx_bytes(content)
        (tmp_path / idx.file_name("train", name)).write_bytes(content)
    reason(tmp_path)


def test_labels_of_ones_own_may_be_beyond_nine(tmp_path):
    labels = LABELS + np.uint8(200)
    for name, array in (("images", IMAGES), ("labels", labels)):
        (tmp_path / idx.file_name("train", name)).write_bytes(idx_bytes(array))
    found = load_data(tmp_path)
    assert found.labels.max() == 209 and len(found.class_names) == 210


def test_files_damaged_by_chance_are_one_line(files, capsys):
    rng = random.Random(0)
    np.savez("s.npz", images=IMAGES[:20, ..., np.newaxis])  # enough to be measured
    paths = [files / "mnist" / idx.file_name(*which)
             for which in (("train", "images"), ("train", "labels"))]  # fmt: skip
    for _ in range(200):
        path = rng.choice(paths)
        sound = path.read_bytes()
        content = bytearray(sound if rng.random() < 0.5 else gzip.decompress(sound))
        kind = rng.choice(("cut", "bits", "head", "out"))
        if kind == "cut":
            del content[rng.randrange(len(content)) :]
        elif kind == "bits":
            for place in rng.sample(range(10, len(content)), 3):  # a gzip file tells a date, too
                content[place] ^= 1 << rng.randrange(8)
        elif kind == "head":
            content[:16] = rng.randbytes(16)
        else:
            del content[rng.randrange(10, 20) :][: rng.randrange(1, 9)]
            content.pop()
        unpacked = content[:2] != b"\x1f\x8b"
        path.write_bytes(gzip.compress(content, mtime=0) if unpacked else content)
        line = refusal(capsys, "evaluate", "s.npz", "--data", "mnist")
        assert is_line(line) and path.name in line
        path.write_bytes(sound)
    assert len(load_data("mnist")) == SMALL["train"]
    with pytest.raises(DataError):
        load_data("nothing")
