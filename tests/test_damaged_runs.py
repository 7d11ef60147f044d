"""A run folder that is damaged, in use, or not whole: one line each, and nothing is lost.

GANBOOK_DAMAGED=300 tries more of the damages that are made at random.
"""

import json
import os
import random
import shutil
import subprocess
import sys

import numpy as np
import pytest

from ganbook import checkpoint, cli, data, lock, runs
from ganbook.callbacks import RunCheckpoint
from ganbook.errors import RunError

AT_RANDOM = int(os.environ.get("GANBOOK_DAMAGED", "15"))
RESULTS = ("generator.npz", "samples.png", "losses.png")
SETTINGS = ["--data", "toy_digits", "--steps", "50"]
DEEP = "[" * 50_000


@pytest.fixture(autouse=True)
def few_images(monkeypatch):
    monkeypatch.setitem(data.TOYS, "train", 300)


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A finished run of 50 steps."""
    folder = tmp_path_factory.mktemp("runs") / "01"
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(data.TOYS, "train", 300)
        assert cli.main(["train", "01", *SETTINGS, "--out", str(folder)]) == 0
    return folder


@pytest.fixture
def folder(sound, tmp_path):
    shutil.copytree(sound, tmp_path / "run")
    return tmp_path / "run"


def says_one_line(capsys, *arguments):
    """Run a command; return whether it failed, having checked that it did so in one line."""
    status = cli.main([str(argument) for argument in arguments])
    err = capsys.readouterr().err
    assert status in (0, 1)
    assert err.count("\n") == status, err
    assert not status or err.startswith("ganbook ")
    return status


def tried(capsys, folder):
    """Sample from a run and resume it; return how many of the two were refused."""
    out = folder.parent / "samples.npz"
    sampled = says_one_line(capsys, "sample", folder, "--count", 4, "--out", out)
    return sampled + says_one_line(capsys, "train", "01", "--out", folder, "--resume")


def changed(**settings):
    return lambda text: json.dumps({**json.loads(text), **settings})


RECORDS = {
    **{text: text for text in ("[]", "null", "3", '"text"', "{}", "", "{", "NaN")},
    "deep": DEEP,
    "deep in an object": '{"lesson": ' + DEEP,
    "a number of 5,000 digits": '{"seed": ' + "1" * 5_000 + "}",
    "no seed": lambda text: json.dumps({k: v for k, v in json.loads(text).items() if k != "seed"}),
}
for name, values in {
    "seed": (-1, None, 1.5, 1.0, "x", 2**70, True, []),
    "lesson": ([], 1, None, "99", {"a": 1}, "06"),
    "variant": ("clip", 3, []),
    "precision": (7, "float8", None, "mixed_bfloat16"),
    "steps": ("x", -5, 0, None, 2.5, 10**13),
    "data": ("x", 3, None, []),
    "batch_size": (0, "64", 65),
    "data_checksum": ("x", None),
    "preset": ([], 3),
}.items():
    RECORDS |= {f"{name} {value!r}": changed(**{name: value}) for value in values}


@pytest.mark.parametrize("name", RECORDS)
def test_a_damaged_record_is_named(folder, capsys, name):
    path, record = folder / "run.json", RECORDS[name]
    path.write_text(record(path.read_text()) if callable(record) else record)
    assert tried(capsys, folder), "one of the two commands needs what is wrong here"


LOGS = ("[]", "null", '{"rows": {}, "seconds": null}', '{"rows": [], "seconds": "x"}', DEEP)
LOGS += ('{"rows": [1], "seconds": 1}', '{"rows": [{"step": "x"}], "seconds": 1}', "", "\x00")
LOGS += ('{"rows": [{"step": 1, "discriminator_loss": [], "generator_loss": 0}], "seconds": 1}',)


@pytest.mark.parametrize("text", LOGS, ids=lambda text: text[:40])
@pytest.mark.parametrize("name", ["log.json", "description.json"])
def test_a_damaged_checkpoint_is_named(folder, capsys, name, text):
    newest = folder / "checkpoints" / f"step-{50:09d}"
    (newest / name).write_text(text)
    assert tried(capsys, folder) == 2


@pytest.mark.parametrize("seed", range(AT_RANDOM))
def test_damage_at_random(folder, capsys, seed):
    """One file of the run is cut off, emptied, taken away, or has some bits changed."""
    rng = random.Random(seed)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    path = rng.choice(files)
    content = bytearray(path.read_bytes())
    kind = rng.choice(("cut", "empty", "gone", "bit", "bytes"))
    if kind == "gone":
        path.unlink()
    elif kind == "cut":
        path.write_bytes(content[: rng.randrange(len(content))])
    elif kind == "empty":
        path.write_bytes(b"")
    else:
        for _ in range(1 if kind == "bit" else 8):
            content[rng.randrange(len(content))] ^= 1 << rng.randrange(8)
        path.write_bytes(content)
    tried(capsys, folder)


# --- A run that is whole --------------------------------------------------------------------------


@pytest.mark.parametrize("spoiled", [*RESULTS, "all", "another step", "cut off"])
def test_missing_results_are_written_by_resume(folder, capsys, spoiled):
    """As after a kill between the last checkpoint and the results."""
    before = {name: (folder / name).read_bytes() for name in RESULTS}
    if spoiled == "another step":
        gan, settings = runs.restored(folder)
        gan._step.assign(0)
        runs.leave_results(gan, folder, data.load_data("toy_digits"), settings)
    elif spoiled == "cut off":
        (folder / "generator.npz").write_bytes(before["generator.npz"][:-100])
    else:
        for name in RESULTS if spoiled == "all" else [spoiled]:
            (folder / name).unlink()
    assert cli.main(["train", "01", "--out", str(folder), "--resume"]) == 0
    printed = capsys.readouterr().out
    assert "All 50 steps are done" in printed and "results were not whole" in printed
    for name in ("samples.png", "losses.png"):
        assert (folder / name).read_bytes() == before[name]
    assert same_arrays(folder / "generator.npz", before["generator.npz"], folder.parent)
    assert cli.main(["train", "01", "--out", str(folder), "--resume"]) == 0
    assert "not whole" not in capsys.readouterr().out


def same_arrays(path, content, place):
    (place / "before.npz").write_bytes(content)
    with np.load(path) as one, np.load(place / "before.npz") as other:
        assert one.files == other.files
        return all(np.array_equal(one[name], other[name]) for name in one.files)


# --- Two trainings in one folder ------------------------------------------------------------------

HOLD = """
import sys, time
from ganbook import lock
lock.take(sys.argv[1])
print("held", flush=True)
time.sleep(600)
"""


@pytest.fixture
def other_process():
    """Return a function that has another process lock a folder."""
    started = []

    def hold(folder):
        process = subprocess.Popen(
            [sys.executable, "-c", HOLD, str(folder)], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout.readline() == "held\n"
        return process

    yield hold
    for process in started:
        process.kill()
        process.wait()
        process.stdout.close()


def test_a_folder_in_use_is_refused_and_a_dead_process_does_not_hold_it(
    folder, other_process, capsys
):
    process = other_process(folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for more in (["--resume"], ["--resume", "--steps", "100"]):
        assert cli.main(["train", "01", "--out", str(folder), *more]) == 1
        err = capsys.readouterr().err
        assert f"another training uses {folder.resolve()} (process {process.pid} on" in err
        assert err.count("\n") == 1
    assert before == {path: path.read_bytes() for path in before}
    process.kill()
    process.wait()
    assert cli.main(["train", "01", "--out", str(folder), "--resume", "--steps", "100"]) == 0
    left = {path.name for path in folder.iterdir()}
    assert left == {*RESULTS, "run.json", "checkpoints"}, "nothing of the lock is left"


def test_a_new_run_into_a_folder_in_use_is_refused(tmp_path, other_process, capsys):
    other_process(tmp_path / "new")
    assert cli.main(["train", "01", *SETTINGS, "--out", str(tmp_path / "new")]) == 1
    assert "another training uses" in capsys.readouterr().err
    assert not (tmp_path / "new" / "run.json").exists()


def test_a_notebook_training_locks_its_checkpoints(tmp_path, other_process):
    from helpers import gan_of, train

    process = other_process(tmp_path / "own")
    with pytest.raises(RunError, match="another training uses"):
        train(gan_of(), 2, [RunCheckpoint(tmp_path / "own")])
    assert checkpoint.saved_steps(tmp_path / "own") == []
    process.kill()
    process.wait()
    train(gan_of(), 2, [RunCheckpoint(tmp_path / "own")])
    assert checkpoint.saved_steps(tmp_path / "own") == [0, 2]


def test_an_interrupt_gives_the_folder_back(tmp_path):
    import keras
    from helpers import gan_of, train

    class Interrupts(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            assert (tmp_path / ".lock").exists()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        train(gan_of(), 2, [RunCheckpoint(tmp_path), Interrupts()])
    assert not lock._HELD and not (tmp_path / ".lock").exists()


def test_a_place_that_cannot_lock_is_warned_of(tmp_path, monkeypatch):
    def cannot(self, *args, **more):
        raise NotImplementedError

    monkeypatch.setattr(lock.filelock.FileLock, "acquire", cannot)
    with pytest.warns(UserWarning, match="cannot be locked"):
        lock.take(tmp_path)
    assert not lock._HELD
