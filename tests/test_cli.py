"""The command line as a person meets it: what works, and one line for everything that does not."""

import dataclasses
import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from ganbook import builders, checkpoint, cli, data, evaluation, recipes, runs
from ganbook.data import load_data

STEPS = ["--data", "toy_digits", "--steps", "100"]


@pytest.fixture(autouse=True)
def few_images(monkeypatch):
    """A thousand drawn digits are enough to train on here, and quick to draw."""
    monkeypatch.setitem(data.TOYS, "train", 1000)
    monkeypatch.setitem(data.TOYS, "test", 200)


def run(capsys, *arguments):
    """Run one command in this process; return its status, output and error lines."""
    try:
        status = cli.main([str(a) for a in arguments])
    except SystemExit as exit_:
        status = exit_.code
    printed = capsys.readouterr()
    return status, printed.out, printed.err


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A finished run of 100 steps."""
    folder = tmp_path_factory.mktemp("runs") / "01"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(data.TOYS, "train", 1000)
        assert cli.main(["train", "01", *STEPS, "--out", str(folder), "--seed", "3"]) == 0
    return folder


def test_train_leaves_a_whole_run(finished):
    left = {path.name for path in finished.iterdir()}
    assert left == {"run.json", "checkpoints", "generator.npz", "samples.png", "losses.png"}
    record = json.loads((finished / "run.json").read_text())
    assert record["steps"] == 100 and record["seed"] == 3 and record["data"] == "toy_digits"
    assert len(record["data_checksum"]) == 64
    assert set(record["versions"]) == {"ganbook", "python", "tensorflow", "keras", "numpy"}
    assert checkpoint.saved_steps(finished / "checkpoints")[-1] == 100


def test_resuming_a_finished_run_succeeds_and_does_nothing(finished, capsys):
    before = {p: p.read_bytes() for p in sorted(finished.rglob("*")) if p.is_file()}
    # The folder knows its settings: neither this machine's preset nor a default replaces them.
    for flags in ([], [*STEPS, "--seed", 3]):
        status, out, _ = run(capsys, "train", "01", "--out", finished, "--resume", *flags)
        assert status == 0 and "All 100 steps are done" in out
    after = {p: p.read_bytes() for p in sorted(finished.rglob("*")) if p.is_file()}
    assert before == after


def test_a_run_is_never_overwritten(finished, capsys):
    status, _, err = run(capsys, "train", "01", *STEPS, "--out", finished)
    assert status == 1 and "already holds a run" in err and "--resume" in err


@pytest.mark.parametrize(
    "flags, message",
    [
        (["--seed", "4", *STEPS], "seed 3, not 4"),
        (["--seed", "3", "--data", "toy_garments", "--steps", "100"], "data 'toy_digits', not"),
    ],
)
def test_resuming_with_other_settings_is_refused(finished, capsys, flags, message):
    status, _, err = run(capsys, "train", "01", "--out", finished, "--resume", *flags)
    assert status == 1 and message in err and err.count("\n") == 1


def test_resuming_other_networks_is_refused(finished, capsys, monkeypatch):
    def smaller(seed=0):
        from ganbook.models import vanilla

        return recipes.GAN(
            vanilla.build_generator(units=8), vanilla.build_discriminator(), steps_per_call=50
        )

    other = dataclasses.replace(recipes.RECIPES["01"], build=smaller)
    monkeypatch.setitem(recipes.RECIPES, "01", other)
    status, _, err = run(capsys, "train", "01", *STEPS, "--out", finished, "--seed", 3, "--resume")
    assert status == 1 and "is of another GAN: generator.layers" in err and err.count("\n") == 1


def test_a_variant_has_its_own_folder_and_goes_on_as_what_it_is(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    quiet = {"build": builders.vanilla_gan, "title": "Saturating"}
    monkeypatch.setitem(recipes.VARIANTS, "01", {"quiet": quiet})
    variant = ["train", "01", "--variant", "quiet", "--data", "toy_digits"]
    assert run(capsys, *variant, "--steps", 50)[0] == 0
    folder = Path("runs/01-quiet")
    assert json.loads((folder / "run.json").read_text())["variant"] == "quiet"
    status, out, _ = run(capsys, "train", "01", "--out", folder, "--steps", 100, "--resume")
    assert status == 0 and "Saturating" in out  # the folder knows what it is
    status, _, err = run(capsys, "train", "01", "--out", "runs/01", "--steps", 50, "--resume")
    assert status == 1 and "nothing to resume" in err


def test_steps_are_rounded_up_to_calls_and_it_says_so(tmp_path, capsys):
    flags = ["--data", "toy_digits", "--steps", "51", "--out", tmp_path / "r"]
    status, out, _ = run(capsys, "train", "01", *flags)
    assert status == 0 and "51 steps became 100" in out
    longer = ["--out", tmp_path / "r", "--resume", "--steps", 150]
    assert run(capsys, "train", "01", *longer)[0] == 0
    record = json.loads((tmp_path / "r" / "run.json").read_text())
    assert record["steps"] == 150 and record["data"] == "toy_digits"


def test_samples_of_a_run_are_the_same_bytes_each_time(finished, tmp_path, capsys):
    paths = [tmp_path / name for name in ("a.npz", "b.npz")]
    for path in paths:
        assert run(capsys, "sample", finished, "--count", 300, "--seed", 5, "--out", path)[0] == 0
    assert paths[0].read_bytes() == paths[1].read_bytes()
    images = np.load(paths[0])["images"]
    assert images.shape == (300, 28, 28, 1) and images.dtype == np.uint8
    assert list(tmp_path.iterdir()) and not list(tmp_path.glob(".*"))


def test_samples_that_cannot_be_written(finished, capsys):
    Path("a_file").write_text("not a folder")
    status, _, err = run(capsys, "sample", finished, "--out", "a_file/s.npz")
    assert status == 1 and "cannot write a_file/s.npz" in err and err.count("\n") == 1


def test_shipped_weights_give_digits(tmp_path, capsys):
    """The acceptance test of the issue, with a measure: most samples are clear digits."""
    out = tmp_path / "s.npz"
    assert run(capsys, "sample", "01", "--count", 1000, "--seed", 0, "--out", out)[0] == 0
    images = np.load(out)["images"]
    assert images.shape == (1000, 28, 28, 1) and images.dtype == np.uint8
    from ganbook import features

    classes = np.bincount(features.predict(images, "mnist"), minlength=10)
    assert (classes > 0).all()


def test_the_record_of_the_shipped_weights_is_whole():
    _, record = runs.shipped_generator("01")
    assert record["preset"] == "standard" and record["data"] == "mnist"
    assert record["steps"] == recipes.RECIPES["01"].steps["standard"]
    assert len(record["data_checksum"]) == 64 and record["versions"]["tensorflow"]


@pytest.mark.parametrize(
    "arguments, message",
    [
        (["train", "99"], "unknown lesson '99'"),
        (["train", "01", "--variant", "clip"], "lesson 01 has no variant 'clip': leave --variant"),
        (["train", "04", "--variant", "clipp"], "unknown variant 'clipp' of lesson 04; choose"),
        (["train", "01", "--preset", "slow"], "unknown preset 'slow'"),
        (["train", "01", "--data", "cifar"], "unknown data set 'cifar'"),
        (["train", "01", "--steps", "0"], "'0' is not a whole number of 1 or more"),
        (["train", "01", "--steps", "-5"], "'-5' is not a whole number of 1 or more"),
        (["train", "01", "--steps", "abc"], "'abc' is not a whole number of 1 or more"),
        (["train", "01", *STEPS, "--out", "a_file"], "cannot write to a_file"),
        (["train", "01", *STEPS, "--resume"], "nothing to resume"),
        (["train", "01", *STEPS, "--out", "a_file", "--resume"], "nothing to resume"),
        (["sample", "no_such_run", "--out", "s.npz"], "neither a lesson"),
        (["sample", "01", "--out", "s.png"], "ends in .npz"),
        (["sample", "01", "--data", "ring", "--out", "s.npz"], "no weights"),
        (["sample", "01", "--count", "0", "--out", "s.npz"], "'0' is not a whole number"),
        (["fly"], "invalid choice: 'fly'"),
        ([], "required"),
    ],
)
def test_bad_input_is_one_line_and_a_status(arguments, message, capsys):
    Path("a_file").write_text("not a folder")
    status, _, err = run(capsys, *arguments)
    assert status not in (0, None)
    assert message in err and err.count("\n") == 1 and "Traceback" not in err
    assert Path("a_file").read_text() == "not a folder"


def test_a_read_only_folder_is_refused(tmp_path, capsys, monkeypatch):
    # Permissions do not stop root, who runs the tests in many containers.
    def refuse(self, *args, **kwargs):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", refuse)
    status, _, err = run(capsys, "train", "01", *STEPS, "--out", tmp_path / "locked" / "run")
    assert status == 1 and "cannot write to" in err and "Permission denied" in err


def test_a_damaged_data_file_is_one_line(tmp_path, capsys, monkeypatch):
    folder = tmp_path / "mnist"
    folder.mkdir()
    for name in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (folder / f"{name}-ubyte.gz").write_bytes(b"not gzip")
    monkeypatch.setenv("GANBOOK_DATA", str(tmp_path))
    status, _, err = run(capsys, "train", "01", "--data", "mnist", "--steps", 50)
    assert status == 1 and "train-images-idx3-ubyte.gz" in err and err.count("\n") == 1


def test_a_full_disk_is_one_line_and_leaves_the_last_checkpoint(tmp_path, capsys, monkeypatch):
    """What a write that fails halfway leaves behind is in test_resume.py."""
    write = checkpoint._write

    def full_after_the_first(gan, folder):
        if gan.step:
            raise OSError(errno.ENOSPC, "No space left on device")
        write(gan, folder)

    monkeypatch.setattr(checkpoint, "_write", full_after_the_first)
    status, _, err = run(capsys, "train", "01", *STEPS, "--out", tmp_path / "r")
    assert status == 1 and err.count("\n") == 1 and "No space left on device" in err
    assert "could not be written" in err and "last good one is step 0" in err
    assert checkpoint.saved_steps(tmp_path / "r" / "checkpoints") == [0]


def test_a_disk_that_fills_up_at_the_end_is_one_line(tmp_path, capsys, monkeypatch):
    def full(*args, **kwargs):
        raise OSError(errno.ENOSPC, "No space left on device", "generator.npz")

    monkeypatch.setattr(runs, "leave_results", full)
    flags = ["--data", "toy_digits", "--steps", 50, "--out", tmp_path / "r"]
    status, _, err = run(capsys, "train", "01", *flags)
    assert status == 1 and err.count("\n") == 1 and "No space left on device" in err
    assert checkpoint.saved_steps(tmp_path / "r" / "checkpoints")[-1] == 50


def test_doctor_says_that_lessons_can_run(capsys, monkeypatch):
    monkeypatch.setattr("ganbook.data.load_data", lambda name, **_: load_data("toy_digits"))
    status, out, _ = run(capsys, "doctor")
    assert status == 0 and "The lessons can run." in out
    for subject in ("Python", "tensorflow", "keras", "device", "mnist", "folder"):
        assert subject in out


def test_doctor_names_what_is_wrong(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("ganbook.data.load_data", lambda name, **_: load_data("toy_digits"))
    monkeypatch.setenv("GANBOOK_PRESET", "fast")
    status, out, _ = run(capsys, "doctor")
    assert status == 1 and "FAIL  preset" in out and "'fast'" in out


def test_help_needs_no_tensorflow():
    command = [sys.executable, "-X", "importtime", "-m", "ganbook", "--help"]
    environment = {**os.environ, "COLUMNS": "80"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    assert "train" in done.stdout and "| tensorflow" not in done.stderr


# --- evaluate and scoreboard ---


@pytest.fixture
def samples(finished, tmp_path, capsys):
    """Forty samples of the finished run, in a file."""
    path = tmp_path / "s.npz"
    assert run(capsys, "sample", finished, "--count", 40, "--out", path)[0] == 0
    return path


def test_evaluate_prints_one_json_object(samples, capsys):
    status, out, err = run(capsys, "evaluate", samples, "--data", "toy_digits")
    measured = json.loads(out)
    assert status == 0 and err == ""
    assert measured["samples"] == 40 and measured["file"] == str(samples)
    assert measured["frechet_distance"] > measured["frechet_floor"] > 0


def test_evaluate_keeps_what_is_said_about_a_stand_in_off_standard_output(
    samples, capsys, monkeypatch, tmp_path
):
    monkeypatch.setenv("GANBOOK_DATA", str(tmp_path))  # without a subfolder mnist
    for name in ("TFDS_DATA_DIR", "KERAS_HOME"):  # nothing was fetched before
        monkeypatch.setenv(name, str(tmp_path))
    status, out, err = run(capsys, "evaluate", samples, "--data", "mnist")
    assert status == 0 and json.loads(out)["standin"] is True
    assert "toy digits drawn offline stand in" in err


@pytest.mark.parametrize(
    "content, message",
    [
        (None, "there is no file"),
        ({}, "no array named images"),
        ({"images": np.zeros((0, 28, 28, 1), np.uint8)}, "0 samples are too few"),
        ({"images": np.zeros((1, 28, 28, 1), np.uint8)}, "1 samples are too few"),
        ({"images": np.zeros((40, 28, 28), np.uint8)}, "(40, 28, 28)"),
        ({"images": np.zeros((40, 28, 28, 1), np.int32)}, "are int32 from 0 to 0; pass uint8"),
        ({"images": np.full((40, 28, 28, 1), 2.0)}, "must lie in [-1, 1]"),
        ({"images": np.full((40, 28, 28, 1), 0.5)}, "images * 2 - 1"),
        ({"images": np.full((40, 28, 28, 1), np.nan)}, "NaN or infinite"),
    ],
)
def test_evaluate_names_what_is_wrong_with_a_file(content, message, tmp_path, capsys):
    path = tmp_path / "s.npz"
    if content is not None:
        np.savez(path, **content)
    status, out, err = run(capsys, "evaluate", path, "--data", "toy_digits")
    assert status == 1 and out == "" and message in err and err.count("\n") == 1
    status, _, err = run(capsys, "evaluate", path, "--data", "cifar10")
    assert status == 1 and "unknown data set 'cifar10'" in err


def test_scoreboard_shows_shipped_and_own_rows_and_adds_a_run(
    finished, tmp_path, capsys, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    few = dataclasses.replace(evaluation.IMAGES, samples=40)
    monkeypatch.setattr(evaluation, "IMAGES", few)
    status, out, _ = run(capsys, "scoreboard")
    assert status == 0 and "recipe as it stands" in out and "10,000 samples" in out
    picture = tmp_path / "board.png"
    status, out, err = run(
        capsys, "scoreboard", "--add", finished, "--data", "toy_digits", "--out", picture
    )
    assert status == 0 and err == "" and picture.exists()
    assert "your run" in out and "40 samples" in out and "recipe" not in out
    row = json.loads((tmp_path / "runs" / "scoreboard.jsonl").read_text())
    assert row["steps"] == 100 and row["seed"] == 3 and row["seconds"] > 0


def test_scoreboard_reports_damage_and_goes_on(tmp_path, capsys):
    path = tmp_path / "rows.jsonl"
    path.write_text("{\n")
    status, out, err = run(capsys, "scoreboard", path)
    assert status == 0 and "There are no rows yet" in out
    assert err == f"ganbook scoreboard: {path}, line 1, is skipped: it is not JSON\n"
    status, _, err = run(capsys, "scoreboard", tmp_path / "nothing.jsonl")
    assert status == 1 and "there is no scoreboard" in err and err.count("\n") == 1
    status, _, err = run(capsys, "scoreboard", "--add", tmp_path)
    assert status == 1 and "holds no run" in err


def test_a_run_on_points_from_training_to_measuring(tmp_path, capsys):
    folder, out = tmp_path / "ring", tmp_path / "points.npz"
    status, said, _ = run(capsys, "train", "00", "--steps", 100, "--out", folder)
    assert status == 0 and "Ring of 8 Gaussians" in said
    assert (folder / "samples.png").stat().st_size > 1000
    assert run(capsys, "sample", folder, "--count", 300, "--out", out)[0] == 0
    points = np.load(out)["images"]
    assert points.shape == (300, 2) and points.dtype == np.float32
    status, said, _ = run(capsys, "evaluate", out, "--data", "ring")
    found = json.loads(said)
    assert status == 0 and found["samples"] == 300 and 0 <= found["modes"] <= 8
    status, _, err = run(capsys, "evaluate", out, "--data", "toy_digits")
    assert status == 1 and "(300, 2)" in err and err.count("\n") == 1
    status, _, err = run(capsys, "scoreboard", "--add", folder)
    assert status == 1 and "makes points" in err and err.count("\n") == 1


def test_images_are_no_points(tmp_path, capsys):
    np.savez(tmp_path / "images.npz", images=np.zeros((30, 28, 28, 1), np.uint8))
    status, _, err = run(capsys, "evaluate", tmp_path / "images.npz", "--data", "ring")
    assert status == 1 and "points, (N, 2), are right" in err and err.count("\n") == 1
    status, _, err = run(capsys, "train", "01", "--data", "ring", "--out", tmp_path / "r")
    assert status == 1 and "ring holds points" in err and not (tmp_path / "r").exists()
