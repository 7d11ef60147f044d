"""Launch buttons, install lines and addresses are written, and what is written works."""

import json
import os
import subprocess
import sys
import types
from pathlib import Path

import colab_links
import nbformat
import pytest

ADDRESS = "https://github.com/someone/something"
WHEEL = "ganbook-1.2.3-py3-none-any.whl"
TEXT = f"""# Title

[Next](02_two.ipynb#part) [Home](../README.md) [Elsewhere](https://example.org/README.md)

stale {colab_links.BADGE}

![A picture](figures/a.png) and `x[0](y)` and [a section](#part)"""
SETUP = [
    "import importlib.util, sys",
    'if importlib.util.find_spec("ganbook") is None:',
    colab_links.BEGIN,
    "    stale",
    colab_links.END,
    "import os",
]


def notebook(text=TEXT, code=SETUP):
    v4 = nbformat.v4
    return v4.new_notebook(cells=[v4.new_markdown_cell(text), v4.new_code_cell("\n".join(code))])


@pytest.fixture
def root(tmp_path):
    """A repository with two notebooks, a picture and an address of its own."""
    for name in ("notebooks/01_one.ipynb", "notebooks/02_two.ipynb"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        nbformat.write(notebook(), tmp_path / name)
    for name in ("README.md", "notebooks/figures/a.png", "ganbook/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("")
    return tmp_path


def publish(root, address):
    """Give the repository an address, and write it everywhere; return the cells of notebook 01."""
    text = f'[project]\nversion = "1.2.3"\n[tool.ganbook]\nrepository = "{address}"\n'
    (root / "pyproject.toml").write_text(text)
    assert colab_links.main(["--root", str(root)]) == 0
    path = root / "notebooks" / "01_one.ipynb"
    return [cell.source for cell in nbformat.read(path, as_version=4).cells]


def test_without_an_address_links_are_relative_and_no_button_leads_nowhere(root):
    text, code = publish(root, "")
    assert "](02_two.ipynb#part)" in text and "](../README.md)" in text
    assert "make colab" in text and "colab.research.google.com" not in text
    assert "git+" not in code and "make wheel" in code


def test_with_an_address_there_are_buttons_and_absolute_links(root):
    text, code = publish(root, ADDRESS)
    page = f"{ADDRESS}/blob/main/notebooks/01_one.ipynb"
    colab = "https://colab.research.google.com/github/someone/something"
    assert f"({colab}/blob/main/notebooks/01_one.ipynb)" in text
    assert f"(https://kaggle.com/kernels/welcome?src={page})" in text
    binder = "https://mybinder.org/v2/gh/someone/something/main?urlpath=lab/tree/notebooks/"
    assert f"({binder}01_one.ipynb)" in text
    assert f"[Download this notebook]({ADDRESS}/raw/main/notebooks/01_one.ipynb)" in text
    assert f"]({ADDRESS}/blob/main/notebooks/02_two.ipynb#part)" in text
    assert f"]({ADDRESS}/blob/main/README.md)" in text
    assert f"![A picture]({ADDRESS}/raw/main/notebooks/figures/a.png)" in text
    for kept in ("(https://example.org/README.md)", "`x[0](y)`", "(#part)"):
        assert kept in text
    assert f'"git+{ADDRESS}@v1.2.3"' in code, "pinned to the notebook's own version"
    module = (root / "ganbook" / "address.py").read_text()
    assert f'REPOSITORY = "{ADDRESS}"' in module


def test_another_address_takes_the_place_of_the_last_one_and_none_brings_back_relative_links(root):
    first = publish(root, "")
    for address in (ADDRESS, "https://git.example.org/a/b", "http://127.0.0.1:8000/c"):
        text = publish(root, address)[0]
        assert f"{address}/blob/main/README.md" in text and "../README.md" not in text
    assert publish(root, "") == first


@pytest.mark.parametrize("address", ["", ADDRESS, "https://git.example.org/a/b"])
def test_a_second_writing_changes_nothing_and_the_check_knows(root, address, capsys):
    publish(root, "https://example.org/before")
    text = (root / "pyproject.toml").read_text()
    (root / "pyproject.toml").write_text(text.replace("https://example.org/before", address))
    files = sorted((root / "notebooks").glob("*.ipynb"))
    before = [file.read_bytes() for file in files]
    assert colab_links.main(["--root", str(root), "--check"]) == 1
    assert [file.read_bytes() for file in files] == before
    assert "01_one.ipynb: out of date" in capsys.readouterr().out
    publish(root, address)
    assert colab_links.main(["--root", str(root), "--check"]) == 0


@pytest.mark.parametrize("end", ["", ".git", "/"])
def test_an_address_may_be_written_in_three_ways(tmp_path, end):
    path = tmp_path / "pyproject.toml"
    path.write_text(f'[project]\nversion = "2"\n[tool.ganbook]\nrepository = "{ADDRESS}{end}"\n')
    assert colab_links.read_settings(path) == (ADDRESS, "2")


def test_a_notebook_is_formatted_as_nbformat_formats_it(root):
    publish(root, ADDRESS)
    content = (root / "notebooks" / "01_one.ipynb").read_text()
    assert content == nbformat.writes(nbformat.reads(content, as_version=4)) + "\n"


@pytest.mark.parametrize(
    "text, code",
    [
        ("# Title", SETUP),
        (TEXT, ["import os"]),
        (TEXT, SETUP[:-2]),
    ],
    ids=["no badge", "no block", "no end of block"],
)
def test_a_notebook_without_its_markers_is_named(root, capsys, text, code):
    publish(root, "")
    nbformat.write(notebook(text, code), root / "notebooks" / "02_two.ipynb")
    assert colab_links.main(["--root", str(root)]) == 1
    assert "02_two.ipynb" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["git@github.com:a/b", "http://example.org/a", "file:///a"])
def test_an_address_that_readers_cannot_use_is_refused(root, address, capsys):
    (root / "pyproject.toml").write_text(
        f'[project]\nversion = "1"\n[tool.ganbook]\nrepository = "{address}"\n'
    )
    assert colab_links.main(["--root", str(root)]) == 1
    assert f"{address!r}; begin it https://" in capsys.readouterr().err


# The install block, executed as a setup cell would.


@pytest.fixture
def pip(monkeypatch):
    """Record what pip is asked for; the first call fails if ``pip.fails``."""
    calls = types.SimpleNamespace(asked=[], fails=False)

    def run(command, **options):
        assert command[:5] == [sys.executable, "-m", "pip", "install", "-q"]
        calls.asked.append(command[5:])
        for name in command[6:]:
            assert name.startswith("git+") or Path(name).is_file()
        return types.SimpleNamespace(returncode=int(calls.fails and len(calls.asked) == 1))

    monkeypatch.setattr(subprocess, "run", run)
    return calls


def install(address="", uploads=None, monkeypatch=None):
    """Execute the block; with ``uploads`` as in Colab, where files can be chosen."""
    if uploads is not None:
        colab = types.ModuleType("google.colab")
        colab.files = types.SimpleNamespace(upload=lambda: uploads)
        monkeypatch.setitem(sys.modules, "google.colab", colab)
        monkeypatch.setitem(sys.modules, "google", types.ModuleType("google"))
    block = "\n".join(colab_links.install_lines(address, "1.2.3"))
    exec("if True:\n" + block, {"sys": sys})


def names(calls):
    return [os.path.basename(path) for path in calls.asked[0][1:]]


@pytest.mark.parametrize("there", [WHEEL, "ganbook-1.2.3-py3-none-any (1).whl"])
def test_a_wheel_beside_the_notebook_is_found_whatever_the_browser_called_it(tmp_path, pip, there):
    (tmp_path / there).write_text("")
    install()
    assert pip.asked[0][0] == "--no-deps" and names(pip) == [WHEEL]
    assert pip.asked[1] == ["ganbook[lessons]"]


def test_two_downloads_of_a_wheel_and_the_second_wheel(tmp_path, pip):
    weights = "ganbook_weights-1.2.3-py3-none-any.whl"
    for name in (WHEEL, "ganbook-1.2.3-py3-none-any(2).whl", weights, "other-1.whl"):
        (tmp_path / name).write_text("")
    install()
    assert sorted(names(pip)) == [WHEEL, weights]


@pytest.mark.parametrize(
    "place", ["/content/drive/MyDrive/", "/content/drive/MyDrive/GANs/", "/kaggle/input/a/b/"]
)
def test_drive_and_kaggles_inputs_are_looked_through(place, tmp_path, pip, monkeypatch):
    import glob

    (tmp_path / "place" / place.strip("/")).mkdir(parents=True)
    (tmp_path / "place" / place.strip("/") / WHEEL).write_text("")
    real = glob.glob

    def moved(pattern, **options):
        return real(f"{tmp_path}/place{pattern}" if pattern.startswith("/") else pattern, **options)

    monkeypatch.setattr(glob, "glob", moved)
    install()
    assert names(pip) == [WHEEL]


def test_in_colab_a_chosen_file_is_installed(tmp_path, pip, monkeypatch, capsys):
    name = "ganbook-1.2.3-py3-none-any (1).whl"
    (tmp_path / name).write_text("")
    monkeypatch.setattr("glob.glob", lambda *args, **options: [])
    install(uploads={name: b""}, monkeypatch=monkeypatch)
    assert names(pip) == [WHEEL]
    said = capsys.readouterr().out
    assert WHEEL in said and "make wheel" in said


def one_line(raised):
    """Return what IPython shows of an error that renders itself."""
    (line,) = raised.value._render_traceback_()
    assert "\n" not in line
    return line


@pytest.mark.parametrize("uploads", [{}, None])
def test_without_a_wheel_one_line_says_what_to_do(pip, monkeypatch, uploads):
    with pytest.raises(Exception) as raised:  # noqa: B017 (the cell makes its own class)
        install(uploads=uploads, monkeypatch=monkeypatch)
    assert WHEEL in one_line(raised) and "run this cell again" in one_line(raised)
    assert pip.asked == []


def test_a_wheel_that_pip_refuses_ends_in_the_same_line(tmp_path, pip):
    (tmp_path / WHEEL).write_text("")
    pip.fails = True
    with pytest.raises(Exception) as raised:  # noqa: B017 (the cell makes its own class)
        install()
    assert "run this cell again" in one_line(raised)


def test_with_an_address_the_notebooks_own_version_is_fetched_unless_a_wheel_is_there(
    tmp_path, pip
):
    install(ADDRESS)
    assert pip.asked[0] == ["--no-deps", f"git+{ADDRESS}@v1.2.3"]
    (tmp_path / WHEEL).write_text("")
    pip.asked.clear()
    install(ADDRESS)
    assert names(pip) == [WHEEL]


def test_the_lessons_setup_cells_hold_this_block():
    root = Path(colab_links.__file__).parent.parent
    version = colab_links.read_settings(root / "pyproject.toml")[1]
    for path in (root / "notebooks").glob("*.ipynb"):
        code = "".join("".join(c["source"]) for c in json.loads(path.read_text())["cells"])
        assert colab_links.wheel_name(version) in code, path.name
