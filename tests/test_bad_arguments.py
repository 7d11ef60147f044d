"""Arguments that no command can use end in one line; odd ones that could work do."""

import dataclasses
import json
import os
import random
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from bad_input import answer, everything_here, is_line, refusal

from ganbook import GAN, builders, checkpoint, cli, data, randomness, recipes, runs
from ganbook.files import write_json

LONG = "9" * 5_000
# TensorFlow takes some of these for patterns.
ODD_NAMES = ["*?[ab]\\", "ü {a,b} %s$HOME ~x\u2028", "x" * 200]


@pytest.fixture(autouse=True)
def little(monkeypatch):
    """Few points, and a lesson 00 that is not compiled and makes single steps."""

    def eager(seed=0):
        whole = builders.plane_gan(seed)
        gan = GAN(whole.generator, whole.discriminator, seed=seed)
        gan.compile(run_eagerly=True)
        return gan

    monkeypatch.setattr(data, "POINTS", {"train": 500, "test": 100})
    monkeypatch.setitem(data.TOYS, "train", 300)
    quick = dataclasses.replace(recipes.RECIPES["00"], build=eager)
    monkeypatch.setitem(recipes.RECIPES, "00", quick)


@pytest.fixture
def run(tmp_path):
    """A run folder of lesson 00 that stands at step 0."""
    recipe, ring, folder = recipes.recipe_of("00"), data.load_data("ring"), tmp_path / "run"
    gan = recipe.gan(3)
    checkpoint.save(gan, folder / "checkpoints")
    write_json(folder / "run.json", runs.settings_of(recipe, ring, "quick", 1, 3, "float32"))
    return folder


# --- What is refused ------------------------------------------------------------------------------

WHOLE = ("", "x", "1.5", "nan", "inf", "-inf", "1e3", "0x10", "1_000", " 5", "5 ", "٣", "１２", "²")
WHOLE = (*WHOLE, "1\n", "--", "1,000", "None", "\x00")
COUNTS = (*WHOLE, "0", "-1", "-0", "1" + 12 * "0" + "1", "1" + 30 * "0", LONG, f"-{LONG}")
TEXTS = ("", " ", "\x00", "a\nb", "x" * 5_000, "\udcff", "../x", "*", "-", "ü", "$x$")
FOLDERS = ("", "\x00", "a\x00b", "\ud800", "x" * 300, "new/" + "x" * 300, "x/" * 3_000)
FOLDERS = (*FOLDERS, "a_file", "a_file/x", "a_loop", "a_loop/x", "a\nb", "\a", " ")
FILES = (*FOLDERS, "a_folder", ".", "/", "..", "s.txt", "nothing")
TRAIN = ("train", "00", "--steps", 1)
REFUSED = [
    *[(*TRAIN, f"--seed={value}") for value in (*WHOLE, LONG)],
    *[("train", "00", f"--steps={value}") for value in COUNTS],
    *[("sample", "00", "--out", "s.npz", f"--count={value}") for value in COUNTS],
    *[("sample", "00", "--out", "s.npz", f"--count={10**exponent}") for exponent in (9, 12)],
    ("sample", "01", "--out", "s.npz", "--count", "1000000"),
    *[("sample", "00", "--out", "s.npz", f"--seed={value}") for value in (*WHOLE, LONG)],
    *[(*TRAIN, f"{option}={value}") for value in TEXTS
      for option in ("--variant", "--preset", "--data", "--precision")],
    *[("train", value, "--steps", 1) for value in TEXTS],
    *[(*TRAIN, f"--out={value}") for value in FOLDERS],
    *[(*TRAIN, f"--out={value}", "--resume") for value in FOLDERS],
    *[("sample", value, "--out", "s.npz") for value in (*FILES, "a_folder")],
    *[("sample", "00", f"--out={value}") for value in FILES],
    *[("sample", "00", f"--out={value}.npz")
      for value in ("", "a_file/x", "\x00", "x" * 300, "new/" + "x" * 300, "a_loop/x", "full")],
    *[("sample", "00", "--out", "s.npz", f"--data={value}") for value in (*TEXTS, "mnist")],
    *[("evaluate", value, "--data", "toy_digits") for value in FILES],
    *[("evaluate", "a_file", f"--data={value}") for value in TEXTS],
    *[("scoreboard", value) for value in FILES if value not in ("a_file", "s.txt")],
    *[("scoreboard", f"--add={value}") for value in FILES],
    *[("scoreboard", f"--data={value}") for value in TEXTS],
    *[("scoreboard", f"--out={value}") for value in (*FOLDERS, "a_folder", ".", "s.jpg")],
    *[("scoreboard", f"--out={value}.png") for value in ("a_file/x", "x" * 300, "full")],
    *[(value,) for value in TEXTS],
    ("train", "00", "a\nb"), ("train", "00", "\udcff"), ("train",), ("sample",), ("evaluate",),
    ("train", "00", "--fly"), ("train", "00", "--seed"), ("scoreboard", "a\nb", "a_file"),
]  # fmt: skip


@pytest.fixture
def places():
    """A file, a folder, folders named as files, and a link to itself."""
    Path("a_file").write_text("not a folder")
    for name in ("a_folder", "full.npz", "full.png"):
        Path(name).mkdir()
        (Path(name) / "x").write_text("")
    Path("a_loop").symlink_to("a_loop")


@pytest.mark.parametrize("arguments", REFUSED, ids=lambda a: ascii(" ".join(map(str, a)))[:60])
def test_bad_arguments_are_one_line(arguments, capsys, places):
    refusal(capsys, *arguments)


@pytest.mark.parametrize("arguments", [("--data", "ring"), ("--count", "1" + "0" * 6 + "0")])
def test_a_run_is_sampled_with_its_own_data_and_into_memory(arguments, run, capsys, monkeypatch):
    monkeypatch.setattr("ganbook.sampling.MOST_NUMBERS", 10**6)
    refusal(capsys, "sample", run, "--out", "s.npz", *arguments)


def test_a_scoreboard_is_looked_at_before_a_row_is_added(run, capsys, places):
    for more in (["--out", "s.jpg"], ["--out", "full.png"], ["nothing.jsonl"], ["--data", "x"]):
        refusal(capsys, "scoreboard", "--add", run, *more)


# --- What is odd, and works -----------------------------------------------------------------------


@pytest.mark.parametrize("name, seed", [*zip(ODD_NAMES, (-1, 2**32, -(2**70)), strict=True)])
def test_an_odd_name_is_a_name_and_any_whole_number_a_seed(name, seed, capsys):
    """NumPy takes 32 bits of a seed; the package's own numbers are keyed by the whole of it."""
    run = f"{name}/run"
    for more in (["--steps", 1, "--seed", seed], ["--steps", 2, "--resume"]):
        status, _, lines = answer(capsys, "train", "00", "--out", run, *more)
        assert status == 0 and not lines
    assert json.loads(Path(run, "run.json").read_text())["seed"] == seed
    for out in ("a", "b"):
        flags = ["--seed", seed, "--out", f"{name}/{out}.npz"]
        assert answer(capsys, "sample", run, "--count", 3, *flags)[0] == 0
    assert Path(name, "a.npz").read_bytes() == Path(name, "b.npz").read_bytes()
    assert np.load(f"{name}/a.npz")["images"].shape == (3, 2)


@pytest.mark.parametrize("seed", [0, 7, 2**32 - 1])
def test_a_seed_of_32_bits_is_given_to_numpy_as_it_is(seed):
    randomness.seed_keras(seed)
    assert np.array_equal(np.random.random(3), np.random.RandomState(seed).random_sample(3))


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="for systems with /dev/full")
def test_output_that_takes_nothing_is_one_line(capsys, monkeypatch):
    """A full disk, or a pager that was closed; Python must not complain once more at its end."""
    with open("/dev/full", "w") as full:
        monkeypatch.setattr(sys, "stdout", full)
        assert cli.main(["scoreboard"]) == 1
        monkeypatch.undo()  # and full is closed without an error, since it leads elsewhere now
    assert capsys.readouterr().err == "ganbook scoreboard: No space left on device.\n"


# --- By chance ------------------------------------------------------------------------------------

PARTS = (*TEXTS, *FILES, *COUNTS, *ODD_NAMES, "00", "r", "s.npz", "ring", "toy_digits", "1", "7")
OPTIONS = {
    "train": "--variant --preset --data --steps --out --seed --precision --resume".split(),
    "sample": "--count --seed --out --data".split(),
    "evaluate": ["--data"],
    "scoreboard": "--data --add --out".split(),
}


def test_arguments_by_chance_end_in_one_line(run, capsys, places, monkeypatch):
    """Whatever is made of odd parts works without a word of error, or is refused in one line."""
    rng = random.Random(0)
    # Trainings are tried above; here their arguments come through, or not.
    monkeypatch.setattr(runs, "train", lambda *args, **more: SimpleNamespace(trouble=None, step=1))
    run.rename("r")
    for _ in range(400):
        command = rng.choice(list(OPTIONS))
        arguments = [command, *rng.choices(PARTS, k=rng.choice((0, 1, 1, 1, 2)))]
        for option in rng.sample(OPTIONS[command], rng.randint(0, len(OPTIONS[command]))):
            arguments += [f"{option}={rng.choice(PARTS)}"] if option != "--resume" else [option]
        before = everything_here()
        status, _, lines = answer(capsys, *arguments)
        assert status in (0, 1, 2) and len(lines) == bool(status), (arguments, lines)
        assert all(map(is_line, lines)), lines
        if status:
            assert everything_here() == before, arguments
