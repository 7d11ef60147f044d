"""What is made for Colab: its package list, lessons in one file, weights from elsewhere."""

import base64
import functools
import hashlib
import http.server
import io
import re
import sys
import threading
import zipfile
from pathlib import Path

import colab_links
import colab_notebooks
import colab_packages
import nbformat
import numpy as np
import pytest
import run_colab

from ganbook import lesson, load_data, runs, shipped
from ganbook.errors import RunError
from ganbook.recipes import recipe_of

ROOT = Path(__file__).resolve().parent.parent
LESSONS = sorted((ROOT / "notebooks").glob("*.ipynb"))
# Packages and what they need, as pip would tell.
WORLD = {
    "tensorflow": ("2.20.0", ["numpy>=1.26", 'nvidia; extra == "and-cuda"', "Keras"]),
    "keras": ("3.13.2", ["numpy", 'old; python_version < "3.12"']),
    "numpy": ("2.1.3", []),
    "etils": ("1.14.0", ['einops; extra == "enp"']),
    "datasets": ("4.9.10", ["etils[enp]>=1"]),
    "einops": ("0.8.2", []),
    "setuptools": ("75.2.0", []),
    "nbval": ("0.11.0", ["coverage", "numpy"]),
    "coverage": ("7.0", []),
}
FREEZE = "".join(f"{n}=={v}\n" for n, (v, _) in WORLD.items() if n not in ("nbval", "coverage"))


def ask(wanted):
    names = [line.partition("==")[0] for line in wanted]
    return {name: (name, *WORLD[name]) for name in names}


def test_colabs_list_is_cut_down_to_what_is_touched(monkeypatch):
    monkeypatch.setattr(colab_packages, "BESIDES", ("setuptools",))
    colab = colab_packages.pins_of(FREEZE + "torch==2.9\n# seaborn==0.1\n")
    own = {"nbval": ("nbval", "0.11.0")}
    names = {"tensorflow", "datasets", "nbval"}
    text = colab_packages.content(colab, names, own, ask)
    pinned, tools = text.split(colab_packages.LACKING)
    assert set(colab_packages.pins_of(pinned)) == {
        "tensorflow", "keras", "numpy", "datasets", "etils", "einops", "setuptools"
    }  # fmt: skip
    assert colab_packages.pins_of(tools) == {
        "nbval": ("nbval", "0.11.0"),
        "coverage": ("coverage", "7.0"),
    }


def test_what_changed_in_the_list_is_said():
    before, after = "a==1\nb==2\n", "a==1\nb==3\nc==1\n"
    assert colab_packages.changes(before, after) == ["b: 2 -> 3", "c: none -> 1"]
    assert colab_packages.changes(after, after) == []


def test_the_committed_list_has_what_tells_colab_apart():
    pins = colab_packages.pins_of((ROOT / "requirements-colab.txt").read_text(encoding="utf-8"))
    for name in ("ipython", "ipykernel", "ipywidgets", "jupyter-client", "traitlets", "protobuf"):
        assert name in pins
    wanted = colab_packages.project_names(ROOT / "pyproject.toml")
    assert wanted - pins.keys() == {"optuna", "importlib-resources"}, "not on Colab"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """A wheel as setuptools would build it: code, records, and some of the weights."""
    path = tmp_path_factory.mktemp("dist") / colab_links.wheel_name("0.1.0")
    names = ["ganbook/__init__.py", "ganbook/weights/mnist_classifier.npz"]
    with zipfile.ZipFile(path, "w") as file:
        for name in names:
            file.write(ROOT / name, name)
        file.writestr("ganbook-0.1.0.dist-info/RECORD", "stale")
    return path


def carried(notebook):
    """Return the wheel inside a notebook, as an open zip file."""
    (cell,) = [c for c in notebook.cells if c.source.startswith("#@title The package")]
    text = cell.source.partition('"""')[2].partition('"""')[0]
    return zipfile.ZipFile(io.BytesIO(base64.b64decode(text)))


@pytest.mark.parametrize("path", LESSONS, ids=lambda p: p.name)
def test_a_lesson_in_one_file_has_its_pictures_its_package_and_no_dead_link(path, wheel):
    notebook = colab_notebooks.whole_in_itself(path, wheel, "")
    nbformat.validate(notebook)
    text = "\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]{0,20})", text)
    assert pictures and all(address.startswith("data:image/") for address in pictures)
    links = re.findall(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)", text)
    assert all(re.match("https?://|#", link) for link in links), links
    places = [i for i, c in enumerate(notebook.cells) if "setup" in c.metadata.get("tags", [])]
    assert notebook.cells[places[0] - 1].source.startswith("#@title")
    assert colab_links.BADGE not in text
    names = carried(notebook).namelist()
    lesson = path.name.partition("_")[0]
    judges = {n.rpartition("/")[2] for n in names if n.endswith("_classifier.npz")}
    assert judges == JUDGED[lesson]


MNIST = {"mnist_classifier.npz", "toy_digits_classifier.npz"}
FASHION = {"fashion_mnist_classifier.npz", "toy_garments_classifier.npz"}
JUDGED = {"00": set(), **dict.fromkeys(("01", "02", "07"), MNIST), "08": MNIST | FASHION}
JUDGED |= {"01b": MNIST | FASHION, **dict.fromkeys(("03", "03b", "04", "05", "06"), FASHION)}


def test_a_lesson_that_draws_from_trained_weights_carries_them(wheel):
    cell = nbformat.v4.new_code_cell("runs.shipped_generator('02')")
    there = [p.name for p in (ROOT / "ganbook" / "weights").iterdir()]
    drawing = nbformat.v4.new_notebook(cells=[cell])
    assert "lesson02_mnist_generator.npz" in colab_notebooks.weights_of("02", drawing, there)
    assert not any(
        name.startswith("lesson")
        for name in colab_notebooks.weights_of("02", nbformat.v4.new_notebook(), there)
    )


def test_the_carried_wheel_records_each_of_its_files(wheel):
    content = colab_notebooks.lean_wheel(wheel, {"toy_digits_classifier.npz"})
    with zipfile.ZipFile(io.BytesIO(content)) as file:
        names = set(file.namelist())
        record = file.read("ganbook-0.1.0.dist-info/RECORD").decode()
        for line in record.splitlines()[:-1]:
            name, digest, size = line.split(",")
            found = hashlib.sha256(file.read(name)).digest()
            assert digest == "sha256=" + base64.urlsafe_b64encode(found).decode().rstrip("=")
            assert int(size) == len(file.read(name))
    assert {line.split(",")[0] for line in record.splitlines()} == names
    assert "ganbook/weights/toy_digits_classifier.npz" in names
    assert "ganbook/weights/mnist_classifier.npz" not in names


def test_what_a_reader_should_not_see_fails_a_notebook():
    output, cell = nbformat.v4.new_output, nbformat.v4.new_code_cell("x")
    fine = '<img alt="A digit" src="data:image/png;base64,A">'

    def complaints(*outputs):
        cell.outputs = list(outputs)
        return run_colab.complaints(nbformat.v4.new_notebook(cells=[cell]))

    assert complaints(output("display_data", data={"text/html": fine})) == []
    assert complaints(output("stream", name="stdout", text="said")) == []
    for bad in (
        output("stream", name="stderr", text="E0000 red"),
        output("display_data", data={"text/html": fine.replace("A digit", "")}),
        output("display_data", data={"image/png": "A"}),
    ):
        assert len(complaints(bad)) == 1


def test_each_lesson_is_tried_and_some_in_one_file_with_and_without_colab():
    trials = run_colab.trials_of([], "somewhere")
    plain = [t.notebook.name for t in trials if not t.whole and not t.data]
    assert plain == [path.name for path in LESSONS]
    assert [t.notebook.name[:2] for t in trials if t.data] == ["01", "05"]
    assert run_colab.trials_of(["00"], None)[0].notebook.name == "00_watch.ipynb"
    assert {colab for _, colab in run_colab.IN_ONE_FILE} == {True, False}


# Trained weights that did not come with the wheel.


@pytest.fixture
def small_wheel(tmp_path, monkeypatch):
    """Have only the checksums of the trained generators in the package."""
    folder = tmp_path / "weights"
    folder.mkdir()
    (folder / "generators.json").write_bytes(shipped.CHECKSUMS.read_bytes())
    monkeypatch.setattr(shipped, "FOLDER", folder)
    (tmp_path / "keras").mkdir()  # as Keras makes it; else it takes another folder
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return folder


NAME = "lesson00_ring_generator.npz"


def test_the_checksums_are_those_of_the_files():
    files = sorted(shipped.FOLDER.glob("lesson*_generator.npz"))
    assert shipped.checksums() == {file.name: shipped.sha256(file) for file in files}


def test_without_weights_one_line_says_how_to_get_them(small_wheel):
    with pytest.raises(RunError, match=f"{NAME} are not in the small wheel: install the second"):
        runs.shipped_generator("00")
    with pytest.raises(RunError, match="there are no weights lesson99"):
        shipped.generator_file("lesson99_mnist_generator.npz")


@pytest.fixture
def first_lesson(monkeypatch):
    """Lesson 01 as its setup cell makes it, on stand-ins; the pictures that it shows."""
    shown = []
    monkeypatch.setattr(lesson.plots, "show", lambda figure, alt: shown.append(figure))
    data = load_data("toy_digits")
    return lesson.Lesson("01", "quick", data, recipe_of("01"), Path("runs")), shown


def test_a_finished_run_is_shown_below_ones_own_samples(first_lesson):
    start, shown = first_lesson
    start.show_finished(np.full((64, 28, 28, 1), -1.0, np.float32), count=4)
    (axes,) = shown[0].axes
    picture = axes.get_images()[0].get_array()
    assert picture.shape == (56, 112)
    assert picture[:28].std() == 0 and picture[28:].std() > 0.3
    assert axes.get_title() == "MNIST, 40,000 steps, is the row below"


def test_without_weights_a_lesson_points_at_its_picture(first_lesson, small_wheel, capsys):
    start, shown = first_lesson
    start.show_finished(np.zeros((16, 28, 28, 1), np.float32))
    said = capsys.readouterr().out
    assert "lesson01_mnist_generator.npz are not in the small wheel" in said
    assert "picture at the top of this page was made from them" in said and not shown


def test_the_second_wheel_is_looked_into(small_wheel, tmp_path, monkeypatch):
    package = tmp_path / "site" / shipped.SECOND_WHEEL
    package.mkdir(parents=True)
    content = (ROOT / "ganbook" / "weights" / NAME).read_bytes()
    (package / NAME).write_bytes(content)
    monkeypatch.syspath_prepend(package.parent)
    assert shipped.generator_file(NAME).read_bytes() == content
    generator, record = runs.shipped_generator("00")
    assert record["lesson"] == "00"
    sys.modules.pop(shipped.SECOND_WHEEL, None)


@pytest.fixture
def release(tmp_path, monkeypatch):
    """A server on this machine that has the release of this version; a list of what was asked."""
    folder = tmp_path / "served" / "releases" / "download" / f"v{shipped.__version__}"
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes((ROOT / "ganbook" / "weights" / NAME).read_bytes())

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=tmp_path / "served")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setattr(shipped, "REPOSITORY", f"http://127.0.0.1:{server.server_port}")
        yield folder
        server.shutdown()


def test_with_an_address_weights_are_fetched_once_by_their_checksum(small_wheel, release, capfd):
    path = shipped.generator_file(NAME)
    assert shipped.sha256(path) == shipped.checksums()[NAME]
    (release / NAME).unlink()
    assert shipped.generator_file(NAME) == path, "from the cache"


def test_altered_weights_are_refused_and_missing_ones_named(small_wheel, release, capfd):
    content = bytearray((release / NAME).read_bytes())
    content[100] ^= 1
    (release / NAME).write_bytes(content)
    with pytest.raises(RunError, match=f"the weights {NAME} cannot be fetched from http://127"):
        shipped.generator_file(NAME)
    (release / NAME).unlink()
    with pytest.raises(RunError, match="cannot be fetched .*404"):
        shipped.generator_file(NAME)
