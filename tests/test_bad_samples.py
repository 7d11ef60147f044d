"""Files that hold no samples, or not what they claim: `evaluate` says so in one line."""

import io
import os
import random
import tracemalloc
import zipfile
from pathlib import Path

import numpy as np
import pytest
from bad_input import answer, is_line, refusal

from ganbook import data
from ganbook.errors import DataError
from ganbook.sampling import MOST_BYTES, read_samples

IMAGES = np.random.default_rng(0).integers(0, 256, (30, 28, 28, 1), np.uint8)


@pytest.fixture(autouse=True)
def few_images(monkeypatch):
    monkeypatch.setattr(data, "TOYS", {"train": 200, "test": 100})


def npy(array):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, np.asanyarray(array), allow_pickle=True)
    return buffer.getvalue()


def headed(shape, descr="|u1", body=b"\x00" * 100, order="False", version=1):
    """Return a .npy file with a header of one's own."""
    header = f"{{'descr': {descr!r}, 'fortran_order': {order}, 'shape': {shape}, }}\n".encode()
    length = len(header).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes([version, 0]) + length + header + body


def zipped(content, name="images.npy", method=zipfile.ZIP_STORED, **more):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        archive.writestr(name, content)
        for other, text in more.items():
            archive.writestr(other, text)
    return buffer.getvalue()


def flagged(content, place=8, value=1, local=6):
    """Return a zip file with a field of its headers changed: 8 for flags, 10 for the method."""
    content = bytearray(content)
    content[content.rindex(b"PK\x01\x02") + place] = value
    content[local] = value
    return bytes(content)


def claiming(content, size):
    """Return a zip file whose directory claims that its member unpacks to so many bytes."""
    content = bytearray(content)
    at = content.rindex(b"PK\x01\x02") + 24
    content[at : at + 4] = size.to_bytes(4, "little")
    return bytes(content)


GOOD = npy(IMAGES)
DEEP = "(" * 3_000
HEADERS = {
    "10^12 values": headed("(1000000, 1000, 1000, 1)"),
    "10^12 values of 0 bytes": headed("(1000000, 1000, 1000, 1)", "|S0"),
    "10^12 values, zero of them": headed("(1000000000000, 28, 28, 0)"),
    "10^30 values": headed(f"({10**30}, 28, 28, 1)"),
    "10^12 values, fortran": headed("(1000000, 1000, 1000, 1)", order="True"),
    "10^12 values, version 2": headed("(1000000, 1000, 1000, 1)", version=2),
    "10^12 values, version 3": headed("(1000000, 1000, 1000, 1)", version=3),
    "version 9": headed("(4,)", version=9),
    "too short": headed("(30, 28, 28, 1)"),
    "a negative shape": headed("(-1, 28, 28, 1)"),
    "a float shape": headed("(3.5,)"),
    "booleans as shape": headed("(True, True, True, True)"),
    "a shape of 70 axes": headed(f"({'1,' * 70})"),
    "no shape": headed("None"),
    "a list as shape": headed("[30, 28, 28, 1]"),
    "a deep shape": headed(DEEP),
    "an open shape": headed("(1, "),
    "a call as shape": headed("exit(3)"),
    "a huge number": headed(f"({'9' * 5_000},)"),
    "an unknown type": headed("(4,)", "|q9"),
    "no type": headed("(4,)", ""),
    "a number as type": headed("(4,)", 7),
    "a huge type": headed("(4, 2)", "|V2000000000"),
    "a long header": headed("(4,)" + " " * 50_000),
    "a NUL in it": headed("(4,\0)"),
    "no UTF-8": headed("(4,)").replace(b"shape", b"\xff\xfe\xfd"),
}
FILES = {
    # No archive, or a damaged one.
    "nothing": b"", "a byte": b"P", "text": b"hello\nworld\n", "two bytes of zip": b"PK",
    "a head only": b"PK\x03\x04", "an empty archive": b"PK\x05\x06" + bytes(18),
    "zeros": bytes(1_000), "a pickle": b"\x80\x04N.", "gzip": b"\x1f\x8b\x08\x00",
    "npy": GOOD, "a damaged npy": GOOD[:50], "npy that claims much": headed("(10**12,)"),
    "cut in half": zipped(GOOD)[: len(GOOD) // 2], "cut at the end": zipped(GOOD)[:-3],
    "cut at the front": zipped(GOOD)[40:], "encrypted": flagged(zipped(GOOD)),
    "an unknown method": flagged(zipped(GOOD), 10, 99, 8),
    "lzma that is none": flagged(zipped(GOOD), 10, 14, 8),
    "deflated that is not": flagged(zipped(GOOD), 10, 8, 8),
    "a wrong sum": zipped(GOOD).replace(GOOD[-50:], bytes(50)),
    "more bytes than claimed": claiming(zipped(GOOD), 10),
    # Another member.
    "another name": zipped(GOOD, "pictures.npy"), "no ending": zipped(GOOD, "images"),
    "text under the name": zipped(b"hello", "images"), "a folder": zipped(GOOD, "a/images.npy"),
    "a name of two lines": zipped(GOOD, "a\nb.npy"), "a long name": zipped(GOOD, "x" * 60_000),
    "many names": zipped(GOOD, "x", **{f"{i}.npy": b"" for i in range(500)}),
    "an upper case name": zipped(GOOD, "Images.npy"),
    "a folder of the name": zipped(b"", "images.npy/"),
    # Headers.
    "no npy": zipped(b"hello"), "an empty member": zipped(b""), "half a header": zipped(GOOD[:30]),
    **{name: zipped(content) for name, content in HEADERS.items()},
    # Arrays that are no samples.
    **{f"shape {np.shape(array)} of {np.asarray(array).dtype}": zipped(npy(array)) for array in (
        3.0, np.uint8(3), np.zeros(0), np.zeros(5, np.uint8), np.zeros((0, 28, 28, 1), np.uint8),
        np.zeros((30, 0, 28, 1), np.uint8), np.zeros((30, 28, 28, 0), np.uint8),
        np.zeros((30, 28, 28), np.uint8), np.zeros((30, 784), np.uint8), np.zeros((30, 2)),
        np.zeros((30, 28, 28, 2), np.uint8), np.zeros((30, 28, 28, 3), np.uint8),
        np.zeros((30, 1, 28, 28), np.uint8), np.zeros((30, 27, 28, 1), np.uint8),
        np.zeros((1,) * 30, np.uint8), np.zeros((5, 28, 28, 1), np.uint8),
        *(np.zeros((30, 28, 28, 1), kind) for kind in
          ("i1", "i4", "u2", "u8", "?", "c8", "S3", "U3", "M8[s]", "m8[s]", "V4", "i4,f4", "V1")),
        np.array([[{}, []]], object), np.array({}, object),
        np.zeros((30, 28, 28, 1), [("a", "u1", (2,)), ("b", "f4")]),
        np.zeros((30, 28, 28, 1), [("ä", "u1")]),
    )},
    **{f"{kind} full of {value}": zipped(npy(np.full((30, 28, 28, 1), value, kind)))
       for kind in ("f4", ">f8", "f2", "g") for value in (np.nan, np.inf, -np.inf, 6e4, 0.5)},
    "one NaN": zipped(npy(np.where(np.arange(IMAGES.size).reshape(IMAGES.shape), -0.5, np.nan))),
    "zeros and ones": zipped(npy(IMAGES % 2)),
}  # fmt: skip


@pytest.mark.parametrize("kind", FILES)
def test_a_file_without_samples_is_one_line(kind, capsys):
    path = Path("samples.npz")
    path.write_bytes(FILES[kind])
    tracemalloc.start()
    line = refusal(capsys, "evaluate", path, "--data", "toy_digits")
    taken = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert taken < 300 * 2**20
    assert "samples" in line or "images have shape" in line


def test_a_bomb_is_not_unpacked(tmp_path, monkeypatch):
    path = tmp_path / "bomb.npz"
    zeros = headed("(1000, 1000, 100, 1)", body=bytes(10**8))
    path.write_bytes(zipped(zeros, method=zipfile.ZIP_DEFLATED))
    monkeypatch.setattr("ganbook.sampling.MOST_BYTES", 10**8 - 1)
    tracemalloc.start()
    with pytest.raises(DataError, match="at most"):
        read_samples(path)
    assert tracemalloc.get_traced_memory()[1] < 10**7
    tracemalloc.stop()
    assert MOST_BYTES <= 2**32


@pytest.mark.parametrize(
    "place", ["a_folder", "a_loop", "nothing", "a_pipe", "x" * 230, "/dev/zero"]
)
def test_what_is_no_file_is_one_line(place, capsys):
    Path("a_folder").mkdir()
    Path("a_loop").symlink_to("a_loop")
    os.mkfifo("a_pipe")
    try:
        refusal(capsys, "evaluate", place, "--data", "toy_digits")
    finally:
        Path("a_pipe").unlink()


def test_a_file_that_may_not_be_read_is_one_line(capsys, monkeypatch):
    Path("s.npz").write_bytes(FILES["npy"])

    def refuse(*args, **kwargs):
        raise PermissionError(13, "Permission denied", "s.npz")

    monkeypatch.setattr("ganbook.sampling._images_of", refuse)  # root may read all
    assert "Permission denied" in refusal(capsys, "evaluate", "s.npz", "--data", "toy_digits")


@pytest.mark.parametrize(
    "array",
    [
        np.asfortranarray(IMAGES),
        (IMAGES / 127.5 - 1).astype(">f4"),
        (IMAGES / 127.5 - 1).astype("<f8"),
        (IMAGES / 127.5 - 1).astype("f2"),
        (IMAGES / 127.5 - 1).astype("g"),
        np.pad(IMAGES, ((0, 0), (2, 2), (2, 2), (0, 0))),
    ],
    ids=lambda array: f"{array.dtype.str} {array.shape}",
)
def test_unusual_samples_are_measured(array, capsys):
    Path("s.npz").write_bytes(zipped(npy(array), method=zipfile.ZIP_DEFLATED))
    status, out, lines = answer(capsys, "evaluate", "s.npz", "--data", "toy_digits")
    assert status == 0 and '"samples": 30' in out, lines


def test_files_damaged_at_random_are_one_line(capsys):
    """A good file, packed or not, with some bytes changed, cut out, doubled, or cut off."""
    rng = random.Random(0)
    whole = [zipped(npy(IMAGES[:3]), method=method) for method in (0, zipfile.ZIP_DEFLATED)]
    path = Path("s.npz")
    for _ in range(300):
        content = bytearray(rng.choice(whole))
        for _ in range(rng.randrange(1, 4)):
            # Where a byte means most: the first and the last of the file.
            place = rng.choice((rng.randrange(200), len(content) - 1 - rng.randrange(150)))
            place = max(0, min(place, len(content) - 1))
            kind = rng.choice(("byte", "byte", "bit", "out", "twice", "off"))
            if kind == "byte":
                content[place] = rng.choice((0, 1, 127, 255, rng.randrange(256)))
            elif kind == "bit":
                content[place] ^= 1 << rng.randrange(8)
            elif kind == "out":
                del content[place : place + rng.randrange(1, 20)]
            elif kind == "twice":
                content[place:place] = content[place : place + 20]
            else:
                del content[rng.randrange(len(content)) :]
            content = content or bytearray(b"P")
        path.write_bytes(content)
        # Three images are too few, so even a file that is whole is refused.
        status, out, lines = answer(capsys, "evaluate", path, "--data", "toy_digits")
        assert status == 1 and not out and len(lines) == 1 and is_line(lines[0]), lines
