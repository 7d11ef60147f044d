"""The doctor tries what it vouches for, and each cure that it names works."""

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from ganbook import cli, doctor, installed, keras_setup
from ganbook.errors import SettingError

ROOT = Path(__file__).resolve().parent.parent


def visit(tmp_path, *, before="", stubs=(), **variables):
    """Run the doctor in a process of its own; return its exit status and what it printed.

    Args:
        before: code that runs first in that process.
        stubs: (module name, its code), found before the real ones, as if pip had put it there.
        variables: of the environment; None: not set.
    """
    folder = tmp_path / "site-packages"
    folder.mkdir(exist_ok=True)
    for name, code in stubs:
        (folder / f"{name}.py").write_text(code)
    # What takes long, and what is looked for elsewhere, is left out where something else fails.
    code = f"{before}\nfrom ganbook import doctor\nraise SystemExit(doctor.examine())"
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("KERAS_", "GANBOOK_"))}
    kept |= {"PYTHONPATH": os.pathsep.join([str(folder), str(ROOT)])}
    kept |= {"HOME": str(tmp_path), "MPLCONFIGDIR": str(tmp_path)}
    kept |= {name: value for name, value in variables.items() if value is not None}
    done = subprocess.run(
        [sys.executable, "-c", code], env=kept, cwd=tmp_path, capture_output=True, text=True,
        timeout=120,
    )  # fmt: skip
    assert "Traceback" not in done.stdout + done.stderr
    return done.returncode, done.stdout


# Without data and training: quick, for what is found before them.
QUICK = (
    "from ganbook import doctor\n"
    "for name in ('datasets_library', 'device', 'picture', 'training', 'data', 'settings'):\n"
    "    setattr(doctor, f'examine_{name}', lambda report: None)\n"
)


def only(*packages):
    """Return code that leaves the doctor with some packages to import, and nothing to try."""
    oldest = {name: installed.OLDEST[name] for name in packages}
    return f"{QUICK}doctor.installed.OLDEST = {oldest!r}"


NOTHING = only()


def test_a_healthy_machine(tmp_path):
    """Whatever it calls ok it has tried, training included; no network, so stand-ins."""
    status, out = visit(tmp_path, before=(
        "from ganbook import data; load = data.load_data\n"
        "data.load_data = lambda name, **options: load(name, 'standin', **options)"
    ))  # fmt: skip
    assert status == 0 and out.endswith("The lessons can run.\n")
    for subject in ("tensorflow", "IPython", "optuna", "picture", "training", "folder"):
        assert f"  ok    {subject} " in out
    assert "FAIL" not in out


@pytest.mark.parametrize("backend", ["torch", "jax", "nonsense"])
def test_another_backend_is_named_before_keras_fails_of_it(tmp_path, backend):
    status, out = visit(tmp_path, before=NOTHING, KERAS_BACKEND=backend)
    assert status == 1 and f"Keras's backend is '{backend}'; the lessons need 'tensorflow'" in out
    assert "-> unset the variable KERAS_BACKEND" in out
    assert visit(tmp_path, before=NOTHING)[0] == 0, "the cure"


@pytest.mark.parametrize(
    "name, value", [("backend", "jax"), ("image_data_format", "channels_first")]
)
@pytest.mark.parametrize("home", [None, "keras"])
def test_a_setting_in_keras_own_file(tmp_path, name, value, home):
    folder = tmp_path / (home or ".keras")
    folder.mkdir()
    (folder / "keras.json").write_text(json.dumps({name: value}))
    variables = {"KERAS_HOME": str(folder) if home else None}
    status, out = visit(tmp_path, before=NOTHING, **variables)
    assert status == 1 and f"{name} is '{value}'" in out
    cure = f'write "{name}": "{keras_setup.NEEDED[name]}" into {folder / "keras.json"}'
    assert cure in out
    (folder / "keras.json").write_text(json.dumps({name: keras_setup.NEEDED[name]}))
    assert visit(tmp_path, before=NOTHING, **variables)[0] == 0, "the cure"


@pytest.mark.parametrize("content", ["[]", '{"epsilon": 1}', None])
def test_a_file_that_keras_itself_fails_of(tmp_path, content):
    path = tmp_path / "keras.json"
    path.mkdir() if content is None else path.write_text(content)
    status, out = visit(tmp_path, before=NOTHING, KERAS_HOME=str(tmp_path))
    assert status == 1 and f"{path} holds what Keras cannot read" in out
    assert f"-> delete {path}" in out
    path.rmdir() if content is None else path.unlink()
    assert visit(tmp_path, before=NOTHING, KERAS_HOME=str(tmp_path))[0] == 0, "the cure"


def test_the_file_is_looked_for_where_keras_looks(monkeypatch, tmp_path):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KERAS_HOME", raising=False)
    assert keras_setup.settings_file() == tmp_path / ".keras" / "keras.json"
    monkeypatch.setenv("KERAS_HOME", "~/mine")
    assert keras_setup.settings_file() == tmp_path / "mine" / "keras.json"
    monkeypatch.delenv("KERAS_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "nowhere"))
    assert keras_setup.settings_file() == Path("/tmp/.keras/keras.json")


@pytest.mark.parametrize(
    "name, code, said",
    [
        ("optuna", "raise ModuleNotFoundError('No optuna', name='optuna')", "No optuna"),
        ("optuna", "raise ModuleNotFoundError('No alembic', name='alembic')", "No alembic"),
        ("optuna", "raise SystemExit('not on this machine')", "not on this machine"),
        ("scipy", "raise ValueError('numpy.dtype size changed\\nmore')", "dtype size changed"),
        ("scipy", "raise AttributeError('_ARRAY_API not found')", "_ARRAY_API not found"),
        ("matplotlib", "__version__ = '3.9.4'", "3.9.4 is too old"),
        ("ipywidgets", "__version__ = '7.7.0'", "7.7.0 is too old"),
        ("keras", "__version__ = '3.9.2'", "3.9.2"),
        ("tensorflow", "raise ImportError('libcudart is missing')", "libcudart is missing"),
    ],
)
def test_a_package_that_does_not_import_or_is_too_old(tmp_path, name, code, said):
    before = only(name)
    status, out = visit(tmp_path, before=before, stubs=[(name, code)])
    assert status == 1
    (line,) = [line for line in out.splitlines() if "FAIL" in line]
    assert name in line and said in line
    # Of what is broken, pip would say that it is there already.
    whole = "is too old" in out or "No optuna" in out
    options = "--upgrade" if whole else "--upgrade --force-reinstall"
    oldest = ".".join(map(str, installed.OLDEST[name]))
    assert f'-> {sys.executable} -m pip install {options} "{name}>={oldest}"' in out


def test_one_package_that_fails_of_another_is_not_blamed(tmp_path):
    stubs = [("matplotlib", "raise ImportError('no FreeType')"), ("keras", "import matplotlib")]
    status, out = visit(tmp_path, before=only("matplotlib", "keras"), stubs=stubs)
    assert status == 1 and out.count("no FreeType") == 2
    assert "-> mend matplotlib first" in out and out.count("pip install") == 1


def test_a_variable_that_lets_the_import_of_matplotlib_fail(tmp_path):
    before = only("matplotlib")
    status, out = visit(tmp_path, before=before, MPLBACKEND="foo")
    assert status == 1 and "-> unset the variable MPLBACKEND" in out and "pip" not in out
    assert visit(tmp_path, before=before, MPLBACKEND=None)[0] == 0, "the cure"


def test_a_file_of_ones_own_in_place_of_a_package(tmp_path):
    own = tmp_path / "optuna.py"
    own.write_text("trials = 12")
    status, out = visit(tmp_path, before=only("optuna"))
    assert status == 1 and f"FAIL  optuna       {own} is not the package" in out
    assert f"-> rename {own}" in out and "pip" not in out
    own.rename(tmp_path / "my_optuna.py")
    assert visit(tmp_path, before=only("optuna"))[0] == 0, "the cure"


def test_in_colab_nobody_is_told_to_install_tensorflow(monkeypatch):
    monkeypatch.setenv("COLAB_RELEASE_TAG", "release")
    for name in ("tensorflow", "keras", "numpy", "IPython", "ipywidgets"):
        assert "pip" not in installed.cure_of(name) and "Disconnect" in installed.cure_of(name)
    assert installed.cure_of("optuna").endswith('-m pip install --upgrade "optuna>=4.5"')
    monkeypatch.delenv("COLAB_RELEASE_TAG")
    assert installed.cure_of("PIL").endswith('-m pip install --upgrade "pillow>=11.0"')
    assert installed.cure_of("keras").endswith('"keras>=3.10"')


@pytest.mark.parametrize(
    "version, old", [("2.18.1", True), ("2.19.0rc1", False), ("3.0", False), ("2.20.0", False)]
)
def test_versions_are_compared_as_numbers(version, old):
    assert installed.too_old(version, (2, 19)) is old


def test_the_oldest_versions_are_those_that_are_declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    declared = project["dependencies"] + project["optional-dependencies"]["lessons"]
    bounds = dict(line.split(">=") for line in declared)
    for name, oldest in installed.OLDEST.items():
        assert bounds[installed.CALLED.get(name, name)] == ".".join(map(str, oldest))


@pytest.fixture
def report():
    return doctor.Report()


def test_a_broken_datasets_library_is_no_failure(report, capsys, monkeypatch):
    from ganbook import prepared
    from ganbook.errors import DataError

    def broken():
        raise DataError("TensorFlow Datasets cannot be imported (protobuf)")

    monkeypatch.setattr(prepared, "import_tfds", broken)
    doctor.examine_datasets_library(report)
    said = capsys.readouterr().out
    assert report.failures == 0 and "note  datasets" in said and "fetched without it" in said


def test_a_picture_that_cannot_be_drawn(report, capsys, monkeypatch):
    from ganbook import plots

    monkeypatch.setattr(plots, "png_of", lambda figure: 1 / 0)
    doctor.examine_picture(report)
    assert report.failures == 1 and "division by zero" in capsys.readouterr().out


@pytest.mark.parametrize("loss", [float("nan"), float("inf"), None])
def test_a_training_that_fails(report, capsys, monkeypatch, loss):
    import numpy as np

    def two_steps():
        if loss is None:
            raise RuntimeError("no algorithm worked!")
        return [loss, 0.7], np.zeros((2, 8, 8, 1))

    monkeypatch.setattr(doctor, "two_steps", two_steps)
    doctor.examine_training(report)
    said = capsys.readouterr().out
    assert report.failures == 1 and ("no algorithm" in said or str(loss) in said)


@pytest.mark.parametrize(
    "setting, said",
    [
        ("file", "which is a file"),
        ("file/runs", "cannot be written (Not a directory)"),
        ("~nobody-at-all/runs", "there is no home ~nobody-at-all"),
    ],
)
def test_a_folder_that_cannot_be_used(report, capsys, monkeypatch, tmp_path, setting, said):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("GANBOOK_RUNS", setting)
    doctor.examine_folder(report)
    out = capsys.readouterr().out
    assert report.failures == 1 and said in out and "-> set GANBOOK_RUNS to a folder" in out
    monkeypatch.setenv("GANBOOK_RUNS", str(tmp_path / "new" / "runs"))
    doctor.examine_folder(report)
    assert report.failures == 1, "the cure"
    assert not (tmp_path / "new").exists(), "it is the first run that makes it"


def test_a_disk_that_is_full(report, capsys, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: type("", (), {"free": 1e8}))
    doctor.examine_folder(report)
    assert report.failures == 1 and "0.1 GB left" in capsys.readouterr().out


@pytest.mark.parametrize("split", ["train", "test"])
def test_data_that_are_damaged_in_either_half(report, capsys, monkeypatch, split):
    from ganbook import data
    from ganbook.errors import DataError

    class Half:
        is_standin, source = False, "the folder"

        def __len__(self):
            return 7

    def load(name, split="train", broken=split):
        if split == broken and name == "mnist":
            raise DataError("mnist/file.gz is damaged")
        return Half()

    monkeypatch.setattr(data, "load_data", load)
    monkeypatch.setenv("GANBOOK_DATA", "somewhere")
    doctor.examine_data(report)
    out = capsys.readouterr().out
    assert report.failures == 1 and "-> mend the folder in GANBOOK_DATA" in out
    assert "14 images from the folder" in out


def test_what_nobody_thought_of_is_a_failure_and_no_traceback(report, capsys, monkeypatch):
    monkeypatch.setattr(doctor, "runs_folder", lambda: 1 / 0)
    doctor.attempt(doctor.examine_folder, report)
    out = capsys.readouterr().out
    assert report.failures == 1 and "FAIL  folder       failed: ZeroDivisionError" in out


# Lessons say the same, in one line, before anything else fails of it.


def test_a_lesson_with_another_backend_ends_in_one_line(tmp_path):
    code = "import ganbook\ntry:\n    ganbook.GAN\nexcept ValueError as error:\n    print(error)"
    env = {**os.environ, "KERAS_BACKEND": "torch", "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", code], env=env, capture_output=True, text=True)
    assert done.stdout == (
        "Keras's backend is 'torch'; the lessons need 'tensorflow': unset the variable "
        "KERAS_BACKEND and start Python anew.\n"
    )


def test_a_command_with_another_backend_ends_in_one_line(capsys, monkeypatch):
    fault = keras_setup.Fault("backend", "Keras's backend is 'jax'", "unset it")
    monkeypatch.setattr(keras_setup, "fault", lambda: fault)
    assert cli.main(["train", "01", "--steps", "2"]) == 1
    assert capsys.readouterr().err == "ganbook train: Keras's backend is 'jax': unset it.\n"


def test_a_setting_made_in_this_process_is_seen():
    import keras

    keras_setup.check()
    try:
        keras.config.set_image_data_format("channels_first")
        with pytest.raises(SettingError, match=r"set_image_data_format\('channels_last'\)"):
            keras_setup.check()
    finally:
        keras.config.set_image_data_format("channels_last")
