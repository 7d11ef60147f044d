"""Arguments, files and lines that nobody would write on purpose: one line each, no traceback."""

import io
import json
import os
import random
import zipfile

import numpy as np
import pytest
from helpers import gan_of, images

from ganbook import plots, scoreboard
from ganbook.checkpoint import restore, save
from ganbook.cli import main
from ganbook.data import load_data
from ganbook.errors import DataError
from ganbook.sampling import read_samples


def one_line(capsys):
    err = capsys.readouterr().err.strip()
    assert err and "\n" not in err and "Traceback" not in err and len(err) < 500
    return err


ARGUMENTS = [
    ["train", "00", "--seed", "1.5"],
    ["train", "00", "--seed", "x"],
    ["train", "00", "--seed", "٣"],
    ["train", "00", "--seed", "9" * 5000],
    ["train", "00", "--seed", ""],
    ["train", "00", "--steps", "0"],
    ["train", "00", "--steps", "-3"],
    ["train", "00", "--steps", "nan"],
    ["train", "00", "--steps", "9" * 5000],
    ["train", "00", "--steps", str(10**30)],
    ["train", "00", "--data", ""],
    ["train", "00", "--data", " "],
    ["train", "00", "--out", ""],
    ["train", "00", "--out", "a\0b"],
    ["train", "00", "--out", "a\nb"],
    ["train", "00", "--preset", ""],
    ["train", "00", "--precision", ""],
    ["train", "00", "--variant", ""],
    ["train", ""],
    ["train", "a\nb"],
    ["train", "00", "--resume=\n"],
    ["sample", "", "--out", "a.npz"],
    ["sample", "00", "--out", "a\0.npz"],
    ["sample", "00", "--out", "a.npz", "--count", str(10**12)],
    ["sample", "00", "--out", "a.npz", "--count", "0"],
    ["evaluate", "", "--data", "mnist"],
    ["evaluate", "a\0", "--data", "mnist"],
    ["evaluate", "a.npz", "--data", ""],
    ["scoreboard", "", "--data", "mnist"],
    ["scoreboard", "--add", ""],
    ["scoreboard", "--out", "\x07.png"],
]


@pytest.mark.parametrize("number", range(len(ARGUMENTS)))
def test_an_argument_that_cannot_be(number, capsys, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as caught:
        main(ARGUMENTS[number])
    assert caught.value.code == 2
    one_line(capsys)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["a*b", "a?b", "a[1]b", "a{b}", "[", "~x", "é ü"])
def test_a_checkpoint_is_found_under_any_name(name, tmp_path):
    if os.sep == "/":
        name += "\\x"
    gan, other = gan_of(), gan_of(seed=1)
    gan.fit(images(32), batch_size=16, steps=2, verbose=0)
    save(gan, tmp_path / name)
    again = gan_of()
    assert restore(again, tmp_path / name) == 2
    for before, after in zip(gan.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(before, after)
    assert other.step == 0


def npz(header_shape=None, array=None, encrypted=False, name="images.npy"):
    """Return the bytes of a .npz file; its header may claim another shape than it holds."""
    buffer, packed = io.BytesIO(), io.BytesIO()
    array = np.zeros((3, 28, 28, 1), np.uint8) if array is None else array
    np.save(packed, array, allow_pickle=array.dtype == object)
    content = packed.getvalue()
    if header_shape:
        old, new = repr(array.shape), repr(header_shape)
        at = content.index(old.encode())
        tail = content[at:].replace(old.encode(), new.encode(), 1)
        extra = len(new) - len(old)
        content = content[:at] + tail.replace(b" " * extra, b"", 1) if extra else content
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr(name, content)
    found = bytearray(buffer.getvalue())
    if encrypted:  # the flag in the local header and in the directory
        found[6] |= 1
        found[found.rindex(b"PK\x01\x02") + 8] |= 1
    return bytes(found)


FILES = {
    "shape ()": npz(array=np.float32(3.0)[()] * np.ones(())),
    "one axis": npz(array=np.zeros(5, np.uint8)),
    "a header that claims 10^12 values": npz(header_shape=(10**9, 28, 28, 1)),
    "encrypted": npz(encrypted=True),
    "objects": npz(array=np.array([[{}, []]], object)),
    "another name": npz(name="pictures.npy"),
    "no array": npz(name="images"),
    "half": npz()[:200],
    "two lines": b"PK\n\nPK",
    "text": b"hello\nworld\n",
    "nothing": b"",
    "a pickle": b"\x80\x04N.",
    "zeros": bytes(1000),
}


@pytest.mark.parametrize("kind", FILES)
def test_a_file_of_samples_that_cannot_be_read(kind, tmp_path, capsys):
    path = tmp_path / "samples.npz"
    path.write_bytes(FILES[kind])
    assert main(["evaluate", str(path), "--data", "toy_digits"]) == 1
    assert "samples.npz" in one_line(capsys)


def test_many_damaged_files_of_samples(tmp_path):
    rng, whole = random.Random(0), npz()
    path = tmp_path / "samples.npz"
    for _ in range(300):
        damaged = bytearray(whole)
        for _ in range(rng.randrange(1, 4)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        path.write_bytes(damaged[: rng.randrange(1, len(damaged) + 1)])
        try:
            read_samples(path)
        except DataError as error:
            assert "\n" not in str(error)


@pytest.mark.parametrize("setting", ["~nosuchuser", "~nosuchuser/data", "a\nb", "x" * 5000])
def test_a_folder_of_data_that_is_none(setting, monkeypatch, tmp_path):
    for name in ("GANBOOK_DATA", "TFDS_DATA_DIR", "KERAS_HOME"):
        monkeypatch.setenv(name, setting)
        with pytest.raises(DataError) as caught:
            load_data("mnist", source="folder" if name == "GANBOOK_DATA" else "cache")
        assert len(str(caught.value).splitlines()) == 1 or "a\nb" in setting
        monkeypatch.delenv(name)


GOOD = json.loads(scoreboard.SHIPPED.read_text().splitlines()[0])
VALUES = {
    "deep": [],
    "hundreds of digits": 10**400,
    "thousands of digits": None,
    "a huge float": 1e300,
    "NaN": float("nan"),
    "infinity": float("inf"),
    "a boolean": True,
    "nothing": None,
    "a list": [1],
    "mathematics": r"$\frac{1}{",
    "a surrogate": "\ud800",
    "a line break": "a\nb",
    "a bell": "\x07",
    "a long text": "x" * 10_000,
}


def lines_of(kind):
    for name in GOOD:
        if name == "schema":
            continue
        text = json.dumps({**GOOD, name: VALUES[kind]})
        if kind == "deep":
            text = json.dumps({**GOOD, name: "@"}).replace('"@"', "[" * 100_000 + "]" * 100_000)
        if kind == "thousands of digits":
            text = json.dumps({**GOOD, name: "@"}).replace('"@"', "9" * 10_000)
        yield text


@pytest.mark.parametrize("kind", VALUES)
def test_a_damaged_line_is_left_out_and_the_others_are_shown(kind, tmp_path):
    path = tmp_path / "scoreboard.jsonl"
    lines = list(lines_of(kind))
    path.write_text("\n".join([json.dumps(GOOD), *lines]) + "\n")
    rows, problems = scoreboard.read(path)
    assert GOOD in rows
    assert all("\n" not in problem and len(problem) < 600 for problem in problems)
    assert all(f"{path}, line " in problem for problem in problems)
    assert len(rows) + len(problems) == len(lines) + 1
    assert scoreboard.as_text(rows) and scoreboard.as_html(rows)
    for block in scoreboard.blocks(rows):
        plots.png_of(plots.scoreboard(block, scoreboard.title_of(block)))


@pytest.mark.parametrize("text", [r"$\frac{1}{", "$", "a_b^c", "\\", "<b>&amp;", "100 % $x$ $y$"])
def test_names_are_drawn_as_they_are(text, tmp_path):
    rows = [{**GOOD, "variant": text, "hardware": text, "data": text, "lesson": text}]
    path = tmp_path / "scoreboard.jsonl"
    path.write_text(json.dumps(rows[0]) + "\n")
    assert scoreboard.read(path) == (rows, [])
    plots.png_of(plots.scoreboard(rows, scoreboard.title_of(rows)))
    assert "<b>" not in scoreboard.as_html(rows).replace("<p><b>", "")
